"""Routes by which one picture is looked at while the client waits: its depth, and what it shows in words.

They take turns with the painting of single pictures, because a model fills a machine by itself. The settings come as
the section that a project has for them; a query of their own would have been a second place to declare them.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify

from ...shared import project as projects
from ...shared import settings
from ...shared.errors import UsageError
from ...shared.model_settings import MODEL_SECTIONS
from ...shared.wire import API
from .. import engines, settling
from ..context import context
from ..engines.contract import RGB
from ..engines.looking import Look
from ..pictures import read_picture
from . import received

routes = Blueprint("looking", __name__, url_prefix=API)
BITS = ("16", "8")


@routes.post("/depth")
def depth() -> Response:
    """The depth map of a picture as a grey PNG, white is near."""
    bits = received.form_text("bits", BITS[0])
    if bits not in BITS:
        raise UsageError(f"bits is {bits[:40]!r}.", "Give 16 or 8.")
    name, look = _wish(engines.DEPTH, engines.DEPTH_DEFAULT)
    found = _looked(lambda picture: engines.load_depth(name).depth(picture, look, _stopping()))
    return Response(settling.depth_png(found, int(bits)), mimetype="image/png")


@routes.post("/caption")
def caption() -> Response:
    """What a picture shows, in words."""
    name, look = _wish(engines.CAPTION, engines.CAPTION_DEFAULT, "exclude")
    found = _looked(lambda picture: engines.load_caption(name).caption(picture, look, _stopping()))
    return jsonify(engine=name, caption=found)


def _wish(task: str, default: str, *shown: str) -> tuple[str, Look]:
    """The engine that is asked for and its settings: the section `settings`, in which `engine` and the fields that are
    `shown` beside it are set."""
    texts = {name: received.form_text(name, "") for name in ("engine", *shown)}
    given = projects.parse(received.form_text("settings", "{}"), "settings")
    named = {name: text for name, text in texts.items() if text}
    wish = settings.read(MODEL_SECTIONS[task], given | named if isinstance(given, dict) else given, "settings")
    name = wish.engine or default
    settling.check_engine(task, name)
    return name, Look(settings.write(wish))


def _looked(look: Callable[[RGB], Any]) -> Any:
    """What `look` makes of the picture in the form, in its turn."""
    parts, source = context(), received.file("picture")
    with parts.painting.turn(received.PAINTING):
        return look(read_picture(source, parts.limits))


def _stopping() -> Callable[[], bool]:
    worker = context().worker
    return lambda: worker.stopping
