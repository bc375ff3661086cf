"""The panel of the motion: a compass for the direction, and what follows from everything, live."""

from typing import Any

from ...shared import arrows, plate_sizes
from ...shared.errors import ParallaxError
from ...shared.sections import Motion
from .. import properties, scene_project
from ..sentences import SHARE, draw_sentence
from .drawing import draw_settings, main_settings, named

COMPASS = ((135, 90, 45), (180, None, 0), (225, 270, 315))


def draw(context: Any, layout: Any) -> None:
    """Draw the panel."""
    group = properties.of_scene(context.scene).motion
    halves = layout.split(factor=0.5)
    _draw_compass(halves.grid_flow(columns=3, row_major=True, even_columns=True, even_rows=True, align=True), group)
    right = halves.column()
    right.prop(group, "direction", text="")
    right.prop(group, "loop", text="Loop", toggle=True, icon="FILE_REFRESH")
    rest = [d for d in main_settings(Motion) if d.name not in ("direction_deg", "loop")]
    draw_settings(context, layout, group, rest)
    draw_speed(layout, properties.of_scene(context.scene))
    draw_plan(context, layout.box())


def draw_speed(layout: Any, group: Any) -> None:
    """The control of the speed, which is keyframed, and the presets that write its keys."""
    row = named(layout.column(), "Speed", SHARE)
    row.prop(group, "pace", text="")
    row.prop_decorator(group, "pace")
    layout.operator_menu_enum("infinite_parallax.speed_preset", "preset", icon="FCURVE")


def _draw_compass(cells: Any, group: Any) -> None:
    """Eight buttons round a free middle, the one pressed to which the picture moves."""
    for degrees in (degrees for line in COMPASS for degrees in line):
        if degrees is None:
            cells.label(text="")
            continue
        here = abs((group.direction_deg - degrees + 180) % 360 - 180) < 0.5
        button = cells.operator("infinite_parallax.direction", text=arrows.sign(degrees), depress=here)
        button.degrees = degrees


def draw_plan(context: Any, layout: Any) -> None:
    """What follows from the settings, or why nothing does."""
    if not properties.of_scene(context.scene).picture:
        layout.label(text="Choose a picture", icon="INFO")
        return
    try:
        _, plan = scene_project.plan_of(context.scene)
    except ParallaxError as e:
        layout.alert = True
        draw_sentence(context, layout, str(e), "ERROR")
        return
    column = layout.column(align=True)
    size = plate_sizes.gigabytes(plate_sizes.needed_bytes(plan))
    for text, icon in (
        (f"{plan.duration_s:.1f} s: {plan.steps} steps, {plan.frames} frames", "TIME"),
        (f"{len(plan.layers)} plates up to {plate_sizes.longest_px(plan)} px long", "IMAGE_PLANE"),
        (f"{size} of disk at most", "DISK_DRIVE"),
    ):
        draw_sentence(context, column, text, icon)
