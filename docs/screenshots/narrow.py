"""Every panel of the sidebar at the least width that it is made for, each with the panels below it.

Blender's labels do not wrap and its fields cut their names off, and neither says so; only a picture shows it. What is
seen is joined to one sheet by `take.py`.
"""

from typing import Any

import screen
from screen import Steps, go, mouse, region

WIDTH_PX = 200
SHEET = "narrow"
EDGE_PX = 1


def squeeze(area: Any) -> Steps:
    """Drag the sidebar's edge until it is as narrow as it is to be."""
    side = region(area, "UI")
    y = side.y + side.height // 2
    go(side.x - EDGE_PX, y)
    yield screen.PRESSED_S
    mouse("mousedown", 1)
    yield screen.PRESSED_S
    for x in (side.x + 10, side.x + side.width - WIDTH_PX):
        go(x, y)
        yield screen.PRESSED_S
    mouse("mouseup", 1)
    yield None
    if abs(side.width - WIDTH_PX) > 2 * screen.STEP_PX:
        raise RuntimeError(f"the sidebar is {side.width} px wide")


def panels(area: Any, names: tuple[str, ...]) -> Steps:
    """A shot of each panel alone, all that lies below it open."""
    yield from squeeze(area)
    for number, name in enumerate(names):
        yield from screen.open_panel(area, number)
        # the first has none below it; Ctrl+click on an open one opens those below it
        if number:
            yield from screen.header(area, screen.FIRST_PX + number * screen.HEADER_PX, "ctrl")
        yield from screen.aside(area)
        yield f"panel_{SHEET}_{number:02d}_{name}"
