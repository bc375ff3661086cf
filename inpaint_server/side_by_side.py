"""Work on things that do not depend on each other, two at a time: the layers of a picture.

OpenCV, BLAS and what numba compiled with `nogil` run beside each other in threads, so two cores do in half the time
what one would do after the other. More hands than two would each need the memory of a whole picture; processes would
have to be sent it.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")
HANDS = 2


def side_by_side(work: Callable[[Item], Found], items: Iterable[Item], hands: int = HANDS) -> list[Found]:
    """What `work` makes of every item, in their order; `hands` of them at a time.

    An item is asked for when there is a hand for it, in the thread of the caller. What `work` or `items` raise is
    raised here, after what had begun has come to its end.
    """
    found: list[Found] = []
    with ThreadPoolExecutor(hands, thread_name_prefix="side by side") as crew:
        begun: deque[Future[Found]] = deque()
        for item in items:
            begun.append(crew.submit(work, item))
            if len(begun) == hands:
                found.append(begun.popleft().result())
        found += [future.result() for future in begun]
    return found
