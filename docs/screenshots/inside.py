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
WAIT_S = 0.7
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
    """Read the screen: the largest editor, of a name that begins with `panel_` its sidebar, else all windows."""
    part = region(largest(), "UI") if name.startswith("panel_") else largest()
    corner = f"+{part.x}+{window().height - part.y - part.height}"
    crop = [] if name == "preferences" else ["-crop", f"{part.width}x{part.height}{corner}", "+repage"]
    # 256 colours are a quarter of the bytes
    subprocess.run(
        ["import", "-window", "root", *crop, "+dither", "-colors", "256", str(OUT / f"{name}.png")], check=True
    )
    print("SHOT", name, flush=True)


def open_editor(kind: str) -> Any:
    area = largest()
    area.type = kind
    area.spaces.active.show_region_ui = True
    return area


def show_tab(area: Any) -> None:
    """Bring the Parallax tab to the front."""
    region(area, "UI").active_panel_category = "Parallax"
    area.tag_redraw()


def group() -> Any:
    return bpy.context.scene.infinite_parallax


def scroll(area: Any, times: int) -> None:
    """Scroll the sidebar down, or up."""
    with bpy.context.temp_override(window=window(), area=area, region=region(area, "UI")):
        for _ in range(abs(times)):
            (bpy.ops.view2d.scroll_down if times > 0 else bpy.ops.view2d.scroll_up)()


def mouse(*words: object) -> None:
    """Move or press the real mouse."""
    subprocess.run(["xdotool", *map(str, words)], check=True)


def widen(area: Any, px: int) -> Iterator[None]:
    """Give the sidebar a width by dragging its edge with the mouse."""
    side = region(area, "UI")
    x, y = side.x, window().height - (side.y + side.height // 3)
    to = x + side.width - px
    for words in (
        ("mousemove", x, y),
        ("mousedown", 1),
        *(("mousemove", x + (to - x) * i // 4, y) for i in range(1, 5)),
    ):
        mouse(*words)
        yield None
    mouse("mouseup", 1)
    yield None


def prepare() -> None:
    """Preferences that do not get in the way, and a picture."""
    chosen = bpy.context.preferences.addons[MODULE].preferences
    chosen.command = os.environ["SHOTS_COMMAND"]
    chosen.cache = str(FOLDER / "cache")
    bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / "lake.blend"))
    bpy.ops.infinite_parallax.picture_from_image(image=bpy.data.images.load(os.environ["SHOTS_PICTURE"]).name)
    group().motion.use_steps, group().motion.steps = True, 600
    group().motion.seconds_per_step, group().motion.fps = 0.2, 12


def state() -> Any:
    return bpy.context.window_manager.infinite_parallax


def pictures_and_layers(area: Any) -> Iterator[str | None]:
    """The image editor: the picture, the suggested layers, a drag of a border with the real mouse."""
    show_tab(area)
    call(area, bpy.ops.infinite_parallax.show_picture)
    call(area, bpy.ops.image.view_all, fit_view=True)
    yield from widen(area, NORMAL_PX)
    yield "panel_begin"
    call(area, bpy.ops.infinite_parallax.suggest_layers, "INVOKE_DEFAULT")
    while state().asking:
        yield None
    group().layer_index = 2
    call(area, bpy.ops.infinite_parallax.hint_box, box=(300, 420, 360, 470))
    call(area, bpy.ops.image.view_all, fit_view=True)
    yield None
    yield "image_editor"
    yield "panel_layers"
    scroll(area, 14)
    yield None
    yield "panel_motion"


def drag_a_border(area: Any) -> Iterator[str | None]:
    """Edit Borders with the real mouse: down by 40 px of the picture."""
    before = group().layers[1].height
    call(area, bpy.ops.infinite_parallax.edit_borders, "INVOKE_REGION_WIN")
    frame = region(area, "WINDOW")
    size = area.spaces.active.image.size
    rows = [group().layers[0].height + group().layers[1].height + by for by in (0, 20, 40)]
    group().layers[2].skyline = ""
    places = [frame.view2d.view_to_region(0.25, 1 - row / size[1], clip=False) for row in rows]
    where = [(frame.x + x, window().height - frame.y - y) for x, y in places]
    for words in (("mousemove", *where[0]), ("mousedown", 1), ("mousemove", *where[1]), ("mousemove", *where[2])):
        mouse(*words)
        yield None
    yield "edit_borders"
    mouse("mouseup", 1)
    yield None
    print("DRAGGED", before, "to", group().layers[1].height, flush=True)
    mouse("key", "Return")
    yield None
    bpy.ops.ed.undo()
    yield None
    print("UNDONE", group().layers[1].height, flush=True)


def work(area: Any) -> Iterator[str | None]:
    """Generate, with its progress, and the finished timeline."""
    scroll(area, 14)
    call(area, bpy.ops.infinite_parallax.generate, "INVOKE_DEFAULT")
    while state().running and (not state().left or state().factor < 0.5):
        yield None
    yield None
    yield "panel_generating"
    while state().running:
        yield None
    yield None
    yield None
    yield "panel_generated"
    area.type = "SEQUENCE_EDITOR"
    area.spaces.active.view_type = "SEQUENCER_PREVIEW"
    area.spaces.active.show_region_ui = True
    yield None
    show_tab(area)
    bpy.context.scene.frame_set(30)
    call(area, bpy.ops.sequencer.view_all)
    yield None
    yield "sequencer"
    yield from widen(area, NARROW_PX)
    yield "panel_narrow"
    scroll(area, 14)
    yield None
    yield "panel_narrow_below"


def story() -> Iterator[str | None]:
    """The shots, each as far as the next redraw: a name is a shot, None only waits."""
    prepare()
    area = open_editor("IMAGE_EDITOR")
    yield None
    yield from pictures_and_layers(area)
    yield from drag_a_border(area)
    yield from work(area)
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
