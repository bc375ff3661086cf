"""What the operators of the interface do by a call."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import (
    compat,
    declared,
    export,
    muting,
    picture_sources,
    preferences,
    properties,
    scene_project,
    targets,
    timeline,
)
from infinite_parallax.shared import project as projects

from .made import HEIGHT, WIDTH, document, made, read_pixels
from .pictures import texture, write_png
from .undoing import undoable

pytestmark = pytest.mark.blender
ops = bpy.ops.infinite_parallax


@pytest.fixture(autouse=True)
def enabled(registered: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    chosen = SimpleNamespace(url="", token="", token_file="", command="", cache=str(tmp_path / "cache"))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    write_png(path, texture(0, 0, WIDTH, HEIGHT, 1))
    return path


@pytest.fixture
def filled(picture: Path) -> Any:
    data = document() | {"picture": str(picture), "hints": [{"layer": 1, "box": [1, 2, 30, 40]}]}
    data["objects"] = [{"name": "boat", "layer": 2, "box": [5, 5, 20, 20]}]
    properties.fill(bpy.context.scene, projects.from_json(data))
    return bpy.context.scene


def group() -> Any:
    return bpy.context.scene.infinite_parallax


def test_merging_and_moving_take_hints_and_objects_along(filled: Any) -> None:
    group().layer_index = 1
    assert ops.layer_move(direction="UP") == {"FINISHED"}
    assert [layer.name for layer in group().layers] == ["hills", "sky", "grass"]
    assert (group().layer_index, group().hints[0].layer, group().objects[0].layer) == (0, 0, 2)
    assert ops.layer_merge() == {"FINISHED"}
    assert [(layer.name, layer.use_height) for layer in group().layers] == [("hills", True), ("grass", False)]
    assert (group().hints[0].layer, group().objects[0].layer) == (0, 1)
    scene_project.plan_of(filled)
    group().layer_index = 1
    assert not ops.layer_merge.poll()


@pytest.mark.usefixtures("filled")
def test_borders_are_edited_by_a_script() -> None:
    ops.edit_borders(action="ROW", border=1, y=25)
    assert [layer.height for layer in group().layers][:2] == [25, 45]
    ops.edit_borders(action="ADD", border=2, x=60, y=80)
    assert json.loads(group().layers[2].skyline) == [[0, 70], [60, 80], [192, 70]]
    ops.edit_borders(action="MOVE", border=2, point=1, x=70, y=90)
    ops.edit_borders(action="REMOVE", border=2, point=0)
    assert json.loads(group().layers[2].skyline) == [[70, 90], [192, 70]]
    with pytest.raises(RuntimeError, match="There is no border 7"):
        ops.edit_borders(action="ROW", border=7, y=3)
    with pytest.raises(RuntimeError, match="points is not JSON"):
        ops.hint_stroke(points="no")
    with pytest.raises(RuntimeError, match="holds nothing"):
        ops.hint_box(box=(500, 1, 600, 5))


def test_the_first_drag_takes_the_default_layers_over(picture: Path) -> None:
    group().picture = str(picture)
    assert ops.edit_borders(action="ROW", border=1, y=30) == {"FINISHED"}
    assert len(group().layers) == 4
    assert group().layers[0].height == 30


@pytest.mark.parametrize("name", [name for name in projects.LISTS if name != "layers"])
def test_entries_of_every_list(name: str, filled: Any) -> None:
    entries, index = getattr(group(), name), declared.index_name(name)
    first = len(entries)
    ops.entry_add(list=name)
    ops.entry_add(list=name)
    assert (len(entries), getattr(group(), index)) == (first + 2, first + 1)
    assert ops.entry_move(list=name, direction="UP") == {"FINISHED"}
    assert getattr(group(), index) == first
    setattr(group(), index, 0)
    assert ops.entry_move(list=name, direction="UP") == {"CANCELLED"}
    while len(entries):
        assert ops.entry_remove(list=name) == {"FINISHED"}
    assert ops.entry_remove(list=name) == {"CANCELLED"}
    assert getattr(properties.project(filled), name) == ()


def test_the_dial_is_another_face_of_the_direction() -> None:
    motion = group().motion
    assert motion.direction == pytest.approx(np.pi)
    motion.direction = np.radians(33.3)
    assert motion.direction_deg == pytest.approx(33.3)
    assert properties.project(bpy.context.scene).motion.direction_deg == 33.3


def test_muting_a_layer_mutes_its_strips(filled: Any, tmp_path: Path) -> None:
    assert not ops.layer_mute.poll()
    spec = made(tmp_path / "plates", document())
    targets.build(filled, spec, tmp_path / "plates", tmp_path / "plates")
    undoable(ops.layer_mute, layer=1)
    strips = compat.strips(bpy.context.scene.sequence_editor)
    assert {s.name for s in strips if s.mute} == {s.name for s in strips if s[timeline.TAG].startswith("01 ")}
    targets.build(bpy.context.scene, spec, tmp_path / "plates", tmp_path / "plates")
    assert any(s.mute for s in strips), "building again keeps it"
    ops.layer_mute(layer=1)
    assert not any(s.mute for s in compat.strips(bpy.context.scene.sequence_editor))
    with pytest.raises(RuntimeError, match="is not built"):
        ops.layer_mute(layer=9)


@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_a_muted_layer_shows_what_lies_behind_it(filled: Any, tmp_path: Path, target: str) -> None:
    spec = replace(made(tmp_path / "plates", document()), target=target)
    targets.build(filled, spec, tmp_path / "plates", tmp_path / "plates")
    assert ops.layer_mute(layer=2) == {"FINISHED"}
    things = muting.of_layer(filled, 2)
    assert things
    assert muting.is_muted(things)
    assert not muting.is_muted(muting.of_layer(filled, 1))
    targets.build(filled, spec, tmp_path / "plates", tmp_path / "plates")
    assert muting.is_muted(muting.of_layer(filled, 2)), "building again keeps it"
    if target != "planes":  # those want Cycles, which takes seconds
        export.still(filled, 1, tmp_path / "muted.png")
        assert read_pixels(tmp_path / "muted.png")[-5:, :, :3].max() == 0
    ops.layer_mute(layer=2)
    assert not muting.is_muted(muting.of_layer(filled, 2))


def test_picture_from_a_file_image(picture: Path) -> None:
    bpy.data.images.load(str(picture))
    undoable(ops.picture_from_image, image="picture.png")
    assert Path(group().picture) == picture


def test_picture_from_a_packed_image_keeps_its_bytes(picture: Path) -> None:
    image = bpy.data.images.load(str(picture))
    image.pack()
    data = picture.read_bytes()
    picture.unlink()
    assert ops.picture_from_image(image=image.name) == {"FINISHED"}
    assert scene_project.picture_path(bpy.context.scene).read_bytes() == data
    assert image.packed_file is not None


def test_picture_from_a_generated_image_keeps_its_values(tmp_path: Path) -> None:
    wanted = texture(0, 0, 40, 30, 2)
    image = bpy.data.images.new("made", 40, 30)
    values = np.concatenate([wanted, np.full((30, 40, 1), 255, np.uint8)], 2)[::-1].astype(np.float32) / 255
    image.pixels.foreach_set(values.ravel())
    image.update()
    count = len(bpy.data.images)
    assert ops.picture_from_image(image="made") == {"FINISHED"}
    path = scene_project.picture_path(bpy.context.scene)
    assert path.is_relative_to(tmp_path / "cache")
    assert np.abs(read_pixels(path)[..., :3].astype(int) - wanted).max() == 0
    assert (len(bpy.data.images), image.source) == (count, "GENERATED")


def in_image_editor() -> Any:
    """An image editor in the window, which Blender keeps in the background too."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.type = "IMAGE_EDITOR"
    return area


def test_a_picture_is_pasted_from_any_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = texture(0, 0, 40, 30, 2)

    def pasted() -> Any:
        """What Blender does: an image without a file, shown in the editor."""
        assert bpy.context.space_data.type == "IMAGE_EDITOR"
        image = bpy.data.images.new("Clipboard", 40, 30)
        values = np.concatenate([wanted, np.full((30, 40, 1), 255, np.uint8)], 2)[::-1].astype(np.float32) / 255
        image.pixels.foreach_set(values.ravel())
        bpy.context.space_data.image = image
        return image

    with pytest.raises(RuntimeError, match="Open an image editor"):
        ops.picture_paste()
    area = in_image_editor()
    with pytest.raises(RuntimeError, match="No picture is in the clipboard"):
        ops.picture_paste()
    area.spaces.active.image = bpy.data.images.new("mine", 8, 8)
    monkeypatch.setattr(picture_sources, "clipboard_holds_picture", lambda: True)
    monkeypatch.setattr(picture_sources, "paste", pasted)
    undoable(ops.picture_paste)
    path = scene_project.picture_path(bpy.context.scene)
    assert path.name == "Clipboard.png"
    assert np.abs(read_pixels(path)[..., :3].astype(int) - wanted).max() == 0
    assert [image.name for image in bpy.data.images] == ["mine"], "nothing of it stays in the file"


def test_an_empty_clipboard_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    in_image_editor()
    monkeypatch.setattr(picture_sources, "clipboard_holds_picture", lambda: True)
    with pytest.raises(RuntimeError, match="The clipboard cannot be read: "):
        ops.picture_paste()


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    bpy.data.images.new("some", 8, 8)
    with pytest.raises(RuntimeError, match="There is no image 'none'"):
        ops.picture_from_image(image="none")
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    group().picture = str(tmp_path / "text.png")
    with pytest.raises(RuntimeError, match="not a picture that Blender can read"):
        ops.layer_add()


def test_picture_from_the_active_strip(picture: Path) -> None:
    scene = bpy.context.scene
    editor = scene.sequence_editor_create()
    strip = compat.strips(editor).new_image("still", str(picture), 1, 1)
    assert not ops.picture_from_strip.poll()
    editor.active_strip = strip
    undoable(ops.picture_from_strip)
    assert scene_project.picture_path(bpy.context.scene) == picture


def test_a_saved_file_names_its_picture_relatively_and_can_be_moved(filled: Any, tmp_path: Path, picture: Path) -> None:
    (tmp_path / "a").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a" / "work.blend"))
    bpy.data.images.load(str(picture))
    ops.picture_from_image(image="picture.png")
    assert group().picture == "//../picture.png"
    before = properties.document(filled)
    bpy.ops.wm.save_mainfile()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "work.blend").rename(tmp_path / "b" / "work.blend")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "b" / "work.blend"))
    after = properties.document(bpy.context.scene)
    assert Path(after.pop("picture")).resolve() == Path(before.pop("picture")).resolve()
    assert after == before
    assert scene_project.picture_path(bpy.context.scene).samefile(picture)


def test_presets_are_saved_applied_and_removed() -> None:
    group().motion.seconds_per_step, group().walk.reuse = 3.5, 11
    group().motion.use_steps, group().motion.steps = True, 77
    assert ops.preset_add(name="my own") == {"FINISHED"}
    kept = properties.document(bpy.context.scene)
    for name in ("Slow Drift", "Train Window", "Fall", "Clouds Only"):
        assert ops.apply_preset(name=name) == {"FINISHED"}
        properties.project(bpy.context.scene)
    properties.fill(bpy.context.scene, projects.Project(name=bpy.context.scene.name))
    assert ops.apply_preset(name="my own") == {"FINISHED"}
    assert properties.document(bpy.context.scene) == kept
    assert ops.preset_add(name="my own", remove_name=True) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="There is no preset 'my own'"):
        ops.apply_preset(name="my own")


def test_show_picture_says_when_there_is_no_image_editor(filled: Any) -> None:  # noqa: ARG001
    with pytest.raises(RuntimeError, match="No image editor is open"):
        ops.show_picture()
