"""How large the plates of a plan get, from above: what the server refuses by and the panel shows while a slider moves.

In closed form, because a plan of a million steps must not take long to judge; laying out every tile (`tiling.py`) was
the other road.
"""

import math

from . import geometry
from .plan import LayerPlan, Plan
from .tiling import BLEED_PX, longest

GIB = 1024**3


def needed_bytes(plan: Plan, contours: bool = False) -> int:
    """Disk that a job of this plan takes at most: every tile uncompressed, and as much again for its checkpoints.

    With `contours` a plate may have as many rows as the picture: how far a layer reaches behind the others is known
    only when it is cut.
    """
    whole = contours or any(layer.velocity[1] for layer in plan.layers)
    tiles = sum(_plate_px(plan, layer, whole) for layer in plan.layers) * 4
    return 2 * tiles + 8 * plan.width * plan.height


def _plate_px(plan: Plan, layer: LayerPlan, whole: bool) -> int:
    """Pixels of all tiles of a layer, from above, in closed form: a plan of many steps must not take long to refuse."""
    vx, vy = (abs(geometry.exact(v)) for v in layer.velocity)
    rows = plan.height if whole else min(plan.height, layer.height + layer.overlap_px + BLEED_PX)
    rooms = [
        math.floor(max(0, longest(plan, side) - side - 2 * BLEED_PX - 1) / v)
        for side, v in ((plan.width, vx), (plan.height, vy))
        if v
    ]
    run = max(1, min([*rooms, plan.steps]))
    count = math.ceil(plan.steps / run)
    return count * math.ceil(plan.width + vx * run + 2 * BLEED_PX) * math.ceil(rows + vy * run + 2 * BLEED_PX)


def longest_px(plan: Plan) -> int:
    """Length of the longest plate along its motion, in px: the picture and all that is painted on."""
    ways = [
        (side + abs(v) * plan.steps, v)
        for layer in plan.layers
        for side, v in zip((plan.width, plan.height), layer.velocity, strict=True)
    ]
    return round(max((way for way, v in ways if v), default=plan.width))


def gigabytes(size: int) -> str:
    """A number of bytes in the words of a person."""
    return f"{size / GIB:.1f} GiB" if size >= GIB // 10 else f"{size / 1024**2:.1f} MiB"
