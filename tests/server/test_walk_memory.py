"""What a walk remembers of the source's columns, and what it asks for showing them again."""

import numpy as np
from infinite_parallax.inpaint_server.walk.exemplar import Cells
from infinite_parallax.inpaint_server.walk.memory import Memory
from infinite_parallax.inpaint_server.walk.settings import WalkSettings

WIDTH = 640
CELLS = Cells(8, 8, WIDTH // 8, 5, 10)


def memory(unlike: float = 0.0) -> Memory:
    return Memory(CELLS, 0, WIDTH, np.full(CELLS.columns, unlike), WalkSettings())


def test_what_was_shown_longer_ago_is_cheaper_and_at_last_worth_something() -> None:
    known = memory()
    prices = np.array([known.prices(WIDTH + px)[40] for px in (0, 200, 400, 3 * WIDTH)])
    assert (np.diff(prices) < 0).all()
    assert prices[-1] < 0 < prices[0]
    assert memory(1.0).prices(WIDTH)[40] > prices[0], "what is like no others is dearer"


def test_a_third_time_within_a_width_costs_more_than_a_second() -> None:
    twice, once = memory(), memory()
    place, late = np.array([20]), np.array([WIDTH + 100])
    for known, before in ((twice, WIDTH - 200), (once, -5 * WIDTH)):
        known.seen[place] = before
        known.show(place, late)
    at = WIDTH + 300
    assert twice.prices(at)[20] > once.prices(at)[20]
    # a showing that goes on in the same cell is no new one
    twice.show(place, late + CELLS.width)
    assert twice.earlier[20] == WIDTH - 200
    # and an older one changes nothing
    twice.show(place, late - 500)
    assert twice.seen[20] == late[0] + CELLS.width


def test_a_replay_is_what_was_shown_a_width_before() -> None:
    replayed = memory().replayed(WIDTH + 40 * CELLS.width)
    assert replayed[40]
    assert not replayed[:20].any()
    assert not replayed[60:].any()


def test_it_is_kept_and_taken_up_again() -> None:
    known, other = memory(), memory()
    known.show(np.arange(10, 20), np.full(10, WIDTH + 50))
    other.restore(known.state())
    np.testing.assert_array_equal(other.prices(2 * WIDTH), known.prices(2 * WIDTH))
