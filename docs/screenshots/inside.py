"""What `take.py` runs inside the desktop Blender: the tour of docs/tour.md, one step after the other on a timer.

A step is done as a person does it, by mouse and keyboard where a button can be found. Blender builds its regions only
when it draws, so nothing of a new editor can be chosen in the same tick in which it was opened.
"""

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parent))

import narrow
import screen
from addon import MODULE, PANELS, WAIT_S, group, panel, server_held, show, state, until_idle
from dragging import drag_a_border, in_the_preview
from screen import Steps, call, find, open_editor, press

FOLDER = Path(os.environ["SHOTS_FOLDER"])
BESIDE = 1.0
BRIEF_S = 0.05
SUB_PX, SUB_FIRST_PX = 26, 32
LAYERS = (("sky", 600), ("lake", 800), ("meadow", 1000))
SHORE = 0.775
"""Row of the example picture where the meadow begins, as a share of its height."""


def server() -> Steps:
    """The preferences: which server paints. Test starts it and asks."""
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Infinite"
    bpy.ops.screen.userpref_show("INVOKE_DEFAULT")
    yield None
    own = bpy.context.window_manager.windows[-1]
    with bpy.context.temp_override(window=own):
        bpy.ops.preferences.addon_expand(module=MODULE)
    with bpy.context.temp_override(window=own, area=own.screen.areas[0]):
        bpy.ops.infinite_parallax.test_server("INVOKE_DEFAULT")
    yield from until_idle()
    print("SERVER", state().server, flush=True)
    yield "preferences"
    with bpy.context.temp_override(window=own):
        bpy.ops.wm.window_close()
    yield None


def picture(area: Any) -> Steps:
    """The image editor's picture becomes the project's."""
    call(area, bpy.ops.image.open, filepath=os.environ["SHOTS_PICTURE"])
    yield None
    call(area, bpy.ops.image.view_all, fit_view=True)
    yield from press(area, "picture_from_image", 0.2)
    if not group().picture:
        raise RuntimeError("the picture was not taken over")
    yield from show(area, "picture")


def layers(area: Any) -> Steps:
    """Suggested layers, the near one cut in two, and their border dragged to the shore by the mouse."""
    yield from panel(area, "layers")
    yield from press(area, "suggest_layers")
    yield from until_idle()
    print("SUGGESTED", state().suggestion, flush=True)
    call(area, bpy.ops.image.view_all, fit_view=True)
    yield from show(area, "layers")
    group().layer_index = len(group().layers) - 1
    yield from press(area, "layer_add", BESIDE)
    for index, (name, distance) in enumerate(LAYERS):
        group().layer_index = index
        yield from screen.type_into(area, "name", name)
        yield from screen.type_into(area, "distance", str(distance))
    print("LAYERS", [(layer.name, layer.distance) for layer in group().layers], flush=True)
    yield from drag_a_border(area, len(group().layers) - 1, SHORE)
    yield from show(area, "panel_layers")


def motion(area: Any) -> Steps:
    """A direction from the compass, the loop, and numbers that are typed."""
    yield from panel(area, "motion")
    first_row = yield from find(area, "direction", 0.1)
    yield from press(area, "direction", 0.1, first_row + 14)
    yield from press(area, "loop", 0.65)
    yield from screen.type_into(area, "seconds_per_step", "0.1")
    yield from screen.type_into(area, "fps", "12")
    print("MOTION", group().motion.loop, group().motion.seconds_per_step, group().motion.fps, flush=True)
    if not group().motion.loop or round(group().motion.seconds_per_step, 6) != 0.1 or group().motion.fps != 12:
        raise RuntimeError("loop, seconds and frames per second were not taken over")
    if group().motion.direction_deg != 180:
        raise RuntimeError("the compass went elsewhere")
    yield from show(area, "panel_motion")


def generate(area: Any) -> Steps:
    """Generate, with its progress, and the timeline that is built."""
    yield from panel(area, "job")
    yield from press(area, "generate")
    while state().running and not state().left:
        yield BRIEF_S
    if not state().running:
        raise RuntimeError("Generate was over before it could be photographed")
    with server_held():
        # panels glide to their new places
        yield None
        yield None
        yield "panel_generating"
    yield from until_idle()
    yield "panel_generated"
    yield from open_editor(area, "SEQUENCE_EDITOR")
    area.spaces.active.view_type = "SEQUENCER_PREVIEW"
    yield None
    yield from timeline(area, "sequencer")
    yield from in_the_preview(area)


def timeline(area: Any, name: str) -> Steps:
    """The whole timeline at a frame in its middle."""
    bpy.context.scene.frame_set(30)
    call(area, bpy.ops.sequencer.view_all)
    call(area, bpy.ops.sequencer.select_all, action="DESELECT")
    yield None
    yield from show(area, name)


def entry(area: Any, which: str, after: float = 0, **values: Any) -> Steps:
    """Press + beside a list and fill the new entry in."""
    before = len(getattr(group(), which))
    yield from press(area, "entry_add", BESIDE, after)
    entries = getattr(group(), which)
    if len(entries) != before + 1:
        raise RuntimeError(f"+ added nothing to {which}")
    for name, value in values.items():
        setattr(entries[-1], name, value)
    yield None


def finish(area: Any) -> Steps:
    """Speed, weather, distortion, colour and sound: each a press of + and a few values, then Build Scene."""
    yield from panel(area, "motion")
    yield from find(area, "pace")
    bpy.context.scene.frame_set(1)
    call(area, bpy.ops.infinite_parallax.speed_preset, preset="EASE_BOTH", seconds=1)
    yield from show(area, "panel_speed")
    yield from panel(area, "overlays")
    yield from entry(area, "overlays", kind="mist", amount=0.6, layer=0, use_layer=True)
    yield from entry(area, "overlays", kind="rain", amount=0.5)
    yield from show(area, "panel_overlays")
    yield from panel(area, "distortions")
    yield from entry(area, "distortions", layer=1, use_layer=True, amplitude_px=2, wavelength_px=40, period_s=3)
    yield from show(area, "panel_distortions")
    yield from panel(area, "grades")
    yield from entry(area, "grades", temperature=-0.25, contrast=8)
    yield from show(area, "panel_colour")
    yield from sounds(area)
    yield from panel(area, "job")
    yield from press(area, "build_scene")
    yield from until_idle()
    yield from timeline(area, "timeline")


def sounds(area: Any) -> Steps:
    """A bed of rain, and water that sounds from a layer."""
    yield from panel(area, "sound")
    group().sound.ambience = "rain"
    last = yield from find(area, "metres_per_unit", 0.7)
    # below it: the row of Listen, and the header of Advanced
    yield from screen.header(area, last + SUB_FIRST_PX + 2 * SUB_PX)
    words = {"kind": "ambience", "sound": "water", "layer": 1, "use_layer": True, "volume": 0.8}
    yield from entry(area, "cues", last, name="shore", **words)
    yield from show(area, "panel_sound")


def export(area: Any) -> Steps:
    """The settings of the video, and Export Video."""
    yield from panel(area, "output")
    group().video = "//lake.mp4"
    yield from show(area, "panel_output")
    yield from panel(area, "job")
    yield from press(area, "export")
    while state().running and state().factor < 0.3:
        yield None
    print("WINDOWS", [(w.x, w.y, w.width, w.height) for w in bpy.context.window_manager.windows], flush=True)
    yield "exporting"
    yield from until_idle()
    for extra in list(bpy.context.window_manager.windows)[1:]:
        with bpy.context.temp_override(window=extra):
            bpy.ops.wm.window_close()
    yield None
    yield from show(area, "panel_exported")
    print("EXPORTED", state().status, flush=True)


def others(area: Any) -> Steps:
    """The tab in the 3D view."""
    yield from open_editor(area, "VIEW_3D")
    yield from show(area, "view_3d")


def slim(area: Any) -> Steps:
    """All panels in a sidebar of the least width, with an entry in every list."""
    yield from open_editor(area, "IMAGE_EDITOR")
    for which in ("hints", "objects", "living", "shimmers"):
        bpy.ops.infinite_parallax.entry_add(list=which)
    # at rest, because none comes home in this loop
    group().objects[-1].use_velocity = True
    yield from narrow.panels(area, PANELS)


def story() -> Steps:
    """The tour, each step as far as the next redraw: a name is a shot, a number waits so many seconds."""
    chosen = bpy.context.preferences.addons[MODULE].preferences
    chosen.command = os.environ["SHOTS_COMMAND"]
    chosen.cache = str(FOLDER / "cache")
    bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / "lake.blend"))
    yield from server()
    area = screen.largest()
    yield from open_editor(area, "IMAGE_EDITOR")
    for part in (picture, layers, motion, generate, finish, export, others, slim):
        print("STEP", part.__name__, flush=True)
        yield from part(area)
    bpy.ops.wm.save_mainfile()


def main() -> None:
    """Tell the story on a timer and end Blender."""
    told = story()

    def tick() -> float | None:
        try:
            step = next(told)
            if isinstance(step, str):
                screen.shoot(step)
        except StopIteration:
            sys.stdout.flush()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            screen.shoot("fault")
            os._exit(1)
        return step if isinstance(step, float) else WAIT_S

    bpy.app.timers.register(tick, first_interval=3)


main()
