"""Progress bars on stderr, one per stage, so that stdout stays free for results."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm


def title(stage: str) -> str:
    """The words before a bar, wide enough that bars stand below each other."""
    return f"{stage:<10}"


@contextmanager
def bar(stage: str, total: int | None, unit: str) -> "Iterator[tqdm[None]]":
    """A progress bar for one stage; `update(n)` moves it on, `n` and `refresh()` set it."""
    # a few lines a minute are enough for a log file, while a terminal is to move smoothly
    interval = 0.1 if sys.stderr.isatty() else 10.0
    with tqdm(total=total, desc=title(stage), unit=unit, mininterval=interval, dynamic_ncols=True) as shown:
        yield shown
