"""A loop that the plan takes comes home, however small its picture, short its way, or steep its skylines."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.layering.cutout import Cutout
from infinite_parallax.inpaint_server.walk import ground as grounds
from infinite_parallax.inpaint_server.walk.ground import Ground
from infinite_parallax.inpaint_server.walk.settings import WalkSettings
from infinite_parallax.inpaint_server.walk.tape import Tape
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.loop_plan import room_px


def landscape(width: int, height: int, seed: int) -> RGB:
    """Soft texture that looks different everywhere."""
    steps = np.random.default_rng(seed).normal(0, 6, (height, width, 3))
    return np.clip(np.cumsum(steps, axis=1) + 128, 0, 255).astype(np.uint8)


def ground_of(width: int, height: int, steepness: int, seed: int) -> Ground:
    """A band, or a cut-out whose skyline rises or falls by about `steepness` px per column."""
    picture = landscape(width, height, seed)
    if not steepness:
        return grounds.of_band(picture, 0, height, 0.2)
    random = np.random.default_rng(seed + 1)
    line = np.clip(np.cumsum(random.normal(0, steepness, width)) + random.integers(0, height), 0, height - 1)
    alpha = np.where(np.arange(height)[:, None] >= line[None], 255, 0).astype(np.uint8)
    whole = np.full_like(alpha, 255)
    return grounds.of_cutouts([Cutout(0, picture, a, a < 0) for a in (whole, alpha)], height)[1]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(8, 260),
    st.integers(3, 150),
    st.sampled_from([0, 1, 4, 10]),
    st.integers(0, 400),
    st.booleans(),
    st.integers(0, 1000),
)
@example(57, 23, 1, 58, True, 97)  # what is shown at the end settles over longer than a landing's run
@example(18, 51, 10, 69, True, 11)
@example(52, 50, 1, 354, False, 455)  # the walk's own jump came too late for a long settling
@example(243, 84, 4, 276, False, 352)  # a width and a way that both make no whole cell
def test_every_tape_comes_home(width: int, height: int, steepness: int, more: int, mirror: bool, seed: int) -> None:
    ground = ground_of(width, height, steepness, seed)
    around = width + room_px(width) + more
    tape = Tape(ground, WalkSettings(mirror=mirror), 1.0, (seed, 0), around)
    both = tape.read(0, around + width)
    np.testing.assert_array_equal(both[:, :width], both[:, around:])
    inside = slice(tape.overlap, width - tape.overlap)
    np.testing.assert_array_equal(both[:, :width][:, inside], ground.layer[:, inside])


@settings(max_examples=12, deadline=None)
@given(
    st.integers(8, 120),
    st.lists(st.integers(0, 119), min_size=1, max_size=3),
    st.none() | st.integers(1, 60),
    st.sampled_from(["straight", "contour"]),
    st.sampled_from([-1, 1]),
)
def test_what_the_plan_takes_is_painted(
    tmp_path_factory: pytest.TempPathFactory,
    width: int,
    speeds: list[int],
    steps: int | None,
    cut: str,
    sign: int,
) -> None:
    """From one px per step to a whole picture less one."""
    height = 48
    layers = [{"height": 12, "velocity": [sign * min(v, width - 1), 0]} for v in speeds]
    layers[-1].pop("height")
    motion = {"loop": True, "fps": 4, "steps": steps}
    project = projects.from_json({"layers": layers, "motion": motion, "cut": {"mode": cut}})
    try:
        plan = plans.plan(project, width, height)
    except UsageError:  # what is refused is told in test_loop_plan
        return
    folder: Path = tmp_path_factory.mktemp("loop")
    manifest = step_loop.run(folder, project, landscape(width, height, 3), load("walk"), lambda _: None, lambda: False)
    assert manifest.steps == plan.steps
