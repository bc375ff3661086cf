"""The parts of the walk, each against something that can be worked out by hand or by brute force."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from infinite_parallax.inpaint_server.engines.contract import RGB, LayerView
from infinite_parallax.inpaint_server.engines.walk import blocks
from infinite_parallax.inpaint_server.walk import transitions
from infinite_parallax.inpaint_server.walk.column_walk import ColumnWalk
from infinite_parallax.inpaint_server.walk.demand import Demand, demand_of, positions
from infinite_parallax.inpaint_server.walk.exemplar import Cells, Exemplar, cells_of, contrast_scale
from infinite_parallax.inpaint_server.walk.ground import of_band
from infinite_parallax.inpaint_server.walk.planning import DISCOUNT, next_jump, value_iteration
from infinite_parallax.inpaint_server.walk.rows import RowTape
from infinite_parallax.inpaint_server.walk.seam import join, knot_count, minimum_path, mix
from infinite_parallax.inpaint_server.walk.settings import WalkSettings
from infinite_parallax.inpaint_server.walk.tape import Tape

from .textured import textured

SETTINGS = WalkSettings()


def test_transitions_equal_brute_force_over_both_orientations() -> None:
    picture = textured(28, 40)
    table, visible = transitions.features(picture, 2, 2, 12.0)
    overlap, first_row, rows = 3, 2, 10
    found = transitions.column_transitions(transitions.Table(((table, visible),)), first_row, rows, overlap, True, 2)
    n = table.shape[1]
    tables = [table, table[:, ::-1]]
    masks = [visible, visible[:, ::-1]]
    random = np.random.default_rng(0)
    for p, q in ((0, 0), (0, 1), (1, 0), (1, 1)):
        for _ in range(12):
            i, j = (int(v) for v in random.integers(0, n - overlap + 1, 2))
            costs = {}
            for shift in range(-first_row, table.shape[0] - rows - first_row + 1):
                a = tables[p][first_row : first_row + rows, i : i + overlap]
                b = tables[q][first_row + shift : first_row + shift + rows, j : j + overlap]
                wa = masks[p][first_row : first_row + rows, i : i + overlap]
                wb = masks[q][first_row + shift : first_row + shift + rows, j : j + overlap]
                mean = (0.5 * (wa + wb)[..., None] * (a - b) ** 2).mean()
                costs[shift] = float(np.sqrt(mean * (1 + 0.015 * abs(shift) * 2)))
            assert found.rms[p * n + i, q * n + j] == pytest.approx(min(costs.values()), abs=0.1)
            assert costs[int(found.shift[p * n + i, q * n + j])] == pytest.approx(min(costs.values()), abs=0.1)


def test_value_iteration_finds_the_cheap_cycle_and_not_the_greedy_jump() -> None:
    """Fourteen columns, overlap 2, run 2. From the end a free jump leads to where only a dear one leads on; a jump
    for 1 leads into a cycle of such jumps."""
    n, overlap, run = 14, 2, 2
    jump = np.full((n, n), 1e6, np.float32)
    jump[12, 7] = 0.0  # tempting: but 7 can only go on to the end and jump again
    jump[12, 0] = 1.0
    jump[9, 0] = 0.1
    price = np.zeros(n)
    price[7:] = 0.5
    value = np.zeros(n)
    landed = value_iteration(jump, price, value, n, overlap, run, 5000)
    assert next_jump(jump, landed, price, value, 4, n, overlap) == (9, 0)
    # The cycle 0 -> 9 -> 0: worked out as a geometric series.
    cost = 0.0
    for _ in range(4000):
        cost = 0.1 + DISCOUNT**run * sum([*(price[k] * DISCOUNT ** (k - 4) for k in range(4, 9)), DISCOUNT**5 * cost])
    assert landed[0] + 0.1 == pytest.approx(cost, rel=0.02)


def test_minimum_path_equals_brute_force_and_keeps_its_ends() -> None:
    error = np.random.default_rng(3).random((5, 4))
    paths = [p for p in np.array(np.meshgrid(*[range(4)] * 5)).reshape(5, -1).T if (np.abs(np.diff(p)) <= 1).all()]

    def cost(path: np.ndarray) -> float:
        return float(error[np.arange(5), path].sum())

    assert cost(minimum_path(error, -1, -1)) == pytest.approx(min(cost(p) for p in paths))
    ends = minimum_path(error, 0, 3)
    assert (ends[0], ends[-1]) == (0, 3)
    assert cost(ends) == pytest.approx(min(cost(p) for p in paths if p[0] == 0 and p[-1] == 3))


def test_a_seam_between_equal_pieces_changes_nothing() -> None:
    piece = textured(40, 24).astype(np.float32)
    seam = join(piece, piece, 12.0, 96)
    assert np.abs(seam.offset()).max() < 1e-3
    np.testing.assert_allclose(mix(piece, piece, seam.cut, seam.width()), piece, atol=1e-3)


def test_a_seam_lifts_a_darker_piece() -> None:
    old = textured(60, 30).astype(np.float32)
    seam = join(old, old - 15, 12.0, 120)
    assert 9 < seam.offset().mean() < 15
    assert seam.fade_px >= 120
    bright = join(old, old + 100, 12.0, 120)
    assert np.abs(bright.offset()).max() < 48


def test_a_jump_in_a_calm_sky_leaves_no_step() -> None:
    """Slopes of light as far apart as a cloud from the blue, which run the opposite way: nothing hides a step."""
    random = np.random.default_rng(0)
    across = np.linspace(0, 24, 80)[None, :, None]
    grain = random.normal(0, 1, (2, 90, 80, 3))
    old, new = (120 + across + grain[0]).astype(np.float32), (200 - across + grain[1]).astype(np.float32)
    seam = join(old, new, 12.0, 320)
    joined = mix(old, new + seam.offset()[:, None], seam.cut, seam.width()).mean(2)
    assert np.abs(np.diff(joined.mean(0))).max() < 1.5
    assert seam.fade_px >= 10 * np.abs(seam.offset()).max() - 1


def test_a_cut_goes_round_what_only_one_piece_has() -> None:
    old = np.full((60, 30, 3), 120, np.float32)
    old += np.random.default_rng(0).normal(0, 2, old.shape)
    new = old.copy()
    new[:, 4:20] += 60 * (np.arange(16) % 2)[None, :, None]
    cut = join(old, new.astype(np.float32), 12.0, 120).cut
    assert ((cut <= 4) | (cut >= 20)).all()


@pytest.mark.parametrize("rows", [1, 2, 7, 85, 220, 1100])
def test_knots_fit_any_height(rows: int) -> None:
    assert 1 <= knot_count(rows) <= min(rows, 130)


@pytest.mark.parametrize(("width", "height"), [(640, 85), (1600, 220), (3200, 440), (200, 60), (96, 48)])
def test_cells_leave_room_to_walk(width: int, height: int) -> None:
    cells = cells_of(width, height)
    assert cells.walkable
    assert cells.columns * cells.width <= width
    assert cells.overlap <= width // 5


def test_contrast_scale_is_bounded() -> None:
    flat = np.full((8, 8, 3), 90, np.uint8)
    stripes = np.zeros((8, 8, 3), np.uint8)
    stripes[:, ::2] = 255
    assert contrast_scale(flat) == pytest.approx(0.4)
    assert contrast_scale(stripes) == 1


def test_exemplar_counts_columns_from_the_right_and_stays_inside_the_picture() -> None:
    source = textured(100, 643)
    exemplar = Exemplar(of_band(source, 0, 40, 0.2), True)
    plain, mirrored = exemplar.pictures
    assert exemplar.left == 643 - exemplar.columns
    np.testing.assert_array_equal(plain[exemplar.first_row :][:40, -5:], source[:40, -5:])
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])
    assert exemplar.first_row == 0
    assert plain.shape[0] == 48


def test_the_walk_does_not_land_where_it_has_just_been() -> None:
    source = textured(48, 320)
    ground = of_band(source, 0, 48, 0.0)
    exemplar = Exemplar(ground, False)
    walk = ColumnWalk(ground, exemplar, replace(SETTINGS, noise=0.0), 1.0, (0,))
    first = walk.plan(0, exemplar.columns - exemplar.cells.overlap, 320 - exemplar.cells.overlap)
    assert first.leave == exemplar.columns - exemplar.cells.overlap
    used = ColumnWalk(ground, exemplar, replace(SETTINGS, noise=0.0, reuse=1000.0), 1.0, (0,))
    used.show(0, 0, 200, 10_000)
    used.jumps = 1
    jump = used.plan(0, 0, 10_200)
    assert jump.column >= 180


def tape(source: RGB, top: int = 0, height: int | None = None, **options: float) -> Tape:
    settings = replace(SETTINGS, **options)
    return Tape(of_band(source, top, height or source.shape[0], settings.row_reach), settings, 1.0, (0, 0))


def test_what_fits_its_neighbours_badly_comes_all_the_same() -> None:
    grain = np.random.default_rng(1).integers(0, 9, (90, 320, 1), np.uint8)
    source = np.full((90, 320, 3), (150, 180, 220), np.uint8) + grain
    source[:, 120:160] = (60, 20, 10) + 4 * grain[:, :40]  # a tower in a pale sky

    def tower(overdue: float) -> float:
        shown = tape(source, 30, 30, border=1.8, overdue=overdue).read(320, 3200)
        return float((shown[..., 2].mean(axis=0) < 130).mean())

    assert tower(0.0) == 0
    assert tower(SETTINGS.overdue) > 0.01


def test_a_tape_is_the_source_and_then_bit_exact_copies_of_it() -> None:
    source = textured(60, 400)
    made = tape(source, row_reach=0.0, replay=0.0, bend=0.0, reuse=2.0)
    plate = made.read(0, 12000)
    np.testing.assert_array_equal(plate[:, : 400 - made.overlap], source[:, : 400 - made.overlap])
    pictures = made._exemplar.pictures
    pure = 0
    for edit, following in zip(made.edits, made.edits[1:], strict=False):
        assert edit.seam is not None
        faded, end = edit.start + made.overlap + edit.seam.fade_px, min(following.start, plate.shape[1])
        if faded < end:
            copied = pictures[edit.orientation][edit.row :][:60, edit.column_at(faded) : edit.column_at(end)]
            np.testing.assert_array_equal(plate[:, faded:end], copied)
            pure += end - faded
        # Before that, the colour offset is all that differs: constant along rows up to its slow fade.
        near = plate[:, edit.start + made.overlap : min(faded, end)].astype(int)
        at = edit.column_at(edit.start + made.overlap)
        difference = near - pictures[edit.orientation][:60, at : at + near.shape[1]]
        unclipped = ((near > 0) & (near < 255)).all(2)[:, 1:] & ((near > 0) & (near < 255)).all(2)[:, :-1]
        assert np.abs(np.diff(difference, axis=1))[unclipped].max(initial=0) <= 2
    assert pure > 150


def test_a_tape_reads_the_same_in_any_portions() -> None:
    source = textured(40, 200)
    whole = tape(source).read(0, 1500).copy()
    for portion in (1, 7, 200):
        made = tape(source)
        parts = []
        for x in range(0, 1500, portion):
            parts.append(made.read(x, min(x + portion, 1500)).copy())
            made.forget(x)
        # The head is final only once the first seam is cut: what was read before it is the source.
        read = np.concatenate(parts, axis=1)
        edge = 200 - made.overlap
        np.testing.assert_array_equal(read[:, :edge], whole[:, :edge])
        np.testing.assert_array_equal(read[:, 200:], whole[:, 200:])


def test_seeds_choose_different_first_landings() -> None:
    source = textured(60, 320)
    landings = set()
    for seed in range(12):
        made = Tape(of_band(source, 0, 60, 0.2), SETTINGS, 1.0, (seed, 0))
        made.read(320, 321)
        landings.add((made.edits[0].orientation, made.edits[0].column // 16))
    assert len(landings) >= 3


@pytest.mark.parametrize("upward", [False, True])
def test_rows_continue_the_body_with_rows_of_the_tape(upward: bool) -> None:
    source = textured(72, 240)
    made = tape(source, row_reach=0.0)
    rows = RowTape(made, made.still, upward, SETTINGS, 1.0, (0, 1))
    grown = rows.read(0, 700, 0, 240)
    body = source[::-1] if upward else source
    np.testing.assert_array_equal(grown[: 72 - rows.overlap], body[: 72 - rows.overlap])
    fade = min(4 * rows.overlap, rows._run_cells * rows._cell)
    shifts = set()
    for edit, following in zip(rows.edits[1:], rows.edits[2:], strict=False):
        first = edit.start + rows.overlap + fade
        copied = made.read(edit.shift, edit.shift + 240)
        copied = copied[::-1] if upward else copied
        last = min(following.start, 700)
        np.testing.assert_array_equal(grown[first:last], copied[edit.row_at(first) : edit.row_at(last)])
        shifts.add(edit.shift)
    assert len(rows.edits) > 6
    assert len(shifts) >= 5


def test_rows_are_the_same_in_whatever_order_they_are_asked() -> None:
    source = textured(72, 240)

    def fresh() -> RowTape:
        made = tape(source)
        return RowTape(made, made.still, False, SETTINGS, 1.0, (0, 1))

    whole = fresh().read(0, 300, 0, 240)
    parts = fresh()
    parts.read(0, 300, 0, 1)
    for x in (200, 0, 120, 60):
        np.testing.assert_array_equal(parts.read(40, 300, x, x + 40), whole[40:, x : x + 40])
    np.testing.assert_array_equal(parts.read(150, 160, 0, 240), whole[150:160])


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


def test_no_texture_hides_a_difference_of_light() -> None:
    """Water with the moon on it beside water without: far apart, though as rough as can be."""
    random = np.random.default_rng(2)
    water = 90 + random.normal(0, 30, (80, 320, 1)) * np.ones(3)
    water[20:40, 160:] += 40  # a slab of light in a quarter of the rows
    opaque = np.full((80, 320, 1), 255)
    pixels = np.concatenate([water.clip(0, 255), opaque], axis=2).astype(np.uint8)
    cells = Cells(2, 2, 160, 12, 16)
    table = transitions.tabulate(pixels, cells, 12.0, np.ones(40, np.float32))
    rms = transitions.column_transitions(table, 0, 40, cells.overlap_cells, False, cells.height).rms
    within, across = rms[np.ix_(range(10), range(40, 60))].mean(), rms[np.ix_(range(10), range(100, 140))].mean()
    assert across > 1.5 * within
