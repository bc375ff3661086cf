"""Speeds: what the distances of the layers mean in px per step, by one of three laws.

A velocity by hand wins over all of them. The laws look at all layers at once, because a ratio is one of the sum, or of
the longest; a speed for each layer by itself could not say that the whole is to move as fast as before.
"""

from collections.abc import Sequence

from . import geometry
from .errors import UsageError
from .project import Project
from .sections import PRESETS, Layer


def distance(project: Project, layer: Layer) -> float | None:
    """The distance of a layer, given or by its preset; None where it has neither."""
    if layer.distance is not None:
        return layer.distance
    return PRESETS[layer.preset][project.speed.preset_column] if layer.preset else None


def ratios(project: Project, layers: Sequence[Layer]) -> list[float | None]:
    """r_i = d_i / sum(d), d_i / max(d) or d_i / (3 max(d)), over the layers that have a distance."""
    distances = [distance(project, layer) for layer in layers]
    known = [d for d in distances if d is not None] or [1.0]
    whole = {"total": sum(known), "longest": max(known), "third": 3 * max(known)}[project.speed.normalise]
    return [None if d is None else d / whole for d in distances]


def step_px(project: Project) -> int:
    """Pixels that a speed factor of 1 moves in one step: int(1000 / smoothness), or as given."""
    if project.motion.step_px is not None:
        return project.motion.step_px
    smoothness = project.motion.smoothness or (80.0 if project.speed.law == "inverse" else 16.0)
    return int(1000 / smoothness)


def _factor(project: Project, layer: Layer, ratio: float | None, index: int) -> float:
    law = project.speed.law
    if law == "depth":
        if layer.disparity is None:
            raise UsageError(
                f"layers.{index}.disparity is missing, and the law depth needs it.",
                "Give a depth map, a disparity, or a velocity by hand.",
            )
        return layer.disparity
    if ratio is None:
        raise UsageError(
            f"layers.{index} has neither a distance nor a preset nor a velocity.",
            f"Give it a distance (say 300) or a preset ({', '.join(PRESETS)}).",
        )
    return ratio if law == "weight" else 1 / ratio


def velocities(project: Project, layers: Sequence[Layer]) -> list[tuple[float, float]]:
    """v_i = u * factor_i * step_px, rounded to one decimal; a velocity by hand is taken as it is."""
    ux, uy = geometry.direction_vector(project.motion.direction_deg)
    size, shares = step_px(project), ratios(project, layers)
    out = []
    for i, layer in enumerate(layers):
        if layer.velocity is not None:
            vx, vy = layer.velocity
        else:
            speed = _factor(project, layer, shares[i], i) * size
            vx, vy = round(ux * speed, 1), round(uy * speed, 1)
        # + 0.0 turns a negative zero, as in a rounded -0.04, into a plain one
        out.append((vx + 0.0, vy + 0.0))
    return out
