"""The layers of a huge picture in full size, made a block at a time of what was cut on a small copy of it.

A block is the picture's own pixels with a margin round it. The small borders are led to the picture's edges there by a
guided filter, mattes are drawn and rims are parted as they are in a small picture; so the layers laid over each other
still give the picture, bit for bit. What is hidden is the small painting enlarged, with the fine texture laid on that
the picture has where each piece of it was copied from: blurred by itself, and sharp with that. Painting it in full size
was the other road, which takes fifty bytes for every pixel. What is made goes to files, and only a block is held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .. import paged
from . import mattes as rims
from .cut_out import ABOVE_PX, EMPTY_PX, PAD_PX, hiding, take_layer
from .cutout import RGB, RGBA, ROOM_PX, Alpha, Bool, Cutout, lay_over
from .small_cut import SmallCut
from .stages import Begin

F32 = NDArray[np.float32]
Layers = dict[int, NDArray[np.uint8]]
BLOCK_PX = 1024
MARGIN_PX = 96  # filters reach so far; what is made in a margin is thrown away
EDGE_RADIUS = 1.5  # px of the small picture: how far a border is led to an edge
THIN_PX = 1  # of the small picture: what is no wider keeps its outline


def enlarge(
    picture: RGB,
    cut: SmallCut,
    mattes: Mapping[int, Alpha],
    spare_px: int,
    kept: Sequence[tuple[int, Bool]],
    folder: Path,
    begin: Begin,
) -> list[Cutout]:
    """The cut-outs, far to near, of a picture, RGB uint8 [H, W, 3], that was `cut` small; arguments as for `cut_out`.

    Their pixels lie in files in `folder`.
    """
    height, width = picture.shape[:2]
    down = height / cut.shape[0]
    files = [_File(folder, i, *_rows(cut, i, down, height, spare_px), width) for i in range(len(cut.alphas))]
    tops = range(0, height, BLOCK_PX)
    for number, top in enumerate(tops):
        begin(f"Making the layers in full size, {number} of {len(tops)} parts")
        for left in range(0, width, BLOCK_PX):
            core = slice(top, min(height, top + BLOCK_PX)), slice(left, min(width, left + BLOCK_PX))
            block = _Block(picture, cut, core)
            for index, rgb, alpha, hidden in block.layers(files, mattes, kept):
                files[index].write(core, block.inner, rgb, alpha, hidden)
        for file in files:
            file.put_away()
    return [file.done() for file in files]


def _rows(cut: SmallCut, index: int, down: float, height: int, spare_px: int) -> tuple[int, int]:
    """The first row of a layer in full size, and the row where it ends."""
    shown = np.flatnonzero(cut.alphas[index].any(1))
    if not shown.size:
        return 0, EMPTY_PX
    top = 0 if index == 0 else max(0, int((int(shown[0]) - 2) * down) - ABOVE_PX)
    return top, min(height, round(cut.bottoms[index] * down) + spare_px)


class _File:
    """The pixels of a layer, rows top..bottom of the picture, while they are being made."""

    def __init__(self, folder: Path, index: int, top: int, bottom: int, width: int) -> None:
        self.top, self.bottom = top, bottom
        names = [folder / f"layer{index:02d}{part}.npy" for part in ("", "_hidden")]
        shape = bottom - top + 2 * ROOM_PX, width, 4
        self._rgba: RGBA = np.lib.format.open_memmap(names[0], "w+", np.uint8, shape)
        self._hidden = np.lib.format.open_memmap(names[1], "w+", np.bool_, (bottom - top, width))

    def write(
        self, core: tuple[slice, slice], inner: tuple[slice, slice], rgb: RGB, alpha: Alpha, hidden: Bool
    ) -> None:
        """Keep the inner part of a block, as far as it has rows of the layer."""
        first, last = max(core[0].start, self.top), min(core[0].stop, self.bottom)
        if first >= last:
            return
        skip = inner[0].start + first - core[0].start
        there = slice(skip, skip + last - first), inner[1]
        here = slice(first - self.top, last - self.top)
        self._hidden[here, core[1]] = hidden[there]
        room = slice(here.start + ROOM_PX, here.stop + ROOM_PX), core[1]
        self._rgba[room] = np.dstack([rgb[there], alpha[there]])

    def put_away(self) -> None:
        """Hold no more of it than the file does."""
        paged.put_away(self._rgba, self._hidden)

    def done(self) -> Cutout:
        """The cut-out."""
        self._rgba[:ROOM_PX] = self._rgba[ROOM_PX]
        self._rgba[:ROOM_PX, :, 3] = 0
        self._rgba[-ROOM_PX:] = self._rgba[-ROOM_PX - 1]
        self.put_away()
        return Cutout.stored_in(self.top, self._rgba, self._hidden)


@dataclass
class _Layer:
    """A layer in a block."""

    index: int
    rgb: RGB
    alpha: Alpha
    hidden: Bool


class _Block:
    """A block of the picture, `core` (rows, columns), with its margin; `inner` is where the core lies in that."""

    def __init__(self, picture: RGB, cut: SmallCut, core: tuple[slice, slice]) -> None:
        self._whole, self._cut = picture, cut
        self._area = rows, columns = (
            slice(max(0, core[0].start - MARGIN_PX), min(picture.shape[0], core[0].stop + MARGIN_PX)),
            slice(max(0, core[1].start - MARGIN_PX), min(picture.shape[1], core[1].stop + MARGIN_PX)),
        )
        self.inner = (
            slice(core[0].start - rows.start, core[0].stop - rows.start),
            slice(core[1].start - columns.start, core[1].stop - columns.start),
        )
        self._picture: RGB = np.ascontiguousarray(picture[self._area])
        self._grey: F32 | None = None
        self._scale = picture.shape[0] / cut.shape[0], picture.shape[1] / cut.shape[1]
        y, x = (
            ((np.arange(part.start, part.stop) + 0.5) / scale - 0.5).astype(np.float32)
            for part, scale in zip(self._area, self._scale, strict=True)
        )
        # a part of the small picture is looked at, from this corner on
        self._near = slice(max(0, int(y[0]) - 3), int(y[-1]) + 5), slice(max(0, int(x[0]) - 3), int(x[-1]) + 5)
        self._at: tuple[F32, F32] = (
            np.ascontiguousarray(np.broadcast_to(x[None], (len(y), len(x)))),
            np.ascontiguousarray(np.broadcast_to(y[:, None], (len(y), len(x)))),
        )

    def layers(
        self, files: Sequence[_File], mattes: Mapping[int, Alpha], kept: Sequence[tuple[int, Bool]]
    ) -> Iterator[tuple[int, RGB, Alpha, Bool]]:
        """The number, the colours, the matte and what is hidden, of every layer that there is any of."""
        alphas = self._alphas(files, mattes, kept)
        here: list[_Layer] = []
        near = np.zeros(self._picture.shape[:2], np.uint8)
        for index in sorted(alphas, reverse=True):
            faded = self._faded(index)
            here.insert(0, self._plate(index, alphas[index], faded, near))
            near = hiding(near, alphas[index], faded)
        self._take_apart(here, kept)
        for layer in here:
            yield layer.index, layer.rgb, layer.alpha, layer.hidden

    def _alphas(self, files: Sequence[_File], mattes: Mapping[int, Alpha], kept: Sequence[tuple[int, Bool]]) -> Layers:
        """The mattes of the layers that there is any of, as they would be if nothing stood before them."""
        out: Layers = {}
        rows = self._area[0]
        open_ = np.ones(self._picture.shape[:2], np.bool_)
        for index in range(len(files) - 1, -1, -1):
            if files[index].top >= rows.stop or files[index].bottom <= rows.start:
                continue
            alpha = self._matte(index, mattes.get(index))
            if alpha is None:
                continue
            for layer, place in kept:
                if index > layer:
                    alpha[place[self._area]] = 0
            alpha[max(0, files[index].bottom - rows.start) :] = 0
            if index == len(files) - 1 or alpha.any():
                out[index] = alpha
                open_ &= alpha < 255
        if open_.any():
            # where borders were led apart: what has no rows there any more cannot fill it
            out.setdefault(len(files) - 1, np.zeros(open_.shape, np.uint8))[open_] = 255
        return out

    def _matte(self, index: int, given: Alpha | None) -> Alpha | None:
        """The matte of a layer; None where there is nothing of it."""
        if index == 0:
            return np.full(self._picture.shape[:2], 255, np.uint8)
        if not self._cut.alphas[index][self._near].any():
            return None
        outline = self._cut.outlines[index - 1]
        hidden = self._enlarged(self._cut.alphas[index][self._near]).astype(np.float32)
        nearer, own = self._led(outline.nearer), self._led(outline.own)
        own = np.where(nearer, hidden >= 128, own)
        alpha = given[self._area].copy() if given is not None else rims.soft_matte(self._picture, own)
        edge = ((hidden - 127.5) * min(self._scale) + 127.5).clip(0, 255)
        alpha[nearer] = np.rint(edge[nearer]).astype(np.uint8)
        faded = self._faded(index)
        alpha[faded] = np.rint(hidden[faded]).astype(np.uint8)
        return alpha

    def _faded(self, index: int) -> Bool:
        """Where the border of a layer fades."""
        small = self._cut.faded[index][self._near]
        if not small.any():
            return np.zeros(self._picture.shape[:2], np.bool_)
        return np.asarray(self._enlarged(small.astype(np.uint8) * np.uint8(255)) >= 128, np.bool_)

    def _enlarged(self, values: NDArray[np.uint8], top: int | None = None) -> NDArray[np.uint8]:
        """What the part of the small picture that is looked at has for every pixel of the block."""
        x, y = self._at
        first = self._near[0].start if top is None else top
        return np.asarray(
            cv2.remap(values, x - self._near[1].start, y - first, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
            np.uint8,
        )

    def _led(self, small: Bool) -> Bool:
        """A mask of the small picture, its border led to the edges of the picture, bool [h, w]."""
        part = small[self._near].view(np.uint8)
        if not part.any() or part.all():
            return np.full(self._picture.shape[:2], bool(part.any()), np.bool_)
        soft = self._enlarged(part * np.uint8(255))
        if self._grey is None:
            self._grey = cv2.cvtColor(self._picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
        radius = max(2, round(EDGE_RADIUS * min(self._scale)))
        led = rims.guided(self._grey, soft.astype(np.float32) / np.float32(255), radius) > 0.5
        # a filter so wide would take away what is thin; and nothing goes farther than the small picture may be wrong
        disc = rims.disc(THIN_PX)
        thin = part != cv2.morphologyEx(cv2.morphologyEx(part, cv2.MORPH_OPEN, disc), cv2.MORPH_CLOSE, disc)
        if thin.any():
            firm = self._enlarged(np.asarray(cv2.dilate(thin.view(np.uint8), disc), np.uint8) * np.uint8(255)) >= 128
            led = np.where(firm, soft >= 128, led)
        return np.asarray(np.where((soft == 0) | (soft == 255), soft > 0, led), np.bool_)

    def _plate(self, index: int, alpha: Alpha, faded: Bool, near: Alpha) -> _Layer:
        """The colours that one would wish a layer."""
        beside = cv2.dilate(near, rims.disc(PAD_PX)) > 0
        hole = (alpha > 0) & beside
        rgb = self._picture.copy()
        if hole.any():
            rgb[hole] = self._painted(index, hole)
        wished = rgb if alpha.min() == 255 else rims.rim_colours(rgb, alpha)
        seen = faded & ~hole
        wished[seen] = self._picture[seen]
        return _Layer(index, wished, alpha, hole)

    def _painted(self, index: int, hole: Bool) -> RGB:
        """What is painted where there is a hole, uint8 [n, 3]."""
        painted = self._cut.painted[index]
        columns = self._near[1]
        base = self._enlarged(np.ascontiguousarray(painted.rgb[:, columns]), painted.top)[hole].astype(np.float32)
        x, y = (at[hole] for at in self._at)
        row = np.clip(np.rint(y).astype(np.intp) - painted.top, 0, len(painted.moved) - 1)
        moved = painted.moved[row, np.clip(np.rint(x).astype(np.intp), 0, painted.moved.shape[1] - 1)]
        rows, columns_ = np.nonzero(hole)
        height, width = self._whole.shape[:2]
        from_y = rows + self._area[0].start + np.rint(moved[:, 0] * self._scale[0]).astype(np.intp)
        from_x = columns_ + self._area[1].start + np.rint(moved[:, 1] * self._scale[1]).astype(np.intp)
        copied = moved.any(1) & (from_y >= 0) & (from_y < height) & (from_x >= 0) & (from_x < width)
        base[copied] += self._detail(from_y[copied], from_x[copied])
        return np.asarray(np.rint(base).clip(0, 255), np.uint8)

    def _detail(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> F32:
        """What places of the picture have that the small picture has lost, float32 [n, 3]."""
        out = np.empty((len(rows), 3), np.float32)
        # remap takes pictures of so many rows and columns at most
        for first in range(0, len(rows), 2**14):
            part = slice(first, first + 2**14)
            y = ((rows[part] + 0.5) / self._scale[0] - 0.5).astype(np.float32)[None]
            x = ((columns[part] + 0.5) / self._scale[1] - 0.5).astype(np.float32)[None]
            coarse = cv2.remap(self._cut.picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
            out[part] = self._whole[rows[part], columns[part]].astype(np.float32) - coarse
        return out

    def _take_apart(self, layers: Sequence[_Layer], kept: Sequence[tuple[int, Bool]]) -> None:
        """Move the layers' colours to where they give the picture, in place, as `cut_out` does."""
        below = [layers[0].rgb.copy()]
        for layer in layers[1:-1]:
            below.append(lay_over(below[-1], layer.rgb, layer.alpha))
        near = np.zeros(self._picture.shape[:2], np.uint8)
        target = self._picture.copy()
        bound = np.ones(near.shape, np.bool_)
        for i in range(len(layers) - 1, -1, -1):
            layer = layers[i]
            if i:
                room = near == 0
                for number, place in kept:
                    if layer.index > number:
                        room &= ~place[self._area]
                rims.widen(self._picture, layer.alpha, layer.rgb, below[i - 1], room)
                np.maximum(near, layer.alpha, out=near)
            take_layer(target, bound, layer.rgb, layer.alpha, below[max(0, i - 1)])
