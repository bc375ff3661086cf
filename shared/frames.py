"""Arithmetic frames: what a frame is by definition, computed in numpy from the tiles and the scene spec.

The tests compare Blender's frames with these, and `preview` encodes them without Blender. Each plane is sampled
bilinearly at its sub-pixel position (`textures.py`) and laid over what is behind it, far to near. Colour and alpha are
sampled apart, straight as they are stored: colours are continued under the transparent side of every rim, so nothing
foreign mixes in, and what the tiles hold comes out exactly at whole positions. Premultiplied sampling would need a
division per pixel and would round twice.
"""

import math
from collections.abc import Callable

import numpy as np

from . import grading, living_rows, overlays
from .errors import ParallaxError
from .formats import moment
from .gabor.patchwork import Waving
from .grading import Graded
from .overlays import Sheet, draw, turned
from .receding_rows import ROWS_AT_ONCE, sampled, warped
from .scene import Plane, SceneSpec
from .shimmering import Shimmering, shimmered
from .textures import Axis, Bytes, Texture, patches, sample

__all__ = ["Bytes", "ReadTile", "Texture", "blended", "opacity", "placed", "render"]

ReadTile = Callable[[str], Texture]
ReadWaving = Callable[[Shimmering, int, int], Waving]
Blend = Callable[[Bytes, Bytes], Bytes]
Grades = tuple[Graded, ...]
PICTURES_HELD = 16
"""Pictures of overlays kept from frame to frame: those of a few overlays."""


def placed(plane: Plane, frame: float) -> tuple[float, float]:
    """The plane's upper left corner in output px at a frame counted from 0."""
    return plane.at(frame, [key.x for key in plane.keys]), plane.at(frame, [key.y for key in plane.keys])


def opacity(plane: Plane, frame: float) -> float:
    """How opaque a plane is shown at a frame counted from 0: its alpha is multiplied by this."""
    return plane.at(frame, plane.opacity)


def _still(wish: Shimmering, _width: int, _height: int) -> Waving:
    raise ParallaxError(f"The wavelets of {wish.group} are not at hand.", "Fit them: infinite-parallax gabor plates.")


def render(spec: SceneSpec, frame: float, read_tile: ReadTile, read_waving: ReadWaving = _still) -> Bytes:
    """Frame `frame` (from 0, also between frames) as RGB uint8 [height, width, 3]; blending is not in it.

    `read_tile(file)` gives a tile of the plates, `read_waving(shimmer, width, height)` the
    pictures by which one of that size shimmers.
    """
    out = np.zeros((spec.height, spec.width, 3), np.uint8)
    blends = BLENDS[spec.target == "vse"]
    # what comes of the frame's number stays for as long as the frame, as drivers do in Blender
    whole = math.floor(frame)
    for shown in spec.visuals:
        if not shown.start <= frame < shown.end:
            continue
        if isinstance(shown, Graded):
            graded = grading.apply if spec.target == "vse" else grading.apply_nodes
            out = graded((shown.at(whole),), out.reshape(len(out), -1)).reshape(out.shape)
            continue
        if isinstance(shown, Sheet):
            strength = round(256 * shown.opacity(whole, spec.frames))
            picture = _picture(shown)
            place, tints = shown.corner(whole, spec.frames), tuple(tint.at(whole) for tint in overlays.tints(shown))
            blend, strips = blends[shown.blend], spec.target == "vse"
            if shown.angles:
                _lay_turned(out, picture, shown, (whole, spec.frames), strength, blend, tints, strips)
                continue
            _lay_over(out, picture, *place, shown.scale, strength, blend, tints, strips)
            continue
        strength, grades = (
            round(256 * opacity(shown, frame)),
            tuple(grade.at(whole) for grade in spec.grades_of(shown.layer)),
        )
        tile = read_tile(shown.file)
        if shown.shimmer is not None:
            tile = shimmered(tile, shown.shimmer, read_waving(shown.shimmer, shown.width, shown.height), whole)
        if shown.lives:
            _lay_living(out, tile, shown, frame, strength, grades)
        elif shown.mirrors:
            _lay_swaying(out, tile, shown, frame, strength, grades)
        elif shown.slide is None:
            _lay_tile(out, tile, shown, frame, strength, grades, "planes" if shown.bends else spec.target)
        else:
            _lay_rows(out, tile, shown, frame, strength, grades)
    if spec.window is not None:
        left, top, right, bottom = spec.window
        out[:top] = out[bottom:] = out[:, :left] = out[:, right:] = 0
    return out


def blended(spec: SceneSpec, frame: int, shot: Callable[[float], Bytes]) -> Bytes:
    """Frame `frame` of the video, mixed of the moments that `shot(moment)` gives as the export asks for it.

    The mean is taken of the stored values, as a dissolve in the sequencer is.
    """
    weights = spec.export.weights()
    if len(weights) == 1:
        return shot(frame)
    total = np.zeros((spec.height, spec.width, 3), np.float32)
    for offset, share in weights:
        total += np.float32(share) * shot(moment(frame, offset, spec.frames, spec.loop))
    return np.rint(total).astype(np.uint8)


_drawn: dict[str, Texture] = {}


def _picture(sheet: Sheet) -> Texture:
    """A sheet's picture, kept as long as it is one of the last few that were asked for."""
    found = _drawn.pop(sheet.file, None) or Texture.of(draw(sheet))
    _drawn[sheet.file] = found
    if len(_drawn) > PICTURES_HELD:
        del _drawn[next(iter(_drawn))]
    return found


def _lay_over(
    out: Bytes,
    tile: Texture,
    x: float,
    y: float,
    scale: float,
    strength: int,
    blend: Blend | None = None,
    grades: Grades = (),
    strips: bool = True,
) -> None:
    """Lay a tile over `out`, in place, with its corner at output position x, y.

    Sampled alpha times `strength` / 256, rounded, is the alpha that counts. `blend` makes the colours that are laid
    out of those below and the tile's.
    """
    down, across = Axis(y, scale), Axis(x, scale)
    flat = out.reshape(out.shape[0], -1)
    for patch in patches(tile, down, across, out.shape[:2]) if strength else ():
        below = flat[patch.rows, patch.columns.start * 3 : patch.columns.stop * 3]
        if patch.opaque and strength == 256 and blend is None:
            sample(tile.rgb, 3, down, across, patch, below)
            if grades:
                below[:] = grading.apply(grades, below) if strips else grading.apply_nodes(grades, below)
            continue
        colours, alpha = sample(tile.rgb, 3, down, across, patch), sample(tile.alpha, 1, down, across, patch)
        colours = grading.apply(grades, colours, alpha) if strips else grading.apply_nodes(grades, colours)
        _lay(below, colours, alpha, strength, blend)


def _lay_turned(
    out: Bytes,
    tile: Texture,
    sheet: Sheet,
    frame: tuple[int, int],
    strength: int,
    blend: Blend | None,
    grades: Grades,
    strips: bool,
) -> None:
    """Lay the picture of a sheet whose angle is keyed over `out`, in place, at a frame of so many."""
    flat = out.reshape(out.shape[0], -1)
    for rows, colours, alpha in turned.sampled(tile, sheet, *frame, out.shape[:2]):
        shown = grading.apply(grades, colours, alpha) if strips else grading.apply_nodes(grades, colours)
        _lay(flat[rows], shown, alpha, strength, blend)


def _lay(below: Bytes, colours: Bytes, alpha: Bytes, strength: int, blend: Blend | None) -> None:
    """Lay colours over `below`, in place, by a blend, as opaque as alpha times `strength` / 256."""
    if blend is None:
        _blend(below, colours, _faded(alpha, strength))
    elif blend in BLENDS[True].values():
        # the blends of Blender's strips cut where its alpha over rounds
        _blend(below, blend(below, colours), _faded(alpha, strength, 0), 0)
    else:
        _blend(below, blend(below, colours), _faded(alpha, strength))


def _lay_tile(
    out: Bytes, tile: Texture, plane: Plane, frame: float, strength: int, grades: Grades, target: str
) -> None:
    """Lay a tile over `out`, in place. Nodes of the compositor grade the whole tile before it is moved, strips and
    materials what is seen of it."""
    if grades and target == "compositor":
        tile, grades = _graded(plane.file, tile, grades), ()
    _lay_over(out, tile, *placed(plane, frame), plane.scale, strength, None, grades, target == "vse")


_last_graded: dict[tuple[str, Grades], tuple[Texture, Texture]] = {}


def _graded(file: str, tile: Texture, grades: Grades) -> Texture:
    """A graded tile, kept as long as it is one of the last few and its own tile is the same."""
    held = _last_graded.pop((file, grades), None)
    if held is None or held[0] is not tile:
        held = tile, Texture(grading.apply_nodes(grades, tile.rgb), tile.alpha, tile.cells)
    _last_graded[file, grades] = held
    if len(_last_graded) > PICTURES_HELD:
        del _last_graded[next(iter(_last_graded))]
    return held[1]


def _light(below: Bytes, colours: Bytes) -> Bytes:
    """255 - (255 - below) (255 - colours) / 255, rounded."""
    return np.asarray(255 - (np.multiply(255 - below, 255 - colours, dtype=np.uint16) + 127) // 255, np.uint8)


def _grain(below: Bytes, colours: Bytes) -> Bytes:
    """2 below colours where it is dark below, 255 - 2 (255 - below) (255 - colours) where it is light, each / 255 and
    rounded."""
    dark = (2 * below.astype(np.uint32) * colours + 127) // 255
    light = 255 - (2 * (255 - below.astype(np.uint32)) * (255 - colours) + 127) // 255
    return np.asarray(np.where(below > 127, light, dark), np.uint8)


def _screen(below: Bytes, colours: Bytes) -> Bytes:
    """255 - (255 - below) (255 - colours) / 255, as in Blender's `blend_color_screen_byte`."""
    dark = np.multiply(255 - below, 255 - colours, dtype=np.uint16)
    return np.asarray(255 - dark // 255, np.uint8)


def _overlay(below: Bytes, colours: Bytes) -> Bytes:
    """2 below colours where it is dark below, 255 - 2 (255 - below) (255 - colours) where it is light, each / 255.

    As in Blender's `blend_color_overlay_byte`: grey leaves everything as it is, and black and white stay.
    """
    dark = 2 * below.astype(np.uint32) * colours >> 8
    light = 255 - (255 - 2 * (below.astype(np.int32) - 127)) * (255 - colours.astype(np.int32)) // 255
    return np.asarray(np.clip(np.where(below > 127, light, dark), 0, 255), np.uint8)


BLENDS: dict[bool, dict[str, Blend | None]] = {
    True: {"over": None, "screen": _screen, "overlay": _overlay},
    False: {"over": None, "screen": _light, "overlay": _grain},
}
"""How sheets are laid over, on strips or not: strips work in 8 bits."""


def _lay_rows(out: Bytes, tile: Texture, plane: Plane, frame: float, strength: int, grades: Grades) -> None:
    """Lay a tile over `out`, in place, whose rows slide apart."""
    assert plane.slide is not None
    x, y = placed(plane, frame)
    leads = plane.slide.leads(plane.at(frame, plane.slide.travel_px), plane.height)
    flat = out.reshape(out.shape[0], -1)
    for rows, colours, alpha in sampled(tile, x + plane.scale * leads, y, plane.scale, out.shape[:2]):
        _blend(flat[rows], grading.apply_nodes(grades, colours), _faded(alpha, strength))


def _lay_living(out: Bytes, tile: Texture, plane: Plane, frame: float, strength: int, grades: Grades) -> None:
    """Lay a tile over `out`, in place, every place of which moves for itself."""
    flat = out.reshape(out.shape[0], -1)
    for rows, colours, alpha in living_rows.sampled(tile, plane, placed(plane, frame), frame, out.shape[:2]):
        _blend(flat[rows], grading.apply_nodes(grades, colours), _faded(alpha, strength))


def _lay_swaying(out: Bytes, tile: Texture, plane: Plane, frame: float, strength: int, grades: Grades) -> None:
    """Lay a tile over `out`, in place, whose rows sway, and slide apart if they do.

    Lines along the middle of each row are moved; between two of them the picture is stretched linearly.
    """
    (x, y), height = placed(plane, frame), plane.height
    lines = plane.lines
    down = y + lines.at * plane.scale
    left = np.full_like(down, x)
    if plane.slide is not None:
        leads = plane.slide.leads(plane.at(frame, plane.slide.travel_px), height)
        left += plane.scale * np.interp(lines.at, np.arange(height) + 0.5, leads)
    moved = {axis: sum(s.moved(down, math.floor(frame)) for s in plane.sways if s.axis == axis) for axis in "xy"}
    down_moved, left = down + moved["y"], left + moved["x"]
    first, last = max(0, math.ceil(down_moved[0] - 0.5)), min(len(out), math.ceil(down_moved[-1] - 0.5))
    flat = out.reshape(out.shape[0], -1)
    for start in range(first, last, ROWS_AT_ONCE):
        rows = slice(start, min(last, start + ROWS_AT_ONCE))
        middles = np.arange(rows.start, rows.stop) + 0.5
        at, begin = (np.interp(middles, down_moved, values) for values in (lines.at, left))
        colours, alpha = warped(tile, at - 0.5, begin, plane.scale, out.shape[1], lines.spare)
        _blend(flat[rows], grading.apply_nodes(grades, colours), _faded(alpha, strength))


def _faded(alpha: Bytes, strength: int, half: int = 128) -> Bytes:
    """Alpha times `strength` / 256, rounded."""
    if strength == 256:
        return alpha
    return ((alpha.astype(np.uint16) * np.uint16(strength) + np.uint16(half)) >> 8).astype(np.uint8)


def _blend(below: Bytes, colours: Bytes, alpha: Bytes, half: int = 127) -> None:
    """(colours * alpha + below * (255 - alpha) + half) // 255, in place; every sum fits into 16 bits."""
    wide = np.empty_like(colours)
    for channel in range(3):
        wide[:, channel::3] = alpha
    mixed = np.multiply(colours, wide, dtype=np.uint16)
    mixed += np.multiply(below, 255 - wide, dtype=np.uint16)
    mixed += half
    mixed //= 255
    below[:] = mixed
