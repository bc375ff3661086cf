"""Masks drawn in Blender as mattes: against Blender's own rendering of them, and through a whole job."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import infinite_parallax
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, mask_pictures, preferences, properties
from infinite_parallax.blender_addon.mask_raster import rasterize
from infinite_parallax.shared import plates
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.project import Project
from numpy.typing import NDArray

from .made import HEIGHT, WIDTH, document, read_pixels
from .pictures import texture, write_png

pytestmark = pytest.mark.blender

Place = tuple[float, float]
ACROSS = ((-0.1, 0.52), (0.3, 0.6), (0.55, 0.47), (1.1, 0.58), (1.1, -0.2), (-0.1, -0.2))
HILLS = ((0.05, 0.52), (0.3, 0.6), (0.55, 0.47), (0.95, 0.58), (1.0, 0.1), (0.0, 0.1))


def drawn(points: Sequence[Place], layer: Any = None, handle: Place = (0.04, 0.02), feather: float = 0.0) -> Any:
    """A closed spline through `points` in a layer of a mask, new ones if none is given; returns the layer."""
    layer = layer or bpy.data.masks.new("hills").layers.new(name="layer")
    spline = layer.splines.new()
    spline.points.add(len(points) - len(spline.points))
    spline.use_cyclic = True
    for i, (point, (x, y)) in enumerate(zip(spline.points, points, strict=True)):
        point.handle_type = "FREE"
        point.co = (x, y)
        point.handle_left, point.handle_right = (x - handle[0], y - handle[1]), (x + handle[0], y + handle[1])
        point.weight = feather * (1 + i % 2)
    return layer


def rendered(mask: Any, folder: Path, width: int, height: int, frame: int = 1) -> NDArray[np.int64]:
    """The mask [height, width] as Blender's sequencer renders it."""
    scene = bpy.data.scenes.new("truth")
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.view_settings.view_transform = "Standard"
    scene.render.dither_intensity = 0
    strip = compat.strips(scene.sequence_editor_create()).new_mask("mask", mask, 1, 1)
    compat.set_length(strip, 100)
    compat.image_output(scene.render.image_settings, "PNG")
    scene.render.image_settings.color_mode = "RGB"
    scene.render.filepath = str(folder / "truth.png")
    scene.frame_set(frame)
    bpy.ops.render.render(write_still=True, scene=scene.name)
    bpy.data.scenes.remove(scene)
    return read_pixels(folder / "truth.png")[..., 0].astype(np.int64)


def two_layers(second: dict[str, Any], first: dict[str, Any] | None = None) -> Any:
    mask = drawn(HILLS).id_data
    drawn([(0.3, 0.3), (0.4, 0.8), (0.8, 0.7), (0.7, 0.25)], mask.layers.new(name="second"), feather=0.04)
    for layer, wanted in zip(mask.layers, (first or {}, second), strict=True):
        for name, value in wanted.items():
            setattr(layer, name, value)
    return mask


def with_hole(holes: bool, turned: bool = False, solver: str = "") -> Any:
    layer = drawn(HILLS)
    inner = ((0.3, 0.3), (0.4, 0.4), (0.6, 0.38), (0.5, 0.25))
    drawn(inner[::-1] if turned else inner, layer, (-0.04, -0.02) if turned else (0.04, 0.02))
    layer.use_fill_holes = holes
    if solver and hasattr(layer, "fill_solver"):
        layer.fill_solver = solver
    return layer.id_data


def linear() -> Any:
    layer = drawn(HILLS, feather=0.05)
    layer.splines[0].weight_interpolation = "LINEAR"
    return layer.id_data


def open_spline() -> Any:
    layer = drawn(HILLS, feather=0.02)
    layer.splines[0].use_cyclic = False
    return layer.id_data


MASKS = {
    "one spline": lambda: drawn(HILLS).id_data,
    "the other way round": lambda: drawn(HILLS[::-1], handle=(-0.04, -0.02)).id_data,
    "feather": lambda: drawn(HILLS, feather=0.03).id_data,
    "linear feather": linear,
    "not cyclic": open_spline,
    "two splines": lambda: with_hole(holes=False),
    "a hole": lambda: with_hole(holes=True),
    "a hole, turned": lambda: with_hole(holes=True, turned=True),
    "a hole, as of old": lambda: with_hole(holes=True, solver="SWEEP_LINE"),
    "beyond the frame": lambda: drawn([(-0.2, 0.5), (0.5, 0.7), (1.3, 0.4), (0.5, -0.3)], feather=0.1).id_data,
    "inverted": lambda: two_layers({}, {"invert": True, "alpha": 0.8}),
    "not rendered": lambda: two_layers({"hide_render": True}),
    **{
        blend: lambda blend=blend: two_layers({"blend": blend, "alpha": 0.7})
        for blend in (
            "MERGE_ADD", "MERGE_SUBTRACT", "ADD", "SUBTRACT", "LIGHTEN", "DARKEN", "MUL", "REPLACE", "DIFFERENCE"
        )
    },
    **{
        kind: lambda kind=kind: two_layers({"falloff": kind})
        for kind in ("SPHERE", "ROOT", "INVERSE_SQUARE", "SHARP", "LINEAR")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_is_what_blender_renders(name: str, tmp_path: Path) -> None:
    mask = MASKS[name]()
    for width, height in ((160, 90), (72, 120)):
        truth = rendered(mask, tmp_path, width, height)
        ours = rasterize(mask_pictures.layers_of(mask), width, height)
        assert 10 < truth.mean() < 245
        assert np.abs(ours - truth).mean() <= 0.5


def test_a_mask_is_taken_at_the_current_frame(tmp_path: Path) -> None:
    mask = drawn(HILLS).id_data
    compat.key_linear(mask.layers[0], "alpha", [(1, 1.0), (11, 0.0)])
    bpy.context.scene.frame_set(6)
    ours = rasterize(mask_pictures.layers_of(mask), 96, 54)
    assert abs(int(ours.max()) - 128) <= 1
    assert np.abs(ours - rendered(mask, tmp_path, 96, 54, frame=6)).mean() <= 1


def test_a_file_wins_over_a_mask_of_its_name(tmp_path: Path) -> None:
    drawn(HILLS)
    wanted = projects.from_json({"layers": [{"height": 20}, {"matte": "hills"}], "objects": [{"matte": "none.png"}]})
    given = mask_pictures.with_pictures(wanted, 96, 54, tmp_path)
    assert given.layers[1].matte == str(tmp_path / "matte.1.png")
    assert (given.layers[0], given.objects) == (wanted.layers[0], wanted.objects)
    assert mask_pictures.named(str(tmp_path / "hills")) is bpy.data.masks["hills"], "as an imported project names it"
    (tmp_path / "hills").write_bytes(b"")
    assert mask_pictures.named(str(tmp_path / "hills")) is None


def test_what_cannot_be_drawn_is_refused() -> None:
    layer = drawn(HILLS, feather=0.01)
    layer.splines[0].offset_mode = "SMOOTH"
    with pytest.raises(UsageError, match="smooth feather offset"):
        mask_pictures.layers_of(layer.id_data)
    layer.splines[0].use_fill = False
    with pytest.raises(UsageError, match="not filled"):
        mask_pictures.layers_of(layer.id_data)


@pytest.fixture
def wanted(tmp_path: Path, server_python: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The add-on registered with the checkout's server, and a project whose near layer follows the mask `hills`."""
    infinite_parallax.register()
    command = shlex.join([str(server_python), "-m", "infinite_parallax.inpaint_server"])
    chosen = SimpleNamespace(url="", token="", token_file="", command=command, cache=str(tmp_path))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    layers = [{"height": 54, "distance": 100}, {"distance": 210, "matte": "hills"}]
    sections: dict[str, Any] = {"picture": str(tmp_path / "picture.png"), "cut": {"mode": "contour"}, "layers": layers}
    data = document(180.0) | sections
    data["motion"] |= {"steps": 2, "step_px": 20}
    yield projects.from_json(data)
    infinite_parallax.unregister()


def test_a_layer_follows_the_mask(tmp_path: Path, wanted: Project) -> None:
    mask = drawn(ACROSS).id_data
    properties.fill(bpy.context.scene, wanted)
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    assert properties.project(bpy.context.scene).layers[1].matte == "hills", "the scene's own setting stays"
    folder = Path(bpy.context.scene.infinite_parallax.plates_folder)
    grey = rasterize(mask_pictures.layers_of(mask), WIDTH, HEIGHT)
    assert np.array_equal(read_pixels(folder / "matte.1.png")[..., 0], grey)
    near = plates.load(folder).plates[1].tiles[0]
    assert near.x <= 0
    alpha = read_pixels(folder / near.file)[: HEIGHT - near.y, -near.x : WIDTH - near.x, 3]
    assert np.abs(alpha.astype(int) - grey[near.y :]).mean() <= 1
    assert np.mean(np.diff(np.argmax(alpha > 127, axis=0)) != 0) > 0.2, "it does not run along a row"
    assert bpy.ops.infinite_parallax.build_scene() == {"FINISHED"}
    assert tmp_path in folder.parents


def test_the_blender_command_line_knows_the_files_masks(tmp_path: Path, wanted: Project) -> None:
    from infinite_parallax.blender_addon import cli_command

    drawn(ACROSS)
    (tmp_path / "mine.json").write_text(json.dumps(wanted.to_json()), encoding="utf-8")
    blend = tmp_path / "out.blend"
    assert cli_command.run(["render", "--project", str(tmp_path / "mine.json"), "--blend", str(blend)]) == 0
    assert read_pixels(tmp_path / "out_files" / "matte.1.png")[..., 0].mean() > 50
    settled = projects.load(tmp_path / "out_files" / "project.json")
    assert Path(settled.layers[1].matte).name == "matte.1.png"
