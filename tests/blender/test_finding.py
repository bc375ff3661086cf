"""Layers and objects found by words, and an object outlined anew: the operators, with a real server whose engine sees
what the test has painted."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import infinite_parallax
import numpy as np
import pytest
from infinite_parallax.blender_addon import finding, preferences, properties, scene_project
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.sections import Object

from .made import read_pixels
from .pictures import write_png

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("enabled")]
ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 128, 80
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
HILLS, WATER = (Y >= 26) & (Y < 54), Y >= 54
CHURCH = (abs(X - 60) < 9) & (Y >= 32) & (Y < 50)
SERVER = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests")!r})
import conftest, runpy
import numpy as np
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines.looking import Segment

class Eyes:
    name, finds_words = "eyes", True

    def segment(self, picture, words, look, cancelled):
        red, green, blue = (picture[..., i].astype(int) for i in range(3))
        seen = {{"water": blue > red + 60, "hills": green > blue + 20, "church": red > 190}}
        seen["sky"] = ~(seen["water"] | seen["hills"] | seen["church"])
        return [Segment(word, 0.8, (0.0, 0.0, 9.0, 9.0), seen[word]) for word in words if word in seen]

class Point:
    name = "eyes"

    def load(self):
        return Eyes

engines.entry_points = lambda group: [Point()] if group.endswith(".segment") else []
runpy.run_module("infinite_parallax.inpaint_server", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def enabled(tmp_path: Path, server_python: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The add-on registered with a picture, and a server whose engine `eyes` knows its colours."""
    infinite_parallax.register()
    program = tmp_path / "server.py"
    program.write_text(SERVER, encoding="utf-8")
    command = shlex.join([str(server_python), str(program)])
    chosen = SimpleNamespace(url="", token="", token_file="", command=command, cache=str(tmp_path))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)
    picture = np.full((HEIGHT, WIDTH, 3), (150, 180, 190), np.uint8)
    for share, colour in ((HILLS, (70, 110, 50)), (WATER, (40, 70, 150)), (CHURCH, (220, 120, 110))):
        picture[share] = colour
    write_png(tmp_path / "picture.png", picture)
    wanted = {
        "picture": str(tmp_path / "picture.png"),
        "segment": {"engine": "eyes", "layers": "sky . hills . water", "objects": "church . ghost"},
        "motion": {"steps": 3},
    }
    properties.fill(bpy.context.scene, projects.from_json(wanted))
    yield chosen
    infinite_parallax.unregister()


def group() -> Any:
    return bpy.context.scene.infinite_parallax


def matte_of(path: str) -> np.ndarray:
    return read_pixels(Path(bpy.path.abspath(path)))[..., 0]


def test_words_fill_the_lists_and_undo_empties_them() -> None:
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.infinite_parallax.suggest_layers() == {"FINISHED"}
    assert [layer.name for layer in group().layers] == ["sky", "hills", "water"]
    assert [(thing.name, thing.layer) for thing in group().objects] == [("church", 1)]
    # the words of objects are done with, those of layers say what the list is
    assert (group().segment.layers, group().segment.objects) == ("sky . hills . water .", "")
    assert "No object was found for ghost." in bpy.context.window_manager.infinite_parallax.suggestion
    project = properties.project(bpy.context.scene)
    numbers = matte_of(project.cut.segmentation)
    assert set(np.unique(numbers)) == {0, 1, 2}
    assert ((matte_of(project.objects[0].matte) > 128) == CHURCH).mean() > 0.97
    scene_project.plan_of(bpy.context.scene)
    bpy.ops.ed.undo_push(message="found")
    bpy.ops.ed.undo()
    assert (len(group().layers), len(group().objects)) == (0, 0)
    assert group().segment.objects == "church . ghost"


def test_other_words_are_looked_for_anew() -> None:
    bpy.ops.infinite_parallax.suggest_layers()
    first = group().cut.segmentation
    group().segment.layers = "sky . water"
    assert bpy.ops.infinite_parallax.suggest_layers() == {"FINISHED"}
    assert [layer.name for layer in group().layers] == ["sky", "water"]
    assert group().cut.segmentation != first
    # a segmentation of one's own is kept, and wins over the words
    own = Path(bpy.path.abspath(first))
    mine = own.parent.parent / "mine.png"
    mine.write_bytes(own.read_bytes())
    group().cut.segmentation = str(mine)
    bpy.ops.infinite_parallax.suggest_layers()
    assert (len(group().layers), group().cut.segmentation) == (3, str(mine))


def test_what_was_found_is_generated(tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "journey.blend"))
    bpy.ops.infinite_parallax.suggest_layers()
    assert group().cut.segmentation.startswith("//journey_files")
    assert group().objects[0].matte.startswith("//journey_files")
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    project, _ = scene_project.settled(bpy.context.scene)
    assert [layer.name for layer in project.layers] == ["sky", "hills", "water"]
    assert [thing.name for thing in project.objects] == ["church"]


def test_generate_finds_by_itself() -> None:
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    assert len(group().layers) == 0, "the wish stays open"
    project, _ = scene_project.settled(bpy.context.scene)
    assert [layer.name for layer in project.layers] == ["sky", "hills", "water"]
    assert [(thing.name, thing.layer) for thing in project.objects] == [("church", 1)]


def test_an_engine_that_reads_no_words_says_so() -> None:
    group().segment.engine = "grabcut"
    with pytest.raises(RuntimeError, match="finds nothing by words"):
        bpy.ops.infinite_parallax.suggest_layers()
    assert len(group().layers) == 0


def test_an_object_is_outlined_by_its_box() -> None:
    operator = bpy.ops.infinite_parallax.refine_object
    assert not operator.poll()
    group().segment.engine = ""
    properties.add_entry(bpy.context.scene, "objects", Object("house", 0, box=(48.0, 28.0, 73.0, 53.0)))
    bpy.ops.ed.undo_push(message="before")
    assert operator() == {"FINISHED"}
    matte = matte_of(group().objects[0].matte) > 128
    assert (matte & CHURCH).sum() / (matte | CHURCH).sum() > 0.85
    bpy.ops.ed.undo_push(message="refined")
    bpy.ops.ed.undo()
    assert group().objects[0].matte == ""


def test_a_stroke_is_shown_as_some_points_of_it() -> None:
    stroke = tuple((float(i), 10.0) for i in range(-5, 60))
    touch = finding.touch_of(Object(stroke=stroke), 50, 40)
    assert 2 < len(touch.on) <= finding.MOST_POINTS
    assert set(touch.on) <= set(stroke)
    assert all(0 <= x < 50 for x, _ in touch.on)
    assert finding.touch_of(Object(box=(1, 2, 3, 4)), 50, 40).box == (1, 2, 3, 4)
