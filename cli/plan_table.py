"""The plan as a table for people: layers, velocities, steps, duration, plate sizes and disk, without painting."""

from pathlib import Path
from typing import Any

from ..inpaint_server import settling
from ..inpaint_server.limits import Limits
from ..inpaint_server.pictures import read_picture
from ..inpaint_server.settling import Settled
from ..shared import plan as plans
from ..shared import tiling
from ..shared.attachments import read_attached
from ..shared.plan import Plan
from ..shared.project import Project

PNG_SHARE = 0.55
"""Bytes of a painted tile's PNG per byte of its pixels: 0.5 to 0.6 on the paintings and photographs measured."""


def picture_size(picture: Path) -> tuple[int, int]:
    """Width and height of a picture file in px, as the server reads it."""
    height, width = read_picture(picture.read_bytes(), Limits()).shape[:2]
    return width, height


def settle(project: Project, picture: Path) -> Settled:
    """The project as the server will settle it for a picture file, why, and what was found for it."""
    source = read_picture(picture.read_bytes(), Limits())
    settling.check_engines(project)
    return settling.settle(project, source, read_attached(project), Limits())


def plan_of(project: Project, picture: Path) -> Plan:
    """The plan for a picture file."""
    return plans.plan(project, *picture_size(picture))


def sizes(plan: Plan, index: int) -> tuple[int, int, int]:
    """Tiles of a layer, pixels of the largest side of one, and pixels of all."""
    tiles = list(tiling.tiles(plan, index))
    return (
        len(tiles),
        max((max(t.width, t.height) for t in tiles), default=0),
        sum(t.width * t.height for t in tiles),
    )


def disk_bytes(plan: Plan) -> int:
    """About how much disk the plates and the journal of a job take."""
    pixels = sum(sizes(plan, layer.index)[2] for layer in plan.layers)
    new = sum(
        layer.height * abs(layer.position(plan.steps)[0]) + plan.width * abs(layer.position(plan.steps)[1])
        for layer in plan.layers
    )
    return round(pixels * 4 * PNG_SHARE + new * 3)


def as_json(plan: Plan, project: Project) -> dict[str, Any]:
    """The plan's figures as JSON."""
    return {
        "cut": project.cut.mode,
        "loop": plan.loop,
        "width": plan.width,
        "height": plan.height,
        "steps": plan.steps,
        "duration_s": plan.duration_s,
        "fps": plan.fps,
        "frames": plan.frames,
        "disk_bytes": disk_bytes(plan),
        "layers": [
            {
                "name": layer.name,
                "top": layer.top,
                "height": layer.height,
                "distance": layer.distance,
                "ratio": layer.ratio,
                "velocity": list(layer.velocity),
                "steps": layer.steps,
                "tiles": sizes(plan, layer.index)[0],
                "largest_px": sizes(plan, layer.index)[1],
            }
            for layer in plan.layers
        ],
    }


def as_table(plan: Plan) -> str:
    """The plan's figures as lines of text."""
    head = ("layer", "rows", "distance", "ratio", "px/step", "steps", "tiles", "largest")
    rows = [head]
    for layer in plan.layers:
        count, largest, _ = sizes(plan, layer.index)
        rows.append(
            (
                layer.name,
                f"{layer.top}-{layer.top + layer.height - 1}",
                "-" if layer.distance is None else f"{layer.distance:g}",
                "-" if layer.ratio is None else f"{layer.ratio:.3f}",
                f"{layer.velocity[0]:g}, {layer.velocity[1]:g}",
                "rests" if layer.steps is None else str(layer.steps),
                str(count),
                f"{largest} px",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    minutes, seconds = divmod(plan.duration_s, 60)
    length = f"{minutes:.0f} min {seconds:.1f} s" if minutes else f"{seconds:.1f} s"
    return "\n".join(
        [
            f"{plan.width}x{plan.height} px, {plan.steps} steps of {plan.seconds_per_step:g} s: {length}, "
            f"{plan.frames} frames at {plan.fps:g} fps, about {disk_bytes(plan) / 1e6:.0f} MB on disk",
            *lines,
            *_loop_lines(plan),
        ]
    )


def _loop_lines(plan: Plan) -> list[str]:
    """What decides how long a loop is, a line or none."""
    moving = [layer for layer in plan.layers if plan.circumference(layer.index)]
    if not moving:
        return []
    slowest = min(moving, key=lambda layer: abs(layer.velocity[0]))
    return [
        f"A loop: all layers come home together. {slowest.name!r} is the slowest, once round in "
        f"{plan.circumference(slowest.index)} px; give it more px/step for a shorter loop."
    ]
