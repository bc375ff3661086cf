"""The panels: everything that they name exists, in every state, and they leave nothing behind."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import infinite_parallax
import pytest
from infinite_parallax.blender_addon import (
    begun_jobs,
    declared,
    panels,
    preferences,
    properties,
    registration,
    scene_project,
    sentences,
    thumbnails,
)
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import settings

from .build_options import needs_sound
from .layout_recorder import Recorder
from .made import HEIGHT, WIDTH, document
from .pictures import texture, write_png

pytestmark = pytest.mark.blender

SPACES = ("SEQUENCE_EDITOR", "VIEW_3D", "IMAGE_EDITOR")


@pytest.fixture(autouse=True)
def enabled(registered: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    chosen = SimpleNamespace(url="", token="", token_file="", command="", cache=str(tmp_path))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)


@pytest.fixture
def filled(tmp_path: Path) -> Any:
    """A scene with a picture, layers and an entry in every list."""
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    data = document() | {"picture": str(tmp_path / "picture.png")}
    properties.fill(bpy.context.scene, projects.from_json(data))
    for name in projects.LISTS:
        if name != "layers":
            bpy.ops.infinite_parallax.entry_add(list=name)
    return bpy.context.scene


def our_panels() -> list[Any]:
    return [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Panel)]


def context_in(space: str, image: Any = None) -> Any:
    """What a panel reads of the context, in one kind of editor; there is no window in the background."""
    context = bpy.context
    return SimpleNamespace(
        scene=context.scene,
        window_manager=context.window_manager,
        preferences=context.preferences,
        region=SimpleNamespace(width=260),
        space_data=SimpleNamespace(type=space, image=image),
    )


def draw_all(space: str, image: Any = None) -> Recorder:
    """Draw every panel of an editor, with header and presets."""
    layout, context = Recorder(), context_in(space, image)
    for cls in our_panels():
        if cls.bl_space_type != space:
            continue
        stand_in = SimpleNamespace(layout=layout, arranged=cls.arranged)
        cls.draw_header(stand_in, context)
        cls.draw_header_preset(stand_in, context)
        cls.drawn(context, layout)
    return layout


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("space", SPACES)
def test_everything_that_is_drawn_exists(space: str, tmp_path: Path) -> None:
    image = bpy.data.images.load(str(tmp_path / "picture.png")) if space == "IMAGE_EDITOR" else None
    layout = draw_all(space, image)
    for cls in (*projects.SECTIONS.values(), *(kind for kind, _ in projects.LISTS.values())):
        for d in (d for d in declared.generated(cls) if d.kind != "keys"):
            wanted = {d.name, declared.dial(d), declared.switch(d.name)}
            assert wanted & set(layout.properties), f"{cls.__name__}.{d.name} is never shown"
    assert "pace" in layout.properties
    assert {"infinite_parallax.generate", "infinite_parallax.poke"} <= set(layout.operators)
    assert ("infinite_parallax.edit_borders" in layout.operators) == (space != "VIEW_3D")
    assert any(text.startswith("← ") and text.endswith(" px/s") for text in layout.texts)
    assert any(text.startswith("3.0 s: 6 steps") for text in layout.texts)


def test_an_empty_scene_is_drawn() -> None:
    layout = draw_all("VIEW_3D")
    assert any(text.startswith("Choose a still picture") for text in layout.texts)
    assert "picture" in layout.properties


@pytest.mark.usefixtures("filled")
def test_an_empty_value_says_what_it_means() -> None:
    texts = draw_all("VIEW_3D").texts
    for meaning in ("automatic", "the picture's", "over all", "its own", "none", "all", "the whole"):
        assert meaning in texts, meaning


def test_what_is_wrong_is_said_where_it_is_seen(filled: Any) -> None:
    filled.infinite_parallax.layers[0].height = 500
    said = " ".join(draw_all("VIEW_3D").texts)
    assert "nothing remains for the last layer" in said
    filled.infinite_parallax.picture = "/nowhere.png"
    assert "There is no picture at" in " ".join(draw_all("VIEW_3D").texts)


@needs_sound
@pytest.mark.parametrize("where", ["sound", "cue"])
def test_a_missing_sound_file_is_said_at_once(where: str, filled: Any, tmp_path: Path) -> None:
    group = filled.infinite_parallax
    sound = group.sound if where == "sound" else group.cues[0]
    path = tmp_path / "drip.wav"
    group.plates_folder = str(tmp_path)
    for name, there in ((str(path), False), (str(path), True), ("", True)):
        sound.file = name
        path.unlink(missing_ok=True)
        if there:
            path.write_bytes(b"RIFF")
        said = " ".join(draw_all("VIEW_3D").texts)
        assert ("There is no sound file at" in said) == (not there)
        for operator in (bpy.ops.infinite_parallax.generate, bpy.ops.infinite_parallax.build_scene):
            assert operator.poll() == there
    sound.file = str(tmp_path / "none.wav")
    with pytest.raises(RuntimeError, match=r"poll\(\) There is no sound file at .*none\.wav"):
        bpy.ops.infinite_parallax.build_scene()


@pytest.mark.usefixtures("filled")
def test_a_job_is_drawn_while_it_runs_and_after_it_failed() -> None:
    state = bpy.context.window_manager.infinite_parallax
    state.running, state.factor, state.status, state.left = True, 0.5, "Step 3 of 6", "8 s left"
    layout = draw_all("VIEW_3D")
    assert {"Step 3 of 6", "8 s left"} <= set(layout.texts)
    assert "infinite_parallax.generate" not in layout.operators
    state.running, state.error, state.hint = False, "The disk is full.", "Free disk space."
    layout = draw_all("VIEW_3D")
    assert {"The disk is full.", "Free disk space.", "Generate"} <= set(layout.texts)


def test_a_begun_job_is_offered_to_go_on(filled: Any) -> None:
    project, picture = properties.project(filled), scene_project.picture_path(filled)
    folder = scene_project.plates_folder(filled)
    assert not bpy.ops.infinite_parallax.redo.poll()
    begun_jobs.write(folder, begun_jobs.Note("abc", begun_jobs.key(project, picture), 2, 6))
    assert {"Continue at Step 3", "2 of 6 steps are painted", "Redo"} <= set(draw_all("VIEW_3D").texts)
    assert bpy.ops.infinite_parallax.redo.poll()
    filled.infinite_parallax.inpaint.seed = 5
    assert "Generate" in draw_all("VIEW_3D").texts, "another seed is another job"


@pytest.mark.usefixtures("filled")
def test_engines_that_are_missing_say_why() -> None:
    state = bpy.context.window_manager.infinite_parallax
    known = {"walk": {"available": True, "reason": ""}, "diffusers": {"available": False, "reason": "not installed"}}
    state.engines = json.dumps(known)
    bpy.ops.infinite_parallax.choose_engine(name="diffusers")
    assert "diffusers: not installed" in " ".join(draw_all("VIEW_3D").texts)
    menu = Recorder()
    bpy.types.INFINITE_PARALLAX_MT_engines.draw(SimpleNamespace(layout=menu), bpy.context)
    assert menu.texts == ["walk", "diffusers (not installed)"]


@pytest.mark.usefixtures("filled")
def test_who_looks_is_chosen_from_what_the_server_has() -> None:
    state = bpy.context.window_manager.infinite_parallax
    group = properties.of_scene(bpy.context.scene)
    none = Recorder()
    bpy.types.INFINITE_PARALLAX_MT_depth_engines.draw(SimpleNamespace(layout=none), bpy.context)
    assert none.texts == [], "nobody was asked yet"
    depth = {"prior": {"available": True, "reason": ""}, "dpt": {"available": False, "reason": "not installed"}}
    state.looking = json.dumps({"depth": depth, "caption": {"blip": {"available": True, "reason": ""}}})
    menu = Recorder()
    bpy.types.INFINITE_PARALLAX_MT_depth_engines.draw(SimpleNamespace(layout=menu), bpy.context)
    assert menu.texts == ["nobody", "prior", "dpt (not installed)"]
    bpy.ops.infinite_parallax.choose_engine(name="dpt", section="depth")
    bpy.ops.infinite_parallax.choose_engine(name="blip", section="caption")
    assert (group.depth.engine, group.caption.engine, group.inpaint.engine) == ("dpt", "blip", "walk")
    assert "dpt: not installed" in " ".join(draw_all("VIEW_3D").texts)
    bpy.ops.infinite_parallax.choose_engine(name="grounded_sam", section="segment")
    assert group.segment.engine == "grounded_sam"
    bpy.ops.infinite_parallax.choose_engine(name="", section="depth")
    assert "dpt: not installed" not in " ".join(draw_all("VIEW_3D").texts)


def test_only_the_settings_of_the_chosen_engine_are_shown(filled: Any) -> None:
    ours = [cls for cls in our_panels() if hasattr(cls, "arranged") and cls.bl_space_type == "VIEW_3D"]
    own = {cls.arranged.name: cls for cls in ours if cls.arranged.engine}
    assert set(own) == {"walk", "diffusers", "a1111", "iopaint", "comfyui"}
    assert {cls.bl_parent_id for cls in own.values()} == {c.bl_idname for c in ours if c.arranged.name == "inpaint"}
    for name in own:
        filled.infinite_parallax.inpaint.engine = name
        assert [shown for shown, cls in own.items() if cls.poll(bpy.context)] == [name]


def test_thirty_layers_are_drawn(filled: Any) -> None:
    data = projects.Project().to_json() | {"picture": filled.infinite_parallax.picture}
    data["layers"] = [{"name": f"l{i}", "height": 3, "distance": 100 + i} for i in range(29)] + [{"distance": 200}]
    properties.fill(filled, projects.from_json(data))
    texts = draw_all("IMAGE_EDITOR").texts
    assert sum(text.endswith(" px/s") for text in texts) == 30


def test_no_line_is_wider_than_a_narrow_panel(filled: Any) -> None:
    filled.infinite_parallax.layers[0].height = 500
    state = bpy.context.window_manager.infinite_parallax
    state.suggestion = "By edges and colours the picture parts in 4 layers, at the rows 40 (sure: 0.82), 80 and 100."
    most = sentences.characters(context_in("VIEW_3D"), 44)
    names = {declared.label(d.name) for cls in projects.SECTIONS.values() for d in settings.declared(cls)}
    assert [text for text in draw_all("VIEW_3D").texts if len(text) > most and text not in names] == []


def test_the_preferences_are_drawn(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    cls = preferences.INFINITE_PARALLAX_AP_preferences
    rna = SimpleNamespace(identifier="preferences", properties={name: SimpleNamespace(name=name) for name in ANNOTATED})
    for url in ("", "http://127.0.0.1:1"):
        layout = Recorder()
        stand_in = SimpleNamespace(layout=layout, bl_rna=rna, **dict.fromkeys(ANNOTATED, "") | {"url": url})
        cls.draw(stand_in, context_in("PREFERENCES"))
        assert "infinite_parallax.test_server" in layout.operators
        assert ("infinite_parallax.start_server" in layout.operators) == (not url)
        assert any(text.endswith("in use") for text in layout.texts)
    if not bpy.app.online_access:
        assert not bpy.ops.infinite_parallax.install_server.poll()


ANNOTATED = tuple(preferences.INFINITE_PARALLAX_AP_preferences.__annotations__)


def test_thumbnails_follow_their_file_and_are_freed(tmp_path: Path) -> None:
    # in the background Blender gives every icon the number 0
    write_png(tmp_path / "picture.png", texture(0, 0, 32, 20, 1))
    thumbnails.icon(thumbnails.SOURCE, tmp_path / "picture.png")
    held = thumbnails._Kept.collection
    assert tuple(held[thumbnails.SOURCE].image_size) == (32, 20)
    write_png(tmp_path / "other.png", texture(0, 0, 48, 20, 1))
    thumbnails.icon(thumbnails.SOURCE, tmp_path / "other.png")
    assert tuple(held[thumbnails.SOURCE].image_size) == (48, 20)
    assert thumbnails.icon(thumbnails.SOURCE, tmp_path / "none.png") == 0
    thumbnails.free()
    assert thumbnails._Kept.collection is None


def test_a_new_list_gets_its_panel_by_its_declaration() -> None:
    named = {one.name for one in panels.arranged()}
    assert set(projects.LISTS) | set(projects.SECTIONS) <= named
    for name in projects.LISTS:
        assert declared.index_name(name) in bpy.context.scene.infinite_parallax.bl_rna.properties


def test_registering_twice_leaves_nothing() -> None:
    def present() -> Any:
        ours = sorted(name for name in dir(bpy.types) if "INFINITE_PARALLAX" in name)
        paths = [path for path in bpy.utils.preset_paths("infinite_parallax") if "blender_addon" in path]
        return ours, paths, hasattr(bpy.types.Scene, "infinite_parallax")

    before = present()
    assert before[1]
    infinite_parallax.unregister()
    assert present() == ([], [], False)
    infinite_parallax.register()
    assert present() == before
