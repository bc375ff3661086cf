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
    shown = {name: {"available": not why, "reason": why} for name, why in sorted(engines.available().items())}
    return jsonify(
        version=__version__,
        state="busy" if running else "ready",
        queued=queued,
        default_engine=engines.DEFAULT,
        engines=shown,
        limits=asdict(parts.limits),
    )


@routes.get("/openapi.json")
def openapi() -> Response:
    """This description of the server."""
    return jsonify(document(__version__))
