"""Layers are worked on two at a time; what comes of it, and what goes wrong, is as if they were made one by one."""

import threading
from collections.abc import Iterator

import pytest
from infinite_parallax.inpaint_server.side_by_side import HANDS, side_by_side
from infinite_parallax.shared.errors import Cancelled

PATIENCE_S = 30.0


@pytest.mark.parametrize("hands", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_all_is_made_in_order(count: int, hands: int) -> None:
    assert side_by_side(lambda n: n * n, range(count), hands) == [n * n for n in range(count)]


def test_two_are_at_work_at_the_same_time() -> None:
    together = threading.Barrier(HANDS)
    # each waits for the other; alone it would wait in vain
    assert sorted(side_by_side(lambda _: together.wait(PATIENCE_S), range(4))) == [0, 0, 1, 1]


def test_items_are_asked_for_by_the_caller_when_there_is_a_hand_for_them() -> None:
    done: list[int] = []
    asked: list[tuple[threading.Thread, int]] = []

    def items() -> Iterator[int]:
        for n in range(5):
            asked.append((threading.current_thread(), len(done)))
            yield n

    side_by_side(done.append, items())
    assert {thread for thread, _ in asked} == {threading.current_thread()}
    assert all(finished >= n - (HANDS - 1) for n, (_, finished) in enumerate(asked))


def test_what_goes_wrong_is_raised_when_all_have_come_to_their_end() -> None:
    held, ended = threading.Event(), []

    def work(n: int) -> None:
        if n == 0:
            held.wait(PATIENCE_S)
            ended.append(n)
            return
        held.set()
        raise ValueError("the second")

    with pytest.raises(ValueError, match="the second"):
        side_by_side(work, range(2))
    assert ended == [0]


def test_nothing_more_begins_when_the_caller_is_cancelled() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        yield 1
        raise Cancelled

    with pytest.raises(Cancelled):
        side_by_side(made.append, items())
    assert made == [1]
