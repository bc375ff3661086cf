"""When an object is in the frame, and where: it leaves once, or in a loop comes back to where it was.

An object is not continued like a plate: it is one picture that moves. In a loop its way must close as the layers'
ways do, so after all steps it is again at its place in the source, and on the way there it has to have been out of
sight, or it would jump. Bending its velocity until that fits was the other road; it changes what a person has set.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .errors import UsageError
from .geometry import Velocity, exact
from .plan import Plan
from .plates import ObjectPlate
from .sections import Object


@dataclass(frozen=True)
class Visit:
    """An object in the frame during frames `start`..`end` - 1. At step 0 it is, or would be, at x, y in px.

    The corner is the upper left one of the object as it is shown, in the picture's coordinates.
    """

    start: int
    end: int
    x: Fraction
    y: Fraction
    velocity: Velocity

    def corner(self, step: Fraction) -> tuple[float, float]:
        """Where the corner is at a step, whole or not."""
        vx, vy = self.velocity
        return float(self.x + exact(vx) * step), float(self.y + exact(vy) * step)


def velocity_of(thing: Object, plan: Plan, foot: int | None = None) -> Velocity:
    """The velocity of an object: its own or its factor of that of the layer that it rides, on ground that recedes of
    that of the row `foot`. UsageError if there is no such layer."""
    if thing.layer >= len(plan.layers):
        raise UsageError(
            f"The object {thing.name!r} rides layer {thing.layer}, but there are {len(plan.layers)}, counted from 0.",
            f"Give it a layer from 0 to {len(plan.layers) - 1}.",
        )
    layer = plan.layers[thing.layer]
    if thing.velocity is not None:
        return thing.velocity
    across, down = layer.velocity
    if layer.ramp is not None and foot is not None:
        across *= float(layer.ramp.scales(foot, 1)[0])
    elif thing.speed_factor == 1:
        return layer.velocity
    return round(across * thing.speed_factor, 3), round(down * thing.speed_factor, 3)


def visits(plan: Plan, thing: ObjectPlate) -> tuple[Visit, ...]:
    """The visits of an object to the frame, in the order of time. UsageError if its way does not close in a loop."""
    tile, scale = thing.tile, exact(thing.scale)
    width, height = tile.width * scale, tile.height * scale
    # scaled about its foot, the middle of the lower edge
    x, y = tile.x + (tile.width - width) / 2, tile.y + tile.height - height
    away = Fraction(0)
    if plan.loop and any(thing.velocity):
        away = _circumference(plan, f"The object {thing.name or 'without a name'!r}", thing.velocity, width)
    found = []
    for shift in dict.fromkeys((Fraction(0), away)):
        times = _inside(plan, thing.velocity, (x + shift, y), (width, height))
        if times is not None:
            # the frame at which it has just left is not needed, but that of the last step is
            found += [Visit(start, end, x + shift, y, thing.velocity) for start, end in plan.between(*times)]
    return tuple(sorted(found, key=lambda visit: visit.start)) if len(found) > 2 else tuple(found)


def check_ways(objects: Sequence[Object], plan: Plan) -> None:
    """Raise UsageError for the first object whose way cannot be, by its path, as far as that is known before it has
    been cut out of the picture."""
    for number, thing in enumerate(objects):
        velocity = velocity_of(thing, plan)
        if plan.loop and any(velocity):
            columns = (thing.box[0], thing.box[2]) if thing.box and not thing.matte else (0.0, 0.0)
            width = exact(abs(columns[1] - columns[0])) * exact(thing.scale)
            _circumference(plan, f"objects.{number}", velocity, width)


def _circumference(plan: Plan, label: str, velocity: Velocity, width: Fraction) -> Fraction:
    """How far ahead of an object of a `width` the same one follows in a loop, in px with its sign."""
    vx, vy = (exact(v) for v in velocity)
    if vy:
        raise UsageError(
            f"{label} moves up or down ({float(vy):g} px per step); only sideways journeys loop.",
            "Set the second number of its velocity to 0, or motion.loop to false.",
        )
    way, needed = abs(vx) * plan.steps, plan.width + width
    if way < needed:
        enough = Fraction(math.ceil(needed * 10 / plan.steps), 10)
        raise UsageError(
            f"{label} goes {float(way):g} px in the loop, but it has to go {float(needed):g} to be out of sight before "
            "it comes back.",
            f"Give it a velocity of {float(enough):g} px per step or more, or 0, or a smaller scale.",
        )
    return -vx * plan.steps


def _inside(
    plan: Plan, velocity: Velocity, corner: tuple[Fraction, Fraction], size: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction] | None:
    """The steps from..to during which a moving rectangle touches the frame; None if never."""
    first, last = Fraction(0), Fraction(plan.steps)
    for v, at, length, limit in zip(velocity, corner, size, (plan.width, plan.height), strict=True):
        if v:
            ends = sorted(((limit - at) / exact(v), (-length - at) / exact(v)))
            first, last = max(first, ends[0]), min(last, ends[1])
        elif not -length < at < limit:
            return None
    return (first, last) if first < last else None
