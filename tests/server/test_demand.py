"""What a run will ask of the walk: the edges that it looks beyond, and the blocks of pixels that it wants."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from infinite_parallax.inpaint_server.engines.contract import LayerView
from infinite_parallax.inpaint_server.engines.walk import blocks
from infinite_parallax.inpaint_server.walk.demand import Demand, demand_of, positions


def test_positions_round_half_to_even() -> None:
    assert positions(0.5, 5).tolist() == [0, 0, 1, 2, 2, 2]
    assert positions(-1.5, 3).tolist() == [0, -2, -3, -4]


def layers(*velocities: tuple[float, float]) -> list[LayerView]:
    return [LayerView(i, 20 * i, 20, v) for i, v in enumerate(velocities)]


def test_demand_of_every_direction() -> None:
    def of(*velocities: tuple[float, float]) -> list[Demand]:
        return demand_of(layers(*velocities), 30, 20 * len(velocities))

    assert of((-2.0, 0.0), (0.0, 0.0)) == [Demand(right=True), Demand()]
    assert of((2.0, 0.0), (-4.0, 0.0)) == [Demand(left=True), Demand(right=True)]
    # Upwards: the nearest layer must grow, the others are covered by what is nearer and faster.
    assert of((0.0, -1.0), (0.0, -2.0)) == [Demand(), Demand(below=True)]
    # Downwards: the sky grows, and gaps open above faster layers; the nearest one only leaves.
    assert of((0.0, 1.0), (0.0, 2.0)) == [Demand(above=True, below=True), Demand()]
    assert of((0.0, 0.0), (0.0, 2.0)) == [Demand(below=True), Demand()]
    # Equal velocities open no gap between layers.
    assert of((0.0, 2.0), (0.0, 2.0)) == [Demand(above=True), Demand()]
    assert not any(d.any for d in of((-0.01, 0.0), (0.0, 0.0)))


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 200), st.integers(1, 12)), elements=st.booleans()))
def test_blocks_cover_what_is_wanted_once(wanted: np.ndarray) -> None:
    times = np.zeros(wanted.shape, int)
    for rows, columns in blocks(wanted):
        assert wanted[rows, columns].any(0).all()
        times[rows, columns] += 1
    assert times.max() <= 1
    assert times[wanted].all()


def test_columns_that_come_in_are_one_block() -> None:
    wanted = np.zeros((300, 40), bool)
    wanted[10:290, 31:] = True
    assert list(blocks(wanted)) == [(slice(10, 290), slice(31, 40))]
