"""Blender's properties, the panel's numbers and the operators that only read and write settings."""

import json
from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import declared, properties, scene_project
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.project import Project

from .made import HEIGHT, WIDTH, document
from .pictures import texture, write_png

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    return tmp_path / "picture.png"


def group() -> Any:
    return bpy.context.scene.infinite_parallax


def test_the_defaults_are_the_projects() -> None:
    assert properties.project(bpy.context.scene) == Project(name=bpy.context.scene.name)


@pytest.mark.parametrize("section", projects.SECTIONS)
def test_every_setting_is_a_property_with_its_help(section: str) -> None:
    found = getattr(group(), section).bl_rna.properties
    for d in declared.generated(projects.SECTIONS[section]):
        assert found[d.name].description == d.limits.help.rstrip(".")
        assert (declared.switch(d.name) in found) == declared.switched(d)


def test_a_sound_to_paint_to_is_chosen_in_the_file_browser() -> None:
    assert group().diffusers.bl_rna.properties["sound"].subtype == "FILE_PATH"
    group().diffusers.sound = "//beside.wav"
    assert properties.project(bpy.context.scene).diffusers.sound == bpy.path.abspath("//beside.wav")


def test_a_project_goes_through_blender_unchanged() -> None:
    wanted = projects.from_json(
        {
            "name": "round trip",
            "picture": "/somewhere/picture.png",
            "motion": {"direction_deg": 33.3, "smoothness": 12.5, "seconds_per_step": 0.7, "fps": 29.97, "steps": 9},
            "speed": {"law": "inverse", "preset_column": "accurate"},
            "inpaint": {"engine": "telea", "prompt": "hills, «évening»", "seed": 2**31 - 1},
            "mask": {"feather_px": 3, "taper_corners": False, "lerp_alpha": 0.3},
            "sound": {"ambience": "water", "volume": 0.45},
            "output": {"width": 640, "bitrate_kbps": 3000},
            "layers": [{"name": "a", "height": 10, "preset": "cloud"}, {"velocity": [-5.5, 0.1]}],
        }
    )
    properties.fill(bpy.context.scene, wanted)
    assert properties.project(bpy.context.scene) == wanted
    properties.fill(bpy.context.scene, Project(name="plain"))
    assert properties.project(bpy.context.scene) == Project(name="plain")


def test_the_plan_follows_the_settings(picture: Path) -> None:
    properties.fill(bpy.context.scene, projects.from_json(document() | {"picture": str(picture)}))
    _, plan = scene_project.plan_of(bpy.context.scene)
    assert (plan.width, plan.height, plan.steps, plan.frames) == (WIDTH, HEIGHT, 6, 36)
    group().motion.steps = 8
    assert scene_project.plan_of(bpy.context.scene)[1].frames == 48


def test_what_points_at_nothing_is_said_in_the_panel(picture: Path) -> None:
    properties.fill(bpy.context.scene, projects.from_json(document() | {"picture": str(picture)}))
    hint = group().hints.add()
    hint.layer = 1
    hint.box = f"[{WIDTH + 10}, 2, {WIDTH + 30}, 20]"
    with pytest.raises(UsageError, match=r"hints\.0\.box holds no picture"):
        scene_project.plan_of(bpy.context.scene)
    hint.box, hint.layer = "[2, 2, 20, 20]", 9
    with pytest.raises(UsageError, match=r"hints\.0\.layer is 9"):
        scene_project.plan_of(bpy.context.scene)


def test_import_and_export(tmp_path: Path, picture: Path) -> None:
    mine = projects.from_json(document(45.0) | {"picture": picture.name})
    (tmp_path / "mine.json").write_text(json.dumps(mine.to_json()), encoding="utf-8")
    assert bpy.ops.infinite_parallax.import_project(filepath=str(tmp_path / "mine.json")) == {"FINISHED"}
    assert Path(group().picture) == picture
    assert group().motion.direction_deg == 45
    assert bpy.ops.infinite_parallax.export_project(filepath=str(tmp_path / "again")) == {"FINISHED"}
    again = projects.load(tmp_path / "again.json")
    assert again.layers == mine.layers
    assert again.motion == mine.motion


def test_a_wrong_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text('{"motion": {"fps": 0}}', encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"motion\.fps is 0, but must be at least 1"):
        bpy.ops.infinite_parallax.import_project(filepath=str(tmp_path / "wrong.json"))
    assert "motion.fps" in bpy.context.window_manager.infinite_parallax.error


def test_layers_are_split_and_removed(picture: Path) -> None:
    group().picture = str(picture)
    bpy.ops.infinite_parallax.layer_add()
    assert sum(layer.height for layer in group().layers) == HEIGHT
    assert len(group().layers) == 4
    group().layer_index = 1
    heights = [layer.height for layer in group().layers]
    bpy.ops.infinite_parallax.layer_add()
    assert [layer.height for layer in group().layers] == [
        heights[0], heights[1] // 2, heights[1] - heights[1] // 2, *heights[2:]
    ]  # fmt: skip
    scene_project.plan_of(bpy.context.scene)
    bpy.ops.infinite_parallax.layer_remove()
    assert sum(layer.height for layer in group().layers if layer.use_height) == HEIGHT
    group().layer_index = 3
    bpy.ops.infinite_parallax.layer_remove()
    assert not group().layers[-1].use_height
    scene_project.plan_of(bpy.context.scene)
    while group().layers:
        bpy.ops.infinite_parallax.layer_remove()
    assert not bpy.ops.infinite_parallax.layer_remove.poll()


def test_what_names_a_layer_follows_the_list(picture: Path) -> None:
    properties.fill(bpy.context.scene, projects.from_json(document() | {"picture": str(picture)}))
    last = len(group().layers) - 1
    for number in range(last + 1):
        group().hints.add().layer = number
        group().hints[number].box = "[2, 2, 20, 20]"
    thing = group().objects.add()
    thing.layer, thing.box, thing.matte, thing.velocity = last, "[2, 2, 20, 20]", "//ball.png", (-1.5, 0.0)
    thing.use_velocity = True
    group().layer_index = 0
    bpy.ops.infinite_parallax.layer_add()
    assert [hint.layer for hint in group().hints] == [1 if HEIGHT // 4 < 20 else 0, *range(2, last + 2)]
    assert thing.id_data == bpy.context.scene
    assert (group().objects[0].layer, group().objects[0].matte) == (last + 1, "//ball.png")
    assert list(group().objects[0].velocity) == [-1.5, 0.0]
    group().layer_index = 0
    bpy.ops.infinite_parallax.layer_remove()
    assert [hint.layer for hint in group().hints] == list(range(last + 1))
    group().hints[0].box = "[2, 2"
    with pytest.raises(RuntimeError, match="not JSON"):
        bpy.ops.infinite_parallax.layer_remove()
    assert len(group().layers) == last + 1


def test_every_path_that_a_scene_names_is_absolute_in_its_project(tmp_path: Path, picture: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    properties.fill(bpy.context.scene, projects.from_json(document() | {"picture": str(picture)}))
    group().picture, group().sound.file = "//picture.png", "//wind.flac"
    group().cut.depth, group().cut.segmentation = "//depth.png", "//numbers.png"
    group().layers[0].matte = "//far.png"
    group().objects.add().matte = "//ball.png"
    group().objects.add().matte = "a mask"
    wish = properties.project(bpy.context.scene)
    named = [wish.picture, wish.sound.file, wish.cut.depth, wish.cut.segmentation, wish.layers[0].matte]
    names = ["picture.png", "wind.flac", "depth.png", "numbers.png", "far.png", "ball.png"]
    assert [*named, wish.objects[0].matte] == [str(tmp_path / name) for name in names]
    assert wish.objects[1].matte == "a mask"
