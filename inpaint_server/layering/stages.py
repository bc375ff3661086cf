"""What is told before each part of the preparation of a job, which takes long on a large picture.

Whoever is told may raise Cancelled, and nothing is left behind: the parts are kept only when all of them are made. A
flag that each part polls by itself was the other road; it could stop a job, but not say what it is doing.
"""

from collections.abc import Callable

Begin = Callable[[str], None]
"""Told what begins now, in a sentence without a full stop."""


def unwatched(stage: str) -> None:
    """Nobody watches, nobody cancels."""
