"""The estimate of a job's disk against the tiles that the plan really has."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from infinite_parallax.inpaint_server.limits import Limits as Caps
from infinite_parallax.inpaint_server.limits import check_plan, check_steps
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import tiling
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.plate_sizes import gigabytes, needed_bytes

speeds = st.floats(-90, 90).map(lambda v: round(v, 1))


@settings(deadline=None, database=None)
@given(
    st.lists(st.tuples(speeds, speeds), min_size=1, max_size=3),
    st.integers(1, 60),
    st.sampled_from([64, 256, 700]),
    st.integers(0, 20),
)
def test_the_estimate_is_never_below_the_tiles(
    velocities: list[tuple[float, float]], steps: int, tile_px: int, overlap_px: int
) -> None:
    layers = [{"velocity": list(v), "height": 30} for v in velocities[:-1]] + [{"velocity": list(velocities[-1])}]
    document = {"layers": layers, "motion": {"steps": steps}}
    document |= {"plates": {"tile_px": tile_px, "overlap_px": overlap_px}}
    assume(any(any(v) for v in velocities))
    plan = plans.plan(projects.from_json(document), 160, 120)
    tiles = sum(t.width * t.height for layer in plan.layers for t in tiling.tiles(plan, layer.index))
    assert needed_bytes(plan) >= 8 * tiles


def test_the_estimate_of_a_frame_wider_than_a_tile_is_not_far_above_its_tiles() -> None:
    layers = [{"height": 450, "velocity": [-(1 + i), 0]} for i in range(20)]
    layers[-1].pop("height")
    plan = plans.plan(projects.from_json({"layers": layers, "motion": {"steps": 1000}}), 16000, 9000)
    tiles = sum(t.width * t.height for layer in plan.layers for t in tiling.tiles(plan, layer.index))
    assert 8 * tiles <= needed_bytes(plan) <= 20 * tiles
    check_plan(plan, Caps(), contours=True)


def test_the_caps_of_a_plan() -> None:
    project = projects.from_json({"layers": [{"velocity": [-5, 0]}], "motion": {"steps": 100}})
    plan = plans.plan(project, 48, 32)
    check_plan(plan, Caps(steps=100))
    for caps in (Caps(steps=99), Caps(job_bytes=1000)):
        with pytest.raises(UsageError) as caught:
            check_plan(plan, caps)
        assert caught.value.code == "too_large"
    with pytest.raises(UsageError, match="2 layers"):
        check_steps(projects.from_json({"layers": [{"height": 1}, {}]}), Caps(layers=1))


def test_sizes_in_words() -> None:
    assert gigabytes(3 * 2**30) == "3.0 GiB"
    assert gigabytes(5 * 2**20) == "5.0 MiB"
