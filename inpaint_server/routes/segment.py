"""The route that finds things in one picture, by words or by pointing, while the client waits.

What a job finds goes straight into its layers and objects; this is for who wants to see the masks first, or to mend
one. A route each for words and for touches was the other road; they answer alike.
"""

import numpy as np
from flask import Blueprint, Response, jsonify

from ...shared import project as projects
from ...shared import settings, words
from ...shared.errors import UsageError
from ...shared.found import Find
from ...shared.model_settings import Segment as SegmentSettings
from ...shared.png import encode
from ...shared.pointing import Touch
from ...shared.wire import API
from .. import engines, word_search
from ..context import context
from ..engines.looking import Look, Segment, Share
from ..pictures import read_picture
from . import received

routes = Blueprint("segment", __name__, url_prefix=API)

BY_WORDS, BY_TOUCH = "grounded_sam", "grabcut"
"""The engines that are asked where none is named."""


@routes.post("/segment")
def segment() -> Response:
    """Find things in a picture by words, or outline what is pointed at."""
    parts = context()
    wanted, touch = words.parted(received.form_text("words", "")), _touch()
    if bool(wanted) == bool(touch):
        raise UsageError(
            "The form must have either words or a touch.", 'words: sky . tower .   touch: {"on": [[9, 7]]}'
        )
    chosen = settings.read(SegmentSettings, projects.parse(received.form_text("settings", "{}"), "settings"), "segment")
    name = received.form_text("engine", "") or chosen.engine or (BY_WORDS if wanted else BY_TOUCH)
    engine = word_search.finder(name) if wanted else engines.load_segment(name)
    source, look = received.file("picture"), Look(settings.write(chosen))
    with parts.painting.turn("Other pictures are being looked at."):
        picture = read_picture(source, parts.limits)
        if touch is None:
            found = engine.segment(picture, wanted, look, lambda: parts.worker.stopping)
        else:
            found = [_pointed_at(engine.touch(picture, touch, look, lambda: parts.worker.stopping))]
    height, width = picture.shape[:2]
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
