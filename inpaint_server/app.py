"""The Flask application: who may come in, the routes, and one shape for everything that goes wrong.

A factory, so that every test has a server of its own. The error shape is made in one place for all routes; handlers
that each built their answer would sooner or later differ, and one of them would leak a traceback.
"""

import logging

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from ..shared.errors import ParallaxError
from ..shared.project import LISTS
from . import step_loop
from .access import Access
from .context import KEY, Config, Context, context
from .dialects.shots import Shots
from .events import Events
from .farm.mirrored_store import MirroredStore
from .jobs import JobStore
from .routes import BLUEPRINTS, PUBLIC, foreign
from .turns import Turns
from .worker import Worker

log = logging.getLogger(__name__)

_HINTS = {
    404: "See /api/v1/openapi.json for what there is.",
    405: "See /api/v1/openapi.json for the methods of each path.",
    413: "Send a smaller picture or a shorter project.",
    416: "Ask for a range inside the file.",
}
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "bad_request", 416: "bad_range"}

RETRY_AFTER_S = 5
"""What a client that is sent away for a while is told to wait."""


def create_app(config: Config) -> Flask:
    """A server over the store of `config`. Nothing is worked off before `context.worker.start()`."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = config.limits.body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = config.limits.project_bytes
    app.config["MAX_FORM_PARTS"] = 8 + sum(most for _, most in LISTS.values())
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    store = MirroredStore(config.url, config.store) if config.url else JobStore(config.store)
    events = Events(config.limits.listeners)
    worker = Worker(store, events, config.limits, config.loop or step_loop, config.executor)
    access = Access(config.token, config.hosts, config.origins)
    painting, looking = Turns(1, config.limits.waiting), Turns(config.limits.looking, config.limits.waiting)
    app.extensions[KEY] = Context(config.limits, access, store, events, worker, painting, looking, Shots())
    app.before_request(_guard)
    app.after_request(_headers)
    app.register_error_handler(ParallaxError, error_response)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _guard() -> None:
    access = context().access
    access.check_host(request.headers.get("Host", ""))
    access.check_origin(request.headers.get("Origin"), request.scheme, request.headers.get("Host", ""))
    if request.endpoint not in PUBLIC:
        access.check_token(request.headers.get("Authorization"), basic=foreign.spoken())


def _headers(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    # no-cache still lets a client keep a copy and ask whether it is current
    response.headers["Cache-Control"] = "private, no-cache" if response.headers.get("ETag") else "no-store"
    return response


def error_response(error: ParallaxError) -> Response:
    """The one error shape; in another program's dialect, that one's."""
    dialect = foreign.spoken()
    response = jsonify(foreign.shaped(error) if dialect else error.to_json())
    response.status_code = error.status
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="infinite-parallax"' if dialect else "Bearer"
    if error.code in ("busy", "queue_full"):
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _http_error(error: HTTPException) -> Response:
    """An error of Flask's own, in our shape; what it says by itself is meant for browsers."""
    status = error.code or 500
    sentences = {
        404: f"There is nothing at {request.path[:200]}.",
        405: f"{request.path[:200]} does not know {request.method}.",
        413: "The request is too large.",
        416: "The file has no such range.",
    }
    sentence = sentences.get(status, f"The request cannot be understood ({error.name}).")
    shaped = ParallaxError(
        sentence, _HINTS.get(status, "Check the request."), _CODES.get(status, "bad_request"), status
    )
    response = error_response(shaped)
    for name, value in error.get_headers():
        if name in ("Allow", "Content-Range", "Retry-After"):
            response.headers[name] = value
    return response


def _fault(error: Exception) -> Response:
    log.error("%s %s", request.method, request.path, exc_info=error)
    return error_response(
        ParallaxError("The server met a fault of its own.", "Its log tells more; please report it.", "internal", 500)
    )
