"""What is said when a job cannot be found, changed, queued or finished; each sentence once.

The worker decides when; what people read is here, so that the state machine stays readable. Kinds of exceptions
instead of sentences were the other road, and a second place to turn them into words.
"""

import logging
from collections.abc import Callable

from ..shared.errors import ParallaxError, UsageError

log = logging.getLogger(__name__)


def not_found(job_id: str) -> ParallaxError:
    """The refusal for a job that there is not."""
    return ParallaxError(f"There is no job {job_id[:80]!r}.", "Ask for the list of jobs.", "not_found", 404)


def conflict(message: str, hint: str) -> ParallaxError:
    """The refusal for something that the state of a job does not allow."""
    return ParallaxError(message, hint, "conflict", 409)


def damaged(job_id: str, reason: str) -> ParallaxError:
    """The refusal for a job whose folder cannot be read."""
    return ParallaxError(f"The job {job_id} is damaged. {reason}", "Delete it.", "damaged_job", 500)


def nothing_yet(missing: str) -> ParallaxError:
    """The answer where a job has not made yet, or never makes, what is asked for."""
    return ParallaxError(f"The job has nothing to show: {missing}.", "Wait for its progress.", "not_yet", 404)


def queue_full(count: int) -> ParallaxError:
    """The refusal for one job too many."""
    return ParallaxError(f"{count} jobs wait or run already.", "Wait for one, or cancel one.", "queue_full", 429)


def wrong_step(from_step: int, painted: int, steps: int, last: int) -> UsageError:
    """The refusal for a redo from a step that is not painted yet, or never will be; `last` is the last possible."""
    return UsageError(
        f"from_step is {from_step}, but {painted} of {steps} steps are painted.",
        f"Give a step from 1 to {min(painted + 1, last)}.",
    )


def outcome(job_id: str, work: Callable[[], None]) -> ParallaxError | None:
    """Do the work of a job; what stopped it, or None if it is finished. A fault of the program is logged, not told."""
    try:
        work()
    except ParallaxError as e:
        return e
    except MemoryError:
        log.exception("job %s", job_id)
        return ParallaxError("The memory does not suffice.", "Send a smaller picture.", "out_of_memory")
    except Exception:
        log.exception("job %s", job_id)
        return ParallaxError(
            "The job stopped at a fault of the program.", "The server's log tells more; resume to retry.", "internal"
        )
    return None
