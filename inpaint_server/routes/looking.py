"""Routes by which one picture is looked at while the client waits: its depth, what it shows in words, and
where things are in it.

They take turns with the painting of single pictures, because a model fills a machine by itself. The settings come as
the section that a project has for them; a query of their own would have been a second place to declare them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from flask import Blueprint, Response, jsonify

from ...shared import project as projects
from ...shared import settings, words
from ...shared.errors import UsageError
from ...shared.found import Find
from ...shared.model_settings import MODEL_SECTIONS
from ...shared.png import encode
from ...shared.pointing import Touch
from ...shared.wire import API
from .. import engines, settling, word_search
from ..context import context
from ..engines.contract import RGB
from ..engines.looking import Look, Segment, Share
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


@routes.post("/segment")
def segment() -> Response:
    """Find things in a picture by words, or outline what is pointed at."""
    wanted, touch = words.parted(received.form_text("words", "")), _touch()
    if bool(wanted) == bool(touch):
        raise UsageError(
            "The form must have either words or a touch.", 'words: sky . tower .   touch: {"on": [[9, 7]]}'
        )
    name, look = _wish(engines.SEGMENT, engines.SEGMENT_DEFAULT if wanted else engines.TOUCH_DEFAULT)
    engine = word_search.finder(name) if wanted else engines.load_segment(name)

    def find(picture: RGB) -> list[Segment]:
        if touch is None:
            return engine.segment(picture, wanted, look, _stopping())
        return [_pointed_at(engine.touch(picture, touch, look, _stopping()))]

    width, height, found = _looked(lambda picture: (picture.shape[1], picture.shape[0], find(picture)))
    finds = [Find(one.words, one.score, one.box, encode(one.share * np.uint8(255))).to_json() for one in found]
    return jsonify(width=width, height=height, engine=name, found=finds)


def _touch() -> Touch | None:
    """Where the form's part `touch` points, checked like a setting; None if it has none."""
    text = received.form_text("touch", "")
    return settings.read(Touch, projects.parse(text, "touch"), "touch") if text else None


def _pointed_at(share: Share) -> Segment:
    """A thing that was pointed at as a find; UsageError where there is none."""
    rows, columns = np.flatnonzero(share.any(1)), np.flatnonzero(share.any(0))
    if not rows.size:
        raise UsageError("Nothing was found there.", "Draw the box a little larger, or point at the thing's middle.")
    box = float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
    return Segment("", 1.0, box, share)


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
