"""Drifting mist: three banks of noise that drift against each other, each fading in, passing and fading out.

One bank takes over from the next (sin² at a third of a turn from each other adds up to the same at all times), so the
mist changes as it drifts, never shows a seam and loops at any speed. A tile that scrolls would have to come round once
in a loop, far too fast in a short one, and the eye finds its repetition.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..finishing import Overlay
from .sheet import Sheet, Stage

Field = NDArray[np.float32]
SCALE = 4.0
"""Mist is soft: its picture is drawn at a quarter of the size."""
SPEEDS = (26.0, -17.0, 38.0)
"""Px/s at 1080 rows of the three banks; to the right is positive."""
TURN_S = 14.0
COLOUR = (0.87, 0.90, 0.94)
PLACE = (0.5, 0.68)
THICKNESS = 0.34
"""Mean alpha of a bank in the middle of where it lies."""


def sheets(o: Overlay, stage: Stage) -> Iterator[Sheet]:
    """Three banks."""
    turns = stage.times(1 / TURN_S) if stage.loop else stage.seconds / TURN_S
    for part, speed in enumerate(SPEEDS):
        way = round(speed * stage.unit * o.speed * stage.seconds / turns)
        width = stage.width + abs(way) + 8
        yield Sheet(
            name="",
            overlay=0,
            kind="mist",
            part=part,
            seed=o.seed,
            blend="over",
            width=math.ceil(width / SCALE) + 2,
            height=math.ceil(stage.height / SCALE) + 2,
            scale=SCALE,
            origin=(min(0, -way) - 4.0, -4.0),
            amount=o.amount,
            start=0,
            end=stage.frames,
            colour=o.colour or COLOUR,
            shape={"row": (o.place or PLACE)[1] * stage.height / SCALE, "size": o.size * stage.unit * 1080 / SCALE},
            slide=(way, 0),
            natural_turns=turns,
            phase=part / 3,
            fades=True,
            whole=stage.loop,
        )


def draw(sheet: Sheet) -> Field:
    """Alpha 0..1 of a bank, float32 [h, w]: thickest about a row, torn into wisps."""
    rng = np.random.default_rng([sheet.seed, sheet.part, 4])
    size = sheet.shape["size"]
    shape = (sheet.height, sheet.width)
    cloud, left, down, thin = (_noise(rng, shape, size * wave, stretch) for wave, stretch in _LAYERS)
    rows, columns = np.mgrid[: sheet.height, : sheet.width].astype(np.float32)
    cloud = _lookup(cloud, rows + 0.05 * size * down, columns + 0.10 * size * left)
    away = (rows[:, :1] + 0.05 * size * thin - sheet.shape["row"]) / size
    lies = np.exp(-np.where(away < 0, (away / 0.17) ** 2, (away / 0.26) ** 2))
    amount = np.clip((cloud + 1.15) / 2.9, 0, 1)
    alpha = lies * amount * amount * (3 - 2 * amount)
    # banks that are not equally thick would make the picture brighten and darken as they take turns
    return _thick(alpha, THICKNESS * float(lies.mean()))


def _thick(amount: Field, mean: float) -> Field:
    """1 - exp(-k amount), as fog swallows light, with the k that gives the alpha its mean."""
    low, high = 0.0, 64.0
    for _ in range(40):
        k = (low + high) / 2
        low, high = (k, high) if float((1 - np.exp(-k * amount)).mean()) < mean else (low, k)
    return np.asarray(1 - np.exp(-high * amount), np.float32)


_LAYERS = ((0.55, 2.6), (0.30, 1.6), (0.30, 1.6), (0.6, 3.0))
"""Longest wave as a share of the frame's height, and how much longer it is sideways: cloud, two warps, the rim."""


def _noise(rng: np.random.Generator, shape: tuple[int, int], wave_px: float, stretch: float) -> Field:
    """Noise of unit deviation with a falling spectrum, float32 [h, w]; no wave is much longer than `wave_px` rows.

    It is made on a larger grid: a spectrum gives noise that repeats, and both its ends would be seen at once.
    """
    h, w = (int(n + 2 * wave_px) for n in (shape[0], shape[1] + wave_px))
    spectrum = rng.standard_normal((h, w // 2 + 1)) + 1j * rng.standard_normal((h, w // 2 + 1))
    k = np.hypot(np.fft.fftfreq(h)[:, None] * wave_px, np.fft.rfftfreq(w)[None, :] * wave_px * stretch)
    spectrum *= 1 / (0.6 + k**2) ** 1.25
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (h, w))[: shape[0], : shape[1]]
    return (field / max(float(field.std()), 1e-9)).astype(np.float32)


def _lookup(field: Field, rows: Field, columns: Field) -> Field:
    """The field at places between its pixels, bilinearly, held at its rim."""
    r = np.clip(rows, 0, field.shape[0] - 1.001)
    c = np.clip(columns, 0, field.shape[1] - 1.001)
    i, j = r.astype(int), c.astype(int)
    a, b = r - i, c - j
    upper = field[i, j] * (1 - b) + field[i, np.minimum(j + 1, field.shape[1] - 1)] * b
    i = np.minimum(i + 1, field.shape[0] - 1)
    lower = field[i, j] * (1 - b) + field[i, np.minimum(j + 1, field.shape[1] - 1)] * b
    return np.asarray(upper * (1 - a) + lower * a, np.float32)
