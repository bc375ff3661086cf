"""Memory and time of painting the plates of a huge picture, part by part: what is held, and what the system may take.

The peak of a part is looked for 50 times a second in what Linux says of the process. A profiler of allocations was the
other road: it does not see the files that are mapped, and they are most of what there is.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..inpaint_server import engines
from ..inpaint_server.engines.contract import RGB
from ..inpaint_server.step_loop import StepLoop
from ..shared import project as projects
from ..shared.example_picture import paint
from ..shared.project import Project

EVERY_S = 0.02
PAINTED_WIDTH = 3200
GRAIN = 14.0
"""Grey levels: an enlarged picture has no texture of its own."""
TOWARD = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up_left": (-1.0, -0.2)}


class Peaks:
    """The most memory in MB of each part: all that is resident, and of that what is in no file."""

    def __init__(self) -> None:
        self._part, self._over = "", threading.Event()
        self._found: dict[str, tuple[int, int]] = {}
        self._seconds: dict[str, tuple[float, float]] = {}
        self._since = time.perf_counter(), time.process_time()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def begin(self, part: str) -> None:
        """From now on it is this part."""
        if not self._thread.is_alive():
            self._thread.start()
        self._end()
        self._part = part

    def begin_stage(self, stage: str) -> None:
        """From now on it is a stage of the preparation, whichever layer it is for."""
        self.begin(stage.partition(" behind")[0].partition(" of ")[0].rstrip("0123456789 ,"))

    def table(self) -> str:
        """All parts as a Markdown table."""
        self._end()
        self._over.set()
        lines = ["| part | s | processor s | peak MB | of that in no file |", "|---|---|---|---|---|"]
        for part, (all_, own) in self._found.items():
            clock, processor = self._seconds.get(part, (0.0, 0.0))
            lines.append(f"| {part} | {clock:.0f} | {processor:.0f} | {all_} | {own} |")
        return "\n".join(lines)

    def _end(self) -> None:
        now = time.perf_counter(), time.process_time()
        before = self._seconds.get(self._part, (0.0, 0.0))
        self._seconds[self._part] = before[0] + now[0] - self._since[0], before[1] + now[1] - self._since[1]
        self._since = now

    def _watch(self) -> None:
        while not self._over.wait(EVERY_S):
            said = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
            held = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in said if line.endswith(" kB")}
            most = self._found.get(self._part, (0, 0))
            self._found[self._part] = max(most[0], held["VmRSS"]), max(most[1], held["RssAnon"])


def picture(width: int, height: int) -> RGB:
    """The example picture, enlarged and grained where it is wider than it is painted in reasonable time."""
    if width <= PAINTED_WIDTH:
        return paint(width, height)
    small = paint(PAINTED_WIDTH, height * PAINTED_WIDTH // width)
    out = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    grain = np.random.default_rng(0).normal(0, GRAIN, (256, width, 1)).astype(np.int16)
    for top in range(0, height, len(grain)):
        rows = out[top : top + len(grain)]
        rows[:] = np.clip(rows + grain[: len(rows)], 0, 255)
    return out


def project(height: int, layers: int, steps: int, cut: str = "straight", toward: str = "left") -> Project:
    """Layers of one height that move one way, each a px per step faster than the one behind it."""
    x, y = TOWARD[toward]
    bands: list[dict[str, Any]] = [
        {"height": height // layers, "velocity": [x * (1 + i), y * (1 + i)]} for i in range(layers)
    ]
    bands[-1].pop("height")
    return projects.from_json({"layers": bands, "motion": {"steps": steps}, "cut": {"mode": cut}})


def measure(source: RGB, wish: Project) -> str:
    """Paint the plates of a picture; the table of what that took."""
    steps, peaks = wish.motion.steps or 0, Peaks()
    with tempfile.TemporaryDirectory() as folder:
        peaks.begin("reading")
        loop = StepLoop(Path(folder), wish, source, engines.load(engines.DEFAULT), begin=peaks.begin_stage)
        peaks.begin("Steps")
        while loop.step < steps:
            loop.paint(lambda: False)
        peaks.begin("The last tiles")
        loop.manifest(wait=True)
        loop.close()
    return peaks.table()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("width", type=int)
    parser.add_argument("height", type=int)
    parser.add_argument("--layers", type=int, default=20)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--cut", choices=("straight", "contour"), default="contour")
    parser.add_argument("--toward", choices=TOWARD, default="left")
    args = parser.parse_args()
    wish = project(args.height, args.layers, args.steps, args.cut, args.toward)
    print(measure(picture(args.width, args.height), wish))


if __name__ == "__main__":
    main()
