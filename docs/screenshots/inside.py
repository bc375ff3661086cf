"""What `take.py` runs inside the desktop Blender: one shot after the other, on a timer, then the end.

A shot is a function that sets the scene up; some redraws later the screen is read. Blender builds its regions only
when it draws, so nothing of a new editor can be chosen in the same tick in which it was opened.
"""

import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

MODULE = "bl_ext.user_default.infinite_parallax"
OUT, FOLDER = Path(os.environ["SHOTS_OUT"]), Path(os.environ["SHOTS_FOLDER"])
ONLY = [name for name in os.environ["SHOTS_ONLY"].split(",") if name]
WAIT_S = 1.0
NORMAL_PX, NARROW_PX = 330, 215


def window() -> Any:
    return bpy.context.window_manager.windows[0]


def largest() -> Any:
    """The largest area of the window."""
    return max(window().screen.areas, key=lambda area: area.width * area.height)


def region(area: Any, kind: str) -> Any:
    return next(region for region in area.regions if region.type == kind)


def call(area: Any, operator: Callable[..., Any], *how: Any, **words: Any) -> Any:
    """Call an operator as if in an area."""
    with bpy.context.temp_override(window=window(), area=area, region=region(area, "WINDOW")):
        return operator(*how, **words)


def shoot(name: str) -> None:
    """Read the screen."""
    subprocess.run(["import", "-window", "root", str(OUT / f"{name}.png")], check=True)
    print("SHOT", name, flush=True)


def open_editor(kind: str) -> Any:
    area = largest()
    area.type = kind
    area.spaces.active.show_region_ui = True
    return area


def show_tab(area: Any, closed: tuple[str, ...] = ()) -> None:
    """Bring the Parallax tab to the front."""
    del closed
    region(area, "UI").active_panel_category = "Parallax"
    area.tag_redraw()


def group() -> Any:
    return bpy.context.scene.infinite_parallax


def scroll(area: Any, pages: int) -> None:
    """Scroll the sidebar."""
    side = region(area, "UI")
    with bpy.context.temp_override(window=window(), area=area, region=side):
        for _ in range(abs(pages)):
            (bpy.ops.view2d.scroll_down if pages > 0 else bpy.ops.view2d.scroll_up)(deltay=600)


def prepare() -> None:
    """Preferences that do not get in the way, and a picture."""
    bpy.context.preferences.view.show_splash = False
    chosen = bpy.context.preferences.addons[MODULE].preferences
    chosen.command = os.environ["SHOTS_COMMAND"]
    chosen.cache = str(FOLDER / "cache")
    group().picture = os.environ["SHOTS_PICTURE"]
    group().motion.use_steps, group().motion.steps = True, 24
    group().motion.fps = 12
    group().inpaint.engine = "walk"


def widen(area: Any, px: int) -> None:
    """Give the sidebar a width, as by dragging its edge."""
    side = region(area, "UI")
    x, y = side.x, side.y + side.height // 2
    by = side.width - px
    subprocess.run(["xdotool", "mousemove", str(x), str(window().height - y), "mousedown", "1"], check=True)
    subprocess.run(["xdotool", "mousemove", "--sync", str(x + by // 2), str(window().height - y)], check=True)
    subprocess.run(["xdotool", "mousemove", "--sync", str(x + by), str(window().height - y)], check=True)
    subprocess.run(["xdotool", "mouseup", "1"], check=True)


def story() -> Iterator[str | None]:
    """The shots, each as far as the next redraw: a name is a shot, None only waits."""
    prepare()
    area = open_editor("IMAGE_EDITOR")
    yield None
    call(area, bpy.ops.infinite_parallax.show_picture)
    call(area, bpy.ops.image.view_all, fit_view=True)
    show_tab(area)
    yield None
    yield "panel_begin"
    call(area, bpy.ops.infinite_parallax.suggest_layers, "INVOKE_DEFAULT")
    while bpy.context.window_manager.infinite_parallax.asking:
        yield None
    call(area, bpy.ops.image.view_all, fit_view=True)
    group().layer_index = 2
    yield None
    yield "image_editor"
    call(area, bpy.ops.infinite_parallax.generate, "INVOKE_DEFAULT")
    scroll(area, 2)
    while bpy.context.window_manager.infinite_parallax.factor < 0.4:
        yield None
    yield "generating"
    while bpy.context.window_manager.infinite_parallax.running:
        yield None
    yield "generated"
    area.type = "SEQUENCE_EDITOR"
    area.spaces.active.view_type = "SEQUENCER_PREVIEW"
    area.spaces.active.show_region_ui = True
    yield None
    show_tab(area)
    bpy.context.scene.frame_set(30)
    call(area, bpy.ops.sequencer.view_all)
    yield None
    yield "sequencer"
    widen(area, NARROW_PX)
    yield None
    yield "sequencer_narrow"
    scroll(area, 2)
    yield "sequencer_narrow_2"
    area.type = "VIEW_3D"
    area.spaces.active.show_region_ui = True
    yield None
    show_tab(area)
    yield None
    yield "view_3d"
    bpy.ops.screen.userpref_show("INVOKE_DEFAULT")
    yield None
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Infinite"
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[-1]):
        bpy.ops.preferences.addon_expand(module=MODULE)
    yield None
    yield "preferences"


def main() -> None:
    """Tell the story on a timer and end Blender."""
    told = story()

    def tick() -> float | None:
        try:
            name = next(told)
            if name is not None and (not ONLY or name in ONLY):
                shoot(name)
        except StopIteration:
            sys.stdout.flush()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        return WAIT_S

    bpy.app.timers.register(tick, first_interval=3)


main()
