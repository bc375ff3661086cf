"""Ground that recedes, painted: known pixels, no streaks, both directions, and loops."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines.contract import LayerView, Rect, RunContext
from infinite_parallax.inpaint_server.walk import exemplar, heights, transitions
from infinite_parallax.inpaint_server.walk.demand import Demand
from infinite_parallax.inpaint_server.walk.ground import Ground
from infinite_parallax.inpaint_server.walk.ground_pixels import sheared, stretched
from infinite_parallax.inpaint_server.walk.planning import next_jump
from infinite_parallax.inpaint_server.walk.receding import RecedingField
from infinite_parallax.inpaint_server.walk.settings import WalkSettings
from infinite_parallax.shared.ramp import Ramp
from numpy.typing import NDArray

WIDTH, HEIGHT, TOP = 320, 150, 60
SPEED = 17.3
Pixels = NDArray[np.uint8]


def meadow(seed: int = 5) -> Pixels:
    """Ground with tufts that grow towards the lower edge, under a bright sky: RGB [HEIGHT, WIDTH, 3]."""
    random = np.random.default_rng(seed)
    out = np.full((HEIGHT, WIDTH, 3), 210, np.float32)
    for row in range(TOP, HEIGHT):
        grain = 1 + (row - TOP) / 20
        noise = cv2.GaussianBlur(random.normal(0, 1, (1, WIDTH)), (0, 0), grain)
        out[row] = np.array([90, 120, 50]) + (40 * noise / noise.std()).T
    return np.clip(out, 0, 255).astype(np.uint8)


def field_of(source: Pixels, direction: int, ramp: Ramp | None = None, seed: int = 0) -> RecedingField:
    view = LayerView(0, TOP, HEIGHT - TOP, (direction * SPEED, 0.0), ramp=ramp or Ramp(0.55, TOP, HEIGHT - 1))
    run = RunContext(source, (view,), 200, seed)
    rgba = np.dstack([source[TOP:], np.full((HEIGHT - TOP, WIDTH), 255, np.uint8)])
    ground = Ground(rgba, 0, HEIGHT - TOP, 0, 0, np.ones(HEIGHT - TOP, np.float32))
    return RecedingField(run, view, ground, Demand(left=direction > 0, right=direction < 0), WalkSettings(), 1.0)


def frame(field: RecedingField, direction: int, step: int) -> Pixels:
    """What the screen shows of the ground at a step, RGB."""
    rect = Rect(-round(direction * SPEED * step), TOP, WIDTH, HEIGHT - TOP, step)
    field.look_at(rect)
    return field.block(rect)[..., :3]


def gradient(picture: Pixels) -> float:
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


@pytest.mark.parametrize("direction", [-1, 1])
def test_the_source_is_copied_outside_the_head(direction: int) -> None:
    source = meadow()
    field = field_of(source, direction)
    shown = frame(field, direction, 0)
    (head,) = field.heads()
    columns = np.arange(WIDTH)
    outside = (columns < head.x) | (columns >= head.x + head.width)
    assert np.array_equal(shown[:, outside], source[TOP:, outside])
    assert 0 < head.width < WIDTH / 4


@pytest.mark.parametrize("direction", [-1, 1])
def test_rows_move_at_their_own_speed_and_are_never_resampled(direction: int) -> None:
    field = field_of(meadow(), direction)
    ramp = Ramp(0.55, TOP, HEIGHT - 1)
    before, after = frame(field, direction, 40), frame(field, direction, 47)
    for row in range(0, HEIGHT - TOP, 7):
        moves = [int(ramp.positions(direction * round(SPEED * 10) / 10 * k, TOP + row, 1)[0]) for k in (40, 47)]
        shift = moves[1] - moves[0]
        a, b = (before[row, -shift:], after[row, :shift]) if shift < 0 else (before[row, :-shift], after[row, shift:])
        assert np.array_equal(a, b)


@pytest.mark.parametrize("direction", [-1, 1])
def test_there_are_no_streaks(direction: int) -> None:
    source = meadow()
    field = field_of(source, direction)
    for step in (40, 90, 150):
        shown = frame(field, direction, step)
        for new, old in zip(np.array_split(shown, 3), np.array_split(source[TOP:], 3), strict=True):
            assert 0.7 <= gradient(new) / gradient(old) <= 1.4


def test_a_line_across_the_ground_stays_a_line_wherever_it_comes_in() -> None:
    source = meadow()
    source[TOP:, 150:154] = [250, 20, 20]
    field = field_of(source, -1, Ramp(0.85, TOP, HEIGHT - 1))
    found = 0
    for step in range(20, 180, 4):
        shown = frame(field, -1, step).astype(int)
        rows, columns = np.nonzero(shown[..., 0] - shown[..., 1] > 150)
        order = np.argsort(columns)
        for group in np.split(order, np.flatnonzero(np.diff(columns[order]) > 12) + 1):
            y, x = rows[group], columns[group]
            if len(np.unique(y)) == HEIGHT - TOP and x.min() > 0 and x.max() < WIDTH - 1:
                found += 1
                assert np.abs(x - np.polyval(np.polyfit(y, x, 1), y)).max() < 4
    assert found >= 3


def test_the_same_bytes_after_a_restore() -> None:
    source = meadow()
    one = field_of(source, -1)
    shown = [frame(one, -1, step) for step in (5, 60, 130)]
    again = field_of(source, -1)
    frame(again, -1, 5)
    frame(again, -1, 60)
    restored = field_of(source, -1)
    restored.restore(again.state())
    assert np.array_equal(frame(restored, -1, 60), shown[1])
    assert np.array_equal(frame(restored, -1, 130), shown[2])


def test_a_picture_too_small_to_walk_in_is_mirrored() -> None:
    source = meadow()[:, :9]
    view = LayerView(0, TOP, HEIGHT - TOP, (-3.0, 0.0), ramp=Ramp(0.5, TOP, HEIGHT - 1))
    ground = Ground(source[TOP:], 0, HEIGHT - TOP, 0, 0, np.ones(HEIGHT - TOP, np.float32))
    small = RecedingField(RunContext(source, (view,), 9, 0), view, ground, Demand(right=True), WalkSettings(), 1.0)
    assert small.heads() == []
    shown = small.block(Rect(9, TOP, 9, HEIGHT - TOP))
    assert np.array_equal(shown[-1], source[-1, ::-1])


def test_stretching_is_exact_at_whole_columns_and_keeps_detail() -> None:
    source = meadow()[TOP:]
    rows = len(source)
    out = np.empty((rows, 100, 3), np.float32)
    stretched(source, np.full(rows, 7.0), np.ones(rows), out)
    assert np.array_equal(out, source[:, 7:107])
    stretched(source, np.full(rows, 7.5), np.ones(rows), out)
    assert 0.85 < gradient(out.astype(np.uint8)) / gradient(source[:, 7:108]) < 1.1


def test_a_sheared_source_stays_inside_of_itself() -> None:
    x = np.broadcast_to(np.arange(WIDTH, dtype=np.uint8)[None, :, None] % 251, (10, WIDTH, 3)).copy()
    x[:] = (np.arange(WIDTH) * 250 // WIDTH)[None, :, None]
    out = sheared(x, np.linspace(0.2, 1, 10), 0.75 * WIDTH)
    assert np.array_equal(out[-1], x[-1])
    assert (np.diff(out[0, :, 0].astype(int)) >= 0).all()
    assert out[0, 0, 0] > 60, "the upper edge is taken from further on"


def test_transitions_between_a_picture_and_its_mirror_image_are_the_known_ones() -> None:
    random = np.random.default_rng(3)
    cells = exemplar.cells_of(96, 24)
    pixels = cv2.GaussianBlur(random.integers(0, 256, (24, cells.columns * cells.width, 4), np.uint8), (0, 0), 2)
    weight = np.ones(24 // cells.height, np.float32)
    plain, turned = (
        transitions.tabulate(np.ascontiguousarray(p), cells, 9.0, weight) for p in (pixels, pixels[:, ::-1])
    )
    known = transitions.column_transitions(plain, 0, plain.rows, cells.overlap_cells, True, cells.height)
    found = transitions.between([plain, turned], cells.overlap_cells)
    both = known.rms < 1e4
    assert both.any()
    assert np.allclose(found.rms[both], known.rms[both], rtol=0.01, atol=0.01)


def test_a_run_that_must_end_leaves_where_it_is_least_dear() -> None:
    n, overlap = 40, 3
    jump = np.full((n, n), 5.0, np.float32)
    jump[17] = 2.0
    landed, price, value = np.zeros(n, np.float32), np.full(n, 0.1), np.full(n, 1.0)
    assert next_jump(jump, landed, price, value, 10, n, overlap)[0] == n - overlap
    assert next_jump(jump, landed, price, value, 10, n, overlap, 12)[0] == 17
    assert next_jump(jump, landed, price, value, 10, n, overlap, 4)[0] == 10


@pytest.mark.parametrize("around", [None, 1200], ids=["journey", "loop"])
def test_a_skyline_goes_on_without_a_step(around: int | None) -> None:
    source = meadow()
    x = np.arange(WIDTH)
    line = 10 + 30 * x / WIDTH + 2 * np.sin(x / 13)  # a meadow that falls from one edge of the picture to the other
    alpha = ((np.arange(HEIGHT - TOP)[:, None] > line) * 255).astype(np.uint8)
    ramp = Ramp(0.7, TOP, HEIGHT - 1, around)
    view = LayerView(0, TOP, HEIGHT - TOP, (-40.0, 0.0), ramp=ramp)
    run = RunContext(source, (view,), 30, 0, loop=around is not None)
    rgba = np.dstack([source[TOP:], alpha])
    ground = Ground(rgba, 0, HEIGHT - TOP, 0, 0, np.ones(HEIGHT - TOP, np.float32))
    field = RecedingField(run, view, ground, Demand(right=True), WalkSettings(), 1.0)
    for step in range(0, 31, 3):
        shown = field.block(Rect(40 * step, TOP, WIDTH, HEIGHT - TOP, step))
        seen = heights.outline(shown[..., 3])[8:-8]
        assert np.abs(np.diff(seen)).max() <= 5, "and not the whole fall of the meadow at every landing"
        assert (shown[60:, ..., 3] == 255).all()


LOOP_STEPS = 30
AROUND = 30 * 40


def loop_field(source: Pixels, direction: int, ratio: float = 0.5) -> RecedingField:
    ramp = Ramp(ratio, TOP, HEIGHT - 1, AROUND)
    view = LayerView(0, TOP, HEIGHT - TOP, (direction * 40.0, 0.0), ramp=ramp)
    run = RunContext(source, (view,), LOOP_STEPS, 0, loop=True)
    rgba = np.dstack([source[TOP:], np.full((HEIGHT - TOP, WIDTH), 255, np.uint8)])
    ground = Ground(rgba, 0, HEIGHT - TOP, 0, 0, np.ones(HEIGHT - TOP, np.float32))
    return RecedingField(run, view, ground, Demand(left=direction > 0, right=direction < 0), WalkSettings(), 1.0)


def loop_frame(field: RecedingField, direction: int, step: int) -> Pixels:
    return field.block(Rect(-direction * 40 * step, TOP, WIDTH, HEIGHT - TOP, step))[..., :3]


@pytest.mark.parametrize("direction", [-1, 1])
@pytest.mark.parametrize("ratio", [0.35, 0.5, 0.8])
def test_in_a_loop_every_row_repeats_after_its_own_way(direction: int, ratio: float) -> None:
    source = meadow()
    field = loop_field(source, direction, ratio)
    shown = [loop_frame(field, direction, step) for step in range(LOOP_STEPS + 1)]
    assert np.array_equal(shown[0], shown[-1])
    columns, heads = np.arange(WIDTH), field.heads()
    assert sorted(head.x for head in heads) == [0, WIDTH - heads[0].width]
    outside = np.all([(columns < head.x) | (columns >= head.x + head.width) for head in heads], axis=0)
    assert np.array_equal(shown[0][:, outside], source[TOP:, outside])
    for step in range(3, LOOP_STEPS, 4):
        for new, old in zip(np.array_split(shown[step], 3), np.array_split(source[TOP:], 3), strict=True):
            assert 0.7 <= gradient(new) / gradient(old) <= 1.4, "no streaks"


@pytest.mark.parametrize("direction", [-1, 1])
def test_a_loop_of_ground_goes_on_from_anywhere(direction: int) -> None:
    source = meadow()
    one = loop_field(source, direction)
    shown = []
    for step in range(LOOP_STEPS + 1):
        one.look_at(Rect(-direction * 40 * step, TOP, WIDTH, HEIGHT - TOP, step))
        shown.append(loop_frame(one, direction, step))
        if step == 17:
            saved = {key: array.copy() for key, array in one.state().items()}
    restored = loop_field(source, direction)
    restored.restore(saved)
    for step in range(17, LOOP_STEPS + 1):
        assert np.array_equal(loop_frame(restored, direction, step), shown[step])


def test_a_small_picture_repeats_in_a_loop_too() -> None:
    source = meadow()[:, :9]
    view = LayerView(0, TOP, HEIGHT - TOP, (-3.0, 0.0), ramp=Ramp(0.5, TOP, HEIGHT - 1, 45))
    ground = Ground(source[TOP:], 0, HEIGHT - TOP, 0, 0, np.ones(HEIGHT - TOP, np.float32))
    run = RunContext(source, (view,), 15, 0, loop=True)
    small = RecedingField(run, view, ground, Demand(right=True), WalkSettings(), 1.0)
    assert small.heads() == []
    first, last = (small.block(Rect(x, TOP, 9, HEIGHT - TOP, step)) for x, step in ((0, 0), (45, 15)))
    assert np.array_equal(first, source[TOP:])
    assert np.array_equal(last, first)
