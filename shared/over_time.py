"""Entries of a project whose values change while the film runs: what they are at every frame.

An entry names them in its `keys`: points of second and value. In Blender they are keyframes, drawn and read as F-curves
(`blender_addon/keyed.py`); here the same points become plain values, frame by frame, so one set of formulas serves what
stands still and what is keyed, and the arithmetic frames show both. Curves with handles, as Blender has them, were the
other road: every reader of a project would have to solve Blender's cubic to show the same frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, groupby
from typing import Any

import numpy as np

from .finishing import Distortion, Grade, LivingLayer, Overlay, Shimmer
from .plan import Plan
from .project import Project
from .settings import Curve, declared

LISTS = ("overlays", "grades", "distortions", "living", "shimmers")
"""The lists of a project whose entries have keys."""


@dataclass(frozen=True)
class OverTime:
    """Entries of lists by their numbers in the project, each as it is at frame 0, 1, 2 and so on."""

    overlays: Mapping[int, Sequence[Overlay]] = field(default_factory=dict)
    grades: Mapping[int, Sequence[Grade]] = field(default_factory=dict)
    distortions: Mapping[int, Sequence[Distortion]] = field(default_factory=dict)
    living: Mapping[int, Sequence[LivingLayer]] = field(default_factory=dict)
    shimmers: Mapping[int, Sequence[Shimmer]] = field(default_factory=dict)


def read(project: Project, plan: Plan) -> OverTime:
    """The entries of a project that have keys, at every frame of its plan."""
    return OverTime(
        **{
            kind: {n: _moments(entry, plan) for n, entry in enumerate(getattr(project, kind)) if entry.keys}
            for kind in LISTS
        }
    )


def with_curve(entry: Any, curve: Curve) -> Any:
    """An entry with a curve in place of the one that it has of the same setting."""
    return replace(entry, keys=(*(one for one in entry.keys if one.setting != curve.setting), curve))


def _moments(entry: Any, plan: Plan) -> list[Any]:
    kinds = {d.name: d.kind for d in declared(type(entry))}
    curves = {curve.setting: _values(curve, kinds[curve.setting], plan) for curve in entry.keys}
    return [replace(entry, keys=(), **{name: values[n] for name, values in curves.items()}) for n in range(plan.frames)]


def _values(curve: Curve, kind: str, plan: Plan) -> list[Any]:
    """A curve at the frames of a plan: numbers straight between the points, whole numbers held until the next."""
    # in frames: a second is rounded where it was written, and a value that is held must not come a frame late
    at = [round(point[0] * plan.fps, 4) for point in curve.points]
    frames = np.arange(plan.frames)
    if kind == "int":
        last = np.maximum(np.searchsorted(at, frames, side="right") - 1, 0)
        return [int(curve.points[n][1]) for n in last]
    parts = [np.interp(frames, at, values).tolist() for values in list(zip(*curve.points, strict=True))[1:]]
    return parts[0] if kind == "float" else list(zip(*parts, strict=True))


@dataclass(frozen=True)
class Run:
    """A stretch of frames, from..to, during which an overlay has one seed, and the overlay that its sheets are of."""

    overlay: Overlay
    start: int
    end: int


def runs(moments: Sequence[Overlay]) -> list[Run]:
    """The stretches of an overlay that is keyed: as fast as it is on the whole, and as strong as it ever is, so that
    none is left out for being invisible at first."""
    whole = replace(
        moments[0],
        speed=sum(moment.speed for moment in moments) / len(moments),
        amount=max(moment.amount for moment in moments),
    )
    out = []
    for seed, same in groupby(enumerate(moments), lambda numbered: numbered[1].seed):
        at = [n for n, _ in same]
        out.append(Run(replace(whole, seed=seed), at[0], at[-1] + 1))
    return out


def clock(moments: Sequence[Overlay] | Sequence[LivingLayer]) -> tuple[float, ...]:
    """The frame of what is as fast all the time as these moments are on the whole, at their frames 0..n.

    It is the integral of the speed: rain that gets faster goes on from where it is. () where the speed is the same
    throughout.
    """
    speeds = [moment.speed for moment in moments]
    if min(speeds) == max(speeds):
        return ()
    gone = [0.0, *accumulate(speeds)]
    return tuple(len(speeds) * way / gone[-1] for way in gone)
