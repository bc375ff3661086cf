"""The picture of what a sound drives: its wave with beats and onsets, and the curves and keys that follow.

`make_pictures.py` draws it with the others. The sound is a small song made here, so that the picture can be made again.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from infinite_parallax.shared import drives
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.listening.following import Heard
from infinite_parallax.shared.listening.spectrum import ANALYSIS_RATE, Samples, Values
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.project import Project
from PIL import Image, ImageDraw

SECONDS, FPS, BPM = 16.0, 25.0, 96.0
WIDTH, HEIGHT, MARGIN, GAP = 900, 108, 76, 30
INK, PALE, BACK = (60, 60, 60), (226, 226, 220), (250, 250, 247)
BLUE, GREEN, RUST, PLUM = (88, 120, 170), (60, 140, 90), (190, 90, 50), (128, 84, 140)
SAND = (196, 150, 60)
PROJECT = {
    "motion": {"seconds_per_step": 0.5, "steps": 32, "fps": FPS, "loop": False},
    "layers": [{"height": 60, "velocity": [-12, 0]}, {"velocity": [-30, 0]}],
    "sound": {"file": "song"},
    "overlays": [{"kind": "rain"}],
    "grades": [{}],
    "drives": [
        {"feature": "beats", "target": "speed", "amount": 2, "attack_s": 0.04, "release_s": 0.2},
        {"feature": "envelope", "target": "overlay", "amount": 0.9, "attack_s": 0.3, "release_s": 1.2},
        {"feature": "low", "target": "brightness", "amount": 18, "release_s": 0.12},
    ],
}
TURNING = {"feature": "bars", "target": "direction", "amount": 1}


def song() -> Samples:
    """Drums, four bars soft and four loud, over a bass that holds the second half."""
    t = np.arange(round(SECONDS * ANALYSIS_RATE)) / ANALYSIS_RATE
    out = 0.004 * np.random.default_rng(1).standard_normal(len(t))
    ring = np.arange(round(0.3 * ANALYSIS_RATE)) / ANALYSIS_RATE
    kick = np.exp(-ring / 0.07) * np.sin(2 * np.pi * (55 * ring + 3 * (1 - np.exp(-ring / 0.02))))
    hat = np.exp(-ring / 0.02) * np.random.default_rng(2).standard_normal(len(ring))
    for i, at in enumerate(np.arange(0.4, SECONDS - 0.3, 30 / BPM)):
        loud = 0.3 if at < SECONDS / 2 else 0.9
        sound = loud * (kick if i % 4 == 0 else 0.35 * kick + 0.1 * hat if i % 2 == 0 else 0.12 * hat)
        out[round(at * ANALYSIS_RATE) :][: len(sound)] += sound[: len(out) - round(at * ANALYSIS_RATE)]
    return np.asarray(out + 0.12 * (t > SECONDS / 2) * np.sin(2 * np.pi * 82 * t), np.float32)


def driven_curves() -> Image.Image:
    """The wave, and below it the speed, the amount of rain and the brightness that it makes: each curve pale, the keys
    that are made of it over it; and the way of a journey whose direction is cut on bars."""
    project = projects.from_json(PROJECT)
    plan = plans.plan(project, 160, 90)
    driven = drives.driven(project, plan, lambda _: song())
    pace = tuple((second * FPS, factor) for second, factor in driven.pace or ())
    rain, light = (driven.curves[place] for place in (("overlays", 0, "amount"), ("grades", 0, "brightness")))
    sheet = Image.new("RGB", (WIDTH + MARGIN + 24, 5 * (HEIGHT + GAP) + 20), BACK)
    draw = ImageDraw.Draw(sheet)
    _wave(draw, driven.heard[None])
    drawn = {1: _speed(project, plan), 2: rain, 3: light}
    said = f"way of the journey in steps: bars cut its direction, one forth, one back; it ends at step {plan.steps}"
    rows: Sequence[tuple[str, tuple[tuple[float, float], ...], float, tuple[int, int, int]]] = (
        ("motion.pace, driven by beats: the mean stays 1, so the journey arrives when planned", pace, 2.5, RUST),
        ("amount of rain, driven by the envelope", tuple(drives.keys(rain)), 1.0, BLUE),
        ("brightness, driven by what is low", tuple(drives.keys(light)), 20.0, GREEN),
        (said, _turning_way(), plan.steps, SAND),
    )
    for row, (title, keys, high, colour) in enumerate(rows, 1):
        top = _frame(draw, row, title, ("0", f"{high / 2:g}", f"{high:g}"))
        if row in drawn:
            pale = tuple(round(255 - 0.4 * (255 - part)) for part in colour)
            under = [(_x(n / FPS), top + HEIGHT * (1 - value / high)) for n, value in enumerate(drawn[row].tolist())]
            draw.line(under, fill=pale, width=6)
        at = [(_x(n / FPS), top + HEIGHT * (1 - value / high)) for n, value in keys]
        draw.line(at, fill=colour, width=2)
        for x, y in at if row in drawn else ():
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
    draw.text((MARGIN, sheet.height - 16), "0 s", fill=INK)
    draw.text((MARGIN + WIDTH - 24, sheet.height - 16), f"{SECONDS:g} s", fill=INK)
    return sheet


def _speed(project: Project, plan: Plan) -> Values:
    """The speed as the beats make it, before keys are made of it; its mean is 1."""
    beats = {"feature": "beats", "target": "brightness", "amount": 2, "attack_s": 0.04, "release_s": 0.2, "offset": 1}
    same = projects.from_json(project.to_json() | {"drives": [beats]})
    curve = drives.driven(same, plan, lambda _: song()).curves["grades", 0, "brightness"]
    return np.asarray(curve / curve.mean())


def _turning_way() -> tuple[tuple[float, float], ...]:
    """Frame and step of a journey whose direction is cut on bars."""
    project = projects.from_json(PROJECT | {"drives": [TURNING]})
    made = drives.driven(project, plans.plan(project, 160, 90), lambda _: song())
    paced = replace(project, motion=replace(project.motion, pace=made.pace or ()))
    plan = plans.plan(paced, 160, 90)
    return tuple((n, float(plan.step_at(n))) for n in range(plan.frames + 1))


def _wave(draw: ImageDraw.ImageDraw, heard: Heard) -> None:
    """The wave, a line across it for every beat, a tick below it for every onset."""
    said = f"the sound: {heard.tempo_bpm:.1f} beats per minute (lines), {len(heard.onsets)} onsets (ticks below)"
    top = _frame(draw, 0, said, ())
    for at in heard.beats:
        draw.line((_x(at), top, _x(at), top + HEIGHT), fill=(236, 190, 150))
    parts = np.array_split(heard.samples, WIDTH)
    for x, part in enumerate(parts):
        low, high = (top + HEIGHT * (0.5 - 0.46 * np.clip(v, -1, 1)) for v in (part.min(), part.max()))
        draw.line((MARGIN + x, high, MARGIN + x, low), fill=PLUM)
    for at in heard.onsets:
        draw.line((_x(at), top + HEIGHT + 2, _x(at), top + HEIGHT + 7), fill=PLUM, width=2)


def _frame(draw: ImageDraw.ImageDraw, row: int, title: str, figures: Sequence[str]) -> int:
    """A row's frame with its title and the figures at its left, from below; the y of its top."""
    top = 20 + row * (HEIGHT + GAP)
    draw.text((MARGIN, top - 14), title, fill=INK)
    for share, figure in zip((0, 0.5, 1), figures, strict=False):
        y = top + HEIGHT * (1 - share)
        draw.line((MARGIN, y, MARGIN + WIDTH, y), fill=PALE)
        draw.text((MARGIN - 34, y - 6), figure, fill=INK)
    draw.rectangle((MARGIN, top, MARGIN + WIDTH, top + HEIGHT), outline=(200, 200, 195))
    return top


def _x(second: float) -> float:
    return MARGIN + WIDTH * second / SECONDS
