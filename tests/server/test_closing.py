"""The way home: exact landings, no illegal jump, and never dearer than brute force."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from infinite_parallax.inpaint_server.engines.contract import LayerView, Rect, RunContext
from infinite_parallax.inpaint_server.engines.walk import WalkEngine
from infinite_parallax.inpaint_server.layering.cutout import Cutout
from infinite_parallax.inpaint_server.walk import ground as grounds
from infinite_parallax.inpaint_server.walk.closing import (
    SLACK_CELLS,
    WayHome,
    shown,
    varied_way_home,
    way_home,
)
from infinite_parallax.inpaint_server.walk.exemplar import contrast_scale
from infinite_parallax.inpaint_server.walk.ground import Ground
from infinite_parallax.inpaint_server.walk.heights import Rise
from infinite_parallax.inpaint_server.walk.planning import FORBIDDEN
from infinite_parallax.inpaint_server.walk.settings import WalkSettings
from infinite_parallax.inpaint_server.walk.tape import Tape
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.loop_plan import room_px
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
SETTINGS = WalkSettings()
F32 = NDArray[np.float32]


def prices(n: int, orientations: int, overlap: int, run: int, seed: int) -> F32:
    """Random prices of jumps with the walk's own rules: none near, none from or to the last overlap."""
    states = n * orientations
    price = np.random.default_rng(seed).random((states, states)).astype(np.float32)
    column = np.arange(states) % n
    same = np.arange(states)[:, None] // n == np.arange(states)[None] // n
    last = column > n - overlap
    price[(same & (np.abs(column[:, None] - column[None]) < run)) | last[:, None] | last[None]] = FORBIDDEN
    return price


def cost_of(way: WayHome, jump: F32, last_jump: F32, price: F32, start: int) -> float:
    at, states = shown(way, len(price), start)
    *earlier, (_, leave, land) = way.jumps
    return float(price[at, states].sum() + sum(jump[i, j] for _, i, j in earlier) + last_jump[leave, land])


def check(
    way: WayHome, jump: F32, last_jump: F32, n: int, overlap: int, run: int, start: int, goal: int, cells: int
) -> None:
    """Every piece goes on from where it landed, is long enough, stays inside, and the goal is hit exactly."""
    free_from, state, since = 0, start, 0
    for number, (t, leave, land) in enumerate(way.jumps):
        assert leave == state + t - since
        assert leave // n == state // n
        assert t >= free_from
        assert leave % n <= n - overlap - SLACK_CELLS or leave == start
        table = last_jump if number == len(way.jumps) - 1 else jump
        assert table[leave, land] < FORBIDDEN
        free_from, state, since = t + overlap + run, land, t
    assert free_from <= cells
    assert state + cells - since == goal
    assert state // n == goal // n
    assert state % n >= SLACK_CELLS


@settings(max_examples=120, deadline=None)
@given(
    st.integers(24, 60),
    st.integers(1, 2),
    st.integers(2, 4),
    st.integers(2, 5),
    st.integers(0, 80),
    st.integers(0, 10_000),
    st.booleans(),
)
def test_every_length_is_hit_exactly_from_every_start(
    n: int, orientations: int, overlap: int, run: int, more: int, seed: int, at_the_end: bool
) -> None:
    bound = overlap + run
    random = np.random.default_rng(seed)
    jump, last_jump = prices(n, orientations, overlap, run, seed), prices(n, orientations, overlap, run, seed + 1)
    cells = 2 * bound + more
    price = random.random((cells, n * orientations)).astype(np.float32)
    start = n - overlap if at_the_end else int(random.integers(0, n - overlap))
    room = int(random.integers(bound + SLACK_CELLS, n - overlap - SLACK_CELLS + 1))
    goal = int(random.integers(0, orientations)) * n + room
    way = way_home(jump, last_jump, price, n, overlap, run, start, goal)
    assert way is not None
    check(way, jump, last_jump, n, overlap, run, start, goal, cells)
    assert way.cost == pytest.approx(cost_of(way, jump, last_jump, price, start), rel=1e-4)


def brute_force(jump: F32, last_jump: F32, price: F32, n: int, overlap: int, run: int, start: int, goal: int) -> float:
    """Every way there is, one after the other."""
    cells, bound, best = len(price), overlap + run, float(FORBIDDEN)
    stack = [(0, start, 0, 0.0)]  # cell, state, cell from which it may jump, paid so far
    while stack:
        t, i, free_from, paid = stack.pop()
        inside = i % n <= n - overlap - SLACK_CELLS
        if t >= free_from and (inside or i == start):
            land = goal - (cells - t)
            room = land >= 0 and land // n == goal // n and land % n >= SLACK_CELLS
            if cells - t >= bound and room and last_jump[i, land] < FORBIDDEN:
                rest = sum(float(price[t + k, land + k]) for k in range(cells - t))
                best = min(best, paid + float(last_jump[i, land]) + rest)
            for j in range(len(jump)):
                if t + bound <= cells and jump[i, j] < FORBIDDEN and j % n + bound <= n - overlap - SLACK_CELLS:
                    rest = sum(float(price[t + k, j + k]) for k in range(bound))
                    stack.append((t + bound, j + bound, t + bound, paid + float(jump[i, j]) + rest))
        if t < cells and i % n < n - overlap - SLACK_CELLS:
            stack.append((t + 1, i + 1, free_from, paid + float(price[t, i])))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_no_way_is_cheaper(seed: int) -> None:
    n, overlap, run = 13, 2, 2
    random = np.random.default_rng(seed)
    orientations, cells = 1 + seed % 2, int(random.integers(8, 14))
    jump, last_jump = prices(n, orientations, overlap, run, seed), prices(n, orientations, overlap, run, seed + 50)
    price = random.random((cells, n * orientations)).astype(np.float32) * 0.3
    start, goal = int(random.integers(0, n - overlap + 1)), int(random.integers(4, n - overlap - SLACK_CELLS + 1))
    way = way_home(jump, last_jump, price, n, overlap, run, start, goal)
    wanted = brute_force(jump, last_jump, price, n, overlap, run, start, goal)
    assert (way.cost if way else FORBIDDEN) == pytest.approx(wanted, rel=1e-4)


def test_where_no_jump_is_allowed_there_is_no_way() -> None:
    closed = np.full((40, 40), FORBIDDEN, np.float32)
    assert way_home(closed, closed, np.ones((20, 40), np.float32), 40, 3, 3, 5, 20) is None


def test_what_was_shown_twice_is_avoided_where_that_is_cheap() -> None:
    """Columns 10 to 24 are free and easy to reach; those from 45 on cost a little, but are not the same again."""
    n, overlap, run, cells, start, goal = 80, 3, 5, 70, 70, 22
    jump = np.full((n, n), 5.0, np.float32)
    jump[:, 10:13] = 0.1
    jump[:, 45] = 0.2
    jump[np.abs(np.subtract.outer(np.arange(n), np.arange(n))) < run] = FORBIDDEN
    price = np.full((cells, n), 0.02, np.float32)
    price[:, 10:25], price[:, 25:45] = 0, 0.5
    greedy = way_home(jump, jump, price, n, overlap, run, start, goal)
    varied = varied_way_home(jump, jump, price, np.arange(n), 0.3, n, overlap, run, start, goal)
    assert greedy is not None
    assert varied is not None

    def twice(way: WayHome) -> int:
        return int(np.maximum(np.bincount(shown(way, cells, start)[1]) - 1, 0).sum())

    assert twice(varied) < 0.6 * twice(greedy)
    assert varied.cost < greedy.cost + 0.3 * twice(greedy)
    check(varied, jump, jump, n, overlap, run, start, goal, cells)


def landscape(height: int, width: int) -> RGB:
    """Sky, a ragged skyline and rough ground, no two columns alike."""
    random = np.random.default_rng(3)
    y, x = np.mgrid[0:height, 0:width]
    ground = y > height * (0.5 + 0.1 * np.sin(x / 13.0) + 0.06 * np.sin(x / 4.7 + 1))
    sky = np.stack([120 + y, 150 + 0.8 * y, 230 - 0.2 * y], 2) + 12 * np.sin(x / 9 + y / 5)[..., None]
    grass = np.stack([60 + 0.3 * y, 100 + 0.4 * y, 40 + 0.1 * y], 2) + random.normal(0, 20, (height, width, 1))
    mixed = np.where(ground[..., None], grass, sky) + random.normal(0, 3, (height, width, 3))
    return mixed.clip(0, 255).astype(np.uint8)


def ground_of(matte: bool) -> Ground:
    """A band of a landscape, or a cut-out of it with a matte."""
    picture = landscape(96, 163)
    if not matte:
        return grounds.of_band(picture, 30, 60, 0.2)
    x = np.arange(163)
    skyline = 40 + 8 * np.sin(x / 11.0) + 4 * np.sin(x / 3.1)
    alpha = (255 * np.clip(np.arange(96)[:, None] - skyline, 0, 1)).astype(np.uint8)
    cutouts = [Cutout(0, picture, np.full_like(alpha, 255), alpha > 0), Cutout(0, picture, alpha, alpha < 0)]
    return grounds.of_cutouts(cutouts, 96)[1]


def ring_tape(matte: bool, around: int, seed: int = 0) -> Tape:
    return Tape(ground_of(matte), SETTINGS, 1.0, (seed, 0), around)


@pytest.mark.parametrize("matte", [False, True])
@pytest.mark.parametrize("more", [*range(room_px(163), room_px(163) + 5), 163, 400, 777])
def test_the_source_comes_again_exactly(matte: bool, more: int) -> None:
    around = 163 + more
    tape, source = ring_tape(matte, around), ground_of(matte).layer
    both = tape.read(0, around + 163)
    width, across = 163, tape.overlap
    np.testing.assert_array_equal(both[:, :width], both[:, around:])
    np.testing.assert_array_equal(both[:, around + across : around + width - across], source[:, across:-across])
    if matte:
        np.testing.assert_array_equal(both[:, around + across : around + width, 3], source[:, across:, 3])
    assert len(tape.edits) >= 1
    for edit, following in itertools.pairwise(tape.edits):
        assert following.start >= edit.start + across
        assert edit.column >= 0
        assert edit.column_at(following.start) + across <= tape._exemplar.columns
    # nothing breaks at the joint: no column differs more from its neighbour than some pair elsewhere does
    steps = np.abs(np.diff(both.astype(int), axis=1)).mean(axis=(0, 2))
    last, ring = tape.edits[-1], tape._ring
    assert ring is not None
    piece = tape._piece(last, around - 1, around)
    raw = tape._raw(replace(last, rise=Rise()), around - 1, around)
    lifted = (piece - raw)[:, 0, :3] - ring.seam.offset()
    assert np.abs(lifted).max() < 0.5, "what the last seam lifts has not faded where the source comes"
    own = np.abs(np.diff(source.astype(int), axis=1)).mean(axis=(0, 2))
    assert steps[around - 3 : around + across + 3].max() <= 1.05 * own.max()


@pytest.mark.parametrize("matte", [False, True])
def test_a_ring_is_the_same_in_whatever_order_it_is_read_and_resumed(matte: bool) -> None:
    around = 600
    whole = ring_tape(matte, around).read(0, around + 163)
    tape = ring_tape(matte, around)
    states = []
    for x in range(0, around + 163, 7):
        stop = min(x + 7, around + 163)
        np.testing.assert_array_equal(tape.read(x, stop), whole[:, x:stop])
        tape.forget(x - 20)
        states.append((stop, {key: a.copy() for key, a in tape.state().items()}))
    homes = [n for n, (_, state) in enumerate(states) if state["home"][0]]
    assert 0 < homes[0] < len(states) - 5
    for n in (0, 20, homes[0] - 1, homes[0], homes[0] + 3, len(states) - 2):
        stop, state = states[n]
        again = ring_tape(matte, around)
        again.restore(state)
        np.testing.assert_array_equal(again.read(stop, around + 163), whole[:, stop:])


def test_other_seeds_end_on_the_same_seam_and_come_another_way() -> None:
    rings = [ring_tape(False, 700, seed) for seed in (0, 0, 1, 2)]
    pixels = [ring.read(0, 700) for ring in rings]
    np.testing.assert_array_equal(pixels[0], pixels[1])
    np.testing.assert_array_equal(pixels[0][:, :100], pixels[2][:, :100])
    assert any((np.abs(pixels[0].astype(int) - other) > 16).mean() > 0.05 for other in pixels[2:])


@pytest.mark.parametrize("size", [(8, 16), (5, 9), (1, 12)])
def test_pictures_too_small_to_walk_in_are_rings_too(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    tape = Tape(grounds.of_band(picture, 0, size[0], 0.2), SETTINGS, 1.0, (0,), 40)
    np.testing.assert_array_equal(tape.read(40, 40 + size[1]), picture)
    np.testing.assert_array_equal(tape.read(size[1], size[1] + 1)[:, 0], picture[:, -1])
    np.testing.assert_array_equal(tape.read(39, 40)[:, 0], picture[:, 0])


@pytest.mark.parametrize("speed", [-8.0, 8.0])
def test_a_run_of_the_engine_shows_the_source_again(speed: float) -> None:
    """Bands and cut-outs, to the left and to the right: after `steps` steps the plates stand where they began."""
    picture = landscape(96, 160)
    steps, width = 60, 160
    layers = (LayerView(0, 0, 40, (speed / 2, 0.0)), LayerView(1, 40, 56, (speed, 0.0)))
    run = RunContext(picture, layers, steps, 0, loop=True)
    matte = np.full((96, width), 255, np.uint8)
    cutouts = (Cutout(0, picture, matte, matte < 0), Cutout(40, picture[40:], matte[40:], matte[40:] < 0))
    whole = RunContext(
        picture,
        (LayerView(0, 0, 96, (speed / 2, 0.0)), LayerView(1, 40, 56, (speed, 0.0))),
        steps,
        0,
        cutouts=cutouts,
        loop=True,
    )
    for context in (run, whole):
        engine = WalkEngine()
        heads = engine.begin(context)
        for layer in context.layers:
            way = -round(steps * layer.velocity[0])
            assert len(heads[layer.index]) == 4
            begin = engine._fields[layer.index].block(Rect(0, layer.top, width, layer.height)).copy()
            later = engine._fields[layer.index].block(Rect(way, layer.top, width, layer.height))
            np.testing.assert_array_equal(begin, later)
            inside = np.ones(width, bool)
            for head in heads[layer.index]:
                x = head.x if 0 <= head.x < width else head.x - way
                assert 0 <= x <= width - head.width
                inside[x : x + head.width] = False
            assert 0.5 < inside.mean() < 0.9
            own = picture[layer.top : layer.top + layer.height]
            np.testing.assert_array_equal(later[:, inside, :3], own[:, inside])


def test_the_example_picture_comes_home_well() -> None:
    """On the painted example: the joint is no worse than the walk's other joints."""
    picture = paint(480, 270, 1)
    errors = []
    for top, height in ((0, 100), (100, 80), (180, 90)):
        tape = Tape(grounds.of_band(picture, top, height, 0.2), SETTINGS, contrast_scale(picture), (0, top), 1111)
        around = tape.read(0, 1111 + 480).astype(int)
        steps = np.abs(np.diff(around, axis=1)).mean(axis=(0, 2))
        errors.append(steps[1108 : 1111 + tape.overlap].mean() / steps[: 480 - tape.overlap].mean())
    assert np.mean(errors) < 1.3
