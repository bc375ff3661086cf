"""What a project leaves open is settled once, with a reason; and the masks that follow from the settled project."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import hints
from infinite_parallax.inpaint_server.layering import resolve as resolving
from infinite_parallax.inpaint_server.layering.assets import Assets
from infinite_parallax.inpaint_server.layering.resolve import masks_for, resolve, wanted_rows
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.plan import plan
from infinite_parallax.shared.project import Project, from_json
from infinite_parallax.shared.sections import Hint, Layer

W, H = 320, 220
NOTHING = Assets()


def land(rows: tuple[int, ...] = (80, 150)) -> np.ndarray:
    rng = np.random.default_rng(7)
    x, y = np.arange(W), np.arange(H)[:, None]
    colours = ((170, 190, 225), (90, 95, 110), (60, 105, 45))
    picture = np.ones((H, W, 3)) * colours[0] + 0.15 * y[..., None]
    for i, row in enumerate(rows):
        band = np.array(colours[i + 1]) + rng.normal(0, 5 + 5 * i, (H, W, 1))
        picture = np.where((y >= row + 8 * np.sin(x / (25 + 14 * i)))[..., None], band, picture)
    return np.clip(picture, 0, 255).astype(np.uint8)


def noise() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (H, W, 3), dtype=np.uint8)


def project(**parts: Any) -> Project:
    return from_json(parts)


BANDS = [{"height": 80, "distance": 100}, {"height": 70, "distance": 300}, {"distance": 800}]


def test_a_landscape_gets_layers_along_its_contours() -> None:
    out = resolve(Project(), land(), NOTHING)
    settled, notes = out.project, out.notes
    assert settled.cut.mode == "contour"
    tops = [layer.top for layer in plan(settled, W, H).layers]
    np.testing.assert_allclose(tops, (0, 80, 150), atol=8)
    assert all(layer.skyline for layer in settled.layers[1:])
    assert len(notes) == 1
    assert notes[0].startswith("Layers follow contours: ")
    assert "sure: " in notes[0]


def test_fewer_layers_than_asked_for_are_explained() -> None:
    out = resolve(project(cut={"layers": 5}), land(), NOTHING)
    assert len(out.project.layers) == 3
    assert out.notes[1] == (
        "3 of 5 layers were found: no other border goes from left to right, surely enough and apart from the others."
    )
    assert len(resolve(project(cut={"layers": 3}), land(), NOTHING).notes) == 1


def test_a_border_that_is_left_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsure(_sketch: Any, wanted: Any, _reach: float) -> list[float]:
        return [0.9, 0.3][: len(wanted)]

    monkeypatch.setattr(resolving.contour_cut, "confidences", unsure)
    out = resolve(project(cut={"layers": 3}), land(), NOTHING)
    assert len(out.project.layers) == 2
    assert out.notes[1].startswith("2 of 3 layers were found: the border at row 1")
    assert "0.30 of 0.50" in out.notes[1]


@pytest.mark.parametrize("rows", [(150,), (80, 150)])
def test_suggested_layers_travel_at_one_pace_however_many_there_are(rows: tuple[int, ...]) -> None:
    """The nearest by a third of what a factor of 1 moves, so that nobody races past a picture of two layers."""
    settled = resolve(Project(), land(rows), NOTHING).project
    layers = plan(settled, W, H).layers
    assert len(layers) == len(rows) + 1
    assert layers[-1].velocity[0] == pytest.approx(-62 / 3, abs=0.1)
    assert resolve(settled, land(rows), NOTHING).project == settled


def test_who_asks_for_another_ratio_gets_it() -> None:
    for speed in ({"normalise": "longest"}, {"law": "inverse"}):
        asked = project(speed=speed)
        assert resolve(asked, land(), NOTHING).project.speed == asked.speed


def test_an_unsure_picture_keeps_its_bands() -> None:
    out = resolve(Project(), noise(), NOTHING)
    assert out.project == replace(Project(), cut=replace(Project().cut, mode="straight"))
    assert out.notes[0].startswith("Layers are straight bands: ")


def test_given_bands_become_contours_where_the_picture_has_them() -> None:
    out = resolve(project(layers=BANDS), land(), NOTHING)
    assert out.project.cut.mode == "contour"
    assert out.project.layers == project(layers=BANDS).layers


def test_given_bands_stay_where_a_border_is_unsure() -> None:
    out = resolve(project(layers=BANDS), noise(), NOTHING)
    assert out.project.cut.mode == "straight"
    assert "is not sure enough" in out.notes[0]
    assert "set cut.mode to contour" in out.notes[0]


@pytest.mark.parametrize("layers", [[], BANDS])
def test_contours_that_are_asked_for_are_followed(layers: list[dict[str, Any]]) -> None:
    out = resolve(project(layers=layers, cut={"mode": "contour"}), noise(), NOTHING)
    assert out.project.cut.mode == "contour"
    assert len(plan(out.project, W, H).layers) >= 3
    assert len(masks_for(out.project, noise(), NOTHING).masks) == len(out.project.layers) - 1


def test_straight_is_left_alone() -> None:
    wish = project(cut={"mode": "straight"})
    assert resolve(wish, land(), NOTHING).project is wish


@pytest.mark.parametrize("law", ["weight", "inverse", "depth"])
def test_speeds_follow_the_proposal_under_every_law(law: str) -> None:
    settled = resolve(project(speed={"law": law}), land(), NOTHING).project
    speeds = [-layer.velocity[0] for layer in plan(settled, W, H).layers]
    assert speeds == sorted(speeds)
    assert speeds[0] / speeds[-1] == pytest.approx(0.235, abs=0.01)


def test_speeds_that_would_not_fit_the_motion_are_not_taken() -> None:
    """In so few steps the usual bands come home, and the sky of a landscape, which is slower, does not."""
    wish = project(motion={"loop": True, "steps": 90})
    assert plan(wish, W, H).layers
    out = resolve(wish, land(), NOTHING)
    assert out.project.cut.mode == "straight"
    assert "do not fit" in out.notes[0]
    assert resolve(project(motion={"loop": True}), land(), NOTHING).project.cut.mode == "contour"


@pytest.mark.parametrize("direction", [90, 200, 270])
def test_up_and_down_is_straight(direction: float) -> None:
    out = resolve(project(motion={"direction_deg": direction}), land(), NOTHING)
    assert out.project.cut.mode == "straight"
    assert "up or down" in out.notes[0]
    with pytest.raises(UsageError, match="up or down"):
        resolve(project(motion={"direction_deg": direction}, cut={"mode": "contour"}), land(), NOTHING)


def test_a_single_layer_or_a_tiny_picture_is_straight() -> None:
    assert resolve(project(layers=[{"distance": 5}]), land(), NOTHING).project.cut.mode == "straight"
    assert resolve(Project(), land()[:40, :60], NOTHING).project.cut.mode == "straight"


def test_what_is_wrong_with_the_project_is_said() -> None:
    with pytest.raises(UsageError, match="nothing remains"):
        resolve(project(layers=[{"height": 500, "distance": 1}, {"distance": 2}]), land(), NOTHING)


def depth_map() -> np.ndarray:
    y = np.arange(H)[:, None] + np.zeros((1, W))
    return np.select([y < 80, y < 150], [0.05, 0.4], 0.8).astype(np.float32)


CASES: dict[str, Callable[[], tuple[Project, np.ndarray, Assets]]] = {
    "nothing": lambda: (Project(), land(), NOTHING),
    "noise": lambda: (Project(), noise(), NOTHING),
    "bands": lambda: (project(layers=BANDS), land(), NOTHING),
    "contour": lambda: (project(cut={"mode": "contour"}), noise(), NOTHING),
    "inverse": lambda: (project(speed={"law": "inverse"}), land(), NOTHING),
    "depth": lambda: (project(speed={"law": "depth"}), land(), Assets(depth=depth_map())),
    "depth and bands": lambda: (
        project(speed={"law": "depth"}, layers=[{"height": 80}, {"height": 70}, {}]),
        land(),
        Assets(depth=depth_map()),
    ),
    "segmentation": lambda: (Project(), land(), Assets(segmentation=np.digitize(depth_map(), [0.2, 0.6]).astype("i2"))),
}


@pytest.mark.parametrize("case", CASES)
def test_settling_twice_changes_nothing_and_the_masks_are_nested(case: str) -> None:
    wish, picture, assets = CASES[case]()
    settled = resolve(wish, picture, assets).project
    assert settled.cut.mode in ("contour", "straight")
    assert resolve(settled, picture, assets).project == settled
    assert from_json(settled.to_json()) == settled
    plan(settled, W, H)
    if settled.cut.mode == "contour":
        borders = masks_for(settled, picture, assets)
        assert len(borders.masks) == len(borders.contours) == len(settled.layers) - 1
        for farther, nearer in itertools.pairwise(borders.masks):
            assert not (nearer & ~farther).any()


def test_depths_and_segmentations_are_not_doubted() -> None:
    for case in ("depth", "depth and bands", "segmentation"):
        wish, picture, assets = CASES[case]()
        settled = resolve(wish, noise(), assets).project
        assert settled.cut.mode == "contour"
    wish, picture, assets = CASES["depth and bands"]()
    found = [layer.disparity for layer in resolve(wish, picture, assets).project.layers]
    assert found == pytest.approx([0.05, 0.4, 0.8], abs=0.01)


def test_a_painted_matte_wins_and_keeps_its_soft_values() -> None:
    matte = np.zeros((H, W), np.uint8)
    matte[100:, 50:] = 255
    matte[100:, 49] = 90
    assets = Assets(mattes={1: matte})
    settled = resolve(project(layers=BANDS, cut={"mode": "contour"}), land(), assets).project
    borders = masks_for(settled, land(), assets)
    np.testing.assert_array_equal(borders.masks[0], matte >= 128)
    assert borders.soft[1] is matte
    assert borders.contours[0][10] == H
    assert borders.contours[0][60] == 100


def test_skylines_lead_the_borders() -> None:
    layers = [Layer(height=80), Layer(height=70, skyline=((200, 60), (100, 90))), Layer()]
    first, second = wanted_rows(layers, W, H)
    assert (first[0], first[150], first[-1]) == (90, 75, 60)
    assert set(second) == {150}


def with_disc() -> tuple[np.ndarray, np.ndarray]:
    """A red disc across the border at row 80, and where it is."""
    y, x = np.mgrid[0:H, 0:W]
    disc = (x - 160) ** 2 + (y - 80) ** 2 < 30**2
    return np.where(disc[..., None], np.array([200, 40, 30]), land()).astype(np.uint8), disc


@pytest.mark.parametrize("pointed", [{"box": (122.0, 42.0, 198.0, 118.0)}, {"stroke": ((145.0, 80.0), (175.0, 80.0))}])
def test_a_hinted_object_belongs_whole_to_its_layer(pointed: dict[str, Any]) -> None:
    picture, disc = with_disc()
    y = np.arange(H)[:, None] + np.zeros((1, W), int)
    far, near = hints.apply(picture, [y >= 80, y >= 100], [Hint(layer=2, **pointed)])
    core = disc & np.roll(disc, 6, 0) & np.roll(disc, -6, 0)
    assert far[core].mean() > 0.99
    assert near[core].mean() > 0.99
    assert not near[30:70, :80].any()
    far, near = hints.apply(picture, [y >= 80, y >= 100], [Hint(layer=0, **pointed)])
    assert far[core].mean() < 0.01
    assert not (near & ~far).any()


def test_an_object_is_the_same_every_time() -> None:
    picture, _ = with_disc()
    first, second = (hints.object_mask(picture, (122, 42, 198, 118), (), 12) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("box", [(10.0, 10.0, 10.0, 90.0), (-50.0, -50.0, -5.0, -5.0), (5.0, 5.0, 6.0, 6.0)])
def test_a_box_without_picture_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(UsageError, match="holds no picture") as told:
        hints.object_mask(land(), box, (), 12)
    assert "Draw it over the object" in told.value.hint


def test_a_hint_must_point_at_something_on_a_layer_that_exists() -> None:
    with pytest.raises(UsageError, match="neither a box nor a stroke"):
        hints.object_mask(land(), None, (), 12)
    beyond = Project(hints=(Hint(layer=7, box=(10, 10, 90, 90)),))
    with pytest.raises(UsageError, match=r"hints\.0\.layer is 7"):
        resolve(beyond, land(), Assets())


def test_an_object_as_dark_as_its_surroundings_is_still_found() -> None:
    """What lies round the box has the colours of both; grabCut by itself finds no object then."""
    y, x = np.mgrid[0:H, 0:W]
    picture = np.full((H, W, 3), 200, np.uint8)
    picture[(y > 120) | (x < 90)] = 30
    figure = (np.abs(x - 160) < 14) & (y > 70)
    picture[figure] = 32
    found = hints.object_mask(picture, (130, 55, 190, 118), (), 12)
    assert found[80:115, 150:170].mean() > 0.9
    assert found[60:115, 180:].mean() < 0.1
