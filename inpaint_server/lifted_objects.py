"""The objects of a run: their pictures on disk beside the plates, and where they are in a frame.

An object is never continued, so the step loop has nothing to do with it but to hand it on; here it is also laid into
the previews, so that nobody thinks it lost.
"""

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from ..shared.plan import Plan
from ..shared.plates import ObjectPlate, Tile
from ..shared.project import Project
from ..shared.visits import velocity_of, visits
from .engines.contract import RGB, OwnerMap
from .layering.cutout import lay_over
from .layering.objects import Lifted
from .tile_files import whole, write_picture


def write_objects(folder: Path, project: Project, plan: Plan, lifted: Sequence[Lifted]) -> tuple[ObjectPlate, ...]:
    """Write the pictures of a run's objects into `folder`/plates; what the manifest says of them.

    Raises UsageError for an object whose way does not close in a loop.
    """
    plates = []
    for number, (thing, seen) in enumerate(zip(project.objects, lifted, strict=True)):
        name = f"plates/object{number:02d}.png"
        if not whole(folder / name):
            write_picture(folder / name, seen.rgba)
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        height, width = seen.rgba.shape[:2]
        tile = Tile(name, 0, plan.steps, seen.x, seen.y, width, height, digest)
        velocity = velocity_of(thing, plan, seen.y + height)
        plate = ObjectPlate(thing.name, thing.layer, velocity, thing.scale, tile)
        visits(plan, plate)
        plates.append(plate)
    return tuple(plates)


def lay_objects(
    frame: RGB, owner: OwnerMap, plan: Plan, plates: Sequence[ObjectPlate], lifted: Sequence[Lifted], step: int
) -> None:
    """Lay the objects into a frame [H, W, 3] at a step, in place, behind the layers that are nearer.

    `owner` [H, W] is the layer that is seen at each pixel. To the whole pixel: it is for looking on.
    """
    for plate, seen in sorted(zip(plates, lifted, strict=True), key=lambda pair: pair[0].layer):
        moment = plan.first_frame_at(step)
        for visit in visits(plan, plate):
            if visit.start <= moment < visit.end or (moment == visit.end == plan.frames):
                _lay(frame, owner, _scaled(seen, plate.scale), visit.corner(Fraction(step)), plate.layer)
                break


def _scaled(seen: Lifted, scale: float) -> RGB:
    if scale == 1:
        return seen.rgba
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(seen.rgba, None, fx=scale, fy=scale, interpolation=way), np.uint8)


def _lay(frame: RGB, owner: OwnerMap, rgba: RGB, corner: tuple[float, float], layer: int) -> None:
    x, y = (round(value) for value in corner)
    top, bottom = max(0, y), min(frame.shape[0], y + rgba.shape[0])
    left, right = max(0, x), min(frame.shape[1], x + rgba.shape[1])
    if top >= bottom or left >= right:
        return
    part = rgba[top - y : bottom - y, left - x : right - x]
    alpha = np.where(owner[top:bottom, left:right] <= layer, part[..., 3], np.uint8(0))
    frame[top:bottom, left:right] = lay_over(frame[top:bottom, left:right], part[..., :3], alpha)
