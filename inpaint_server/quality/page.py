"""The report as one HTML page that needs nothing beside itself: pictures as data, curves as SVG, no script.

It is well-formed XML too, so that any tool can read it. Figures stand beside what they are about, and every mark is a
word or a sign besides a colour. A page that loads its parts from a server would be empty a year later.
"""

import base64
import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from html import escape

from ..pictures import encode_jpeg
from . import bars, exhibits
from .layer_figures import FIFTHS, LayerFigures
from .metrics import Figures
from .painted_job import RGB, PaintedJob
from .repetition_map import RepetitionMap
from .report import Report, seen_layers

STYLE = """
:root { color-scheme: light dark; --ink: #1c1f23; --soft: #5d646d; --line: #d5d9de; --paper: #fbfbfa; --bad: #b3261e;
 --good: #1d6b35; --fill: #f1f2f3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6e8; --soft: #9aa2ab; --line: #363c43; --paper: #15181b;
 --bad: #ff8a80; --good: #7fd39a; --fill: #1f2327; } }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 74rem; color: var(--ink); background: var(--paper);
 font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
p { margin: .4rem 0; max-width: 46rem; } .soft, figcaption, th { color: var(--soft); }
.bad { color: var(--bad); } .good { color: var(--good); }
figure { margin: .75rem 0; } img, svg { display: block; max-width: 100%; height: auto; }
figcaption { font-size: .85rem; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: .75rem; }
.sheet figure { margin: 0; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } caption { text-align: left; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { font-weight: 500; } th:first-child, td:first-child { text-align: left; } tr.mean td { background: var(--fill); }
.key { display: inline-block; width: .8em; height: .8em; margin-right: .4em; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; } .axis { stroke: var(--line); }
"""
MEANINGS = {
    "gx": "sharpness against the source, 1 is equal",
    "w1": "distance of the colours, grey levels",
    "coh": "what is shown and not in the source",
    "comp": "what is in the source and not shown",
    "seam": "edges where steps meet, 1 is none",
    "rep": "share that repeats within a frame",
    "mir": "share that mirrors within a frame",
    "upright": "the worst upright step, grey levels",
}


def page(job: PaintedJob, report: Report, maps: Sequence[RepetitionMap]) -> str:
    """The page of a report."""
    name = escape(job.project.name)
    body = "\n".join(_sections(job, report, maps))
    return (
        '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>Quality of {name}</title><style>{STYLE}</style></head>\n<body>\n<h1>Quality of {name}</h1>\n"
        f"{body}\n</body></html>\n"
    )


def _sections(job: PaintedJob, report: Report, maps: Sequence[RepetitionMap]) -> Iterator[str]:
    yield from _verdict(report)
    yield "<h2>The picture and its layers</h2>"
    yield _figure(exhibits.bordered(job.source, seen_layers(job.alphas(0))), "The source and where its layers begin.")
    yield _legend(report.layers)
    yield "<h2>On the way</h2><div class='sheet'>"
    for step, frame in exhibits.frames(job).items():
        yield _figure(frame, f"Step {step}")
    yield "</div><h2>Figures</h2>"
    yield from _layer_table(report)
    yield "<h2>Where layers meet</h2>"
    yield from _border_tables(report)
    yield "<h2>Over time</h2><p class='soft'>What a window of one frame's width shows after each fifth of the way.</p>"
    drifting = [layer for layer in report.layers if layer.drift] or [report.frames]
    yield _legend(drifting)
    for field, low, high in (("gx", 0.5, 2.0), ("w1", 0.0, 32.0)):
        yield _chart(drifting, field, low, high)
    yield "<h2>The plates, and where they repeat</h2>"
    yield (
        "<p class='soft'>Under the coloured bar lies the source's own part. In the grey picture below, cells that "
        "stand within the frame before are orange, mirrored ones violet.</p>"
    )
    for layer in report.layers:
        yield from _plate(job, report, layer, maps)


def _verdict(report: Report) -> Iterator[str]:
    about = f"{report.width} × {report.height} px, {len(report.layers)} layers, {report.steps} steps, {report.cut} cut."
    yield f"<p class='soft'>{escape(about)}</p>"
    if report.passed:
        yield "<p class='good'>✓ Every bar is cleared.</p>"
        return
    count = len(report.missed)
    yield f"<p class='bad'>✗ {count} bar{'s are' if count > 1 else ' is'} missed:</p><ul>"
    for missed in report.missed:
        yield f"<li>{escape(missed.sentence)}</li>"
    yield "</ul>"


def _figure(picture: RGB, words: str) -> str:
    data = base64.b64encode(encode_jpeg(picture)).decode("ascii")
    height, width = picture.shape[:2]
    return (
        f'<figure><img src="data:image/jpeg;base64,{data}" width="{width}" height="{height}" alt="{escape(words)}"/>'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )


def _key(layer: LayerFigures) -> str:
    red, green, blue = exhibits.colour(max(0, layer.index))
    return f'<span class="key" style="background: rgb({red}, {green}, {blue})"></span>{escape(layer.name)}'


def _legend(layers: Sequence[LayerFigures]) -> str:
    return "<p>" + " &#160; ".join(_key(layer) for layer in layers) + "</p>"


def _layer_table(report: Report) -> Iterator[str]:
    names = [f.name for f in fields(Figures)]
    yield "<div class='wide'><table><thead><tr><th>layer</th><th>rows</th><th>px/step</th><th>painted px</th>"
    yield "".join(f'<th title="{MEANINGS[name]}">{name}</th>' for name in names) + "</tr></thead><tbody>"
    many = bars.own(report.layers)
    for layer in report.layers:
        vx, vy = layer.velocity
        speed = f"{vx:g}" if not vy else f"{vx:g}, {vy:g}"
        cells = "".join(_cell(name, layer.figures, True, bars.own([layer])) for name in names)
        place = f"<td>{layer.top}–{layer.bottom}</td><td>{speed}</td><td>{layer.painted_px}</td>"
        yield f"<tr><td>{_key(layer)}</td>{place}{cells}</tr>"
    mean = "".join(_cell(name, report.mean, False, many) for name in names)
    yield f"<tr class='mean'><td>mean</td><td></td><td></td><td></td>{mean}</tr>"
    whole = "".join(f"<td>{_number(getattr(report.frames.figures, name))}</td>" for name in names)
    yield f"<tr><td>last frame, whole</td><td></td><td></td><td></td>{whole}</tr>"
    limits = "".join(f"<th>{_limits(*bars.limits(name, False, many))}</th>" for name in names)
    yield f"<tr><th>good is a mean of</th><th></th><th></th><th></th>{limits}</tr></tbody></table></div>"
    words = "; ".join(f"{name}: {MEANINGS[name]}" for name in names)
    yield f"<p class='soft'>{escape(words)}. A layer alone may go to about twice the bar. – was not measured.</p>"


def _cell(name: str, figures: Figures, alone: bool, own: bars.Own) -> str:
    value = getattr(figures, name)
    if math.isnan(value):
        return "<td>–</td>"
    good = bars.fits(name, value, alone, own)
    return f"<td class='{'good' if good else 'bad'}'>{value:.2f} {'✓' if good else '✗'}</td>"


def _limits(low: float, high: float) -> str:
    return f"≤ {high:g}" if math.isinf(low) else f"{low:g}–{high:g}"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _border_tables(report: Report) -> Iterator[str]:
    yield "<div class='wide'><table><thead><tr><th>step</th><th>join</th><th>excess</th><th>broken</th><th>halo</th>"
    yield "</tr></thead><tbody>"
    for step, one in report.borders.items():
        mark = ""
        if report.cut == "contour" and not math.isnan(one.join):
            mark = " ✓" if one.join <= bars.JOIN else " <span class='bad'>✗</span>"
        rest = "".join(f"<td>{_number(v)}</td>" for v in (one.excess, one.broken, one.halo))
        yield f"<tr><td>{step}</td><td>{_number(one.join)}{mark}</td>{rest}</tr>"
    yield "</tbody></table></div><ul>"
    for step, rigid in report.rigidity.items():
        yield (
            f"<li>Rigidity at step {step}: what stands across a border is found again with a residual of "
            f"{rigid.median:.1f} grey levels (worst {rigid.worst:.1f}, contrast {rigid.contrast:.1f}, "
            f"{rigid.windows} windows).</li>"
        )
    first, holes = report.first_frame, report.holes
    yield f"<li>{_mark(not first.differing)} The first frame differs from the source in {first.differing} pixels.</li>"
    yield f"<li>{_mark(not holes.pixels)} Holes: {holes.pixels} pixels, in {holes.looked_at} frames looked at.</li>"
    if (closure := report.closure) is not None:
        yield (
            f"<li>{_mark(closure.ratio <= bars.CLOSURE)} The joint of the loop changes {closure.joint:.1f} grey "
            f"levels, usual are {closure.typical:.1f}; in the worst stripe {closure.ratio:.2f} times the most.</li>"
        )
    yield "</ul><p class='soft'>join: the step across borders against the source's; excess: its rise, grey levels; "
    yield "broken: share of borders with a new step; halo: overshoot against the source's.</p>"


def _mark(good: bool) -> str:
    return "<span class='good'>✓</span>" if good else "<span class='bad'>✗</span>"


def _chart(layers: Sequence[LayerFigures], field: str, low: float, high: float) -> str:
    """A curve for each layer over the fifths of the way."""
    width, height, left = 520, 130, 44

    def place(fifth: int, value: float) -> str:
        share = (min(max(value, low), high) - low) / (high - low)
        return (
            f"{left + (width - left - 12) * (fifth - 1) / (FIFTHS - 1):.1f},{height - 22 - (height - 34) * share:.1f}"
        )

    parts = []
    for value in (low, high):
        start, end = place(1, value), place(FIFTHS, value).split(",")
        x, y = start.split(",")
        parts.append(f'<line class="axis" x1="{x}" y1="{y}" x2="{end[0]}" y2="{end[1]}"/>')
        parts.append(f'<text x="{left - 8}" y="{y}" text-anchor="end" dy="4">{value:g}</text>')
    for fifth in range(1, FIFTHS + 1):
        x = place(fifth, low).split(",")[0]
        parts.append(f'<text x="{x}" y="{height - 6}" text-anchor="middle">{fifth}/{FIFTHS}</text>')
    for layer in layers:
        points = " ".join(place(i, getattr(drift, field)) for i, drift in enumerate(layer.drift, 1))
        ink = "#{:02x}{:02x}{:02x}".format(*exhibits.colour(max(0, layer.index)))
        title = f"<title>{escape(layer.name)}</title>"
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2">{title}</polyline>')
    return (
        f"<figure><figcaption>{field}: {MEANINGS[field]}</figcaption>"
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{field} over time">{"".join(parts)}</svg></figure>'
    )


def _plate(job: PaintedJob, report: Report, layer: LayerFigures, maps: Sequence[RepetitionMap]) -> Iterator[str]:
    picture = exhibits.plate_beginning(job, layer.index)
    if picture is None:
        return
    yield _figure(picture, f"{layer.name}: the beginning of its plate")
    for found in maps:
        if found.index == layer.index:
            plain, mirrored = ("–" if math.isnan(share) else f"{share:.0%}" for share in report.repeats[layer.index])
            words = f"{layer.name}: {plain} of the textured cells stand before, {mirrored} mirrored"
            yield _figure(exhibits.repetition(found, job.plan.width), words)
