"""The walk's settings, with the defaults that were found on photographs and paintings of 640 to 3200 px.

They are prices in one currency: 1 is a jump whose overlap differs by `reference` grey levels rms. A project sets
`mirror` and `reuse`; the rest is here so that it has a name. Deriving them from the picture was the other road; only
the contrast (`Exemplar.contrast_scale`) turned out to need it.
"""

from dataclasses import dataclass, fields
from typing import Any

from ...shared.errors import UsageError
from ...shared.sections import Walk

PROJECT = Walk()


@dataclass(frozen=True)
class WalkSettings:
    """Prices and sizes of the walk; see the comment behind each."""

    mirror: bool = PROJECT.mirror  # may mirrored content be used; off for lettering
    reuse: float = PROJECT.reuse  # price of a run of columns that were shown just now
    again: float = 0.75  # share of it that the time before that costs too, if that is still in view: a pattern
    memory_widths: float = 1.25  # after how many picture widths a column counts as new again
    overdue: float = 0.5  # most that a column gains by not coming for longer than that, as a share of `reuse`
    mirror_price: float = 0.5  # price of a run of mirrored columns
    structure: float = 3.0  # how much dearer mirrored columns are where there is much to recognise
    distinction: float = 1.5  # how much dearer columns that are like no others are when they were shown just now
    barred: float = 12.0  # price of a small thing that stands out and was within a frame's width of here
    mirror_jump: float = 0.2  # extra price of a jump into mirrored content
    fold: float = 40.0  # price of landing near the mirror image of the place that is left
    skyline: float = 1.0  # price of a step of 20 px in a skyline
    jump: float = 0.35  # price of any jump
    poor: float = 2.0  # how much dearer a match is as far as the join is plain to see
    first_weight: float = 3.0  # weight of the match at the first jump, whose place is not free
    upright: float = 3.0  # price of an upright step of the reference's height where the source ends
    lines: float = 0.05  # price of bending rows there, and of shores that are missed all the same
    border: float = 0.5  # price of columns whose border rows do not fit the neighbouring layers
    coherence: float = 6.0  # price of layers that look strange beside each other where the source ends
    replay: float = 1.0  # price of landing on what was shown a picture's width before
    bend: float = 32.0  # px that rows of a landing are moved at most, so that shores and paths go on
    noise: float = 0.4  # mean of the seeded noise on the price of a jump
    row_reach: float = 0.2  # how far above and below the layer its columns are searched, of its height
    reference: float = 14.0  # grey levels rms that cost 1, at normal contrast
    contrast: float = 12.0  # grey levels of texture that hide a difference of the same size, at normal contrast

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> "WalkSettings":
        """The settings with `options` taken over; raises UsageError for an unknown name or a value out of range."""
        known = {f.name: f.type for f in fields(cls)}
        for name, value in options.items():
            if name not in known:
                raise UsageError(f"The walk has no setting '{name}'.", "It has: " + ", ".join(sorted(known)) + ".")
            is_flag = name == "mirror"
            if isinstance(value, bool) != is_flag or not isinstance(value, (bool, int, float)) or not 0 <= value <= 1e3:
                kind = "true or false" if is_flag else "a number from 0 to 1000"
                raise UsageError(f"The walk's setting '{name}' is {value!r}.", f"Give {kind}.")
        return cls(**options)
