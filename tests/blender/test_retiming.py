"""Re-timing as a film is re-timed: by the Speed effect and by retiming keys on a scene strip of the finished scene."""

from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import compat
from infinite_parallax.blender_addon.scene_settings import set_colours

from .compared import compared, shows
from .test_block import built, scene

pytestmark = [
    pytest.mark.blender,
    pytest.mark.usefixtures("registered"),
    pytest.mark.skipif(
        bpy.app.version[:2] == (5, 0), reason="5.0 shows the strips of another scene without their keys"
    ),
]


def film_of(width: int, height: int, fps: float) -> Any:
    """The scene as a strip in another scene, which is the window's."""
    cut = bpy.data.scenes.new("cut")
    cut.render.resolution_x, cut.render.resolution_y, cut.render.fps = width, height, round(fps)
    set_colours(cut)
    film = compat.strips(cut.sequence_editor_create()).new_scene("film", scene(), 1, 1)
    film.scene_input = "SEQUENCER"
    bpy.context.window.scene = cut
    return film


def test_by_the_speed_effect(tmp_path: Path) -> None:
    spec = built(tmp_path)
    film = film_of(spec.width, spec.height, spec.fps)
    strips = compat.strips(scene().sequence_editor)
    parameters = strips.bl_rna.functions["new_effect"].parameters.keys()
    words = {"input1" if "input1" in parameters else "seq1": film}
    words |= {"length": spec.frames} if "length" in parameters else {"frame_end": 1 + spec.frames}
    twice = strips.new_effect(name="twice", type="SPEED", channel=2, frame_start=1, **words)
    twice.speed_control, twice.speed_factor = "MULTIPLY", 2.0
    for frame in (0, 4, 9, 14):
        assert shows(spec, tmp_path, 2 * frame, frame + 1)


def test_by_retiming_keys(tmp_path: Path) -> None:
    spec = built(tmp_path)
    film = film_of(spec.width, spec.height, spec.fps)
    film.select, scene().sequence_editor.active_strip = True, film
    window = bpy.context.window
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    region = next(region for region in area.regions if region.type == "WINDOW")
    there = {"window": window, "area": area, "region": region, "scene": scene()}
    if bpy.app.version >= (5, 0, 0):
        there["sequencer_scene"] = scene()
    with bpy.context.temp_override(**there):
        # by the operators: `retiming_keys.add` ends Blender 4.5 and 5.0
        assert bpy.ops.sequencer.retiming_show() == {"FINISHED"}
        assert bpy.ops.sequencer.retiming_key_add(timeline_frame=13) == {"FINISHED"}
        assert bpy.ops.sequencer.retiming_segment_speed_set(speed=50.0) == {"FINISHED"}
    length = compat.length(film)
    assert length > 1.6 * spec.frames
    # what is slower is what lies before the key since 5.0, and what follows it up to 4.5
    kept = 0 if bpy.app.version >= (5, 0, 0) else 12
    ends = 0 if bpy.app.version >= (5, 0, 0) else 1
    slower = (spec.frames - ends - kept) / (length - ends - kept)
    for frame in (0, 5, 11, 16, 30):
        moment = frame if frame < kept else kept + (frame - kept) * slower
        # also between frames: all layers are where they are at one moment
        _, off = compared(spec, tmp_path, moment, frame + 1)
        assert off.mean() <= 0.5
        assert off.max() <= 4
