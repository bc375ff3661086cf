"""From the overlays of a project to sheets: each kind makes its own, and here they get names, frames and files."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from ..finishing import Overlay
from ..over_time import clock, runs
from . import falling, film, mist, moonlight
from .sheet import WHITE, Sheet, Stage, filed

Keyed = Mapping[int, Sequence[Overlay]]

_SHEETS: dict[str, Callable[[Overlay, Stage], Iterator[Sheet]]] = {
    "rain": falling.sheets,
    "snow": falling.sheets,
    "mist": mist.sheets,
    "moonlight": moonlight.sheets,
    **dict.fromkeys(("flicker", "grain", "vignette", "letterbox"), film.sheets),
}


def sheets(overlays: Sequence[Overlay], stage: Stage, keyed: Keyed | None = None) -> Iterator[Sheet]:
    """The sheets of a project's overlays, those that are over others later; none where nothing is to be seen.

    Those that are `keyed` are told at every frame; where the seed changes, other sheets take over.
    """
    count: Counter[str] = Counter()
    for number, overlay in enumerate(overlays):
        # counted by kind, so that what a person did to its strip stays when another overlay goes
        name = f"overlay {overlay.kind} {count[overlay.kind]}"
        count[overlay.kind] += 1
        moments = (keyed or {}).get(number)
        if moments is None:
            yield from _sheets(number, name, overlay, stage, range(stage.frames))
            continue
        tinted = len({moment.colour for moment in moments}) > 1
        colours = tuple(moment.colour or WHITE for moment in moments) if tinted else ()
        amounts = tuple(moment.amount for moment in moments)
        amounts = amounts if min(amounts) != max(amounts) else ()
        angles = tuple(moment.angle_deg for moment in moments)
        angles = angles if min(angles) != max(angles) else ()
        now = clock(moments)
        for again, run in enumerate(runs(moments)):
            wish = replace(run.overlay, colour=WHITE) if tinted else run.overlay
            for sheet in _sheets(number, name, wish, stage, range(run.start, run.end)):
                told = f"{sheet.name} {again}" if again else sheet.name
                leans = angles if sheet.lean_deg is not None else ()
                yield replace(sheet, name=told, clock=now, amounts=amounts, colours=colours, angles=leans)


def _sheets(number: int, name: str, overlay: Overlay, stage: Stage, shown: range) -> Iterator[Sheet]:
    """The sheets of one overlay, during some frames at most."""
    start = max(shown.start, math.ceil(overlay.start_s * stage.fps))
    end = shown.stop if overlay.end_s is None else min(shown.stop, math.ceil(overlay.end_s * stage.fps))
    for sheet in _SHEETS[overlay.kind](overlay, stage) if end > start else ():
        told = f"{name} {sheet.part}"
        yield filed(replace(sheet, name=told, overlay=number, start=start, end=end, layer=overlay.layer))
