"""The part of the tour that drags borders with the real mouse, over the picture and in the sequencer's preview."""

import importlib
from typing import Any

import bpy
import screen
from addon import MODULE, group, panel
from screen import Steps, call, go, mouse, press, region


def drag_a_border(area: Any, border: int, to: float) -> Steps:
    """Edit Borders with the real mouse: to a row of the picture, as a share of its height, and Return."""
    size = area.spaces.active.image.size
    yield from drag(area, border, to * size[1], "edit_borders")
    mouse("key", "Return")
    yield None


def row_of(border: int) -> int:
    """The row of the picture in which a layer begins."""
    return sum(layer.height for layer in list(group().layers)[:border])


def drag(area: Any, border: int, to: float, shot: str) -> Steps:
    """Press Edit Borders and drag a border to a row of the picture, in the image editor or in the preview."""
    yield from press(area, "edit_borders")
    kind = "WINDOW" if area.type == "IMAGE_EDITOR" else "PREVIEW"
    with bpy.context.temp_override(window=screen.window(), area=area, region=region(area, kind)):
        view = importlib.import_module(f"{MODULE}.blender_addon.borders.views").view_of(bpy.context)
    row = row_of(border)
    for part in (0, 0.3, 0.7, 1):
        x, y = view.to_region((view.size[0] / 4, row + part * (to - row)))
        go(view.region.x + x, view.region.y + y)
        yield screen.PRESSED_S
        if not part:
            mouse("mousedown", 1)
            yield screen.PRESSED_S
    yield shot
    mouse("mouseup", 1)
    yield None
    print("DRAGGED", row, "to", row_of(border), flush=True)
    if abs(row_of(border) - to) > 3:
        raise RuntimeError("the border did not follow the mouse")


def in_the_preview(area: Any) -> Steps:
    """On the first frame the preview shows the picture: a border is dragged there too, and put back by Esc."""
    bpy.context.scene.frame_set(1)
    call(area, bpy.ops.sequencer.view_all_preview, kind="PREVIEW")
    yield from panel(area, "layers")
    border, before = len(group().layers) - 1, row_of(len(group().layers) - 1)
    yield from drag(area, border, before - 60, "preview")
    mouse("key", "Escape")
    yield None
    if row_of(border) != before:
        raise RuntimeError("Esc did not put the border back")
