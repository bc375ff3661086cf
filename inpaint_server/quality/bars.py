"""The bars a job has to clear, and the sentence for each that it misses.

The figures are held together, because each alone can be fooled: streaks repeat nothing, copies are sharp. Means over
the layers are held against the bars, and a single layer against wider ones (`ALONE`), since one band of cloud may be
softer than its source by chance while the rest makes up for it, but must not be fog. A source that repeats itself, a
sky that is one gradient, may be continued by what repeats itself as much (docs/decisions/0019).
"""

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from .layer_figures import LayerFigures
from .metrics import Figures

MIRRORING_SOURCE = 0.1
"""Share of the source's own windows that stand in it mirrored, from which it is said to mirror itself."""
MIRRORED_MIR = 0.20
JOIN = 1.25
CLOSURE = 1.5


@dataclass(frozen=True)
class Bar:
    """From `low` to `high` is good; for a layer alone from `low_alone` to `high_alone`."""

    low: float
    high: float
    low_alone: float
    high_alone: float
    unit: str
    too_low: str
    too_high: str


def _upper(high: float, unit: str, sentence: str) -> Bar:
    return Bar(-math.inf, high, -math.inf, 2 * high, unit, "", sentence)


BARS: dict[str, Bar] = {
    "gx": Bar(0.7, 1.4, 0.5, 2.0, "", "is blurred or streaky against the source", "is harsher than the source"),
    "w1": _upper(16, "grey levels", "has drifted away from the source's colours"),
    "coh": _upper(8.5, "grey levels", "shows what the source does not"),
    "comp": _upper(15, "grey levels", "leaves out much of what the source shows"),
    "seam": Bar(0.95, 1.05, 0.85, 1.15, "", "is smeared where steps meet", "shows edges where steps meet"),
    "rep": _upper(0.20, "of the windows", "repeats itself within the frame"),
    "mir": _upper(0.10, "of the windows", "shows mirror images of itself"),
    "upright": Bar(
        -math.inf, 1.75, -math.inf, 2.5, "grey levels", "", "has an upright step where it goes on elsewhere"
    ),
}
"""The bars of `Figures`, by field."""


@dataclass(frozen=True)
class Missed:
    """A bar that was missed: its name, where, the value and the limit that it crossed, and all of it in a sentence."""

    bar: str
    where: str
    value: float
    limit: float
    sentence: str


@dataclass(frozen=True)
class Own:
    """How much of a source repeats (`rep`) and mirrors itself (`mir`), by the measures of a plate, and whether it
    `mirrors` itself at all: what continues it may do as much."""

    rep: float = 0.0
    mir: float = 0.0
    mirrors: bool = False


NOTHING_OWN = Own()


def limits(name: str, alone: bool, own: Own) -> tuple[float, float]:
    """From..to of a figure, for a layer `alone` or for the mean, of a source that repeats itself so much."""
    bar = BARS[name]
    low, high = (bar.low_alone, bar.high_alone) if alone else (bar.low, bar.high)
    if name == "mir" and own.mirrors:
        high *= MIRRORED_MIR / bar.high
    return low, max(high, {"rep": own.rep, "mir": own.mir}.get(name, high))


def fits(name: str, value: float, alone: bool, own: Own) -> bool:
    """Whether a figure is within its limits, or could not be measured."""
    low, high = limits(name, alone, own)
    return math.isnan(value) or low <= value <= high


def own(layers: Sequence[LayerFigures]) -> Own:
    """How much the layers' own parts of the source repeat themselves, in the mean of those that could be measured."""
    rep, mir = ([v for v in values if not math.isnan(v)] for values in zip(*(x.own for x in layers), strict=True))
    mirrors = any(layer.own_mirror >= MIRRORING_SOURCE for layer in layers)
    return Own(statistics.fmean(rep) if rep else 0.0, statistics.fmean(mir) if mir else 0.0, mirrors)


def of_figures(mean: Figures, layers: list[LayerFigures]) -> Iterator[Missed]:
    """The bars that the mean or a layer misses; a layer is not named again for what the mean misses already."""
    named = set()
    for name in (f.name for f in fields(Figures)):
        value = getattr(mean, name)
        if not fits(name, value, False, own(layers)):
            named.add(name)
            yield _missed(name, "The average layer", value, limits(name, False, own(layers)))
    for layer in layers:
        for name in (f.name for f in fields(Figures)):
            value = getattr(layer.figures, name)
            if name not in named and not fits(name, value, True, own([layer])):
                yield _missed(name, f"Layer {layer.name!r}", value, limits(name, True, own([layer])))
        yield from _of_drift(layer, named)


def of_frames(frames: LayerFigures) -> Iterator[Missed]:
    """The bars that whole frames miss, for a journey on which other rows come into view: colours are let be."""
    for name in ("gx", "coh"):
        value = getattr(frames.figures, name)
        if not fits(name, value, False, NOTHING_OWN):
            yield _missed(name, "The last frame", value, limits(name, False, NOTHING_OWN))


def _of_drift(layer: LayerFigures, named: set[str]) -> Iterator[Missed]:
    """The last fifth of the way on which a layer is beyond its limits, if any; it tells where to look."""
    for name in ("gx", "w1"):
        beyond = [
            (fifth, value)
            for fifth, drift in enumerate(layer.drift, 1)
            if not fits(name, value := getattr(drift, name), True, NOTHING_OWN)
        ]
        if beyond and name not in named and fits(name, getattr(layer.figures, name), True, NOTHING_OWN):
            fifth, value = beyond[-1]
            where = f"Layer {layer.name!r}, after fifth {fifth} of the way,"
            yield _missed(name, where, value, limits(name, True, NOTHING_OWN), "drift")


def _missed(name: str, where: str, value: float, limit: tuple[float, float], bar: str = "") -> Missed:
    about = BARS[name]
    low, high = limit
    words, crossed = (about.too_low, low) if value < low else (about.too_high, high)
    unit = f" {about.unit}" if about.unit else ""
    side = "at least" if value < low else "at most"
    return Missed(
        bar or name, where, value, crossed, f"{where} {words}: {name} is {value:.2f}{unit}, {side} {crossed:g} is good."
    )
