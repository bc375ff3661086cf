"""Routes about the server itself."""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from ... import __version__
from ...shared.wire import API
from .. import engines
from ..context import context
from ..openapi import document

routes = Blueprint("about", __name__, url_prefix=API)


@routes.get("/health")
def health() -> Response:
    """Version, engines and what they lack, whether a job is running, and the caps."""
    parts = context()
    running, queued = parts.worker.busy()
    return jsonify(
        version=__version__,
        state="busy" if running else "ready",
        queued=queued,
        default_engine=engines.DEFAULT,
        engines=_told(engines.INPAINT),
        looking={task: _told(task) for task in engines.TASKS if task != engines.INPAINT},
        limits=asdict(parts.limits),
    )


def _told(task: str) -> dict[str, dict[str, object]]:
    """The engines of a task by name, and what each lacks."""
    return {name: {"available": not why, "reason": why} for name, why in sorted(engines.available(task).items())}


@routes.get("/openapi.json")
def openapi() -> Response:
    """This description of the server."""
    return jsonify(document(__version__))
