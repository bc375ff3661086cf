"""The VSE builder: what is on the timeline, what building again changes, and what of a person's it leaves."""

import shutil
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, export, headless, targets, timeline, uncompressed, vse
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.scene import SceneSpec

from .build_options import WITH_SOUND
from .made import document, made, read_pixels

pytestmark = pytest.mark.blender


def built(folder: Path, data: dict[str, Any]) -> SceneSpec:
    spec = made(folder, data)
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def editor() -> Any:
    return bpy.context.scene.sequence_editor


def strip(name: str) -> Any:
    return compat.strips(editor())[name]


def counts() -> dict[str, int]:
    data = (bpy.data.images, bpy.data.sounds, bpy.data.actions, bpy.data.scenes)
    return {
        "strips": len(compat.strips(editor())),
        "curves": len(compat.curves(bpy.context.scene)),
        **{str(kind.rna_type.identifier): len(kind) for kind in data},
    }


def other_strip(channel: int, name: str = "mine") -> Any:
    parameters = compat.strips(editor()).bl_rna.functions["new_effect"].parameters
    end = {"length": 36} if "length" in parameters else {"frame_end": 37}
    return compat.strips(editor()).new_effect(name=name, type="COLOR", channel=channel, frame_start=1, **end)


def test_a_channel_for_each_layer_and_tiles_end_to_end(tmp_path: Path) -> None:
    spec = built(tmp_path, document())
    assert len({plane.name for plane in spec.planes if plane.channel == 3}) > 1
    for plane in spec.planes:
        found = strip(plane.name)
        assert (found.channel, compat.start(found), compat.length(found)) == (
            plane.channel,
            plane.start + 1,
            plane.end - plane.start,
        )
    for channel in (1, 2, 3):
        row = sorted((s for s in compat.strips(editor()) if s.channel == channel), key=compat.start)
        assert compat.start(row[0]) == 1
        ends = [compat.start(s) + compat.length(s) for s in row]
        assert [compat.start(s) for s in row[1:]] == ends[:-1]
        assert ends[-1] == spec.frames + 1


def test_output_of_the_scene(tmp_path: Path) -> None:
    data = document()
    data["motion"]["fps"] = 23.976
    spec = built(tmp_path, data)
    scene = bpy.context.scene
    assert (scene.render.resolution_x, scene.render.resolution_y) == (spec.width, spec.height)
    assert (scene.frame_start, scene.frame_end) == (1, spec.frames)
    assert scene.render.fps / scene.render.fps_base == pytest.approx(23.976)
    assert scene.view_settings.view_transform == "Standard"


def test_building_twice_changes_nothing(tmp_path: Path) -> None:
    spec = built(tmp_path, document(sound={"ambience": "wind"}))
    before = counts()
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert counts() == before
    assert before["strips"] == len(spec.planes) + WITH_SOUND


def test_what_a_person_did_survives(tmp_path: Path) -> None:
    spec = built(tmp_path, document(sound={"ambience": "water"}))
    scene = bpy.context.scene
    first, second, third = (strip(spec.planes[i].name) for i in range(3))
    first.mute = True
    second.name = "my hills"
    second.blend_alpha = 0.5
    with bpy.context.temp_override(**({"sequencer_scene": scene} if bpy.app.version >= (5, 0, 0) else {})):
        third.modifiers.new("warmer", "BRIGHT_CONTRAST").bright = 3
    other_strip(9).blend_type = "MULTIPLY"
    if WITH_SOUND:
        compat.key_linear(strip("ambience water 000"), "volume", [(1, 0.25), (20, 0.75)])
    before = counts()
    targets.build(scene, spec, tmp_path, tmp_path)
    assert counts() == before
    assert strip(spec.planes[0].name).mute
    assert strip("my hills").blend_alpha == 0.5
    assert compat.f_curve(strip("my hills").transform, "offset_x") is not None
    assert strip(spec.planes[2].name).modifiers["warmer"].bright == 3
    assert (strip("mine").channel, strip("mine").blend_type) == (9, "MULTIPLY")
    if WITH_SOUND:
        keys = compat.f_curve(strip("ambience water 000"), "volume").keyframe_points
        assert [key.co[1] for key in keys] == [0.25, 0.75]


def test_a_copy_of_a_strip_becomes_a_persons_own(tmp_path: Path) -> None:
    spec = built(tmp_path, document())
    name = spec.planes[0].name
    copy = compat.strips(editor()).new_image("copy", str(tmp_path / spec.planes[0].file), 8, 1)
    copy[timeline.TAG] = name
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert timeline.TAG not in strip("copy")
    assert strip("copy").channel == 8
    assert strip(name)[timeline.TAG] == name


def test_strips_of_an_earlier_build_go_when_they_are_no_longer_asked_for(tmp_path: Path) -> None:
    built(tmp_path / "a", document())
    other_strip(9)
    spec = built(tmp_path / "b", document(90.0, plates={"tile_px": 4096, "overlap_px": 6}))
    names = {s.name for s in compat.strips(editor())}
    assert names == {plane.name for plane in spec.planes} | {"mine"}
    paths = [curve.data_path for curve in compat.curves(bpy.context.scene)]
    assert len(paths) == len(spec.planes)
    assert all("offset_y" in path and any(f'"{name}"' in path for name in names) for path in paths)
    still = strip(spec.planes[0].name).transform
    assert still.offset_x == vse.offset(spec, spec.planes[0], spec.planes[0].keys[0])[0]


def test_covers_lie_on_a_channel_of_their_own_and_fade(tmp_path: Path) -> None:
    spec = made(tmp_path, document(), covers=True)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    opening, closing = (strip(f"01 hills cover {n}") for n in (0, 1))
    assert {opening.channel, closing.channel} == {strip("01 hills 000").channel + 1}
    assert strip("02 grass 000").channel == opening.channel + 1
    for cover, ends in ((opening, (1, 0)), (closing, (0, 1))):
        first = compat.start(cover)
        curve = compat.f_curve(cover, "blend_alpha")
        frames = [first, first + 3, first + compat.length(cover)]
        assert [curve.evaluate(n) for n in frames] == pytest.approx([ends[0], 0.5, ends[1]])
    assert compat.f_curve(strip("01 hills 000"), "blend_alpha") is None
    before = counts()
    compat.key_linear(opening, "blend_alpha", [(1, 0.2), (3, 0.2)])
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert counts() == before
    assert compat.f_curve(opening, "blend_alpha").evaluate(1) == 1


@pytest.mark.parametrize("change", [{"seconds_per_step": 0.9}, {"steps": 9}, {"step_px": 80}])
def test_building_something_else_puts_every_strip_where_it_belongs(tmp_path: Path, change: dict[str, Any]) -> None:
    data = document(sound={"ambience": "wind"})
    specs = [
        made(tmp_path / "a", data),
        made(tmp_path / "b", data | {"motion": data["motion"] | change}, covers=True),
        made(tmp_path / "c", data | {"objects": [{"name": "boat", "layer": 0, "box": [20, 20, 60, 40]}]}),
    ]
    targets.build(bpy.context.scene, specs[0], tmp_path / "a", tmp_path)
    compat.key_linear(strip("01 hills 000"), "blend_alpha", [(1, 0.25), (20, 0.75)])
    for spec, name in [*zip(specs, "abc", strict=True), *zip(specs, "abc", strict=True)]:
        targets.build(bpy.context.scene, spec, tmp_path / name, tmp_path)
        mine = compat.f_curve(strip("01 hills 000"), "blend_alpha").keyframe_points
        assert [tuple(key.co) for key in mine] == [(1, 0.25), (20, 0.75)]
        for plane in spec.planes:
            found = strip(plane.name)
            place = (found.channel, compat.start(found), compat.length(found))
            assert place == (plane.channel, plane.start + 1, plane.end - plane.start)
        if WITH_SOUND:
            assert {s.channel for s in compat.strips(editor()) if s.type == "SOUND"} == {spec.planes[-1].channel + 1}


def test_channels_that_a_person_uses_are_left_to_them(tmp_path: Path) -> None:
    bpy.context.scene.sequence_editor_create()
    other_strip(2)
    spec = built(tmp_path, document())
    assert strip("mine").channel == 2
    assert sorted({strip(plane.name).channel for plane in spec.planes}) == [3, 4, 5]
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert sorted({strip(plane.name).channel for plane in spec.planes}) == [3, 4, 5]


def test_what_lies_above_is_pushed_up_where_more_channels_are_needed(tmp_path: Path) -> None:
    built(tmp_path, document())
    other_strip(4)
    spec = built(tmp_path, document(overlays=[{"kind": "rain"}]))
    top = spec.visuals[-1].channel
    assert [s.channel for s in spec.visuals] == [strip(s.name).channel for s in spec.visuals]
    assert strip("mine").channel == top + 1
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert strip("mine").channel == top + 1


def test_what_a_person_set_goes_over_to_a_strip_of_another_type(tmp_path: Path) -> None:
    built(tmp_path, document())
    hills = strip("01 hills 000")
    hills.mute, hills.blend_alpha, hills.color_tag, hills.name = True, 0.5, "COLOR_04", "my hills"
    for distortions in ([{"layer": 1}], []):
        built(tmp_path, document(distortions=distortions))
        hills = strip("my hills")
        assert hills.type == ("SCENE" if distortions else "IMAGE")
        assert (hills.mute, hills.blend_alpha, hills.color_tag) == (True, 0.5, "COLOR_04")


def test_a_missing_plate_is_said_before_anything_is_changed(tmp_path: Path) -> None:
    spec = made(tmp_path, document())
    (tmp_path / spec.planes[-1].file).unlink()
    width = bpy.context.scene.render.resolution_x
    with pytest.raises(ParallaxError, match=r"plate .* is missing"):
        targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert bpy.context.scene.render.resolution_x == width
    assert len(compat.strips(bpy.context.scene.sequence_editor_create())) == 0


def test_a_saved_file_renders_the_same_from_another_folder(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    spec = built(here / "plates_of_it", document(30.0))
    export.still(bpy.context.scene, 15, tmp_path / "before.png")
    headless.save(here / "it.blend")
    assert not (here / "it.blend1").exists()
    shutil.move(here, there)
    bpy.ops.wm.open_mainfile(filepath=str(there / "it.blend"))
    assert all(s.directory.startswith("//") for s in compat.strips(editor()))
    export.still(bpy.context.scene, 15, tmp_path / "after.png")
    assert np.array_equal(read_pixels(tmp_path / "before.png"), read_pixels(tmp_path / "after.png"))
    before = counts()
    targets.build(bpy.context.scene, spec, there / "plates_of_it", tmp_path)
    assert counts() == before


def test_older_blenders_show_uncompressed_copies_of_the_tiles(tmp_path: Path) -> None:
    spec = built(tmp_path, document())
    shown = {Path(s.directory, s.elements[0].filename).suffix for s in compat.strips(editor())}
    assert shown == ({".tif"} if bpy.app.version < (5, 0, 0) else {".png"})
    plate, copy = tmp_path / spec.planes[-1].file, tmp_path / "copy.tif"
    pixels = uncompressed.read_rgba(plate)
    assert (pixels[..., 3].min(), pixels[..., 3].max()) == (0, 255)
    uncompressed.write_tiff(copy, pixels)
    assert np.array_equal(uncompressed.read_rgba(copy), pixels)
    assert np.array_equal(read_pixels(plate), pixels)
