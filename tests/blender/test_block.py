"""Moving, trimming and putting into a meta strip: layers stay in step, and building again respects it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import block, compat, properties, speed, targets, timeline
from infinite_parallax.shared.scene import SceneSpec

from .compared import shows
from .made import document, made

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]


def scene() -> Any:
    return bpy.context.scene


def built(folder: Path, data: dict[str, Any] | None = None, target: str = "vse") -> SceneSpec:
    spec = replace(made(folder, data or document(sound={"ambience": "wind"}), covers=True), target=target)
    targets.build(scene(), spec, folder, folder)
    return spec


def by_hand(frames_later: int) -> None:
    """As Blender moves strips that are dragged: one after the other, keys and all."""
    for strip in sorted(timeline.mine(scene()), key=compat.start, reverse=True):
        compat.move(strip, frames_later)


def places() -> dict[str, tuple[int, int, int]]:
    return {s[timeline.TAG]: (s.channel, compat.start(s), compat.length(s)) for s in timeline.mine(scene())}


def test_a_block_that_was_moved_by_hand_stays_where_it_is(tmp_path: Path) -> None:
    spec = built(tmp_path)
    by_hand(40)
    assert timeline.first_frame(scene()) == 41
    assert shows(spec, tmp_path, 13, 54)
    before = places()
    for data in (document(sound={"ambience": "wind"}), document(sound={"ambience": "wind"}, plates={"tile_px": 4096})):
        again = built(tmp_path, data)
        assert timeline.first_frame(scene()) == 41
        assert (scene().frame_start, scene().frame_end) == (41, 40 + spec.frames)
        for frame in (0, 13, spec.frames - 1):
            assert shows(again, tmp_path, frame, frame + 41)
        assert data["plates"]["tile_px"] == 4096 or places() == before


def test_trimming_keeps_the_layers_in_step_and_survives(tmp_path: Path) -> None:
    spec = built(tmp_path)
    strips = {s[timeline.TAG]: s for s in timeline.mine(scene())}
    for plane in spec.planes:
        if plane.start == 0 and plane.end > 12:
            compat.set_handles(strips[plane.name], 9, plane.end + 1)
    assert timeline.first_frame(scene()) == 1
    assert shows(spec, tmp_path, 13, 14)
    before = places()
    built(tmp_path)
    assert places() == before
    assert shows(spec, tmp_path, 13, 14)


def test_strips_in_a_meta_strip_are_found_and_updated_there(tmp_path: Path) -> None:
    built(tmp_path)
    meta = compat.strips(scene().sequence_editor).new_meta("meta", 20, 1)
    for strip in timeline.mine(scene()):
        strip.move_to_meta(meta)
    compat.set_handles(meta, 1, scene().frame_end + 1)
    compat.move(meta, 25)
    longer = document(sound={"ambience": "wind"})
    longer["motion"]["seconds_per_step"] = 0.7
    spec = built(tmp_path, longer)
    assert list(compat.strips(scene().sequence_editor)) == [meta]
    assert len(compat.strips(meta)) == len(timeline.mine(scene()))
    assert (compat.start(meta), compat.length(meta)) == (26, spec.frames)
    for frame in (0, 13, spec.frames - 1):
        assert shows(spec, tmp_path, frame, frame + 26)


@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_the_operator_moves_everything(tmp_path: Path, target: str) -> None:
    spec = built(tmp_path, target=target)
    group = properties.of_scene(scene())
    speed.write(scene(), group, [(0.0, 0.5), (1.0, 1.0)], 12.0)
    pace = speed.points(scene(), group, 12.0)
    with pytest.raises(RuntimeError, match="cannot go 2 frames back"):
        bpy.ops.infinite_parallax.move(frames=-2)
    for frames_later in (30, -25):
        assert bpy.ops.infinite_parallax.move(frames=frames_later) == {"FINISHED"}
    first = 1 + 30 - 25
    assert timeline.first_frame(scene()) == first
    assert speed.points(scene(), group, 12.0) == pace
    block.move(scene(), 20)
    assert (scene().frame_start, scene().frame_end) == (first + 20, first + 19 + spec.frames)
    for _ in range(2):
        for frame in (0, 13, spec.frames - 1):
            assert shows(spec, tmp_path, frame, frame + first + 20)
        built(tmp_path, target=target)


def test_a_frame_range_of_ones_own_survives(tmp_path: Path) -> None:
    spec = built(tmp_path)
    scene().frame_start, scene().frame_end = 5, 20
    built(tmp_path)
    assert (scene().frame_start, scene().frame_end) == (5, 20)
    scene().frame_start, scene().frame_end = 1, spec.frames
    longer = document(sound={"ambience": "wind"})
    longer["motion"]["seconds_per_step"] = 0.7
    spec = built(tmp_path, longer)
    assert (scene().frame_start, scene().frame_end) == (1, spec.frames)


def test_hand_edits_survive_a_new_generation(tmp_path: Path) -> None:
    spec = built(tmp_path)
    strips = {s[timeline.TAG]: s for s in timeline.mine(scene())}
    first, second = (strips[spec.planes[i].name] for i in (0, 1))
    first.blend_type, first.color_tag, second.mute = "MULTIPLY", "COLOR_04", True
    with bpy.context.temp_override(**({"sequencer_scene": scene()} if bpy.app.version >= (5, 0, 0) else {})):
        second.modifiers.new("warmer", "BRIGHT_CONTRAST").bright = 3
    by_hand(10)
    longer = document(sound={"ambience": "wind"})
    longer["motion"]["seconds_per_step"] = 0.7
    spec = built(tmp_path, longer)
    assert (first.blend_type, first.color_tag, second.mute) == ("MULTIPLY", "COLOR_04", True)
    assert second.modifiers["warmer"].bright == 3
    assert (compat.start(first), compat.length(first)) == (11, spec.planes[0].end)


def test_all_strips_of_ours_are_selected(tmp_path: Path) -> None:
    built(tmp_path)
    mine = timeline.mine(scene())[0]
    del mine[timeline.TAG]
    assert bpy.ops.infinite_parallax.select_strips() == {"FINISHED"}
    assert not mine.select
    assert all(strip.select for strip in timeline.mine(scene()))
