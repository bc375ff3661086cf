"""From masks to cut-outs that give the picture back bit for bit when they lie over each other.

First every layer is drawn as one would wish it: its matte, its rim in its own colours, its hidden parts painted. Then
the picture is taken apart from near to far: where a layer is opaque it keeps the picture's colour, in its soft rim the
8-bit colours of the layer and of what is below it are moved, as little as possible, to where they give the picture
exactly, and what is needed below is handed on to the farther layers. A table of corrections beside the cut-outs would
be exact as well, but the layers drift apart from the first step on and the corrections fit nowhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit

from ..side_by_side import side_by_side
from . import mattes as rims
from . import remains, silhouettes, threads
from .cutout import RGB, Alpha, Bool, Cutout, lay_over
from .fading import fade
from .hidden_parts import Moved, paint
from .leftovers import claim
from .oddities import distinct, find
from .stages import Begin, unwatched

ABOVE_PX = 8  # transparent rows that are kept above a skyline
EMPTY_PX = 4  # rows of a cut-out that shows nothing
PAD_PX = 3  # that near to a nearer layer nothing is copied from: it may still hold a little of it
GHOST = 16.0  # how much worse a wrong colour below is than one above
MOST_KNOWN = 0.7  # of what a layer shows: as long as so much is left, its striking things are not copied
FEWEST_PX = 16  # a layer that shows fewer pixels is empty


@dataclass(frozen=True)
class Outline:
    """Where a layer is before its matte is drawn, bool [H, W]: `own`, with what nearer layers hide, and `nearer`."""

    own: Bool
    nearer: Bool


def cut_out(
    picture: RGB,
    masks: Sequence[Bool],
    spare_px: int,
    mattes: Mapping[int, Alpha] | None = None,
    seed: int = 0,
    kept: Sequence[tuple[int, Bool]] = (),
    begin: Begin = unwatched,
    measured: bool = False,
) -> list[Cutout]:
    """The layers of a picture, far to near, one more than there are masks.

    `picture`: RGB uint8 [H, W, 3]. `masks[i - 1]`: bool [H, W], what belongs to layer i or a nearer one.
    `spare_px`: rows that are painted below the lowest point of the nearer skyline. `mattes[i]`: uint8 [H, W], a soft
    matte for layer i (white where it or a nearer one is) that wins over its mask. `kept`: places of objects, bool
    [H, W], each with the number of its layer, which no nearer layer may hide. `begin` is told every stage. `measured`:
    the masks come from a depth map or a segmentation.
    `flatten(cut_out(...), H)` equals `picture`. The same arguments give the same bytes.
    """
    given = dict(mattes or {})
    nested, once = settle(picture, masks, given, measured)
    alphas, faded = draw_mattes(picture, nested, given, begin)
    for layer, place in kept:
        for alpha in alphas[layer + 1 :]:
            alpha[place] = 0
    bottoms = lowest_rows(alphas, spare_px)
    plates, holes = _wished_plates(picture, alphas, faded, bottoms, once, seed, begin)
    begin("Taking the layers apart")
    _take_apart(picture, plates, alphas, kept)
    return [_cropped(*parts) for parts in zip(plates, alphas, holes, bottoms, range(len(plates)), strict=True)]


def settle(
    picture: RGB, masks: Sequence[Bool], mattes: Mapping[int, Alpha], measured: bool = False
) -> tuple[list[Bool], Bool]:
    """The masks, by their hand-painted mattes where there are some, with what is thin and rises from them and with
    their specks, each inside the one before; and what had better not be copied, bool [H, W]."""
    out = [mattes[i] >= 128 if i in mattes else mask.copy() for i, mask in enumerate(masks, 1)]
    if not out:
        return out, np.zeros(picture.shape[:2], np.bool_)
    for i in range(len(out) - 2, -1, -1):
        out[i] |= out[i + 1]
    farthest = ~out[0]
    odd = find(picture, out)
    settled = [i - 1 for i in mattes]
    risen = threads.extend(picture, out, odd, settled)
    # what was measured may say that a tower on the skyline is far; what is thin it does not see
    out = risen if measured else silhouettes.extend(picture, out, risen, settled)
    for i in range(len(out) - 1, -1, -1):
        if i + 1 < len(out):
            out[i] |= out[i + 1]
        if i + 1 not in mattes:
            # Only before the farthest layer: what floats on water or lies in grass may be a thing of its own.
            out[i] |= claim(picture, out[i], farthest)
            own = out[i] & ~out[i + 1] if i + 1 < len(out) else out[i]
            out[i] |= remains.claim(picture, own, farthest & ~out[i])
    return out, distinct(odd)


def draw_mattes(
    picture: RGB, masks: list[Bool], mattes: Mapping[int, Alpha], begin: Begin, outlines: list[Outline] | None = None
) -> tuple[list[Alpha], list[Bool]]:
    """The matte of every layer over the whole picture, as it would be if nothing stood in front of it, and where its
    border fades, bool [H, W].

    To `outlines` those of all but the farthest layer are added.
    """
    shape = picture.shape[:2]
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    alphas: list[Alpha] = [np.full(shape, 255, np.uint8)]
    faded = [np.zeros(shape, np.bool_)]
    for i, mask in enumerate(masks, 1):
        begin(f"Drawing the edge of layer {i + 1} of {len(masks) + 1}")
        nearer = masks[i] if i < len(masks) else np.zeros(shape, np.bool_)
        skyline, hidden = rims.own_skyline(mask, nearer)
        if i < len(masks):
            # Slivers of a nearer layer's outline would stay behind as its ghost.
            beside = cv2.dilate(nearer.astype(np.uint8), rims.disc(rims.GAP_PX)) > 0
            nearer |= mask & (rows < skyline) & hidden & beside
        visible = mask & ~nearer
        own = visible | (nearer & (rows >= skyline))
        if outlines is not None:
            outlines.append(Outline(own, nearer))
        faded.append(np.zeros(shape, np.bool_))
        if np.count_nonzero(visible) < FEWEST_PX:
            alphas.append(np.zeros(shape, np.uint8))
            continue
        alpha = mattes[i].copy() if i in mattes else rims.soft_matte(picture, own)
        edge = ((rows - skyline + 0.5).clip(0, 1) * 255).astype(np.uint8)
        alpha[nearer] = edge[nearer]
        if i not in mattes:
            behind = ~mask if i == 1 else masks[i - 2] & ~mask
            alpha, faded[-1] = fade(picture, visible, behind, alpha)
        alphas.append(alpha)
    return alphas, faded


def lowest_rows(alphas: Sequence[Alpha], spare_px: int) -> list[int]:
    """The row where each layer ends: below it the nearer layers hide it in every column, wherever they move to."""
    height = len(alphas[0])
    bottoms = [height]
    for alpha in reversed(alphas[1:]):
        open_rows = np.flatnonzero((alpha[: bottoms[0]] < 255).any(1))
        lowest = int(open_rows[-1]) + 1 + spare_px if open_rows.size else 1
        bottoms.insert(0, min(height, lowest))
    return bottoms


def _wished_plates(
    picture: RGB,
    alphas: Sequence[Alpha],
    faded: Sequence[Bool],
    bottoms: Sequence[int],
    once: Bool,
    seed: int,
    begin: Begin,
) -> tuple[list[RGB], list[Bool]]:
    """The wished plates of all layers and where they are painted; the mattes, in place, end where their layers do."""

    def layers() -> Iterator[tuple[int, Alpha]]:
        near = np.zeros(picture.shape[:2], np.uint8)
        for i in range(len(alphas) - 1, -1, -1):
            if i + 1 < len(alphas):
                begin(f"Painting what is hidden behind layer {i + 2} of {len(alphas)}")
            alphas[i][bottoms[i] :] = 0
            yield i, near
            near = hiding(near, alphas[i], faded[i])

    def painted(layer: tuple[int, Alpha]) -> tuple[RGB, Bool]:
        i, near = layer
        return wished_plate(picture, alphas[i], faded[i], near, once, seed + i)

    made = side_by_side(painted, layers())[::-1]
    return [plate for plate, _ in made], [hole for _, hole in made]


def hiding(near: Alpha, alpha: Alpha, faded: Bool) -> Alpha:
    """The matte of what hides something: of the nearer layers and of one more, which hides nothing where it fades."""
    return np.where(faded, near, np.maximum(near, alpha))


def wished_plate(
    picture: RGB, alpha: Alpha, faded: Bool, near: Alpha, once: Bool, seed: int, moved: Moved | None = None
) -> tuple[RGB, Bool]:
    """A layer's wished colours over the whole picture, and where they are painted.

    `faded`: where its border fades. `near`: the matte of what hides it. `once`: what had better not be copied. `moved`:
    as for `hidden_parts.paint`.
    """
    beside = cv2.dilate(near, rims.disc(PAD_PX)) > 0
    hole = (alpha > 0) & beside
    opaque = cv2.erode((alpha == 255).astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    known = opaque & ~beside
    if not known.any():
        known = (alpha > 0) & (near == 0)
    if np.count_nonzero(known & ~once) > MOST_KNOWN * np.count_nonzero(known):
        known &= ~once
    plate = rims.rim_colours(paint(picture, known, hole, seed, moved), alpha)
    seen = faded & ~hole
    plate[seen] = picture[seen]
    return plate, hole


def _take_apart(picture: RGB, plates: Sequence[RGB], alphas: Sequence[Alpha], kept: Sequence[tuple[int, Bool]]) -> None:
    """Move the plates' colours to where they give the picture, in place; rims are widened where that needs it."""
    below = [plates[0].copy()]
    for plate, alpha in zip(plates[1:-1], alphas[1:-1], strict=True):
        below.append(lay_over(below[-1], plate, alpha))
    near = np.zeros(picture.shape[:2], np.uint8)
    target = picture.copy()
    bound = np.ones(picture.shape[:2], np.bool_)
    for i in range(len(plates) - 1, -1, -1):
        if i:
            room = near == 0
            for layer, place in kept:
                if i > layer:
                    room &= ~place
            rims.widen(picture, alphas[i], plates[i], below[i - 1], room)
            np.maximum(near, alphas[i], out=near)
        take_layer(target, bound, plates[i], alphas[i], below[max(0, i - 1)])


@njit(cache=True)
def take_layer(target: RGB, bound: Bool, plate: RGB, alpha: Alpha, below: RGB) -> None:
    """Settle one layer's colours; `target` becomes what must be seen below it, as far as it is `bound` to anything."""
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            if not bound[y, x] or alpha[y, x] == 0:
                continue
            if alpha[y, x] == 255:
                bound[y, x] = False
                for c in range(3):
                    plate[y, x, c] = target[y, x, c]
                continue
            for c in range(3):
                plate[y, x, c], target[y, x, c] = _split(
                    int(target[y, x, c]), int(alpha[y, x]), int(plate[y, x, c]), int(below[y, x, c])
                )


@njit(cache=True)
def _split(target: int, a: int, over: int, below: int) -> tuple[int, int]:
    """The 8-bit colours near `over` and `below` that, laid over each other with alpha `a`, give `target` exactly."""
    b = 255 - a
    # A wrong colour above is seen through its alpha and beside its own layer; one below is seen in full, as a ghost of
    # the outline: the nearest point of the line over * a + below * b = 255 * target by that measure, kept where both
    # colours exist. The colour with the smaller weight is rounded first, so that the other one can make up for it
    # within the rounding of the sum.
    missing = (255 * target - over * a - below * b) / (255 * 255 + b * b / GHOST)
    if a >= b:
        low, high = 255 * (target - a) / b, 255 * target / b
        under = int(np.rint(min(max(below + missing * b / GHOST, low, 0.0), high, 255.0)))
        on = min(max(int(np.rint((255 * target - under * b) / a)), 0), 255)
    else:
        low, high = 255 * (target - b) / a, 255 * target / a
        on = int(np.rint(min(max(over + missing * 255 * 255 / a, low, 0.0), high, 255.0)))
        under = min(max(int(np.rint((255 * target - on * a) / b)), 0), 255)
    if (on * a + under * b + 127) // 255 != target:
        return target, target
    return on, under


def _cropped(plate: RGB, alpha: Alpha, hole: Bool, bottom: int, index: int) -> Cutout:
    """The rows of a layer that can ever be seen."""
    shown = np.flatnonzero(alpha.any(1))
    if not shown.size:
        rows = slice(0, EMPTY_PX)
    else:
        rows = slice(0 if index == 0 else max(0, int(shown[0]) - ABOVE_PX), bottom)
    return Cutout(rows.start, plate[rows].copy(), alpha[rows].copy(), hole[rows].copy())
