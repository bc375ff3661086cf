"""Things lifted out of the picture: each becomes a picture of its own with a soft matte, and leaves a place to paint.

First every object is cut out, then what was behind all of them is painted at once, and last the colours of the rims
and of what is behind them are moved to where the objects laid over the background give the picture bit for bit, by
the same splitting that takes the layers apart. Cutting the layers first and each object out of its layer would stop
the painting at the layers' borders, which run behind the object and are not known there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import UsageError
from ...shared.sections import Object
from ...shared.tiling import BLEED_PX
from . import mattes
from .assets import Grey
from .cut_out import take_layer
from .cutout import RGB, Bool
from .hidden_parts import paint
from .hints import object_mask
from .stages import Begin, unwatched

RGBA = NDArray[np.uint8]  # [h, w, 4], straight alpha

MARGIN_PX = mattes.WIDEN_PX + BLEED_PX
"""Round an object, for what its rim may still reach out to and for the bleed that stays transparent."""
ROOM, LEAST_ROOM_PX = (0.25, 2.5), 24
"""How far round an object its background is taken from, down and across, in sizes of the object, and at least in px.

A landscape lies in rows: what is farther to the side is as far away, what is higher or lower is something else.
"""
RING_PX = 16
"""Round an object, where its background is surely seen."""
ODDS = 2.0
"""How much more usual a colour must be in the object than round it to be the object's own."""
LEAST_SHARE = 0.25
"""Of the neighbourhood that must remain without what looks like an object; else all of it serves."""
BESIDE_PX = 2
"""Pixels beside an object that still hold some of it, by lens and by JPEG: nothing is copied from them."""


@dataclass(frozen=True)
class Lifted:
    """An object: `rgba` uint8 [h, w, 4], straight alpha, its corner at x, y of the picture (px, also outside it).

    It lies directly before layer `layer`. Its outermost `BLEED_PX` pixels are transparent.
    """

    rgba: RGBA
    x: int
    y: int
    layer: int

    def spots(self, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Where it lies in a picture of `shape`, and which part of it that is."""
        height, width = self.rgba.shape[:2]
        y0, y1 = max(0, self.y), min(shape[0], self.y + height)
        x0, x1 = max(0, self.x), min(shape[1], self.x + width)
        here = slice(y0, y1), slice(x0, x1)
        return here, (slice(y0 - self.y, y1 - self.y), slice(x0 - self.x, x1 - self.x))

    def place(self, shape: tuple[int, ...]) -> Bool:
        """Where it shows anything in a picture of `shape`, bool [H, W]."""
        found = np.zeros(shape[:2], np.bool_)
        here, there = self.spots(shape)
        found[here] = self.rgba[there][..., 3] > 0
        return found


def lift(
    picture: RGB, objects: Sequence[Object], masks_of_objects: Mapping[int, Grey], begin: Begin = unwatched
) -> tuple[list[Lifted], Bool]:
    """The objects of a picture (RGB uint8 [H, W, 3]) in their order, and what they occupy of it, bool [H, W].

    `masks_of_objects[k]` is a soft matte for object k, uint8 [H, W], that wins over its box and stroke. The occupied
    part has to be painted, see `behind`; it is a little more than the objects show. `begin` is told every object.
    Raises UsageError for an object that is not there.
    """
    lifted, occupied = [], np.zeros(picture.shape[:2], np.bool_)
    for number, thing in enumerate(objects):
        begin(f"Lifting object {number + 1} of {len(objects)}")
        alpha = _matte(picture, number, thing, masks_of_objects.get(number))
        occupied |= cv2.dilate((alpha > 0).astype(np.uint8), mattes.disc(mattes.WIDEN_PX)) > 0
        lifted.append(_cropped(mattes.rim_colours(picture, alpha), alpha, thing.layer))
    return lifted, occupied


def behind(picture: RGB, lifted: Sequence[Lifted], occupied: Bool, seed: int) -> tuple[RGB, list[Lifted]]:
    """The picture without its objects, RGB uint8 [H, W, 3], and the objects as they have to be before it.

    Outside what is occupied it is the picture. The objects laid over it, by layer and then in their order, give the
    picture bit for bit.
    """
    background = paint(picture, _donors(picture, lifted, occupied), occupied, seed).copy()
    target, bound = picture.copy(), np.ones(picture.shape[:2], np.bool_)
    out = list(lifted)
    for number in _near_to_far(out):
        thing = out[number]
        here, there = thing.spots(picture.shape)
        rgb, alpha = (np.ascontiguousarray(part) for part in np.split(thing.rgba[there], (3,), axis=2))
        alpha = alpha[..., 0]
        # what is above already is settled: a rim reaches out only to what the picture shows of it
        mattes.widen(target[here], alpha, rgb, background[here], bound[here])
        ground, free = target[here].copy(), bound[here].copy()
        take_layer(ground, free, rgb, alpha, background[here])
        target[here], bound[here] = ground, free
        rgba = thing.rgba.copy()
        rgba[there] = np.dstack([rgb, alpha])
        out[number] = Lifted(rgba, thing.x, thing.y, thing.layer)
    shown = occupied & bound
    background[shown] = target[shown]
    return background, out


def kept_before(masks: Sequence[Bool], lifted: Sequence[Lifted]) -> list[Bool]:
    """`masks` (masks[i - 1], bool [H, W]: layer i or a nearer one) without what would hide an object.

    Where an object was, the layers nearer than its own are not: what is painted there is farther.
    """
    out = [mask.copy() for mask in masks]
    for thing in lifted:
        for mask in out[thing.layer :]:
            here, there = thing.spots(mask.shape)
            mask[here] &= thing.rgba[there][..., 3] == 0
    return out


def _donors(picture: RGB, lifted: Sequence[Lifted], occupied: Bool) -> Bool:
    """What the background may be painted from, bool [H, W]: the neighbourhood of every object, without its like.

    What is behind a thing looks like what is beside it; the other horses of the herd stand beside it too.
    """
    beside = cv2.dilate(occupied.astype(np.uint8), mattes.disc(BESIDE_PX)) > 0
    near, like = np.zeros(occupied.shape, np.bool_), np.zeros(occupied.shape, np.bool_)
    for thing in lifted:
        down, across = (max(LEAST_ROOM_PX, round(room * max(thing.rgba.shape[:2]))) for room in ROOM)
        (rows, columns), there = thing.spots(occupied.shape)
        area = (
            slice(max(0, rows.start - down), rows.stop + down),
            slice(max(0, columns.start - across), columns.stop + across),
        )
        near[area] = True
        own = np.zeros(occupied.shape, np.bool_)
        own[rows, columns] = thing.rgba[there][..., 3] >= mattes.SURE
        ring = cv2.dilate(own.astype(np.uint8), mattes.disc(RING_PX)) > 0
        like[area] |= _looks_like(picture[area], own[area], (ring & ~beside)[area])
    free = near & ~beside
    return free & ~like if (free & ~like).sum() >= LEAST_SHARE * free.sum() else free


def _looks_like(picture: RGB, thing: Bool, ring: Bool) -> Bool:
    """Where a picture has colours that a thing has and the ring round it has not; bool [h, w], as are both."""
    bins = (picture >> 5).astype(np.intp) @ np.array([64, 8, 1])
    shares = [np.bincount(bins[which], minlength=512) / max(1, which.sum()) for which in (thing, ring)]
    odd = (shares[0] > ODDS * shares[1])[bins].astype(np.uint8)
    calm = cv2.medianBlur(odd, 5)
    return np.asarray(cv2.dilate(calm, mattes.disc(mattes.WIDEN_PX)) > 0, np.bool_)


def _near_to_far(lifted: Sequence[Lifted]) -> list[int]:
    """The numbers of objects, those of the nearest layer first, and of one layer the last first."""
    return sorted(range(len(lifted)), key=lambda n: (lifted[n].layer, n), reverse=True)


def _matte(picture: RGB, number: int, thing: Object, given: Grey | None) -> Grey:
    """The matte of an object over the whole picture, uint8 [H, W]."""
    if given is not None:
        alpha = given.copy()
    else:
        alpha = mattes.soft_matte(picture, object_mask(picture, thing.box, thing.stroke, thing.stroke_px))
    if alpha.max() < mattes.SURE:
        raise UsageError(
            f"objects.{number} ({thing.name or 'without a name'}) was not found in the picture.",
            "Draw its box a little larger, or a stroke over it, or give a matte that is white where it is.",
        )
    return alpha


def _cropped(rgb: RGB, alpha: Grey, layer: int) -> Lifted:
    """An object with its margin; beyond the picture's edge its colours go on and it is transparent."""
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    top, bottom = int(rows[0]) - MARGIN_PX, int(rows[-1]) + 1 + MARGIN_PX
    left, right = int(columns[0]) - MARGIN_PX, int(columns[-1]) + 1 + MARGIN_PX
    height, width = alpha.shape
    inside = slice(max(0, top), min(height, bottom)), slice(max(0, left), min(width, right))
    beyond = (max(0, -top), max(0, bottom - height)), (max(0, -left), max(0, right - width))
    colours = np.pad(rgb[inside], (*beyond, (0, 0)), mode="edge")
    return Lifted(np.dstack([colours, np.pad(alpha[inside], beyond)]), left, top, layer)
