"""The tables of `contours`: figures beside the bars they are held against, and which miss them.

A bar stands in one place, with the words for the reader beside it; a table that only showed figures would leave it to
everybody to remember what was promised.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from . import landscapes

Row = dict[str, Any]
MODES = ("straight", "contour")
PLATE_BARS: dict[str, tuple[float, float]] = {
    "gx": (0.7, 1.4),
    "w1": (0, 16),
    "coh": (0, 8.5),
    "comp": (0, 15),
    "seam": (0.95, 1.05),
    "rep": (0, 0.20),
    "mir": (0, 0.10),
    "upright": (0, 1.75),
}
JOIN = 1.25
EXCESS_SHARE = 0.5  # of the straight version's
RMS_SHARE = 0.4  # of the straight version's
RMS_SHARE_DARK = 0.75  # for a tower that is hardly darker than its sky
WHOLE = 1.0  # grey level: a thing that changes less is whole


def tables(rows: Sequence[Row]) -> str:
    """All tables as Markdown."""
    cut = [row for row in rows if "borders" in row]
    parts = [_notes(rows)]
    if cut:
        parts += [_borders(cut), _objects(cut), _plates(cut), _cost(cut)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(title: str, heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    body = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([f"**{title}**", "", f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *body])


def _half(name: str) -> str:
    return "tuning" if name in landscapes.TUNING else "held out" if name in landscapes.HELD_OUT else "other"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


Column = tuple[str, Sequence[Callable[[Row], float | None]]]
"""A head, and the figures that share a cell under it."""


def _cells(row: Row, columns: Sequence[Column], digits: int = 2) -> list[str]:
    return [" / ".join(_number(figure(row), digits) for figure in figures) for _, figures in columns]


def _median_lines(rows: Sequence[Row], columns: Sequence[Column], digits: int = 2) -> list[list[str]]:
    """Medians of columns of figures, for each half that has pictures."""
    lines = []
    for half in ("tuning", "held out"):
        ours = [row for row in rows if _half(row["name"]) == half]
        if ours:
            middles = [" / ".join(_number(_median(ours, f), digits) for f in figures) for _, figures in columns]
            lines.append([f"*median, {half}*", *middles, ""])
    return lines


def _median(rows: Sequence[Row], figure: Callable[[Row], float | None]) -> float | None:
    values = [value for row in rows if (value := figure(row)) is not None and not math.isnan(value)]
    return statistics.median(values) if values else None


def _notes(rows: Sequence[Row]) -> str:
    lines = [
        [
            row["name"],
            _half(row["name"]),
            f"{row['size'][0]}x{row['size'][1]}",
            ", ".join(f"{name} {top} ({-speed:g})" for name, top, speed in row.get("layers", [])) or "-",
            row["notes"]["contour"],
            row["notes"]["auto"],
        ]
        for row in rows
    ]
    heads = ["picture", "half", "px", "layers: first row (px per step)", "contour", "what auto would have chosen"]
    return _table("Layers", heads, lines)


def _border(mode: str, figure: str, step: int) -> Callable[[Row], float | None]:
    def value(row: Row) -> float | None:
        found = row["borders"].get(mode, {}).get(str(step))
        return None if found is None else float(found[figure])

    return value


def _holes(mode: str) -> Callable[[Row], float | None]:
    return lambda row: 100 * row["cost"][mode]["holes"] if mode in row["cost"] else None


def _borders(rows: Sequence[Row]) -> str:
    columns: list[Column] = []
    for figure, steps in (("join", (20, 60, 150)), ("excess", (20, 60)), ("broken", (20, 60)), ("halo", (20, 60))):
        columns += [(f"{figure} {mode}", [_border(mode, figure, step) for step in steps]) for mode in MODES]
    columns.append(("holes % straight / contour", [_holes(mode) for mode in MODES]))
    lines = [[row["name"], *_cells(row, columns), _misses_of_borders(row)] for row in rows]
    bars = f"bars: join <= {JOIN}, excess <= {EXCESS_SHARE} x straight on average and never above it, no holes"
    title = f"Borders at k = 20 / 60 / 150 ({bars})"
    table = _table(title, ["picture", *(head for head, _ in columns), "misses"], lines + _median_lines(rows, columns))
    shares = " / ".join(_number(excess_share(rows, step), 2) for step in (20, 60))
    return f"{table}\n\nMean excess with contours, as a share of that with bands, at 20 / 60: {shares}."


def excess_share(rows: Sequence[Row], step: int) -> float | None:
    """The mean excess with contours as a share of that with bands, over the pictures that have both."""
    both = [tuple(_border(mode, "excess", step)(row) for mode in reversed(MODES)) for row in rows]
    known = [(a, b) for a, b in both if a is not None and b is not None and not math.isnan(a + b)]
    return sum(a for a, _ in known) / sum(b for _, b in known) if known else None


def _misses_of_borders(row: Row) -> str:
    misses = []
    for step in (20, 60, 150):
        join = _border("contour", "join", step)(row)
        if join is not None and join > JOIN:
            misses.append(f"join {step}")
        ours, theirs = (_border(mode, "excess", step)(row) for mode in reversed(MODES))
        if step < 150 and ours is not None and theirs is not None and ours > theirs:
            misses.append(f"excess {step}")
    if (_holes("contour")(row) or 0) > 0:
        misses.append("holes")
    return ", ".join(misses)


def _rms(mode: str, step: int) -> Callable[[Row], float | None]:
    def value(row: Row) -> float | None:
        found = row["object"]["rms"].get(mode, {}).get(str(step))
        return None if found is None else float(found)

    return value


def _mean_rms(row: Row) -> tuple[float, float] | None:
    """Mean rms with contours and with bands, over the steps that both have."""
    both = [tuple(_rms(mode, step)(row) for mode in reversed(MODES)) for step in (8, 20, 60)]
    known = [(ours, theirs) for ours, theirs in both if ours is not None and theirs is not None]
    known = [pair for pair in known if not math.isnan(sum(pair))]
    return (statistics.mean(o for o, _ in known), statistics.mean(t for _, t in known)) if known else None


def _share(row: Row) -> float | None:
    """Rms with contours as a share of that with bands; None where bands do not tear the thing."""
    means = _mean_rms(row)
    return means[0] / means[1] if means is not None and means[1] >= WHOLE else None


def _is_torn(row: Row) -> bool:
    bar, means = (RMS_SHARE_DARK if row["name"] == "dresden" else RMS_SHARE), _mean_rms(row)
    return means is not None and means[0] > max(WHOLE, bar * means[1])


def _objects(rows: Sequence[Row]) -> str:
    rows = [row for row in rows if row.get("object")]
    columns: list[Column] = [(mode, [_rms(mode, step) for step in (8, 20, 60)]) for mode in MODES]
    columns.append(("contour / straight", [_share]))
    lines = []
    for row in rows:
        lines.append([f"{row['name']}, {row['object']['name']}", *_cells(row, columns), "yes" if _is_torn(row) else ""])
    title = f"One thing each: rms in grey levels at its best shift, k = 8 / 20 / 60 (bar: {RMS_SHARE} x straight)"
    heads = ["picture", *(head for head, _ in columns), "misses"]
    return _table(title, heads, lines + _median_lines(rows, columns)) if rows else ""


def missed_bars(figures: dict[str, float]) -> list[str]:
    """The bars that a picture's plates miss; rep and mir may be as high as in the source itself."""
    missed = []
    for name, (low, high) in PLATE_BARS.items():
        own = figures.get(f"own_{name}", math.nan)
        if not low <= figures.get(name, low) <= (high if math.isnan(own) else max(high, own)):
            missed.append(name)
    return missed


def _plates(rows: Sequence[Row]) -> str:
    def value(mode: str, figure: str) -> Callable[[Row], float | None]:
        return lambda row: row["plates"].get(mode, {}).get(figure)

    bars = ", ".join(f"{name} {low:g}-{high:g}" for name, (low, high) in PLATE_BARS.items())
    lines = []
    for row in rows:
        for mode, figures in row["plates"].items():
            shown = (_number(figures.get(name), 2) for name in PLATE_BARS)
            lines.append([row["name"], mode, *shown, ", ".join(missed_bars(figures))])
    for mode in MODES:
        for middle in _median_lines(rows, [(name, [value(mode, name)]) for name in PLATE_BARS]):
            lines.append([middle[0], mode, *middle[1:]])
    bars += "; rep and mir no higher than in the source, where that is more"
    return _table(f"Plates, means over the layers (bars: {bars})", ["picture", "cut", *PLATE_BARS, "misses"], lines)


def _cost(rows: Sequence[Row]) -> str:
    keys = ("setup_cpu_s", "setup_wall_s", "step_cpu_ms", "step_wall_ms", "peak_mb")
    lines = []
    for row in rows:
        for mode, cost in row["cost"].items():
            resolved = _number(row["resolve_s"], 1) if mode == "contour" else "-"
            shown = (_number(cost[key], 0 if key == "peak_mb" else 1) for key in keys)
            lines.append([row["name"], mode, resolved, *shown, "yes" if cost["exact"] else "NO"])
    heads = ["picture", "cut", "resolve cpu s", "set-up cpu s", "set-up s", "step cpu ms", "step ms", "peak MB"]
    return _table("Cost", [*heads, "frame 0 is the source"], lines)
