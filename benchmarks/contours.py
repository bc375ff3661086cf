"""Layers with contours against straight bands: the same rows, the same speeds, on landscapes.

Run it as `python -m infinite_parallax.benchmarks.contours [--steps N] [--only straight|contour] [--out FOLDER]
[PICTURE...]`; pictures are paths or names (`landscapes.available()`), and all of the latter if none are given. What is
measured goes to FOLDER, one JSON and one contact sheet per picture, and `--tables` prints the tables of what lies
there. The bars are held against the pictures that were not tuned on, too, and medians keep both halves apart. Figures
are blind to a face in a fold of rock: look at the sheets.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..inpaint_server.layering.assets import Assets
from ..inpaint_server.layering.prepare import prepare
from ..inpaint_server.layering.resolve import resolve
from ..inpaint_server.quality import borders, metrics
from ..inpaint_server.quality.layer_figures import HEAD_PX
from ..inpaint_server.quality.upright import upright_step
from ..shared import plan as plans
from ..shared import project as projects
from ..shared.errors import ParallaxError
from ..shared.plan import Plan
from ..shared.project import Project
from . import landscapes
from .contour_tables import tables
from .journeys import Journey, Owners, travel

RGB = NDArray[np.uint8]
RGBA = NDArray[np.uint8]
SHOWN = (0, 20, 60, 150)
COMPARED = (20, 60, 150)
FOLLOWED = (8, 20, 60)
CELL_PX = 640
STILL_INSIDE, STILL_SEEN = 0.9, 0.6
"""Of an object's pixels: in the frame, and before everything else, so that its place can be told."""
RIM_PX = 6
"""How far the soft rim of a nearer layer reaches over what it passes; owners know only its more opaque half."""
SHARE = 0.1  # of an object's pixels, from which a layer has a share in it


def straight_of(project: Project, plan: Plan) -> Project:
    """The same layers as bands of rows, each as fast as in the contours' plan."""
    layers = tuple(
        replace(layer, skyline=(), matte="", ramp=None, velocity=planned.velocity)
        for layer, planned in zip(project.layers, plan.layers, strict=True)
    )
    return replace(project, cut=replace(project.cut, mode="straight"), layers=layers, hints=())


def border_figures(journey: Journey, picture: RGB, plan: Plan, steps: Sequence[int]) -> dict[str, dict[str, float]]:
    """join, excess, broken and halo by step."""
    looks = [0, *steps]
    positions = {k: [layer.position(k)[0] for layer in plan.layers] for k in looks}
    frames, owners = {k: journey.frame(k) for k in looks}, {k: journey.owners(k) for k in looks}
    found = borders.measure(picture, frames, owners, positions)
    return {str(step): asdict(figures) for step, figures in found.items()}


def rigidity(journey: Journey, picture: RGB, outline: landscapes.Outline, plan: Plan, step: int) -> float:
    """Rms difference in grey levels between the pixels inside an outline of the source and the frame at a step, at the
    horizontal shift where it is least, among those of the layers that have a share in the thing.

    Pixels before which a nearer layer or its soft rim has come since do not count, as things pass before each other;
    nan where too little is left in the frame.
    """
    inside = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.array(outline, np.int32)], 1)
    y, x = np.nonzero(inside)
    source, frame = metrics.luma(picture), metrics.luma(journey.frame(step))
    layers, owners = journey.owners(0)[y, x], journey.owners(step)
    beside, around = _widened(journey.owners(0))[y, x] > layers, _widened(owners)
    best = float("nan")
    for layer in plan.layers:
        if (layers == layer.index).mean() < SHARE:
            continue
        for shift in range(layer.position(step)[0] - 2, layer.position(step)[0] + 3):
            seen = (x + shift >= 0) & (x + shift < picture.shape[1])
            if seen.mean() < STILL_INSIDE:
                return float("nan")
            at = y[seen], x[seen] + shift
            seen[seen] = (owners[at] <= layers[seen]) & ((around[at] <= layers[seen]) | beside[seen])
            if seen.mean() >= STILL_SEEN:
                off = frame[y[seen], x[seen] + shift] - source[y[seen], x[seen]]
                best = float(np.fmin(best, np.sqrt(np.mean(off * off))))
    return best


def _widened(owners: Owners) -> Owners:
    """The nearest layer seen at each pixel or within a soft rim's width of it."""
    wide = cv2.dilate(owners.astype(np.uint8), np.ones((2 * RIM_PX + 1, 2 * RIM_PX + 1), np.uint8))
    return np.asarray(wide, np.int8)


def object_figures(name: str, journeys: dict[str, Journey], picture: RGB, plan: Plan, steps: Sequence[int]) -> Any:
    """How rigid the picture's known object stays in each journey; None without one."""
    if name not in landscapes.OBJECTS:
        return None
    thing, outline = landscapes.OBJECTS[name]
    if max(x for x, _ in outline) >= picture.shape[1] or max(y for _, y in outline) >= picture.shape[0]:
        return None
    rms = {
        mode: {str(step): rigidity(journey, picture, outline, plan, step) for step in steps}
        for mode, journey in journeys.items()
    }
    return {"name": thing, "rms": rms}


def plate_figures(journey: Journey, project: Project, picture: RGB, plan: Plan) -> dict[str, float]:
    """gx, w1, coh, comp, seam, rep, mir and upright, means over the layers; transparent parts count as an even colour.

    That makes rep and mir higher than a band's: over an even colour one gentle skyline looks like the next. own_rep and
    own_mir say how much of either the source's own rows have, measured alike.
    """
    cutouts = prepare(project, picture, Assets(), journey.folder / "job" / "layers").cutouts
    opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
    each, own = [], []
    for layer, plate in zip(plan.layers, journey.plates(), strict=True):
        if cutouts:
            whole = np.dstack([cutouts[layer.index].rgb, cutouts[layer.index].alpha])
        else:
            whole = np.concatenate([picture, opaque], axis=2)[layer.top : layer.top + layer.height]
        colour = whole[whole[..., 3] == 255][:, :3].mean(0)
        travelled = -layer.position(plan.steps)[0]
        # a band's tiles begin with the rows that fade into the layer behind
        shown = _on(colour, plate[-len(whole) :, picture.shape[1] : picture.shape[1] + travelled])
        if shown.shape[1] > metrics.WINDOW_PX:
            source, head = _on(colour, whole), _on(colour, plate[-len(whole) :, : picture.shape[1]][:, -HEAD_PX:])
            figures = metrics.measure(source, 0, len(whole), shown, round(-layer.velocity[0]))
            each.append(replace(figures, upright=upright_step(source, shown, head)))
            own.append(replace(figures, **dict(zip(("rep", "mir"), metrics.repeats_itself(source), strict=True))))
    if not each:
        return {}
    theirs = metrics.Figures.mean(own)
    return {**asdict(metrics.Figures.mean(each)), "own_rep": theirs.rep, "own_mir": theirs.mir}


def _on(colour: NDArray[np.floating[Any]], rgba: RGBA) -> RGB:
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return np.ascontiguousarray(np.rint(rgba[..., :3] * alpha + colour * (1 - alpha)).astype(np.uint8))


def sheet(journeys: dict[str, Journey], steps: Sequence[int]) -> RGB:
    """Frames under each other, one column per journey, cells 640 px wide; in the first row borders are drawn."""
    columns = []
    for mode, journey in journeys.items():
        cells = []
        for step in steps:
            frame = journey.frame(step).copy()
            if step == 0:
                owners = journey.owners(0)
                edge = np.zeros(owners.shape, np.uint8)
                edge[1:] |= (owners[1:] != owners[:-1]).view(np.uint8)
                edge[:, 1:] |= (owners[:, 1:] != owners[:, :-1]).view(np.uint8)
                frame[cv2.dilate(edge, np.ones((3, 3), np.uint8)) > 0] = 255, 0, 255
            size = CELL_PX, round(frame.shape[0] * CELL_PX / frame.shape[1])
            cell = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
            cell[:24, :112] = 0
            cv2.putText(cell, f"{mode} {step}", (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
            cells.append(cell)
        columns.append(np.concatenate(cells))
    return np.concatenate(columns, axis=1)


def measure(name: str, picture: RGB, steps: int, modes: Sequence[str], out: Path) -> dict[str, Any]:
    """Run and judge one picture; its contact sheet is written, its figures come back."""
    asked = {"cut": {"mode": "contour"}, "motion": {"steps": steps}}
    begun = time.process_time()
    settled = resolve(projects.from_json(asked), picture, Assets())
    resolve_s = time.process_time() - begun
    auto = resolve(projects.from_json({**asked, "cut": {"mode": "auto"}}), picture, Assets())
    found: dict[str, Any] = {
        "name": name,
        "size": [picture.shape[1], picture.shape[0]],
        "steps": steps,
        "resolve_s": resolve_s,
        "notes": {"contour": " ".join(settled.notes), "auto": " ".join(auto.notes)},
    }
    if settled.project.cut.mode != "contour":
        return found
    plan = plans.plan(settled.project, picture.shape[1], picture.shape[0])
    found["layers"] = [[layer.name, layer.top, layer.velocity[0]] for layer in plan.layers]
    both = {"straight": straight_of(settled.project, plan), "contour": settled.project}
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder:
        looks = tuple(sorted({k for k in (*SHOWN, *COMPARED, *FOLLOWED) if 0 < k <= steps} | {steps}))
        journeys = {mode: travel(Path(folder) / mode, both[mode], picture, looks) for mode in modes}
        found["cost"] = {mode: asdict(journey.figures) for mode, journey in journeys.items()}
        compared = [k for k in COMPARED if k in looks]
        found["borders"] = {mode: border_figures(j, picture, plan, compared) for mode, j in journeys.items()}
        found["object"] = object_figures(name, journeys, picture, plan, [k for k in FOLLOWED if k in looks])
        found["plates"] = {mode: plate_figures(j, both[mode], picture, plan) for mode, j in journeys.items()}
        picked = [k for k in SHOWN if k in looks or k == 0]
        Image.fromarray(sheet(journeys, picked)).save(out / f"{name}.png")
    return found


def _measured(name: str, picture: RGB, steps: int, modes: Sequence[str], out: Path) -> dict[str, Any]:
    """`measure`; a journey that failed is a row that says so, since the others are still worth having."""
    try:
        return measure(name, picture, steps, modes, out)
    except ParallaxError as e:
        print(e, file=sys.stderr)
        size = [picture.shape[1], picture.shape[0]]
        return {"name": name, "size": size, "steps": steps, "notes": {"contour": f"FAILED: {e}", "auto": "-"}}


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for and print the tables; returns the exit code."""
    parser = argparse.ArgumentParser(description="Layers with contours against straight bands, on landscapes.")
    parser.add_argument("pictures", nargs="*", help="paths or names of landscapes")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--only", choices=("straight", "contour"))
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "infinite-parallax-contours")
    parser.add_argument("--tables", action="store_true", help="run nothing, print the tables of what lies in --out")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    modes = [options.only] if options.only else ["straight", "contour"]
    done, missing = [], 0
    for what in [] if options.tables else options.pictures or landscapes.available():
        try:
            name, picture = landscapes.load(what)
        except ParallaxError as e:
            print(e, file=sys.stderr)
            missing += 1
            continue
        print(f"{time.strftime('%H:%M:%S')} {name} ...", file=sys.stderr, flush=True)
        done.append(_measured(name, picture, options.steps, modes, options.out))
        (options.out / f"{name}.json").write_text(json.dumps(done[-1], indent=1), encoding="utf-8")
    if options.tables:
        done = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(options.out.glob("*.json"))]
    print(tables(done))
    print(f"Contact sheets lie in {options.out}.", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
