"""What stands out in a layer, however small, is not in view twice where the layer has anything else to show."""

import itertools

import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.layering.cutout import Cutout
from infinite_parallax.inpaint_server.walk import ground as grounds
from infinite_parallax.inpaint_server.walk.exemplar import Exemplar
from infinite_parallax.inpaint_server.walk.ground import Ground
from infinite_parallax.inpaint_server.walk.settings import WalkSettings
from infinite_parallax.inpaint_server.walk.tape import Tape
from infinite_parallax.inpaint_server.walk.things import cut_by_the_edge, salience

WIDTH, HEIGHT = 320, 90
BOAT = (230, 40, 30)
AT = 150


def lake(boats: tuple[int, ...]) -> RGB:
    """Ripples that look alike everywhere, and boats of 14 x 12 px at the columns named."""
    random = np.random.default_rng(5)
    coarse = random.integers(-16, 17, (HEIGHT // 3, WIDTH // 4, 1)).repeat(3, 0).repeat(4, 1)
    rgb = np.array([90, 120, 150]) + coarse + random.integers(-5, 6, (HEIGHT, WIDTH, 1))
    for x in boats:
        rgb[40:52, x : x + 14] = BOAT
    return rgb.clip(0, 255).astype(np.uint8)


def ground_of(picture: RGB, skyline: int = 6) -> Ground:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:skyline] = 0
    whole = np.full_like(alpha, 255)
    return grounds.of_cutouts([Cutout(0, picture, a, a < 0) for a in (whole, alpha)], HEIGHT)[1]


def columns_of_boats(pixels: RGB) -> list[int]:
    """Where boats begin, plate columns."""
    shows = (np.abs(pixels[40:52, :, :3].astype(int) - BOAT).max(axis=2) < 60).sum(axis=0) > 5
    return [int(x) for x in np.flatnonzero(np.diff(shows.astype(int)) == 1)]


def test_a_boat_on_a_lake_stands_out_and_nothing_else() -> None:
    found = salience(Exemplar(ground_of(lake((AT,))), True), 14.0)
    cell = WIDTH // len(found)
    assert found[AT // cell] > 0.5
    assert found[: AT // cell - 16].max() < 0.1
    assert found[AT // cell + 16 :].max() < 0.1


def test_where_there_are_boats_everywhere_none_stands_out() -> None:
    boats = tuple(range(10, WIDTH - 20, 24))
    assert salience(Exemplar(ground_of(lake(boats)), True), 14.0).max() < 0.1


def test_rows_that_are_never_seen_do_not_count() -> None:
    picture, nearer = lake((AT,)), np.zeros((HEIGHT, WIDTH), np.uint8)
    nearer[30:] = 255
    whole = np.full_like(nearer, 255)
    hidden = grounds.of_cutouts([Cutout(0, picture, a, a < 0) for a in (whole, nearer)], HEIGHT)[0]
    assert salience(Exemplar(hidden, True), 14.0).max() < 0.1


@pytest.mark.parametrize("size", [(12, 9), (40, 3)])
def test_pictures_too_small_for_squares_have_nothing_that_stands_out(size: tuple[int, int]) -> None:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    assert not salience(Exemplar(grounds.of_band(picture, 0, size[1], 0.2), True), 14.0).any()


def test_a_band_with_nothing_that_stands_out_stays_as_it_is_without_the_bar() -> None:
    band = grounds.of_band(lake(()), 0, HEIGHT, 0.2)
    one, other = (Tape(band, WalkSettings(barred=b), 1.0, (0, 0)).read(0, 4 * WIDTH) for b in (0, 12))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("straight", [False, True])
@pytest.mark.parametrize("around", [None, 5 * WIDTH])
def test_a_boat_is_not_in_view_twice(around: int | None, straight: bool) -> None:
    ground = grounds.of_band(lake((AT,)), 0, HEIGHT, 0.2) if straight else ground_of(lake((AT,)))

    def least_apart(barred: float, seed: int, reuse: float = WalkSettings().reuse) -> int:
        tape = Tape(ground, WalkSettings(barred=barred, reuse=reuse), 1.0, (seed, 0), around)
        boats = columns_of_boats(tape.read(0, (around or 5 * WIDTH) + WIDTH))
        return min(b - a for a, b in itertools.pairwise([*boats, boats[-1] + 2 * WIDTH]))

    # a way home is planned by itself, and may show it as it leaves and again as it comes
    least = [least_apart(WalkSettings().barred, seed) for seed in range(8 if around else 3)]
    assert min(least) >= WIDTH
    # without that and with little against what was shown just now it is
    assert min(least_apart(0, seed, reuse=1) for seed in range(3)) < WIDTH


def town() -> RGB:
    """The lake, its left part behind coloured houses of which no two are alike."""
    picture, random = lake(()), np.random.default_rng(7)
    for x in range(6, 190, 26):
        picture[20:70, x : x + 18] = random.integers(0, 256, (5, 2, 3)).repeat(10, 0).repeat(9, 1)
    return picture


@pytest.mark.parametrize("straight", [False, True])
def test_the_plain_part_is_not_shown_over_and_over_because_all_else_stands_out(straight: bool) -> None:
    ground = grounds.of_band(town(), 0, HEIGHT, 0.2) if straight else ground_of(town())

    def thrice(again: float, seed: int) -> float:
        """Share of the plate's columns that were shown twice before within a picture's width."""
        tape = Tape(ground, WalkSettings(again=again), 1.0, (seed, 0))
        tape.read(0, 6 * WIDTH)
        shown = [[x] for x in range(WIDTH)]
        found = []
        for edit, following in itertools.pairwise(tape.edits):
            for x in range(edit.start, following.start):
                column = edit.column_at(x)
                before = shown[WIDTH - 1 - column if edit.orientation else column]
                found.append(sum(0 < x - earlier < WIDTH for earlier in before) >= 2)
                before.append(x)
        return float(np.mean(found))

    usual, without = (np.mean([thrice(again, seed) for seed in range(3)]) for again in (WalkSettings().again, 0))
    assert usual < 0.25
    assert usual < 0.85 * without


def full_of_things() -> tuple[RGB, int]:
    """The lake with a tower as tall as nearly all of it, and something small of a colour of its own in every column:
    a picture, and the column where the tower begins."""
    picture, at = lake(()), 130
    random = np.random.default_rng(3)
    for x in range(0, WIDTH - 8, 9):
        picture[76:86, x : x + 8] = random.integers(0, 256, 3)
    picture[10:70, at : at + 30] = random.integers(0, 256, (12, 6, 3)).repeat(5, 0).repeat(5, 1)
    return picture, at


def test_a_tall_thing_stands_out_where_every_column_has_something_strange() -> None:
    picture, at = full_of_things()
    found = salience(Exemplar(ground_of(picture), True), 14.0)
    cell = WIDTH // len(found)
    inside = np.zeros(len(found), bool)
    inside[at // cell : (at + 30) // cell] = True
    assert found[inside].min() > 0.5
    assert np.median(found[~inside]) < 0.2


@pytest.mark.parametrize("seed", range(3))
def test_what_is_shown_before_a_jump_does_not_come_again_behind_it(seed: int) -> None:
    tape = Tape(grounds.of_band(lake(()), 0, HEIGHT, 0.2), WalkSettings(), 1.0, (seed, 0))
    tape.read(0, 8 * WIDTH)
    again, last = [], np.full(WIDTH, -WIDTH)
    for edit, following in itertools.pairwise(tape.edits):
        at = np.arange(edit.start, following.start)
        column = edit.column + at - edit.start
        place = WIDTH - 1 - column if edit.orientation else column
        again.append(at - last[place] < WIDTH // 2)
        last[place] = at
    # one column in five was, when a jump was planned as if what is shown before it had not been
    assert np.concatenate(again).mean() < 0.03


def test_what_the_edge_cuts_reaches_as_far_as_its_gaps_are_small() -> None:
    shown = np.zeros(200, bool)
    shown[[*range(20, 40), *range(100, 130), *range(140, 200)]] = True
    expected = shown.copy()
    expected[:100] = False
    assert np.array_equal(cut_by_the_edge(shown), expected)
    shown[180:] = False
    assert not cut_by_the_edge(shown).any()
