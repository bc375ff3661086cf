"""Every operator that the add-on registers, found by looking: words, reasons, undo, and that the search finds it.

What is listed here is checked against what is registered, so that a new operator cannot be forgotten.
"""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import asking, compat, menus, preferences, properties, registration, targets
from infinite_parallax.shared import project as projects

from .layout_recorder import Recorder
from .made import HEIGHT, WIDTH, document, made
from .pictures import texture, write_png
from .undoing import undoable

pytestmark = pytest.mark.blender
ops = bpy.ops.infinite_parallax

OPERATORS = {
    cls.bl_idname.partition(".")[2]: cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)
}
JARGON = re.compile(r"\b(bpy|rna|data-?block|f-?curve|json|poll|uv|context|modal|enum|bool|utf)\b", re.IGNORECASE)
BLENDERS = ("rna_type", "filepath", "filter_glob", "remove_name", "remove_active", "name")
"""Properties whose words are Blender's own."""

LEAVES_DATA = {
    "export": "writes a file",
    "export_project": "writes a file",
    "preset_add": "writes a preset",
    "cancel": "ends a job",
    "test_server": "asks the server",
    "ask_engines": "asks the server",
    "start_server": "starts a program",
    "stop_server": "ends a program",
    "install_server": "makes a folder",
    "clear_cache": "deletes files",
    "show_proxies": "changes what open previews show",
}
"""Operators that change nothing of the Blender file, and what they do."""

CALLS: dict[str, dict[str, Any]] = {
    "layer_add": {},
    "layer_remove": {},
    "layer_merge": {},
    "layer_move": {"direction": "DOWN"},
    "edit_borders": {"action": "ROW", "border": 1, "y": 25},
    "hint_box": {"box": (10, 10, 40, 50)},
    "hint_stroke": {"list": "objects", "layer": 2, "points": "[[5, 5], [60, 30]]"},
    "entry_add": {"list": "hints"},
    "entry_remove": {"list": "objects"},
    "entry_move": {"list": "cues", "direction": "DOWN"},
    "direction": {"degrees": 45},
    "choose_engine": {"name": "telea"},
    "apply_preset": {"name": "Train Window"},
    "speed_preset": {"preset": "EASE_BOTH", "seconds": 0.5},
    "poke": {"push_px": (12.0, -3.0), "placed": True, "place": (40.0, 60.0)},
    "show_log": {},
}
"""What is called with a picture, layers and entries alone."""

BUILT = {"layer_mute": {"layer": 1}, "select_strips": {}, "move": {"frames": 7}, "build_scene": {}}
"""What is called after the scene is built."""

APART = {"picture_from_image", "picture_from_strip", "picture_paste", "show_picture", "import_project", "listen"}
APART |= {"dream", "dream_from_strip"}
WITH_SERVER = ("generate", "redo", "fit_wavelets", "suggest_layers", "refine_object")


@pytest.fixture(autouse=True)
def enabled(registered: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001
    chosen = SimpleNamespace(url="", token="", token_file="", command="", cache=str(tmp_path / "cache"))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)
    return chosen


@pytest.fixture
def filled(tmp_path: Path) -> Any:
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    data = document() | {"picture": str(tmp_path / "picture.png"), "hints": [{"layer": 1, "box": [1, 2, 30, 40]}]}
    data["living"] = [{"layer": 2}]
    data["objects"] = [{"name": "boat", "layer": 2, "box": [5, 5, 20, 20]}]
    data["cues"] = [{"name": "one"}, {"name": "two", "volume": 0.5}]
    properties.fill(bpy.context.scene, projects.from_json(data | {"inpaint": {"engine": "walk"}}))
    return bpy.context.scene


def operator(name: str) -> Any:
    return getattr(ops, name)


def test_every_operator_is_called_here() -> None:
    assert len(OPERATORS) > 30
    assert set(OPERATORS) == {*CALLS, *BUILT, *APART, *WITH_SERVER, *LEAVES_DATA}


@pytest.mark.parametrize("name", OPERATORS)
def test_label_and_tooltip_read_well(name: str) -> None:
    cls, rna = OPERATORS[name], operator(name).get_rna_type()
    assert rna.name == cls.bl_label
    assert rna.name[0].isupper()
    assert len(rna.description) > 10
    said = [rna.description]
    for prop in rna.properties:
        if prop.identifier not in BLENDERS:
            assert prop.name, f"{prop.identifier} has no name"
            said += [prop.name, prop.description] if prop.description else [prop.name]
            said += [item.description for item in getattr(prop, "enum_items", ()) if item.description]
    for text in said:
        assert text[0].isupper() or not text[0].isalpha(), text
        assert not text.endswith((".", "!", ":")), text
        assert not JARGON.search(text), text
    changes = name not in LEAVES_DATA
    assert ("UNDO" in getattr(cls, "bl_options", set())) == changes, "what changes the file can be undone"


def reason(name: str) -> str:
    """Why an operator is grey; empty where it is not."""
    if operator(name).poll():
        return ""
    with pytest.raises(RuntimeError) as raised:
        operator(name)()
    return str(raised.value).partition("poll() ")[2].strip()


def test_what_is_grey_says_why(filled: Any) -> None:
    state = bpy.context.window_manager.infinite_parallax
    group = filled.infinite_parallax
    reasons: dict[str, str] = {}
    for prepare in (
        lambda: setattr(state, "running", True),
        lambda: setattr(state, "running", False),
        lambda: setattr(asking.Asking, "waiting", (None, None)),
        lambda: setattr(asking.Asking, "waiting", None),
        lambda: setattr(group, "picture", ""),
        group.living.clear,
        group.layers.clear,
    ):
        prepare()
        reasons |= {name: said for name in OPERATORS if (said := reason(name))}
    assert asking.Asking.waiting is None
    for name, said in reasons.items():
        assert "context is incorrect" not in said, f"{name} does not say why it is grey"
        assert said[0].isupper(), (name, said)
        assert not said.endswith("."), (name, said)
        assert not JARGON.search(said), (name, said)
    assert {name for name, cls in OPERATORS.items() if hasattr(cls, "poll")} <= {*reasons}


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("name", CALLS)
def test_undo_takes_it_back(name: str) -> None:
    undoable(operator(name), **CALLS[name])


@pytest.mark.parametrize("name", BUILT)
def test_undo_takes_back_what_is_done_to_what_is_built(name: str, filled: Any, tmp_path: Path) -> None:
    targets.build(filled, made(tmp_path / "plates", document()), tmp_path / "plates", tmp_path / "plates")
    filled.infinite_parallax.plates_folder = str(tmp_path / "plates")
    strips = compat.all_strips(filled.sequence_editor)
    if name == "build_scene":
        compat.remove(filled.sequence_editor, strips[0])
    for strip in compat.all_strips(filled.sequence_editor):
        strip.select = False
    undoable(operator(name), **BUILT[name])


def test_undo_takes_a_picture_back(filled: Any, tmp_path: Path) -> None:
    path = filled.infinite_parallax.picture
    filled.infinite_parallax.picture = ""
    bpy.data.images.load(path)
    undoable(ops.picture_from_image, image="picture.png")
    bpy.context.scene.infinite_parallax.picture = ""
    editor = bpy.context.scene.sequence_editor_create()
    editor.active_strip = compat.strips(editor).new_image("still", path, 1, 1)
    undoable(ops.picture_from_strip)
    (tmp_path / "project.json").write_text('{"motion": {"fps": 17}}', encoding="utf-8")
    undoable(ops.import_project, filepath=str(tmp_path / "project.json"))


@pytest.mark.usefixtures("filled")
def test_showing_the_picture_is_undone() -> None:
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    area.type = "IMAGE_EDITOR"
    with bpy.context.temp_override(window=window, area=area):
        undoable(ops.show_picture)


@pytest.mark.usefixtures("filled")
def test_undo_takes_back_what_the_server_made(enabled: Any, server_python: Path, tmp_path: Path) -> None:
    enabled.command = shlex.join([str(server_python), "-m", "infinite_parallax.inpaint_server"])
    group = bpy.context.scene.infinite_parallax
    group.inpaint.engine, group.motion.steps = "telea", 2
    group.objects.clear()
    undoable(ops.generate)
    bpy.context.scene.infinite_parallax.inpaint.seed = 3
    for strip in compat.all_strips(bpy.context.scene.sequence_editor):
        compat.remove(bpy.context.scene.sequence_editor, strip)
    undoable(ops.redo, step=2)
    shore = texture(0, 0, WIDTH, HEIGHT, 1)
    shore[: HEIGHT // 2] = (170, 190, 225)
    write_png(tmp_path / "shore.png", shore)
    bpy.context.scene.infinite_parallax.picture = str(tmp_path / "shore.png")
    undoable(ops.suggest_layers)
    ops.hint_box(list="objects", layer=0, box=(10, 10, 40, 40))
    undoable(ops.refine_object)


def searched() -> set[str]:
    """The operators that Blender's search finds: those in the menu and in the menus that it opens."""
    layout, todo, seen = Recorder(), [menus.INFINITE_PARALLAX_MT_render], set()
    while todo:
        menu = todo.pop()
        seen.add(menu.__name__)
        if hasattr(menu, "preset_operator"):  # Blender itself draws the files of presets
            layout.operators.append(menu.preset_operator)
            continue
        draw: Callable[..., None] = menu.draw
        draw(SimpleNamespace(layout=layout), bpy.context)
        todo += [getattr(bpy.types, name) for name in layout.menus if name not in seen]
        layout.menus.clear()
    return {name.partition(".")[2] for name in layout.operators}


def test_the_search_finds_every_operator() -> None:
    state = bpy.context.window_manager.infinite_parallax
    state.engines = '{"walk": {"available": true, "reason": ""}}'
    assert set(OPERATORS) - searched() == set()
