"""How many steps bring every layer of a loop home at the same time, each after a whole number of px and of frames.

A layer that moves v px per step is home after S steps if v * S is a whole number of px, its circumference, and long
enough for the source and for a way back to it. All layers share S, so it is a multiple of every velocity's
denominator, and the slowest layer says how large it must be; of ground that recedes that is its upper edge, whose rows
come home by themselves (`ramp`). Bending the velocities a little until a round S fits
them was the other road; it changes the depth that a person has set.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

from . import geometry
from .errors import UsageError

MOST_STEPS = 10_000
"""Longest loop that is chosen without being asked for: beyond it, it is hours of video because of one slow layer."""


def room_px(width: int) -> int:
    """Px that a circumference must have beyond the source: what the shortest way home with one stop needs.

    Two landings, each an overlap (at most 80 px and a sixth of the width) and a run (as much, or a twentieth of the
    width), of which the first overlap lies over the source; a quarter of the width where that is more, because a way
    home with some choice looks better.
    """
    return max(width // 4, min(240, (width + 1) // 2))


def circumference(velocity: geometry.Velocity, steps: int) -> int | None:
    """Px after which the plate of a looping layer repeats; None for a layer at rest."""
    way = abs(geometry.exact(velocity[0])) * steps
    return int(way) if way else None


def loop_steps(
    velocities: Sequence[geometry.Velocity],
    names: Sequence[str],
    width: int,
    frames_per_step: Fraction,
    wanted: int | None,
    ramps: Sequence[float | None] | None = None,
) -> int:
    """The steps of a loop: the fewest that bring every layer home, or `wanted`, refused where they do not.

    `velocities` in px per step, at least one of them not zero; `frames_per_step` exact; `ramps`: the speed of the
    upper edge as a share of the layer's, where that recedes. Raises UsageError with the name of the layer that is the
    reason.
    """
    for velocity, name in zip(velocities, names, strict=True):
        if velocity[1]:
            raise UsageError(
                f"Layer {name!r} moves up or down ({velocity[1]:g} px per step); only sideways journeys loop.",
                "Set the direction to 0 or 180, or motion.loop to false.",
            )
    speeds = [(abs(geometry.exact(v[0])), name) for v, name in zip(velocities, names, strict=True) if v[0]]
    shares = [
        geometry.exact(ramp or 1) for ramp, v in zip(ramps or [None] * len(names), velocities, strict=True) if v[0]
    ]
    edges = [(speed * share, _edge(name, share)) for (speed, name), share in zip(speeds, shares, strict=True)]
    unit = math.lcm(frames_per_step.denominator, *(speed.denominator for speed, _ in speeds))
    slowest, slow_name = min(edges)
    far = width + room_px(width)
    least = unit * math.ceil(far / slowest / unit)
    if wanted is not None:
        _check(wanted, least, unit, speeds, edges, frames_per_step, far)
        return wanted
    if least > MOST_STEPS:
        _refuse_long(least, speeds, slowest, frames_per_step, far, slow_name)
    return least


def _edge(name: str, share: Fraction) -> str:
    """What a layer's slowest row is called."""
    return f"Layer {name!r}" if share == 1 else f"The upper edge of layer {name!r}"


def _check(
    steps: int,
    least: int,
    unit: int,
    speeds: Sequence[tuple[Fraction, str]],
    edges: Sequence[tuple[Fraction, str]],
    frames_per_step: Fraction,
    far: int,
) -> None:
    """Refuse a number of steps that does not bring every layer home, and say which one does."""
    nearest = max(least, unit * max(1, round(Fraction(steps, unit))))
    way_out = f"Set motion.steps to {nearest}, or leave it empty for the shortest loop."
    for speed, name in speeds:
        way = speed * steps
        if way.denominator != 1:
            raise UsageError(f"In {steps} steps layer {name!r} moves {float(way):g} px, not a whole number.", way_out)
    for speed, edge in edges:
        if speed * steps < far:
            label = edge[0].lower() + edge[1:]
            raise UsageError(
                f"In {steps} steps {label} moves {float(speed * steps):g} px; to come home it needs {far} or more.",
                way_out,
            )
    if (steps * frames_per_step).denominator != 1:
        raise UsageError(f"{steps} steps last {float(steps * frames_per_step):g} frames, not a whole number.", way_out)


def _refuse_long(
    least: int,
    speeds: Sequence[tuple[Fraction, str]],
    slowest: Fraction,
    frames_per_step: Fraction,
    far: int,
    slow_name: str,
) -> None:
    """Say why a loop would need more steps than anybody wants, and what to change; `slow_name` moves `slowest` px."""
    if math.ceil(far / slowest) > MOST_STEPS:
        enough = math.ceil(Fraction(far * 10, MOST_STEPS)) / 10
        raise UsageError(
            f"{slow_name} moves {float(slowest):g} px per step and would need {least} steps to come home.",
            f"Give it a velocity of at least {enough:g} px per step, or 0; motion.steps asks for so long a loop.",
        )
    if frames_per_step.denominator > max(speed.denominator for speed, _ in speeds):
        raise UsageError(
            f"A step lasts {float(frames_per_step):g} frames, so only {least} steps last a whole number of them.",
            "Choose seconds_per_step and fps whose product is whole or has few decimals.",
        )
    finest, name = max((speed.denominator, name) for speed, name in speeds)
    raise UsageError(
        f"Layer {name!r} moves a whole number of px only every {finest} steps, so the loop would need {least}.",
        "Give it a velocity with one decimal or none.",
    )
