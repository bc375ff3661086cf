"""Which frames a chunk holds, and how it is written.

The ranges follow from the length of the video and its key frames alone, never from how many Blenders there are: the
same file comes out of one as of eight, and what one run has finished the next can use with another number. One chunk
for each Blender was the other road: the slowest would decide, and a crash would cost its whole share.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace

from ..formats import Export

SHARES = 24
SHORTEST, LONGEST = 48, 480
"""Frames: a chunk is a 24th of the video within these limits, rounded up to whole groups of pictures."""


def chunks(frames: int, group: int) -> tuple[range, ...]:
    """The chunks of a video of `frames` frames, counted from 0, whose key frames are at most `group` frames apart."""
    wanted = min(max(frames / SHARES, SHORTEST), LONGEST)
    length = group * math.ceil(wanted / group)
    return tuple(range(start, min(start + length, frames)) for start in range(0, frames, length))


def runs(frames: Iterable[int]) -> tuple[range, ...]:
    """Numbers in rising order as ranges without gaps."""
    grouped = itertools.groupby(enumerate(frames), lambda pair: pair[1] - pair[0])
    found = ([n for _, n in group] for _, group in grouped)
    return tuple(range(run[0], run[-1] + 1) for run in found)


def in_pictures(wish: Export) -> bool:
    """Whether chunks are single pictures: where the export is, and for a GIF, whose colours are those of all frames."""
    return wish.kind.sequence or wish.format == "gif"


def of_chunk(wish: Export) -> Export:
    """How a chunk is written: without sound, a GIF as pictures without loss."""
    return as_pictures(wish) if in_pictures(wish) else replace(wish, audio="none")


def as_pictures(wish: Export) -> Export:
    """The same as single pictures without loss, blended as asked."""
    return replace(wish, audio="none", format=wish.format if wish.kind.sequence else "png")
