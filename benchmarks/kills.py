"""Does a job survive `kill -9` at any moment? A real server, killed at random moments until the count is reached.

    python -m infinite_parallax.benchmarks.kills [--kills 100] [--seed N] [--engine NAME] [--steps N]

Every start of the server is followed, at a moment drawn at random, by SIGKILL: while the request for the job is under
way, while a step is painted, while files are written, while an earlier kill is made good. When a job is through, its
tiles are compared, byte by byte, with those of a job that nobody disturbed, and the next job begins. Exit code 1 if
one differs, fails, or cannot be read after a kill.
"""

import argparse
import io
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

from ..shared import project as projects
from ..shared.client import Client
from ..shared.errors import ParallaxError
from ..shared.project import Project
from ..shared.server_process import ServerProcess
from ..shared.wire import ENDED, SUCCEEDED

LONGEST_S = 2.0


def make_project(engine: str, steps: int) -> Project:
    """Three layers, one of them with a speed in fractions of a pixel, and masks that remember the step before."""
    return projects.from_json(
        {
            "inpaint": {"engine": engine, "warn_divergence": 10},
            "motion": {"steps": steps},
            "mask": {"feather_px": 2, "falloff": 0.8},
            "plates": {"tile_px": 256, "overlap_px": 3},
            "layers": [
                {"height": 30, "velocity": [-2.3, 0]},
                {"height": 30, "velocity": [-5, 0]},
                {"velocity": [-9.5, 0]},
            ],
        }
    )


def make_picture() -> bytes:
    """A PNG of 128 x 96 px with some texture."""
    y, x = np.mgrid[0:96, 0:128]
    noise = np.random.default_rng(7).integers(0, 40, (96, 128, 3))
    rgb = np.stack([40 + x, 210 - y, 60 + (x + 2 * y) % 90], axis=2) + noise
    out = io.BytesIO()
    Image.fromarray(rgb.clip(0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


class Killer:
    """One store, one kind of job, and a source of random moments."""

    def __init__(self, folder: Path, project: Project, seed: int) -> None:
        self.folder, self.project, self.picture = folder, project, make_picture()
        self.random = random.Random(seed)
        self.kills = 0
        self.at_work = 0

    def start(self, store: str) -> ServerProcess:
        """A server on one of the stores."""
        command = [sys.executable, "-m", "infinite_parallax.inpaint_server", "--store", str(self.folder / store)]
        return ServerProcess(command, log=self.folder / "log")

    def tiles(self, store: str, job_id: str) -> dict[str, bytes]:
        """Let a job run to its end; the bytes of its tiles, and of its manifest."""
        target = self.folder / f"{store}-{job_id}"
        with self.start(store) as server, Client(server.url, server.token) as client:
            client.create_job(self.project, self.picture, job_id)
            try:
                client.wait(job_id)
            except ParallaxError:
                print((self.folder / "log").read_text(encoding="utf-8")[-4000:], file=sys.stderr)
                raise
            client.download_plates(job_id, target)
        return {str(p.relative_to(target)): p.read_bytes() for p in sorted(target.rglob("*")) if p.is_file()}

    def disturb(self, job_id: str) -> bool:
        """Start the server, ask for the job, and kill; whether the job is through."""
        server = self.start("killed")
        ended = threading.Event()
        # the request is made beside the wait, so that the kill can hit it too
        asking = threading.Thread(target=self._ask, args=(server, job_id, ended))
        asking.start()
        moment = self.random.uniform(0, LONGEST_S)
        through = ended.wait(moment)
        if not through:
            server.process.kill()
            self.kills += 1
        asking.join()
        server.stop()
        return through

    def _ask(self, server: ServerProcess, job_id: str, ended: threading.Event) -> None:
        try:
            with Client(server.url, server.token) as client:
                client.create_job(self.project, self.picture, job_id)
                self.at_work += 1
                if any(event.data.get("state") in ENDED for event in client.events(job_id, patience_s=0)):
                    ended.set()
        except ParallaxError as e:
            if e.code not in ("no_server", "no_answer", "protocol"):
                raise


def main() -> int:
    """Kill until the count is reached and every job is through; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="walk")
    parser.add_argument("--steps", type=int, default=400)
    args = parser.parse_args()
    began, jobs = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        killer = Killer(Path(folder), make_project(args.engine, args.steps), args.seed)
        wanted = killer.tiles("undisturbed", "job")
        while killer.kills < args.kills:
            jobs += 1
            job_id = f"job{jobs}"
            while not killer.disturb(job_id) and killer.kills < args.kills:
                print(f"\r{killer.kills} kills, job {jobs}", end="", file=sys.stderr, flush=True)
            if killer.tiles("killed", job_id) != wanted:
                print(f"\nseed {args.seed}: job {jobs} differs after {killer.kills} kills")
                return 1
        with killer.start("killed") as server, Client(server.url, server.token) as client:
            states = [job.state for job in client.jobs()]
    print(
        f"\n{killer.kills} kills with seed {args.seed}, {killer.at_work} of the starts with the job accepted: "
        f"{jobs} jobs of {args.steps} steps ({args.engine}), {states.count(SUCCEEDED)} succeeded, "
        f"all with the bytes of an undisturbed run, in {time.monotonic() - began:.0f} s"
    )
    return 0 if states == [SUCCEEDED] * jobs else 1


if __name__ == "__main__":
    sys.exit(main())
