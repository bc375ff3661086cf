"""A church on the hills and two towers in the water: the picture of the tests by words."""

import io
from typing import Any

import numpy as np
from infinite_parallax.inpaint_server.engines.looking import Segment
from PIL import Image

from .fake_eyes import found

W, H = 128, 80
Y, X = np.mgrid[0:H, 0:W]
RIDGE = 26 + 5 * np.sin(X / 9)
SKY, HILLS, WATER = RIDGE > Y, (RIDGE <= Y) & (Y < 54), Y >= 54
CHURCH = (abs(X - 60) < 7) & (Y >= 34) & (Y < 50)
TOWERS = [(abs(X - at) < 4) & (Y >= 60) & (Y < 74) for at in (30, 100)]


def town() -> bytes:
    """A PNG: sky, hills and water, a church on the hills and two towers in the water."""
    out = np.zeros((H, W, 3), np.uint8)
    shares = ((SKY, (180, 205, 240)), (HILLS, (70, 95, 50)), (WATER, (40, 70, 130)), (CHURCH, (230, 225, 220)))
    for share, colour in (*shares, *((tower, (200, 60, 40)) for tower in TOWERS)):
        out[share] = colour
    out += np.random.default_rng(3).integers(0, 9, out.shape, np.uint8)
    data = io.BytesIO()
    Image.fromarray(out).save(data, "PNG")
    return data.getvalue()


def seen() -> list[Segment]:
    """What an engine finds in the picture that sees what there is, with gaps."""
    return [
        found("sky", 0.8, SKY & (RIDGE - 3 > Y)),
        found("hills", 0.6, HILLS & (RIDGE + 2 < Y) & ~CHURCH),
        found("water", 0.5, WATER & ~TOWERS[0] & ~TOWERS[1]),
        found("church", 0.9, CHURCH),
        *(found("tower", 0.7 - i / 10, tower) for i, tower in enumerate(TOWERS)),
    ]


def wish(**parts: Any) -> dict[str, Any]:
    segment = {"engine": "eyes", "layers": "sky . hills . dragons . water .", "objects": "church . tower . ghost"}
    return {"segment": segment, "motion": {"steps": 3}, "plates": {"tile_px": 256}} | parts


def numbers_of(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))
