"""Which requests are in another program's dialect, and what a refusal looks like there.

The web UI and IOPaint are both made with FastAPI and share one shape of errors; clients look at `detail`. Answering
them in ours was the other road: they would show a person nothing, or a fault of their own.
"""

import json
from typing import Any

from flask import request

from ...shared.errors import ParallaxError
from ...shared.wire import API
from ..dialects.fields import unprocessable

SDAPI = "/sdapi/v1"
IOPAINT = "iopaint"


def spoken() -> bool:
    """Whether the present request is such a one.

    `POST /api/v1/inpaint` is ours as a form and IOPaint's as JSON.
    """
    if request.path.startswith(f"{SDAPI}/") or request.blueprint == IOPAINT:
        return True
    return request.path == f"{API}/inpaint" and request.is_json


def shaped(error: ParallaxError) -> dict[str, str]:
    """A refusal as FastAPI's middleware in both programs writes it."""
    return {"error": type(error).__name__, "detail": str(error), "body": "", "errors": error.code}


def body() -> dict[str, Any]:
    """The JSON object of the request, with whatever is in it; {} if there is no body."""
    data = request.get_data()
    try:
        found = json.loads(data) if data else {}
    except ValueError as e:
        raise unprocessable("The request is not JSON.", "Send a JSON object.") from e
    if not isinstance(found, dict):
        raise unprocessable("The request is no JSON object.", "Send one.")
    return found
