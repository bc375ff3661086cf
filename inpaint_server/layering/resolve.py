"""From wishes to a decision: contours or straight bands, which layers, how fast; and why, in a sentence.

A project that asks for `auto` or names no layers leaves things open. They are settled once, and the project that comes
back says everything, so that every later program, and a resume next week, computes the same. Deciding anew at every
use was the other road: an update of a library could then move a border in the middle of a job.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared import pointing
from ...shared.errors import UsageError
from ...shared.plan import Plan, default_layers, plan
from ...shared.project import Project
from ...shared.sections import Layer
from . import contour_cut, hints, other_cuts, rough_cut, standing
from . import suggest as proposals
from .assets import Assets, Grey
from .contour_cut import Bool
from .edges import RGB
from .rough_cut import Path, Rows
from .suggest import Suggestion

LEAST_WIDTH, LEAST_HEIGHT = 64, 48  # px; in less there is nothing to learn colours from
NEAREST_DISTANCE = 800.0  # that of the preset foreground
LEAST_DISPARITY = 0.02
TOLERANCE = 1 / 250  # of the height: how closely a skyline's points follow the proposal


@dataclass(frozen=True)
class Resolved:
    """The settled project, its cut `contour` or `straight`, and sentences for a person that say why."""

    project: Project
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Borders:
    """Per border, far to near: `masks` bool [H, W], nested, True on the nearer side; `contours` int32 [W], the first
    row of the nearer side, H where there is none. `soft`: mattes that came with the project, by layer."""

    masks: list[Bool]
    contours: list[Path]
    soft: Mapping[int, Grey] = field(default_factory=dict)


def resolve(project: Project, picture: RGB, assets: Assets) -> Resolved:
    """The project settled for a picture, RGB uint8 [H, W, 3]. Settling it twice changes nothing more.

    Raises UsageError where the plan would, where contours are asked for on a journey that goes up or down, and for a
    hint, an object or a line that the picture does not have.
    """
    height, width = picture.shape[:2]
    pointing.check(project, width, height)
    settled = _resolve(project, picture, assets)
    if settled.project.cut.mode == "straight" and assets.segmentation is not None and not project.layers:
        # bands know no outline, but where they lie and what they are called is known
        bands = _with_layers(settled.project, _propose(project, picture, assets), height)
        plain = tuple(replace(layer, skyline=()) for layer in bands.layers)
        settled = replace(settled, project=replace(bands, layers=plain))
    settled = replace(settled, project=_with_band_disparities(settled.project, height, assets))
    pointing.check(settled.project, width, height, settled=True)
    return settled


def _resolve(project: Project, picture: RGB, assets: Assets) -> Resolved:
    if project.cut.mode == "straight":
        return Resolved(project, ("Layers are straight bands, as the project asks.",))
    height, width = picture.shape[:2]
    if project.layers:
        _check(project, assets, width, height)
    if why := _must_be_straight(project, width, height):
        return _straight(project, why)
    few = ""
    if project.layers:
        candidate = _with_disparities(project, picture, assets)
    else:
        proposal = _propose(project, picture, assets)
        if not proposal.wanted and project.cut.mode == "auto":
            return _straight(project, proposal.reason)
        few = _too_few(project, proposal)
        candidate = _with_layers(project, proposal if proposal.wanted else _default(width, height), height)
    settled = replace(candidate, cut=replace(candidate.cut, mode="contour"))
    made = _plan(settled, width, height)
    if made is None:
        return _straight(project, "the speeds that the picture suggests do not fit the project's motion")
    if made.vertical:
        return _vertical(project)
    if fast := [layer.name for layer in made.layers if abs(layer.velocity[0]) > width / 2]:
        return _too_fast(project, fast[0])
    decided = _decide(project, settled, picture, assets)
    return replace(decided, notes=(*decided.notes, few)) if few else decided


def masks_for(project: Project, picture: RGB, assets: Assets) -> Borders:
    """The borders of a settled project whose cut is `contour`: drawn masks where there are some, contours elsewhere,
    standing things and hinted objects whole."""
    height, width = picture.shape[:2]
    count = len(project.layers)
    if assets.segmentation is not None:
        masks = other_cuts.from_segmentation(assets.segmentation, count)
    elif assets.depth is not None:
        masks = other_cuts.from_depth(picture, assets.depth, _thresholds(project, assets.depth))
    elif all(i in assets.mattes for i in range(1, count)):
        masks = [np.zeros((height, width), np.bool_)] * (count - 1)
    else:
        contours = contour_cut.cut(picture, wanted_rows(project.layers, width, height), project.cut.reach)
        masks = standing.claim(picture, contour_cut.nested(contours, height), [contour.heights for contour in contours])
    masks = hints.apply(picture, other_cuts.combine(masks, assets), project.hints)
    return Borders(masks, [other_cuts.first_rows(mask) for mask in masks], assets.mattes)


def wanted_rows(layers: Sequence[Layer], width: int, height: int) -> list[Rows]:
    """Where the borders of layers should run, float64 [W] each: their skylines' points joined by straight lines and
    continued level, or their first rows."""
    out, top = [], 0
    for above, layer in itertools.pairwise(layers):
        top += above.height or 0
        points = sorted(layer.skyline)
        rows = np.full(width, float(top))
        if points:
            rows = np.interp(np.arange(width), [x for x, _ in points], [y for _, y in points])
        out.append(np.clip(rows, 0, height))
    return out


def _check(project: Project, assets: Assets, width: int, height: int) -> None:
    """Raise what the plan has to say against a project, but for disparities, which a depth map can give."""
    given = project.layers
    if assets.depth is not None and project.speed.law == "depth":
        given = tuple(replace(layer, disparity=1.0) if layer.disparity is None else layer for layer in given)
    plan(replace(project, layers=given), width, height)


def _plan(project: Project, width: int, height: int) -> Plan | None:
    try:
        return plan(project, width, height)
    except UsageError:
        return None


def _must_be_straight(project: Project, width: int, height: int) -> str:
    if len(project.layers) == 1:
        return "there is only one layer"
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return f"the picture has only {width}x{height} px"
    return ""


def _straight(project: Project, why: str) -> Resolved:
    note = f"Layers are straight bands: {why[0].lower()}{why[1:].rstrip('.')}."
    return Resolved(replace(project, cut=replace(project.cut, mode="straight")), (note,))


def _vertical(project: Project) -> Resolved:
    if project.cut.mode == "contour":
        raise UsageError(
            "Layers cannot follow contours on a journey that goes up or down.",
            "Set motion.direction_deg to 0 or 180 and velocities to [x, 0], or set cut.mode to straight.",
        )
    return _straight(project, "the journey goes up or down, and contours are for sideways ones")


def _too_fast(project: Project, name: str) -> Resolved:
    if project.cut.mode == "contour":
        raise UsageError(
            f"The layer {name} moves by more than half the picture in a step, too fast to follow its contour.",
            "Raise motion.smoothness or lower motion.step_px, or set cut.mode to straight.",
        )
    return _straight(project, f"the layer {name} moves by more than half the picture in a step")


def _propose(project: Project, picture: RGB, assets: Assets) -> Suggestion:
    cut = project.cut
    if assets.segmentation is not None:
        return proposals.suggest_from_segmentation(assets.segmentation, assets.layer_names)
    if assets.depth is not None:
        return proposals.suggest_from_depth(picture, assets.depth, cut.layers, cut.reach)
    proposal = proposals.suggest(picture, cut.layers, cut.reach)
    if cut.mode == "contour":
        return proposal
    return _sure_borders(project, proposal, picture)


def _sure_borders(project: Project, proposal: Suggestion, picture: RGB) -> Suggestion:
    """A proposal without the borders that are not sure enough; the reason of one that has none left says so."""
    height, width = picture.shape[:2]
    sketch = rough_cut.sketch(picture)
    reason, dropped = proposal.reason, ""
    while proposal.wanted:
        # as they will be cut: along the points that are written down
        wanted = wanted_rows(_with_layers(project, proposal, height).layers, width, height)
        sure = contour_cut.confidences(sketch, wanted, project.cut.reach)
        worst = int(np.argmin(sure))
        if sure[worst] >= project.cut.confidence:
            return replace(proposal, dropped=dropped)
        reason = dropped = _unsure(proposal.tops[worst], sure[worst], project)
        proposal = proposals.without(proposal, worst, height)
    return replace(proposal, reason=reason)


def _too_few(project: Project, proposal: Suggestion) -> str:
    """Why there are fewer layers than were asked for; empty where there are as many."""
    asked, found = project.cut.layers, len(proposal.wanted) + 1
    if asked is None or found >= asked or not proposal.wanted:
        return ""
    why = proposal.dropped or "no other border goes from left to right, surely enough and apart from the others"
    return f"{found} of {asked} layers were found: {why}."


def _unsure(row: int, sure: float, project: Project) -> str:
    return (
        f"the border at row {row} is not sure enough ({sure:.2f} of {project.cut.confidence:.2f}); "
        "set cut.mode to contour to follow it all the same"
    )


def _default(width: int, height: int) -> Suggestion:
    """The default bands as a proposal, for who asks for contours in a picture that shows none."""
    tops = np.cumsum([layer.height or 0 for layer in default_layers(height)])[:-1]
    rows = [np.full(width, float(top)) for top in tops]
    return proposals.describe(rows, [0.0] * len(rows), height, "the usual proportions")


def _with_layers(project: Project, proposal: Suggestion, height: int) -> Project:
    """The project with the layers of a proposal, moving as proposed under the project's own law."""
    tops = [0, *proposal.tops, height]
    skylines = [(), *(_points(rows, height) for rows in proposal.wanted)]
    layers = []
    for i, (name, speed, skyline) in enumerate(zip(proposal.names, proposal.speeds, skylines, strict=True)):
        layer = Layer(name=name, height=tops[i + 1] - tops[i], skyline=skyline)
        if project.speed.law == "depth":
            layer = replace(layer, disparity=speed)
        else:
            inverse = project.speed.law == "inverse"
            layer = replace(layer, distance=round(100 / speed if inverse else NEAREST_DISTANCE * speed, 2))
        layers.append(layer)
    law = project.speed
    if law.law == "weight" and law.normalise == "total":
        # a share of the sum sends the nearer one of two layers off at more than twice the pace of the nearest of five
        law = replace(law, normalise="third")
    return replace(project, layers=tuple(layers), speed=law)


def _points(rows: Rows, height: int) -> tuple[tuple[float, float], ...]:
    """A path as few points (D. Douglas and T. Peucker, 1973), in whole px."""
    path = np.column_stack([np.arange(len(rows)), np.round(rows)]).astype(np.int32)
    kept = cv2.approxPolyDP(path[:, None], max(1.0, TOLERANCE * height), False)[:, 0]
    return tuple((float(x), float(y)) for x, y in kept[np.argsort(kept[:, 0], kind="stable")])


def _with_disparities(project: Project, picture: RGB, assets: Assets) -> Project:
    """Under the law depth: the disparities that are missing, out of the depth map."""
    missing = [layer.disparity is None and layer.velocity is None for layer in project.layers]
    if project.speed.law != "depth" or assets.depth is None or not any(missing):
        return project
    masks = other_cuts.from_depth(picture, assets.depth, _thresholds(project, assets.depth))
    found = other_cuts.disparities(assets.depth, masks)
    layers = (
        replace(layer, disparity=round(max(value, LEAST_DISPARITY), 4)) if needed else layer
        for layer, value, needed in zip(project.layers, found, missing, strict=True)
    )
    return replace(project, layers=tuple(layers))


def _with_band_disparities(project: Project, height: int, assets: Assets) -> Project:
    """Under the law depth, for straight bands: the disparities that are missing, as the medians of their rows."""
    layers = project.layers or default_layers(height)
    missing = [layer.disparity is None and layer.velocity is None for layer in layers]
    straight = project.cut.mode == "straight" and project.speed.law == "depth"
    if not straight or assets.depth is None or not any(missing):
        return project
    ends = np.clip(np.cumsum([layer.height or 0 for layer in layers[:-1]]), 0, height - 1)
    bands = np.split(assets.depth, ends.astype(int))
    found = (
        replace(layer, disparity=round(max(float(np.median(band)), LEAST_DISPARITY), 4))
        if needed and band.size
        else layer
        for layer, band, needed in zip(layers, bands, missing, strict=True)
    )
    return replace(project, layers=tuple(found))


def _thresholds(project: Project, depth: NDArray[np.float32]) -> list[float]:
    """Where a depth map is parted for the layers of a project: halfway between the median depths found along them."""
    height, width = depth.shape
    rows = [np.zeros(width), *wanted_rows(project.layers, width, height), np.full(width, float(height))]
    y = np.arange(height)[:, None]
    bands = [depth[(y >= a[None]) & (y < b[None])] for a, b in itertools.pairwise(rows)]
    medians = [float(np.median(band)) if band.size else float(np.median(depth)) for band in bands]
    return other_cuts.between(medians)


def _decide(project: Project, settled: Project, picture: RGB, assets: Assets) -> Resolved:
    height, width = picture.shape[:2]
    count = len(settled.layers)
    if assets.segmentation is not None:
        return Resolved(settled, (f"The {count} layers are those of the segmentation.",))
    if assets.depth is not None:
        return Resolved(settled, (f"The {count} layers follow the depth map.",))
    wanted = wanted_rows(settled.layers, width, height)
    sure = contour_cut.confidences(rough_cut.sketch(picture), wanted, settled.cut.reach)
    names = [layer.name or f"layer {i}" for i, layer in enumerate(settled.layers)]
    found, borders = [], []
    for i, (row, value) in enumerate(zip((int(np.median(rows)) for rows in wanted), sure, strict=True), 1):
        painted = i in assets.mattes
        borders.append(f"{names[i]} at row {row} ({'painted' if painted else f'sure: {value:.2f}'})")
        found.append((1.0 if painted else value, row))
    worst, where = min(found)
    if project.cut.mode == "auto" and worst < project.cut.confidence:
        return _straight(project, _unsure(where, worst, project))
    return Resolved(settled, (f"Layers follow contours: {', '.join(borders)}.",))
