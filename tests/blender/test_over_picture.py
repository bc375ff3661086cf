"""Where the picture is seen, in the image editor and the sequencer's preview, and what its mattes look like there."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, properties, targets, timeline
from infinite_parallax.blender_addon.borders import editing, marking, tinting
from infinite_parallax.blender_addon.borders.views import View, view_of
from infinite_parallax.shared import project as projects

from .made import HEIGHT, WIDTH, document, made
from .pictures import texture, write_png

pytestmark = pytest.mark.blender


class Zoomed:
    """A region's view that is twice as large as what it shows and moved by (10, 20), as Blender's own does it."""

    def view_to_region(self, u: float, v: float, clip: bool = True) -> tuple[float, float]:
        assert not clip
        return 2 * u + 10, 2 * v + 20

    def region_to_view(self, x: float, y: float) -> tuple[float, float]:
        return (x - 10) / 2, (y - 20) / 2


@pytest.fixture
def filled(registered: None, tmp_path: Path) -> Any:  # noqa: ARG001
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    properties.fill(bpy.context.scene, projects.from_json(document() | {"picture": str(tmp_path / "picture.png")}))
    return bpy.context.scene


def seen(space: str, image: Any = None, **words: Any) -> View | None:
    """Where the picture is seen in an editor; there is no window in the background."""
    regions = [SimpleNamespace(type=kind, view2d=Zoomed()) for kind in ("WINDOW", "PREVIEW", "UI")]
    data = SimpleNamespace(type=space, image=image, view_type="SEQUENCER_PREVIEW", display_mode="IMAGE")
    data.__dict__.update(words)
    area = SimpleNamespace(regions=regions)
    return view_of(SimpleNamespace(scene=bpy.context.scene, space_data=data, area=area))


def round_trip(view: View | None) -> None:
    assert view is not None
    for at in ((0, 0), (WIDTH, HEIGHT), (17, 31.5)):
        assert view.to_picture(*view.to_region(at)) == pytest.approx(at)


def test_the_image_editor_shows_it(filled: Any, tmp_path: Path) -> None:
    assert seen("VIEW_3D") is None
    assert seen("IMAGE_EDITOR") is None
    other = bpy.data.images.new("other", 8, 8)
    assert seen("IMAGE_EDITOR", other) is None
    view = seen("IMAGE_EDITOR", bpy.data.images.load(str(tmp_path / "picture.png")))
    round_trip(view)
    assert view is not None
    assert view.region.type == "WINDOW"
    assert view.to_region((0, 0)) == pytest.approx((10, 22)), "its upper left corner is at 0, 1"
    filled.infinite_parallax.picture = ""
    assert seen("IMAGE_EDITOR", other) is None


def test_the_preview_shows_it_on_the_first_frame(filled: Any, tmp_path: Path) -> None:
    assert seen("SEQUENCE_EDITOR") is None
    data = document() | {"output": {"width": 384, "height": 320, "fit": "letterbox"}}
    targets.build(filled, made(tmp_path / "plates", data), tmp_path / "plates", tmp_path / "plates")
    filled.infinite_parallax.output.use_width = filled.infinite_parallax.output.use_height = True
    output = filled.infinite_parallax.output
    output.width, output.height, output.fit = 384, 320, "letterbox"
    filled.frame_set(timeline.first_frame(filled))
    view = seen("SEQUENCE_EDITOR")
    round_trip(view)
    assert view is not None
    assert view.region.type == "PREVIEW"
    # twice as large, 52 px of bars above and below, counted from the middle of the frame
    assert view.to_region((0, 0)) == pytest.approx((2 * -192 + 10, 2 * 108 + 20))
    assert view.to_region((WIDTH, HEIGHT)) == pytest.approx((2 * 192 + 10, 2 * -108 + 20))
    filled.frame_set(5)
    assert seen("SEQUENCE_EDITOR") is None, "the layers have gone on"
    filled.frame_set(1)
    assert seen("SEQUENCE_EDITOR", view_type="SEQUENCER") is None
    assert seen("SEQUENCE_EDITOR", display_mode="WAVEFORM") is None


def test_a_strip_of_the_picture_shows_it(filled: Any, tmp_path: Path) -> None:
    strips = compat.strips(filled.sequence_editor_create())
    strip = strips.new_image("still", str(tmp_path / "picture.png"), 2, 10)
    compat.set_length(strip, 5)
    strip.transform.scale_x = strip.transform.scale_y = 0.5
    strip.transform.offset_x, strip.transform.offset_y = 30, -7
    for frame, there in ((9, False), (10, True), (14, True), (15, False)):
        filled.frame_set(frame)
        assert (seen("SEQUENCE_EDITOR") is not None) == there, frame
    filled.frame_set(10)
    view = seen("SEQUENCE_EDITOR")
    round_trip(view)
    assert view is not None
    assert view.to_region((WIDTH / 2, HEIGHT / 2)) == pytest.approx((2 * 30 + 10, 2 * -7 + 20))
    assert view.to_region((WIDTH, 0)) == pytest.approx((2 * (30 + WIDTH / 4) + 10, 2 * (HEIGHT / 4 - 7) + 20))
    strip.transform.rotation = 0.1
    assert seen("SEQUENCE_EDITOR") is None, "lines would lie beside a picture that is turned"


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("operator", [editing.INFINITE_PARALLAX_OT_edit_borders, marking.INFINITE_PARALLAX_OT_hint_box])
def test_where_it_is_not_seen_nothing_is_dragged(operator: Any) -> None:
    said: list[str] = []
    stand_in = SimpleNamespace(report=lambda _kind, text: said.append(text))
    stand_in.seen = lambda context: operator.seen(stand_in, context)
    context = SimpleNamespace(scene=bpy.context.scene, space_data=None, area=None)
    assert operator.invoke(stand_in, context, None) == {"CANCELLED"}
    assert said == [editing.NOT_SHOWN]


def test_mattes_are_read_from_files_and_masks(filled: Any, tmp_path: Path) -> None:
    group = filled.infinite_parallax
    shape = np.zeros((HEIGHT // 2, WIDTH // 2, 3), np.uint8)
    shape[20:, 10:] = 255
    write_png(tmp_path / "matte.png", shape)
    cut = np.full((HEIGHT, WIDTH, 4), 200, np.uint8)
    cut[..., 3] = 0
    cut[60:, :50, 3] = 255
    write_png(tmp_path / "cut.png", cut)
    mask = bpy.data.masks.new("hill")
    spline = mask.layers.new(name="one").splines.new()
    spline.points.add(4 - len(spline.points))
    spline.use_cyclic = True
    for point, place in zip(spline.points, ((-1, -1), (2, -1), (2, 0.5), (-1, 0.5)), strict=True):
        point.handle_type = "VECTOR"
        point.co = place
    group.layers[1].matte, group.layers[2].matte = "hill", str(tmp_path / "matte.png")
    for number, name in enumerate((str(tmp_path / "cut.png"), str(tmp_path / "none.png"))):
        bpy.ops.infinite_parallax.entry_add(list="objects")
        group.objects[number].matte, group.objects[number].layer = name, 1
    before = list(bpy.data.images)
    project = properties.project(filled)
    assert tinting.has_mattes(project)
    layers, objects = tinting.mattes(project, WIDTH, HEIGHT)
    assert list(bpy.data.images) == before, "nothing stays in the file"
    assert (layers[2][80, 5], layers[2][80, 100], layers[2][20, 100]) == (0, 255, 0)
    assert (layers[1][5, 5], layers[1][100, 5]) == (0, 255), "masks count from below"
    assert [number for number, _ in objects] == [1], "what cannot be read is not drawn"
    assert (objects[0][1][80, 20], objects[0][1][80, 100]) == (255, 0)
    tinting.free()
