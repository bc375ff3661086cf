"""Runs that stop and go on: killed, cancelled, redone from a step, or with damaged files."""

from dataclasses import replace
from pathlib import Path

import pytest
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.journal import Journal
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.plates import load

from .painted_run import Painter, go, picture, project
from .plate_files import digest


@pytest.mark.parametrize("kill_at", [1, 3, 5])
def test_a_resumed_run_ends_with_the_same_bytes(tmp_path: Path, kill_at: int) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    wish = project(inpaint={"seed_policy": "per_step"}, mask={"feather_px": 4, "lerp_alpha": 0.7})
    go(whole, wish)
    loop = step_loop.StepLoop(parts, wish, picture(), Painter())
    for _ in range(kill_at):
        loop.paint(lambda: False)
    del loop  # nothing is closed or flushed, as by a kill
    go(parts, wish)
    assert digest(parts) == digest(whole)


def test_cancelling_keeps_what_is_done_and_running_again_ends_the_same(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    go(whole, project())
    with pytest.raises(Cancelled):
        go(parts, project(), stop_at=2)
    assert list((parts / "steps").glob("*.step"))
    go(parts, project())
    assert digest(parts) == digest(whole)


def test_redo_keeps_the_steps_before_and_paints_the_rest_anew(tmp_path: Path) -> None:
    wish = project(motion={"steps": 12})
    first = go(tmp_path, wish)
    kept = {p.name: p.read_bytes() for p in sorted((tmp_path / "steps").glob("*.step"))[:4]}
    step_loop.redo(tmp_path, 5)
    second = go(tmp_path, replace(wish, inpaint=replace(wish.inpaint, seed=99)))
    assert {p.name: p.read_bytes() for p in sorted((tmp_path / "steps").glob("*.step"))[:4]} == kept
    journal = Journal(tmp_path / "steps")
    seeds = [{int(seed) for piece in journal.read(k).pieces for seed in piece.values[:, 1]} for k in (4, 5, 12)]
    assert seeds[0] == {0}
    assert 99 in seeds[1]
    assert seeds[2] == {99}
    assert first != second
    assert load(tmp_path) == second


def test_redo_from_step_0_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="count from 1"):
        step_loop.redo(tmp_path, 0)


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    go(tmp_path, project())
    with pytest.raises(ParallaxError, match="another picture"):
        go(tmp_path, project(direction=0.0))


@pytest.mark.parametrize("left", [0, 40])
def test_a_damaged_record_is_painted_again_with_all_that_follow(tmp_path: Path, left: int) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    go(whole, project())
    go(parts, project())
    path = parts / "steps" / "0000003.step"
    path.write_bytes(path.read_bytes()[:left])
    for tile in (parts / "plates").glob("*.png"):
        tile.write_bytes(tile.read_bytes()[:100])
    said: list[str] = []
    step_loop.run(parts, project(), picture(), Painter(), lambda p: said.extend(p.warnings), lambda: False)
    assert any("step 3" in line for line in said)
    assert digest(parts) == digest(whole)
