"""From the overlays of a project to sheets: each kind makes its own, and here they get names, frames and files."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ..finishing import Overlay
from . import falling, film, mist, moonlight
from .sheet import Sheet, Stage, filed

_SHEETS: dict[str, Callable[[Overlay, Stage], Iterator[Sheet]]] = {
    "rain": falling.sheets,
    "snow": falling.sheets,
    "mist": mist.sheets,
    "moonlight": moonlight.sheets,
    **dict.fromkeys(("flicker", "grain", "vignette", "letterbox"), film.sheets),
}


def sheets(overlays: Sequence[Overlay], stage: Stage) -> Iterator[Sheet]:
    """The sheets of a project's overlays, those that are over others later; none where nothing is to be seen."""
    count: Counter[str] = Counter()
    for number, overlay in enumerate(overlays):
        start = min(stage.frames, math.ceil(overlay.start_s * stage.fps))
        end = stage.frames if overlay.end_s is None else min(stage.frames, math.ceil(overlay.end_s * stage.fps))
        for sheet in _SHEETS[overlay.kind](overlay, stage) if end > start else ():
            # counted by kind, so that what a person did to its strip stays when another overlay goes
            name = f"overlay {overlay.kind} {count[overlay.kind]} {sheet.part}"
            yield filed(replace(sheet, name=name, overlay=number, start=start, end=end, layer=overlay.layer))
        count[overlay.kind] += 1
