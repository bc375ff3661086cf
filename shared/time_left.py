"""How long the rest of a job takes, from how fast its last steps were.

The mean since the start was the other road: after a resume, or when the machine gets busy, it is wrong for minutes.
"""

import collections

WINDOW_S = 30.0


class Pace:
    """The last half minute of a job's progress. `now_s` is any clock that only runs forward.

    It begins with the first thing that is done: until then a job waits and is prepared, which says nothing of its pace.
    """

    def __init__(self) -> None:
        self._seen: collections.deque[tuple[float, int]] = collections.deque()
        self._before: int | None = None

    def note(self, now_s: float, done: int) -> None:
        """So much is done by now; what is older than the window is forgotten, but for the last before it."""
        if self._before is None or done < (self._seen[-1][1] if self._seen else self._before):
            self._seen.clear()
            self._before = done
        if done == self._before:
            return
        self._seen.append((now_s, done))
        while len(self._seen) > 2 and self._seen[1][0] < now_s - WINDOW_S:
            self._seen.popleft()

    def left_s(self, of: int) -> float | None:
        """Seconds until all `of` are done; None while nothing can be said."""
        if len(self._seen) < 2:
            return None
        (then, before), (now, done) = self._seen[0], self._seen[-1]
        if done <= before or now <= then:
            return None
        return (of - done) * (now - then) / (done - before)


def words(seconds: float) -> str:
    """A time as one says it: `8 s left`, `about 3 min left`, `about 2 h 10 min left`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} min left"
    return f"about {minutes // 60} h {minutes % 60} min left"
