"""The parts of the walk, each against something that can be worked out by hand or by brute force."""

from dataclasses import replace

import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.walk import transitions
from infinite_parallax.inpaint_server.walk.column_walk import ColumnWalk
from infinite_parallax.inpaint_server.walk.exemplar import Cells, Exemplar, cells_of, contrast_scale
from infinite_parallax.inpaint_server.walk.fitting import nearest
from infinite_parallax.inpaint_server.walk.ground import of_band
from infinite_parallax.inpaint_server.walk.planning import DISCOUNT, next_jump, value_iteration
from infinite_parallax.inpaint_server.walk.rows import RowTape
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


@pytest.mark.parametrize("channels", [3, 4])
def test_the_nearest_place_is_that_of_brute_force(channels: int) -> None:
    random = np.random.default_rng(channels)
    area = random.integers(0, 256, (14, 22, channels), np.uint8)
    for y, x in ((0, 0), (5, 7), (10, 12)):
        wanted = random.integers(0, 60, (4, 10, channels), np.uint8) + area[y : y + 4, x : x + 10] // 2
        squares = [
            (int(((area[j : j + 4, i : i + 10].astype(int) - wanted) ** 2).sum()), j, i)
            for j in range(11)
            for i in range(13)
        ]
        assert nearest(area, wanted) == min(squares)[1:]
    assert nearest(np.zeros_like(area), np.zeros((4, 10, channels), np.uint8)) == (0, 0)


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
        # at 2.0 and more it comes once in twenty widths: a walk that leaves in time has fewer columns to be rid of
        shown = tape(source, 30, 30, border=1.8, overdue=overdue).read(320, 6400)
        return float((shown[..., 2].mean(axis=0) < 130).mean())

    assert tower(0.0) == 0
    assert tower(SETTINGS.overdue) > 0.015


def test_a_tape_is_the_source_and_then_bit_exact_copies_of_it() -> None:
    source = textured(60, 400)
    # runs as long as the offset of a poor join fades need columns that may come again soon
    made = tape(source, row_reach=0.0, replay=0.0, reuse=2.0)
    plate = made.read(0, 12000)
    np.testing.assert_array_equal(plate[:, : 400 - made.overlap], source[:, : 400 - made.overlap])
    pictures = made._exemplar.pictures
    pure = 0
    for edit, following in zip(made.edits, made.edits[1:], strict=False):
        assert edit.seam is not None
        assert edit.bend is not None
        fade_px = max(edit.seam.fade_px, 0 if edit.bend.straight else edit.bend.fade_px)
        faded, end = edit.start + made.overlap + fade_px, min(following.start, plate.shape[1])
        if faded < end:
            copied = pictures[edit.orientation][edit.row :][:60, edit.column_at(faded) : edit.column_at(end)]
            np.testing.assert_array_equal(plate[:, faded:end], copied)
            pure += end - faded
        if not edit.bend.straight:
            continue
        # Before that, the colour offset is all that differs: constant along rows up to its slow fade.
        near = plate[:, edit.start + made.overlap : min(faded, end)].astype(int)
        at = edit.column_at(edit.start + made.overlap)
        difference = near - pictures[edit.orientation][:60, at : at + near.shape[1]]
        unclipped = ((near > 0) & (near < 255)).all(2)[:, 1:] & ((near > 0) & (near < 255)).all(2)[:, :-1]
        assert np.abs(np.diff(difference, axis=1))[unclipped].max(initial=0) <= 2
    assert pure > 900
    assert 0 < sum(edit.bend is not None and edit.bend.straight for edit in made.edits) < len(made.edits)


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
