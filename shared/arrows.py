"""Speeds in the words and signs of the interface: px per second, an arrow character, and arrows over the picture."""

import math
from dataclasses import dataclass

from .geometry import Velocity
from .plan import Plan

SIGNS = "→↗↑↖←↙↓↘"
"""By the direction in eighths of a turn, counted as the motion's direction is: 0 right, 90 up."""

LONGEST_SHARE = 0.22  # of the picture's width


@dataclass(frozen=True)
class Arrow:
    """An arrow over the picture, from `tail` to `head` in px, y down; `text` is the speed."""

    tail: tuple[float, float]
    head: tuple[float, float]
    text: str


def sign(direction_deg: float) -> str:
    """The arrow character nearest to a direction."""
    return SIGNS[round(direction_deg / 45) % 8]


def px_per_s(velocity: Velocity, seconds_per_step: float) -> float:
    """Speed of a layer in px per second of video."""
    return math.hypot(*velocity) / seconds_per_step


def speed(velocity: Velocity, seconds_per_step: float) -> str:
    """A layer's speed as one reads it: `← 32 px/s`, or `at rest`."""
    vx, vy = velocity
    if not vx and not vy:
        return "at rest"
    value = px_per_s(velocity, seconds_per_step)
    return f"{sign(math.degrees(math.atan2(-vy, vx)))} {value:.3g} px/s"


def over(plan: Plan) -> list[Arrow]:
    """One arrow in the middle of each layer, as long as it is fast; the fastest takes a fifth of the width."""
    fastest = max((math.hypot(*layer.velocity) for layer in plan.layers), default=0.0)
    scale = LONGEST_SHARE * plan.width / fastest if fastest else 0.0
    out = []
    for layer in plan.layers:
        x, y = plan.width / 2, layer.top + layer.height / 2
        dx, dy = (v * scale / 2 for v in layer.velocity)
        out.append(Arrow((x - dx, y - dy), (x + dx, y + dy), speed(layer.velocity, plan.seconds_per_step)))
    return out
