"""Fit Wavelets: the operator with a real server, whose fit is a stand-in that needs no torch, and with one that has
none. The real fit through the same route is in tests/neural/test_gabor_plates.py."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import infinite_parallax
import pytest
from infinite_parallax.blender_addon import generating, jobs, preferences, properties, shimmer_nodes, targets
from infinite_parallax.shared import plates
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import Cancelled
from infinite_parallax.shared.gabor import patchwork
from infinite_parallax.shared.gabor.plate_fitting import wanted

from .made import document, made
from .pictures import texture, write_png
from .undoing import undoable

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("built")]
ROOT = Path(__file__).resolve().parents[2]
SHIMMER = {"layer": 1, "strength": 0.8, "period_s": 1.3}
SERVER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests import conftest
import runpy
from types import ModuleType
from infinite_parallax.inpaint_server import wavelet_fits
from infinite_parallax.shared.gabor.wavelets import to_text
from tests.wavelets_by_hand import some

def fit_cell(tiles, wish, cancelled, device):
    assert len(tiles) == len(wish.tiles)
    return to_text(some(wish.wavelets, wish.seed)) if any(tile[..., 3].any() for tile in tiles) else ""

sys.modules["infinite_parallax.inpaint_server.gabor.cells"] = ModuleType("cells")
sys.modules["infinite_parallax.inpaint_server.gabor.cells"].fit_cell = fit_cell
wavelet_fits.missing = lambda *packages: ""
wavelet_fits.device_of = lambda wish: "cpu"
runpy.run_module("infinite_parallax.inpaint_server", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def server(tmp_path: Path, server_python: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the preferences say: a server that fits."""
    program = tmp_path / "server.py"
    program.write_text(SERVER, encoding="utf-8")
    command = shlex.join([str(server_python), str(program)])
    chosen = SimpleNamespace(url="", token="", token_file="", command=command, cache=str(tmp_path / "cache"))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)
    return chosen


@pytest.fixture
def built(tmp_path: Path, server: Any) -> Any:  # noqa: ARG001
    """A scene on plates that were never fitted, with one layer that is to shimmer."""
    infinite_parallax.register()
    folder = tmp_path / "plates"
    data = document(shimmers=[SHIMMER])
    write_png(tmp_path / "picture.png", texture(0, 0, 48, 32, 1))
    properties.fill(bpy.context.scene, projects.from_json(data | {"picture": str(tmp_path / "picture.png")}))
    targets.build(bpy.context.scene, made(folder, data, contours=True), folder, folder)
    bpy.context.scene.infinite_parallax.plates_folder = str(folder)
    yield folder
    infinite_parallax.unregister()


def status() -> str:
    return str(bpy.context.window_manager.infinite_parallax.status)


def nodes() -> list[Any]:
    trees = (material.node_tree for material in bpy.data.materials)
    return [node for tree in trees for node in tree.nodes if node.get("infinite_parallax") == shimmer_nodes.NODE]


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / patchwork.FOLDER).glob("*.txt")}


def test_what_shimmers_is_fitted_and_the_scene_built(built: Path) -> None:
    assert not nodes()
    undoable(bpy.ops.infinite_parallax.fit_wavelets)
    fitted = times(built)
    assert f"{len(fitted)} parts" in status()
    assert nodes()
    assert generating.running() is None
    assert patchwork.load(built, "layer_01").cells
    assert not patchwork.index_of(built, "layer_00").exists(), "that layer does not shimmer"
    bpy.ops.infinite_parallax.fit_wavelets()
    assert times(built) == fitted
    bpy.context.scene.infinite_parallax.shimmers[0].seed = 7
    bpy.ops.infinite_parallax.fit_wavelets()
    assert not times(built).keys() & fitted.keys(), "another seed is another fit, and the old files go"


def test_a_stopped_fit_goes_on(built: Path) -> None:
    shimmers = properties.project(bpy.context.scene).shimmers
    told: list[jobs.Message] = []

    def fit(most: float) -> jobs.Fitted:
        told.clear()
        return jobs.fit_wavelets(preferences.server(), built, shimmers, told.append, lambda: len(told) > most)

    (group,) = wanted(plates.load(built), shimmers)
    assert len(list(patchwork.cells(*group.bounds))) > 1
    with pytest.raises(Cancelled):
        fit(1)
    first = times(built)
    assert len(first) == 1
    fitted = fit(float("inf"))
    assert first.items() <= times(built).items()
    assert told[-1] == jobs.Progress("part", fitted.parts, fitted.parts)


def test_a_server_without_torch_says_what_to_install(server: Any, server_python: Path) -> None:
    server.command = shlex.join([str(server_python), "-m", "infinite_parallax.inpaint_server"])
    with pytest.raises(RuntimeError, match="needs torch"):
        bpy.ops.infinite_parallax.fit_wavelets()
    assert "pip install" in bpy.context.window_manager.infinite_parallax.hint
    assert status() == "Failed"
    assert generating.running() is None


def test_without_plates_or_shimmers_it_is_grey_and_says_why() -> None:
    group = bpy.context.scene.infinite_parallax
    group.shimmers[0].strength = 0
    with pytest.raises(RuntimeError, match="No painted layer shimmers"):
        bpy.ops.infinite_parallax.fit_wavelets()
    group.shimmers.clear()
    with pytest.raises(RuntimeError, match="Add a shimmer first"):
        bpy.ops.infinite_parallax.fit_wavelets()
    group.plates_folder = ""
    with pytest.raises(RuntimeError, match="there are no plates"):
        bpy.ops.infinite_parallax.fit_wavelets()
