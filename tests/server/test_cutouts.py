"""The step loop with contour layers: known pixels, the first frame, resuming, and objects."""

from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.composites import Composites
from infinite_parallax.inpaint_server.cutouts import Cutouts
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.layering import prepare
from infinite_parallax.shared import frames, scene_building
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared.errors import Cancelled

from .contoured_run import SOURCE, Continuer, Painter, by_definition, cutouts, frame_at, go, project
from .plate_files import digest, read_tile


@pytest.fixture(autouse=True)
def cut_already(tmp_path: Path) -> None:
    """The cut-outs lie beside the steps, as a job that is resumed finds them."""
    for name in ("run", "again"):
        prepare._save(tmp_path / name / "layers", prepare.Prepared(SOURCE, cutouts=tuple(cutouts())))


def test_the_first_frame_is_the_source_and_every_later_one_what_the_plates_say(tmp_path: Path) -> None:
    manifest = go(tmp_path / "run")
    np.testing.assert_array_equal(frame_at(tmp_path / "run", manifest, 0), SOURCE)
    for step in (1, 2, 7, 11):
        np.testing.assert_array_equal(frame_at(tmp_path / "run", manifest, step), by_definition(step))


def test_the_preview_is_the_frame(tmp_path: Path) -> None:
    seen: dict[int, RGB] = {}
    step_loop.run(
        tmp_path / "run", project(), SOURCE, Continuer(), lambda p: seen.update({p.step: p.preview()}), lambda: False
    )
    for step in (1, 6, 12):
        np.testing.assert_array_equal(seen[step], by_definition(step))


def test_a_resumed_run_ends_with_the_same_bytes(tmp_path: Path) -> None:
    go(tmp_path / "run")
    for stop in (1, 3, 4, 1, 2):
        with pytest.raises(Cancelled):
            go(tmp_path / "again", stop_at=stop)
    go(tmp_path / "again")
    assert digest(tmp_path / "again") == digest(tmp_path / "run")


def test_a_redo_keeps_the_steps_before_it(tmp_path: Path) -> None:
    go(tmp_path / "run")
    wanted = digest(tmp_path / "run")
    step_loop.redo(tmp_path / "run", 5)
    go(tmp_path / "run")
    assert digest(tmp_path / "run") == wanted


def test_engines_are_served_by_what_they_can(tmp_path: Path) -> None:
    for engine, kind in ((Continuer(), Cutouts), (Painter(), Composites)):
        loop = step_loop.StepLoop(tmp_path / "run", project(), SOURCE, engine)
        assert type(loop.painting) is kind
        loop.close()


def test_an_object_is_lifted_and_the_first_frame_is_the_source(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    random = np.random.default_rng(5)
    source = np.full((96, 128, 3), (90, 140, 220), np.uint8)
    source[50:] = (40, 90, 40)
    source += random.integers(0, 12, source.shape, np.uint8)
    source[30:62, 60:76] = (230, 30, 30)
    layers = [{"height": 50, "velocity": [-2, 0]}, {"velocity": [-6, 0]}]
    thing = {"name": "post", "layer": 1, "box": [56, 26, 80, 66], "velocity": [4, 0]}
    wish = project(layers=layers, objects=[thing], inpaint={"engine": "telea"}, motion={"steps": 10, "fps": 10})
    seen: dict[int, RGB] = {}
    manifest = step_loop.run(
        folder, wish, source, load("telea"), lambda p: seen.update({p.step: p.preview()}), lambda: False
    )
    spec = scene_building.build(wish, plans.plan(wish, 128, 96), manifest)
    read = read_tile(folder)
    np.testing.assert_array_equal(frames.render(spec, 0, read), source)
    for step in (3, 8):
        frame = frames.render(spec, step * 10, read)
        x = 60 + 4 * step
        assert (np.abs(frame[34:58, x + 3 : x + 13].astype(int) - [230, 30, 30]).max(2) < 25).all()
        left = frame[34:58, 40 : 60 + 4 * step - 6].astype(int)
        assert ((left[..., 0] > 180) & (left[..., 1] < 90)).mean() < 0.01, "nothing of it is left where it was"
        assert np.abs(seen[step].astype(int) - frame).mean() < 1.0


def test_layers_that_part_in_both_directions_keep_what_was_known(tmp_path: Path) -> None:
    layers = [{"height": 16, "velocity": [-5, 0]}, {"height": 12, "velocity": [8, 0]}, {"velocity": [8, 0]}]
    wish = {"layers": layers, "inpaint": {"engine": "telea"}}
    manifest = go(tmp_path / "run", load("telea"), **wish)
    np.testing.assert_array_equal(frame_at(tmp_path / "run", manifest, 0, **wish), SOURCE)


def test_an_object_is_not_hidden_by_the_rims_of_nearer_layers(tmp_path: Path) -> None:
    source = np.full((96, 160, 3), (90, 140, 220), np.uint8)
    source[44:] = (40, 90, 40)
    source[70:] = (150, 110, 60)
    source += np.random.default_rng(11).integers(0, 12, source.shape, np.uint8)
    source[34:84, 70:92] = (230, 30, 30)
    layers = [{"height": 44, "velocity": [-3, 0]}, {"height": 26, "velocity": [-6, 0]}, {"velocity": [-9, 0]}]
    objects = [{"layer": 1, "box": [66, 30, 96, 88]}]
    wish = project(layers=layers, objects=objects, motion={"steps": 4, "fps": 10})
    folder = tmp_path / "fresh"
    manifest = step_loop.run(folder, wish, source, load("walk"), lambda _: None, lambda: False)
    spec = scene_building.build(wish, plans.plan(wish, 160, 96), manifest)
    np.testing.assert_array_equal(frames.render(spec, 0, read_tile(folder)), source)
