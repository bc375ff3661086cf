"""The hands and the eye of the screenshots: the real mouse and keyboard by xdotool, the screen by ImageMagick.

What a button does is asked of Blender while the mouse is over it, so a button is found by its operator or property
and not by where it happened to lie. Calling operators alone was the other road; it would not notice a button that is
covered, grey or missing. Everything here waits by `yield`: Blender draws and takes events only between two steps.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

OUT = Path(os.environ["SHOTS_OUT"])
ONLY = [name for name in os.environ["SHOTS_ONLY"].split(",") if name]
COLOURS, QUALITY, WHOLE = 64, 85, "70%"
MOVED_S, PRESSED_S = 0.12, 0.5
STEP_PX = 9
MIDDLE, VALUE = 0.45, 0.7
RIGHT_PX = 49
HEADER_PX, FIRST_PX = 28, 14

Step = str | float | None
Steps = Iterator[Step]


def window() -> Any:
    """The window that the work is done in."""
    return bpy.context.window_manager.windows[0]


def largest() -> Any:
    """The largest area of the window."""
    return max(window().screen.areas, key=lambda area: area.width * area.height)


def region(area: Any, kind: str) -> Any:
    """A region of an area by its kind."""
    return next(region for region in area.regions if region.type == kind)


def call(area: Any, operator: Callable[..., Any], *how: Any, kind: str = "WINDOW", **words: Any) -> Any:
    """Call an operator as if in a region of an area."""
    with bpy.context.temp_override(window=window(), area=area, region=region(area, kind)):
        return operator(*how, **words)


def shoot(name: str) -> None:
    """Keep what is seen: of a name that begins with `panel_` the sidebar, else the largest editor or a later window.

    Panels are few colours and stay sharp as PNG; pictures are a fifth of that as JPEG. Where a render has its own
    window, that lies anywhere, and the whole screen is kept.
    """
    if ONLY and name not in ONLY:
        return
    windows = bpy.context.window_manager.windows
    panel, several = name.startswith("panel_"), len(windows) > 1
    part = windows[-1] if several else region(largest(), "UI") if panel else largest()
    top = max(0, window().height - part.y - part.height)
    words = ["-crop", f"{part.width}x{part.height}+{part.x}+{top}", "+repage"]
    flat = panel or name == "preferences"
    if several and not flat:
        words = ["-resize", WHOLE]
    words += ["+dither", "-colors", str(COLOURS)] if flat else []
    file = OUT / f"{name}.{'png' if flat else 'jpg'}"
    words += ["-strip", "-quality", "95" if flat else str(QUALITY)]
    subprocess.run(["import", "-window", "root", *words, f"{'PNG8:' if flat else ''}{file}"], check=True)
    print("SHOT", name, flush=True)


def mouse(*words: object) -> None:
    """Move or press the real mouse, or a key."""
    subprocess.run(["xdotool", *map(str, words)], check=True)


def go(x: float, y: float) -> None:
    """Move the mouse to a place of the window, in px from its lower left corner."""
    mouse("mousemove", round(x), round(window().height - y))


def click(x: float, y: float, *held: str) -> Steps:
    """Click at a place of the window, with keys held down."""
    go(x, y)
    yield PRESSED_S
    for key in held:
        mouse("keydown", key)
    mouse("mousedown", 1)
    yield MOVED_S
    mouse("mouseup", 1)
    yield MOVED_S
    for key in held:
        mouse("keyup", key)
    yield PRESSED_S


def under_mouse(area: Any) -> str:
    """The operator or property of the button under the mouse; empty where there is none."""
    with bpy.context.temp_override(window=window(), area=area, region=region(area, "UI")):
        if bpy.context.property is not None:
            return str(bpy.context.property[1]).rpartition(".")[2]
        if bpy.ops.ui.copy_python_command_button.poll():
            bpy.ops.ui.copy_python_command_button()
            return bpy.context.window_manager.clipboard.partition("(")[0].rpartition(".")[2]
    return ""


def across(side: Any, share: float) -> float:
    """A column of the sidebar in px of the window; 1 is that of the buttons beside a list."""
    return float(side.x + (side.width - RIGHT_PX if share == 1 else side.width * share))


def find(area: Any, name: str, share: float = MIDDLE, after: float = 0) -> Iterator[Step]:
    """Move the mouse down the sidebar until it is over a button; returns how far down, in px. LookupError if none."""
    side = region(area, "UI")
    for down in range(int(after) + STEP_PX, side.height, STEP_PX):
        go(across(side, share), side.y + side.height - down)
        yield MOVED_S
        if under_mouse(area) == name:
            return down
    raise LookupError(f"no button of {name} in the sidebar")


def press(area: Any, name: str, share: float = MIDDLE, after: float = 0) -> Iterator[Step]:
    """Find a button and click it; returns how far down it lies, in px."""
    down = yield from find(area, name, share, after)
    side = region(area, "UI")
    yield from click(across(side, share), side.y + side.height - down)
    return down


def type_into(area: Any, name: str, text: str, share: float = VALUE) -> Steps:
    """Double-click a field, type over what it holds, and confirm."""
    yield from find(area, name, share)
    for words in (("click", "--repeat", 2, "--delay", 60, 1), ("key", "ctrl+a"), ("type", text), ("key", "Return")):
        mouse(*words)
        yield PRESSED_S


def aside(area: Any) -> Steps:
    """Move the mouse into the picture, where it lights nothing up, and have everything drawn as it is now."""
    for x in (area.width // 3, area.width // 3 + 20):
        go(area.x + x, area.y + area.height * 3 // 4)
        yield PRESSED_S
    for one in window().screen.areas:
        one.tag_redraw()
    yield PRESSED_S


def scroll(area: Any, times: int) -> None:
    """Scroll the sidebar down, or up."""
    for _ in range(abs(times)):
        call(area, bpy.ops.view2d.scroll_down if times > 0 else bpy.ops.view2d.scroll_up, kind="UI")


def header(area: Any, down: float, *held: str) -> Steps:
    """Click a panel's header."""
    side = region(area, "UI")
    yield from click(side.x + 60, side.y + side.height - down, *held)


def open_panel(area: Any, number: int) -> Steps:
    """Open one panel of the sidebar and close all others: the first alone by Ctrl+click, then that one too."""
    scroll(area, 60)
    scroll(area, -60)
    yield PRESSED_S
    yield from header(area, FIRST_PX, "ctrl")
    if number:
        yield from header(area, FIRST_PX)
        yield from header(area, FIRST_PX + number * HEADER_PX)
    yield from aside(area)


def open_editor(area: Any, kind: str) -> Steps:
    """Turn the area into an editor with its sidebar open at the Parallax tab."""
    area.type = kind
    area.spaces.active.show_region_ui = True
    area.spaces.active.show_region_hud = False
    yield None
    region(area, "UI").active_panel_category = "Parallax"
    area.tag_redraw()
    yield None
