"""The bars of contours against bands: which figures of borders miss them."""

import math
from typing import Any

from infinite_parallax.benchmarks.contour_tables import excess_share, tables


def row(name: str, excess: tuple[float, float], join: float = 1.0) -> dict[str, Any]:
    """A picture with bands and contours whose figures are the same at all steps, but for these."""

    def figures(more: float) -> dict[str, dict[str, float]]:
        return {str(step): {"join": join, "excess": more, "broken": 0.0, "halo": 1.0} for step in (20, 60, 150)}

    cost = {"holes": 0.0, "exact": True, "setup_cpu_s": 1, "setup_wall_s": 1, "step_cpu_ms": 1, "step_wall_ms": 1}
    return {
        "name": name,
        "size": [16, 9],
        "resolve_s": 1.0,
        "notes": {"contour": "", "auto": ""},
        "borders": {"straight": figures(excess[0]), "contour": figures(excess[1])},
        "cost": {mode: cost | {"peak_mb": 300} for mode in ("straight", "contour")},
        "plates": {},
    }


def test_excess_is_held_against_half_on_average_and_never_above() -> None:
    rows = [row("one", (20.0, 4.0)), row("two", (2.0, 3.0)), row("three", (math.nan, 9.0))]
    share = excess_share(rows, 20)
    assert share is not None
    assert math.isclose(share, 7 / 22)
    assert excess_share(rows[2:], 20) is None
    lines = tables(rows).splitlines()
    assert "excess" not in next(line for line in lines if line.startswith("| one") and "4.00" in line)
    assert "excess 20, excess 60" in next(line for line in lines if line.startswith("| two") and "3.00" in line)
    assert "0.32 / 0.32" in "\n".join(lines)


def test_a_join_above_its_bar_is_named() -> None:
    assert "join 20, join 60, join 150" in tables([row("one", (2.0, 1.0), 1.26)])
    assert "join 20, join" not in tables([row("one", (2.0, 1.0), 1.25)])
