"""Colour correction as Blender's strip modifiers compute it, written down once, as plain data and numpy.

A grade is a strip's saturation and then a row of steps, each a curve by channel, each rounded to 8 bits as Blender's
are. Steps that leave everything as it is are left out, so no grade costs nothing and changes no bit. Doing it by a
formula of our own and a colour table was the other road: exact as well, and nothing that a person could go on editing.

Blender's colour balance and curves work on colour that is multiplied with alpha, brightness and contrast on colour that
is not; it shows on soft rims only, and here it is done alike. Nodes, of the compositor and of materials, work on
straight colour in floating point.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .colour_match import Drift, Drifts
from .finishing import Grade

Bytes = NDArray[np.uint8]
Values = NDArray[np.float64]
Triple = tuple[float, float, float]
Points = tuple[tuple[float, float], ...]
ONE: Triple = (1.0, 1.0, 1.0)
LUMA = (0.2126, 0.7152, 0.0722)
"""Shares of red, green and blue in brightness (ITU-R BT.709)."""
WARMTH, MAGENTA = 0.45, 0.3
"""By how many powers of two a full temperature parts red from blue, and a full tint green from both."""
CURVE_POINTS = 24
"""Points of a tone curve, straight between them; Blender's curves take 32."""


@dataclass(frozen=True)
class Step:
    """One modifier: `balance` (lift, gamma, gain), `contrast` (bright, contrast, in percent) or `curve` (points, and
    how much of it)."""

    name: str
    kind: str
    lift: Triple = ONE
    gamma: Triple = ONE
    gain: Triple = ONE
    bright: float = 0.0
    contrast: float = 0.0
    points: Points = ()
    amount: float = 1.0

    def curves(self, values: Values) -> Values:
        """What the step makes of values 0..1, float64 [n, 3] by channel, not yet cut to 0..1."""
        if self.kind == "balance":
            lift, gamma, gain = (np.array(t) for t in (self.lift, self.gamma, self.gain))
            lifted = np.maximum(((values - 1) * (2 - lift) + 1) * gain, 0)
            return np.asarray(lifted ** (1 / gamma))
        if self.kind == "contrast":
            bright, delta = self.bright / 100, self.contrast / 200
            if self.contrast > 0:
                slope = 1 / max(1 - 2 * delta, 1e-9)
                return values * slope + slope * (bright - delta)
            slope = max(1 + 2 * delta, 0.0)
            return values * slope + slope * bright - delta
        at, to = zip(*self.points, strict=True)
        return np.asarray(values + self.amount * (np.interp(values, at, to) - values))


@dataclass(frozen=True)
class Moment:
    """What a grade is at one frame."""

    saturation: float
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Graded:
    """The grade number `number` of the project on frames `start`..`end` - 1: of a `layer`, or, on a `channel` of its
    own, of all that lies below it. One that is keyed has `moments`, one for each frame, all with the same steps."""

    name: str
    number: int
    layer: int | None
    saturation: float
    steps: tuple[Step, ...]
    start: int
    end: int
    channel: int = 0
    moments: tuple[Moment, ...] = ()

    def at(self, frame: float) -> "Graded":
        """The grade as it is at a frame."""
        if not self.moments:
            return self
        moment = self.moments[min(max(math.floor(frame), 0), len(self.moments) - 1)]
        return replace(self, saturation=moment.saturation, steps=moment.steps, moments=())

    @property
    def all_moments(self) -> tuple[Moment, ...]:
        """Its moments; the one that lasts if it is not keyed."""
        return self.moments or (Moment(self.saturation, self.steps),)

    @property
    def fading_curve(self) -> tuple[float, ...]:
        """How much of its curve there is at every moment; () where it has none or that stays the same."""
        found = tuple(step.amount for moment in self.all_moments for step in moment.steps if step.kind == "curve")
        return found if len(set(found)) > 1 else ()

    def steps_over_time(self) -> list[tuple[Step, ...]]:
        """Each step as it is at every moment."""
        return list(zip(*(moment.steps for moment in self.all_moments), strict=True))


def graded(
    grades: Sequence[Grade],
    frames: int,
    keyed: Mapping[int, Sequence[Grade]] | None = None,
    drifts: Drifts | None = None,
) -> Iterator[Graded]:
    """The grades of a project that do anything; those that are `keyed` are told at every frame, and those that match
    what has drifted from the source, if `drifts` is known."""
    for number, grade in enumerate(grades):
        moments = (keyed or {}).get(number, (grade,))
        rows = [
            (moment.saturation, list(_steps(moment, drift))) for moment, drift in _drifting(moments, frames, drifts)
        ]
        used = {step.name for _, steps in rows for step, does in steps if does}
        told = tuple(Moment(factor, tuple(step for step, _ in steps if step.name in used)) for factor, steps in rows)
        if used or any(factor != 1 for factor, _ in rows):
            first, over_time = told[0], told if len(set(told)) > 1 else ()
            whole = Graded(f"grade {number}", number, grade.layer, first.saturation, first.steps, 0, frames)
            yield replace(whole, moments=over_time)


def tinted(name: str, number: int, colours: Sequence[Triple], about_grey: bool, frames: int) -> Graded:
    """What multiplies a picture by colours, one for each frame, or its distance from the middle grey."""
    moments = tuple(Moment(1.0, (_tint(colour, about_grey),)) for colour in colours)
    return Graded(name, number, None, 1.0, moments[0].steps, 0, frames, 0, moments)


def _tint(colour: Triple, about_grey: bool) -> Step:
    if not about_grey:
        return Step("colour", "balance", gain=colour)
    # colour v + (1 - colour) / 2, as ((v - 1) (2 - lift) + 1) gain
    r, g, b = ((1 + (1 - c) / (1 + c), (1 + c) / 2) for c in colour)
    return Step("colour", "balance", lift=(r[0], g[0], b[0]), gain=(r[1], g[1], b[1]))


def _drifting(moments: Sequence[Grade], frames: int, drifts: Drifts | None) -> Iterable[tuple[Grade, Drift | None]]:
    """What a grade is, with what has drifted: at every frame, if it is keyed or matches."""
    if drifts is None or not any(moment.match for moment in moments):
        return [(moment, None) for moment in moments]
    return zip([*moments] * frames if len(moments) == 1 else moments, drifts(moments[0].layer), strict=True)


def _steps(grade: Grade, drift: Drift | None) -> Iterator[tuple[Step, bool]]:
    """The steps that a grade has, in order, and whether each does anything."""
    lift, gain = drift.correction(grade.match) if drift is not None else (ONE, ONE)
    yield Step("match", "balance", lift=lift, gain=gain), (lift, gain) != (ONE, ONE)
    balanced = bool(grade.temperature or grade.tint)
    gain = white_gain(grade.temperature, grade.tint) if balanced else ONE
    yield Step("white balance", "balance", gain=gain), balanced
    wheels = grade.lift, grade.gamma, grade.gain
    yield Step("lift gamma gain", "balance", *wheels), wheels != (ONE, ONE, ONE)
    contrast = Step("contrast", "contrast", bright=grade.brightness, contrast=grade.contrast)
    yield contrast, bool(grade.brightness or grade.contrast)
    points, amount = smooth(grade.curve) if grade.curve else (), grade.curve_amount
    yield Step("curve", "curve", points=points, amount=amount), bool(grade.curve and amount)


def white_gain(temperature: float, tint: float) -> Triple:
    """Gains of the channels for a white balance, each -1..1; a grey keeps its brightness."""
    powers = (WARMTH * temperature / 2, -MAGENTA * tint, -WARMTH * temperature / 2)
    gains = [2.0**power for power in powers]
    light = sum(share * gain for share, gain in zip(LUMA, gains, strict=True))
    r, g, b = (gain / light for gain in gains)
    return r, g, b


def smooth(points: Points) -> Points:
    """A curve through points, from 0 to 1, monotone where they are (Fritsch and Carlson 1980), as short straight lines.

    Beyond the first and the last point it goes on to the corners.
    """
    knots = dict(sorted(points))
    knots.setdefault(0.0, 0.0)
    knots.setdefault(1.0, 1.0)
    x, y = (np.array(v) for v in zip(*sorted(knots.items()), strict=True))
    slope = np.diff(y) / np.diff(x)
    tangent = np.concatenate([slope[:1], (slope[1:] + slope[:-1]) / 2, slope[-1:]])
    for i, s in enumerate(slope):
        reach = math.hypot(tangent[i], tangent[i + 1])
        if s == 0:
            tangent[i] = tangent[i + 1] = 0
        elif min(tangent[i] / s, tangent[i + 1] / s) < 0 or reach > 3 * abs(s):
            bound = 3 * abs(s) / max(reach, 1e-12)
            tangent[i], tangent[i + 1] = (max(0.0, t / s) * s * min(1.0, bound) for t in tangent[i : i + 2])
    between = np.linspace(0, 1, max(2, CURVE_POINTS - len(x) + 2))
    at = np.union1d(between, x) if len(x) <= CURVE_POINTS else np.linspace(0, 1, CURVE_POINTS)
    left = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(slope) - 1)
    span = np.diff(x)[left]
    t = (at - x[left]) / span
    rise = tangent[left] * span * (t - 2 * t**2 + t**3) + tangent[left + 1] * span * (t**3 - t**2)
    value = y[left] + (y[left + 1] - y[left]) * (3 * t**2 - 2 * t**3) + rise
    return tuple((float(a), float(v)) for a, v in zip(at, np.clip(value, 0, 1), strict=True))


def apply(grades: Sequence[Graded], colours: Bytes, alpha: Bytes | None = None) -> Bytes:
    """Colours uint8 [h, w * 3], straight, with alpha uint8 [h, w] or opaque, after all of the grades as strips do them:
    every step rounded."""
    if not grades:
        return colours
    rgb = colours.reshape(-1, 3)
    saturation = math.prod(grade.saturation for grade in grades)
    if saturation != 1:
        rgb = _rounded(_saturated(rgb / 255, saturation))
    soft = None if alpha is None else np.flatnonzero((alpha.reshape(-1) > 0) & (alpha.reshape(-1) < 255))
    for step in (step for grade in grades for step in grade.steps):
        out = _looked_up(_rounded(step.curves(_every_value())), rgb)
        if soft is not None and len(soft) and alpha is not None and step.kind != "contrast":
            share = alpha.reshape(-1)[soft, None] / 255
            out[soft] = _rounded(step.curves(rgb[soft] / 255 * share) / share)
        rgb = out
    return rgb.reshape(colours.shape)


def apply_nodes(grades: Sequence[Graded], colours: Bytes) -> Bytes:
    """Colours uint8 [h, w * 3], straight, after all of the grades as nodes do them: cut at every step, rounded once."""
    if not grades:
        return colours
    rgb = colours.reshape(-1, 3)
    saturation = math.prod(grade.saturation for grade in grades)
    # every pixel for itself only where the channels mix
    values = _every_value() if saturation == 1 else np.clip(_saturated(rgb / 255, saturation), 0, 1)
    for step in (step for grade in grades for step in grade.steps):
        values = np.clip(step.curves(values), 0, 1)
    out = _rounded(values) if saturation != 1 else _looked_up(_rounded(values), rgb)
    return out.reshape(colours.shape)


def _every_value() -> Values:
    return np.repeat(np.arange(256.0)[:, None] / 255, 3, axis=1)


def _looked_up(table: Bytes, rgb: Bytes) -> Bytes:
    """Colours uint8 [n, 3] by a table uint8 [256, 3] for each channel."""
    return np.stack([table[rgb[:, channel], channel] for channel in range(3)], axis=1)


def _rounded(values: Values) -> Bytes:
    return np.asarray(np.floor(np.clip(values, 0, 1) * 255 + 0.5), np.uint8)


def _saturated(values: Values, factor: float) -> Values:
    """HSV saturation times a factor: value and hue stay, as a strip's saturation in Blender does it."""
    most = values.max(axis=1, keepdims=True)
    return np.asarray(most - (most - values) * factor)


def from_json(data: Mapping[str, Any]) -> Graded:
    """A grade out of its document."""
    moments = (Moment(m["saturation"], tuple(_step(step) for step in m["steps"])) for m in data.get("moments", ()))
    steps = tuple(_step(step) for step in data["steps"])
    return Graded(**{**data, "steps": steps, "moments": tuple(moments)})


def _step(data: Mapping[str, Any]) -> Step:
    triples = {k: tuple(data[k]) for k in ("lift", "gamma", "gain")}
    return Step(**{**data, **triples, "points": tuple((x, y) for x, y in data["points"])})
