"""Entries of a project whose values change while the film runs: what they are at every frame.

A project's document has one value for each setting; keys are drawn in Blender, where curves are edited. What is read
there comes in here as plain data, so the same formulas serve what stands still and what is keyed, and the arithmetic
frames show both. Keys in the project's document were the other road: a second editor of curves, in JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, groupby

from .finishing import Distortion, Grade, LivingLayer, Overlay


@dataclass(frozen=True)
class OverTime:
    """Entries of lists by their numbers in the project, each as it is at frame 0, 1, 2 and so on."""

    overlays: Mapping[int, Sequence[Overlay]] = field(default_factory=dict)
    grades: Mapping[int, Sequence[Grade]] = field(default_factory=dict)
    distortions: Mapping[int, Sequence[Distortion]] = field(default_factory=dict)
    living: Mapping[int, Sequence[LivingLayer]] = field(default_factory=dict)


STILL = OverTime()


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


def clock(moments: Sequence[Overlay]) -> tuple[float, ...]:
    """The frame of an overlay that is as fast all the time as this one is on the whole, at frames 0..n of this one.

    It is the integral of the speed: an overlay that gets faster goes on from where it is. () where the speed is the
    same throughout.
    """
    speeds = [moment.speed for moment in moments]
    if min(speeds) == max(speeds):
        return ()
    gone = [0.0, *accumulate(speeds)]
    return tuple(len(speeds) * way / gone[-1] for way in gone)
