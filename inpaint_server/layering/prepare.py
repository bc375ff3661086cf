"""From a settled project to its objects and cut-outs, made once per job and kept beside its steps.

Cutting takes seconds, a resume should not; and a matte that lies there as a picture can be looked at. Computing them
anew each time would give the same bytes only as long as no library below changes its last digit. Those of a huge
picture are plain arrays in files, which are read where they lie.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.project import Project
from ..side_by_side import side_by_side
from ..tile_files import write_bytes, write_picture
from .assets import Assets
from .cut_out import cut_out
from .cutout import RGB, Cutout, flatten
from .full_size import enlarge
from .objects import Lifted, behind, kept_before, lift
from .resolve import masks_for
from .small_cut import cut_small, is_large
from .stages import Begin, unwatched

SPARE_PX = 26
"""Rows that are painted below what the source's own skylines reveal: the walk may show a nearer skyline lower."""


@dataclass(frozen=True)
class Prepared:
    """What a run begins with: the picture without its objects, RGB uint8 [H, W, 3], the objects, and the cut-outs, far
    to near, if the layers follow contours."""

    picture: RGB
    lifted: tuple[Lifted, ...] = ()
    cutouts: tuple[Cutout, ...] = ()


Imagine = Callable[[RGB, NDArray[np.uint8]], RGB]
"""Paints a picture (RGB uint8 [H, W, 3]) where a mask [H, W] is 255."""


def prepare(
    project: Project,
    picture: RGB,
    assets: Assets,
    folder: Path,
    imagine: Imagine | None = None,
    begin: Begin = unwatched,
) -> Prepared:
    """Take a settled project's picture apart; what lies in `folder` is not made again.

    With `imagine` what lies behind the layers is painted by it, where the cut's own painting would rearrange. `begin`
    is told every stage, and may raise Cancelled.
    """
    kept = _load(folder, picture)
    if kept is not None:
        return kept
    lifted, occupied = lift(picture, project.objects, assets.object_mattes, begin)
    if lifted:
        begin("Painting what was behind the objects")
        picture, lifted = behind(picture, lifted, occupied, project.inpaint.seed)
    cutouts: list[Cutout] = []
    if project.cut.mode == "contour":
        cutouts = _cut(project, picture, lifted, assets, folder, begin)
        if imagine is not None:
            cutouts = _imagined(cutouts, picture.shape[0], imagine, begin)
    prepared = Prepared(picture, tuple(lifted), tuple(cutouts))
    _save(folder, prepared)
    return prepared


def _cut(
    project: Project, picture: RGB, lifted: Sequence[Lifted], assets: Assets, folder: Path, begin: Begin
) -> list[Cutout]:
    """The cut-outs of a picture; those of a huge one lie in `folder`."""
    places = [(thing.layer, thing.place(picture.shape)) for thing in lifted]
    if is_large(picture):
        folder.mkdir(parents=True, exist_ok=True)
        small = cut_small(project, picture, assets, places, begin)
        return enlarge(picture, small, assets.mattes, SPARE_PX, places, folder, begin)
    begin("Finding the borders of the layers")
    masks = kept_before(masks_for(project, picture, assets).masks, lifted)
    return cut_out(picture, masks, SPARE_PX, assets.mattes, project.inpaint.seed, places, begin, assets.measured)


def _imagined(cutouts: Sequence[Cutout], height: int, imagine: Imagine, begin: Begin) -> list[Cutout]:
    """The cut-outs with their hidden parts painted by an engine, each with all that is behind it as context."""
    out: list[Cutout] = []
    for i, made in enumerate(cutouts):
        cutout = made
        rows = slice(cutout.top, min(height, cutout.top + cutout.height))
        shown = rows.stop - rows.start
        # what the source shows, if only through a soft rim, is bound to it
        covered = np.zeros((height, cutout.rgb.shape[1]), np.bool_)
        for nearer in cutouts[i + 1 :]:
            end = min(height, nearer.top + nearer.height)
            covered[nearer.top : end] |= nearer.alpha[: end - nearer.top] == 255
        free = np.zeros_like(covered)
        free[rows] = covered[rows] & cutout.hidden[:shown]
        if free.any():
            begin(f"Imagining what is hidden behind layer {i + 2} of {len(cutouts)}")
            painted = imagine(flatten([*out, cutout], height), free.view(np.uint8) * np.uint8(255))
            rgb = cutout.rgb.copy() if cutout.stored is None else cutout.rgb
            rgb[:shown][free[rows]] = painted[rows][free[rows]]
            cutout = replace(made, rgb=rgb)
        out.append(cutout)
    return out


def _save(folder: Path, prepared: Prepared) -> None:
    folder.mkdir(parents=True, exist_ok=True)

    def write(layer: tuple[int, Cutout]) -> None:
        i, cutout = layer
        if cutout.stored is not None:
            return  # it lies there
        write_picture(folder / f"layer{i:02d}.png", np.dstack([cutout.rgb, cutout.alpha]))
        write_picture(folder / f"layer{i:02d}_hidden.png", np.repeat(cutout.hidden[..., None] * np.uint8(255), 3, 2))

    side_by_side(write, enumerate(prepared.cutouts))
    for i, thing in enumerate(prepared.lifted):
        write_picture(folder / f"object{i:02d}.png", thing.rgba)
    if prepared.lifted:
        write_picture(folder / "picture.png", prepared.picture)
    places = [[thing.x, thing.y, thing.layer] for thing in prepared.lifted]
    document = {"tops": [cutout.top for cutout in prepared.cutouts], "objects": places}
    # last: as long as it is not there, nothing is
    write_bytes(folder / "layers.json", json.dumps(document).encode())


def _load(folder: Path, picture: RGB) -> Prepared | None:
    try:
        document = json.loads((folder / "layers.json").read_text(encoding="utf-8"))
        cutouts = tuple(_cutout(folder, i, int(top)) for i, top in enumerate(document["tops"]))
        lifted = tuple(
            Lifted(_pixels(folder / f"object{i:02d}.png"), *place) for i, place in enumerate(document["objects"])
        )
        return Prepared(_pixels(folder / "picture.png") if lifted else picture, lifted, cutouts)
    except (OSError, ValueError, KeyError, TypeError, cv2.error):
        return None


def _cutout(folder: Path, index: int, top: int) -> Cutout:
    if (stored := folder / f"layer{index:02d}.npy").exists():
        hidden = np.load(folder / f"layer{index:02d}_hidden.npy", mmap_mode="r")
        return Cutout.stored_in(top, np.load(stored, mmap_mode="r"), hidden)
    rgba = _pixels(folder / f"layer{index:02d}.png")
    hidden = _pixels(folder / f"layer{index:02d}_hidden.png")
    if hidden.shape[:2] != rgba.shape[:2]:
        raise ValueError(f"layer {index} is damaged")
    return Cutout(top, np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3]), hidden[..., 0] > 0)


def _pixels(path: Path) -> NDArray[np.uint8]:
    """A picture that `write_picture` wrote, RGB or RGBA."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError(f"{path.name} cannot be read")
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(pixels, code), np.uint8)
