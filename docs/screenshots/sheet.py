"""Shots of panels joined side by side to one picture, all cut off where the longest ends."""

from pathlib import Path

import numpy as np
from PIL import Image

GAP_PX = 6
COLOURS = 64


def join(shots: list[Path], out: Path) -> None:
    """Write the shots beside each other and remove them."""
    pictures = [np.asarray(Image.open(shot).convert("RGB")) for shot in shots]
    height = max(_used(picture) for picture in pictures)
    width = sum(picture.shape[1] + GAP_PX for picture in pictures) - GAP_PX
    page, x = np.full((height, width, 3), 255, np.uint8), 0
    for picture in pictures:
        part = picture[:height]
        page[: len(part), x : x + part.shape[1]] = part
        x += part.shape[1] + GAP_PX
    Image.fromarray(page).quantize(COLOURS, dither=Image.Dither.NONE).save(out, optimize=True)
    for shot in shots:
        shot.unlink()


def _used(picture: np.ndarray) -> int:
    """Rows down to the last in which something is drawn, left of the tabs."""
    part = picture[:, : picture.shape[1] * 3 // 4].astype(np.int16)
    drawn = np.flatnonzero((np.abs(part - part[-1]).max(2) > 8).any(1))
    return min(len(picture), int(drawn[-1]) + 2 * GAP_PX) if drawn.size else len(picture)
