"""Routes without a job: one picture painted while the client waits, its layers suggested, the arithmetic of a plan."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

import numpy as np
from flask import Blueprint, Response, jsonify

from ...shared import pointing
from ...shared import project as projects
from ...shared.errors import UsageError
from ...shared.found import Suggestion
from ...shared.plan import plan
from ...shared.plate_sizes import needed_bytes
from ...shared.settings import describe
from ...shared.wire import API
from .. import engines, limits, settling
from ..canvas_depth import filled
from ..context import context
from ..engines.contract import RGB, InpaintRequest, Mask
from ..engines.guard import check_mask
from ..engines.looking import Disparity, Look
from ..pictures import encode_png, read_mask, read_picture
from . import foreign, iopaint, received

routes = Blueprint("single", __name__, url_prefix=API)


@routes.post("/inpaint")
def inpaint() -> Response:
    """Paint the part of a picture that the mask shows; as JSON, IOPaint's request of the same address."""
    if foreign.spoken():
        return iopaint.paint()
    parts = context()
    engine_name = received.form_text("engine", engines.DEFAULT)
    seed = received.whole_number(received.form_text("seed", "0"), "seed", 0, 2**31 - 1)
    prompts = received.form_text("prompt", ""), received.form_text("negative_prompt", "")
    received.check_engine(engine_name)
    options = projects.options(engine_name, projects.parse(received.form_text("settings", "{}"), "settings"))
    if depth_engine := received.form_text("depth_engine", ""):
        settling.check_engine(engines.DEPTH, depth_engine)
    sent = received.file("picture"), received.file("mask")
    with parts.painting.turn(received.PAINTING):
        picture, mask = read_picture(sent[0], parts.limits), read_mask(sent[1], parts.limits)
        check_mask(mask, *picture.shape[:2])
        stop = lambda: parts.worker.stopping  # noqa: E731
        depth = _depth(depth_engine, picture, mask, stop) if depth_engine else None
        wish = InpaintRequest(*prompts, seed, options=options, depth=depth)
        painted = encode_png(engines.load(engine_name).inpaint(picture, mask, wish, stop))
    return Response(painted, mimetype="image/png")


def _depth(engine: str, picture: RGB, mask: Mask, stop: Callable[[], bool]) -> Disparity:
    """The depth of a picture whose hole is filled from its rows, as at each step of a job."""
    hole = mask > 0
    shown = filled(picture, hole, np.zeros(hole.shape, np.int16))
    return engines.load_depth(engine).depth(shown, Look(), stop)


@routes.post("/plan")
def make_plan() -> Response:
    """What follows from a project for a picture of a size: layers, velocities, steps, duration, disk."""
    parts = context()
    data = received.body(("project", "width", "height"))
    project = projects.from_json(data.get("project", {}))
    limits.check_steps(project, parts.limits)
    width, height = _side(data, "width", parts.limits), _side(data, "height", parts.limits)
    pointing.check(project, width, height)
    made = plan(project, width, height)
    shown = asdict(made) | {
        "duration_s": made.duration_s,
        "frames": made.frames,
        "disk_bytes": needed_bytes(made),
    }
    return jsonify(shown)


@routes.post("/suggest")
def suggest() -> Response:
    """How a job would take a picture apart: the settled project, and why, in sentences."""
    parts = context()
    project = projects.from_json(projects.parse(received.form_text("project", "{}")))
    settling.check_engines(project)
    source, attachments = received.file("picture"), received.attachments(project)
    with parts.looking.turn(received.LOOKING):
        picture = read_picture(source, parts.limits)
        with parts.painting.turn(received.PAINTING) if settling.must_look(project) else nullcontext():
            stop = lambda: parts.worker.stopping  # noqa: E731
            settled = settling.settle(project, picture, attachments, parts.limits, cancelled=stop)
    return jsonify(Suggestion(settled.project, settled.notes, settled.pictures).to_json())


def _side(data: dict[str, Any], name: str, caps: limits.Limits) -> int:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name} must be a whole number, not {describe(value)}.", "Give the picture's size in px.")
    if not 1 <= value <= caps.side_px:
        raise UsageError(f"{name} is {value}, but must be 1 to {caps.side_px}.", "Give the picture's size in px.")
    return value
