"""Huge pictures with contours: cut on a small copy, made in full size block by block, and kept in files."""

import errno
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server import paged, step_loop, tile_files
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.inpaint_server.layering import full_size, small_cut
from infinite_parallax.inpaint_server.layering.assets import Assets
from infinite_parallax.inpaint_server.layering.cutout import Cutout, flatten
from infinite_parallax.inpaint_server.layering.prepare import prepare
from infinite_parallax.inpaint_server.step_loop import StepLoop
from infinite_parallax.inpaint_server.walk import transitions
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.project import Project

WIDTH, HEIGHT, STEPS = 800, 500, 6


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return paint(WIDTH, HEIGHT, 1)


@pytest.fixture
def huge(monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds for pictures of many millions of pixels holds for this one."""
    monkeypatch.setattr(small_cut, "LARGE_PX", WIDTH * HEIGHT - 1)
    monkeypatch.setattr(small_cut, "SMALL_PX", WIDTH * HEIGHT // 9)
    monkeypatch.setattr(full_size, "BLOCK_PX", 160)


def wish(**more: object) -> Project:
    layers = [{"height": 235, "velocity": [-2, 0]}, {"height": 135, "velocity": [-5, 0]}, {"velocity": [-9, 0]}]
    document = {"layers": layers, "motion": {"steps": STEPS}, "cut": {"mode": "contour"}}
    return projects.from_json(document | more)


def cut(
    picture: np.ndarray, folder: Path, project: Project | None = None, assets: Assets | None = None
) -> list[Cutout]:
    return list(prepare(project or wish(), picture, assets or Assets(), folder).cutouts)


def over_the_picture(cutout: Cutout) -> np.ndarray:
    """The matte of a cut-out where it lies in the picture."""
    out = np.zeros((HEIGHT, WIDTH), np.uint8)
    out[cutout.top : cutout.top + cutout.height] = cutout.alpha[: HEIGHT - cutout.top]
    return out


@pytest.mark.usefixtures("huge")
def test_the_layers_give_the_picture_bit_for_bit(picture: np.ndarray, tmp_path: Path) -> None:
    found = cut(picture, tmp_path)
    assert len(found) == 3
    assert all(paged.in_file(cutout.rgb) for cutout in found)
    np.testing.assert_array_equal(flatten(found, HEIGHT), picture)


def test_the_layers_are_those_of_the_picture_itself(
    picture: np.ndarray, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    whole = cut(picture, tmp_path / "whole")
    request.getfixturevalue("huge")
    found = cut(picture, tmp_path / "huge")
    for one, other in zip(whole[1:], found[1:], strict=True):
        a, b = over_the_picture(one) >= 128, over_the_picture(other) >= 128
        rows = slice(0, min(one.top + one.height, other.top + other.height))
        assert (a & b)[rows].sum() > 0.97 * (a | b)[rows].sum()


@pytest.mark.usefixtures("huge")
def test_what_is_hidden_is_as_sharp_as_what_is_seen(picture: np.ndarray, tmp_path: Path) -> None:
    found = cut(picture, tmp_path)

    def sharpness(cutout: Cutout, where: np.ndarray) -> float:
        inside = cv2.erode((where & (cutout.alpha == 255)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        luma = cv2.cvtColor(np.ascontiguousarray(cutout.rgb), cv2.COLOR_RGB2GRAY).astype(np.float32)
        return float(np.abs(cv2.Laplacian(luma, cv2.CV_32F))[inside].mean())

    middle = found[1]
    seen, hidden = sharpness(middle, ~middle.hidden), sharpness(middle, middle.hidden)
    assert hidden > 0.6 * seen


@pytest.mark.usefixtures("huge")
def test_blocks_do_not_show(picture: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = cut(picture, tmp_path / "blocks")
    monkeypatch.setattr(full_size, "BLOCK_PX", 10**4)
    for one, other in zip(found, cut(picture, tmp_path / "whole"), strict=True):
        assert one.top == other.top
        np.testing.assert_array_equal(one.alpha, other.alpha)
        np.testing.assert_array_equal(one.rgb, other.rgb)
        np.testing.assert_array_equal(one.hidden, other.hidden)


@pytest.mark.usefixtures("huge")
def test_a_resume_reads_the_layers_where_they_lie(picture: np.ndarray, tmp_path: Path) -> None:
    first = cut(picture, tmp_path)
    told: list[str] = []
    again = prepare(wish(), picture, Assets(), tmp_path, begin=told.append).cutouts
    assert told == []
    for one, other in zip(first, again, strict=True):
        assert (one.top, one.height) == (other.top, other.height)
        np.testing.assert_array_equal(one.rgba(), other.rgba())
        np.testing.assert_array_equal(one.hidden, other.hidden)


@pytest.mark.usefixtures("huge")
def test_mattes_hints_and_objects(picture: np.ndarray, tmp_path: Path) -> None:
    matte = np.zeros((HEIGHT, WIDTH), np.uint8)
    matte[300:] = 255
    matte[280:300, 100:200] = 200
    assets = Assets(mattes={2: matte})
    project = wish(
        hints=[{"layer": 1, "box": [500, 180, 600, 260]}],
        objects=[{"layer": 1, "box": [300, 330, 380, 400]}],
    )
    prepared = prepare(project, picture, assets, tmp_path)
    np.testing.assert_array_equal(flatten(prepared.cutouts, HEIGHT), prepared.picture)
    place = prepared.lifted[0].place(picture.shape)
    assert not (over_the_picture(prepared.cutouts[2])[place]).any()
    seen = over_the_picture(prepared.cutouts[2])
    # a rim may reach out farther than it was painted
    assert (seen[283:297, 105:195] >= 200).all()
    assert not seen[:270].any()
    beside = cv2.dilate(place.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert (seen == 255)[300:][beside[300:]].all()


def test_a_shrunk_project_points_at_the_same_things() -> None:
    project = wish(
        hints=[{"layer": 1, "box": [100, 50, 200, 150], "stroke": [[110, 60], [120, 80]], "stroke_px": 12}],
        layers=[{"height": 101}, {"height": 103, "skyline": [[0, 90], [400, 120]]}, {}],
    )
    found = small_cut.shrunk(project, 0.5, 0.25)
    assert [layer.height for layer in found.layers][:2] == [25, 26]
    assert found.layers[1].skyline == ((0, 22.5), (200, 30))
    assert found.hints[0].box == (50, 12.5, 100, 37.5)
    assert found.hints[0].stroke == ((55, 15), (60, 20))
    assert found.hints[0].stroke_px == 6


@pytest.mark.usefixtures("huge")
@pytest.mark.parametrize("velocity", [-5, 5])
def test_tiles_in_files_are_the_same(
    picture: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, velocity: int
) -> None:
    project = wish(layers=[{"height": 235, "velocity": [0, 0]}, {"velocity": [velocity, 0]}])

    def tiles(name: str) -> dict[str, np.ndarray]:
        engine = load("walk")
        step_loop.run(tmp_path / name, project, picture, engine, lambda _: None, lambda: False)
        found = sorted((tmp_path / name / "plates").glob("*.png"))
        return {path.name: cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in found}

    plain = tiles("plain")
    for module, name in ((paged, "LARGE_BYTES"), (paged, "STRIP_BYTES"), (tile_files, "STREAMED_BYTES")):
        monkeypatch.setattr(module, name, 2**14)
    monkeypatch.setattr(step_loop, "PUT_AWAY_EVERY", 2)
    filed = tiles("filed")
    assert list(plain) == list(filed)
    for name, pixels in plain.items():
        np.testing.assert_array_equal(pixels, filed[name])
    assert {path.name for path in (tmp_path / "filed" / "plates").iterdir()} == set(filed)


def test_a_thinned_frame_is_the_frame_thinned(picture: np.ndarray, tmp_path: Path) -> None:
    loop = StepLoop(tmp_path, wish(), picture, load("walk"))
    for _ in range(3):
        loop.paint(lambda: False)
    whole = loop.painting.frame(3)
    for every in (2, 3, 7):
        for thinned, values in zip(loop.painting.frame(3, every), whole, strict=True):
            np.testing.assert_array_equal(thinned, values[::every, ::every])
    loop.close()


def test_columns_of_many_pixels_are_compared_on_a_smaller_copy(
    picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = transitions.features(picture, 20, 20, 1.0)
    monkeypatch.setattr(transitions, "LOOKED_AT_PX", 10**5)
    for one, other in zip(whole, transitions.features(picture, 20, 20, 1.0), strict=True):
        assert one.shape == other.shape
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9
    monkeypatch.setattr(transitions, "LEAST_CELL", 21)
    for one, other in zip(whole, transitions.features(picture, 20, 20, 1.0), strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_what_lies_in_a_file_is_put_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paged, "LARGE_BYTES", 2**12)
    small, large = paged.blank((8, 8), tmp_path), paged.blank((64, 64), tmp_path)
    own = np.ones((64, 64), np.uint8)
    for array in (small, large, own):
        array[:] = 7
        paged.put_away(array, array[3:])
        assert (array == 7).all()
    assert [paged.in_file(array[:1]) for array in (small, large, own)] == [False, True, False]
    assert list(tmp_path.iterdir()) == []
    assert [part.stop - part.start for part in paged.strips(10, paged.STRIP_BYTES // 4)] == [4, 4, 2]


def test_a_full_disk_is_told_before_anything_is_written_to_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(file: int, start: int, size: int) -> None:  # noqa: ARG001
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(paged, "LARGE_BYTES", 2**12)
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(ParallaxError, match="There is no room for 4 MiB") as caught:
        paged.blank((2048, 2048), tmp_path)
    assert "Free disk space" in caught.value.hint
