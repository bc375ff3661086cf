"""Edits: what a tape is made of, and how a list of them is kept.

An edit is all that is needed to render its pixels again, a few hundred bytes instead of megabytes, so a run is resumed
from its edits alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import strata
from .heights import FLAT, Rise
from .seam import Seam, knot_count
from .strata import Bend


@dataclass(frozen=True)
class Edit:
    """From plate column `start` on, picture `orientation` from its column `column` on, rows shifted by `row` px and,
    at first, by the `rise` and the `bend`."""

    start: int
    orientation: int
    column: int
    row: int
    seam: Seam | None = None
    rise: Rise = FLAT
    bend: Bend | None = None

    def column_at(self, x: int) -> int:
        """The exemplar's column shown at plate column x."""
        return self.column + x - self.start


def packed(edits: Sequence[Edit], rows: int) -> dict[str, NDArray[Any]]:
    """Edits with their seams, over so many rows, as arrays."""
    seams = [e.seam for e in edits if e.seam is not None]
    bends = [e.bend or strata.straight(rows) for e in edits]
    places = [
        (e.start, e.orientation, e.column, e.row, s.fade_px, e.rise.px, e.rise.fade_px, b.fade_px)
        for e, s, b in zip(edits, seams, bends, strict=True)
    ]
    return {
        "edits": np.array(places, np.int64).reshape(-1, 8),
        "bends": np.array([b.knots for b in bends], np.int16).reshape(-1, strata.knot_count(rows)),
        "cuts": np.array([s.cut for s in seams], np.int16).reshape(-1, rows),
        "knots": np.array([s.knots for s in seams], np.float32).reshape(-1, knot_count(rows), 4),
    }


def unpacked(state: dict[str, NDArray[Any]]) -> list[Edit]:
    """The edits out of what `packed` has made of them."""
    return [
        Edit(e[0], e[1], e[2], e[3], Seam(cut.copy(), knots.copy(), e[4]), Rise(e[5], e[6]), Bend(bend.copy(), e[7]))
        for e, cut, knots, bend in zip(
            state["edits"].tolist(), state["cuts"], state["knots"], state["bends"], strict=True
        )
    ]
