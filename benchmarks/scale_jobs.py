"""Many jobs on many machines, tried on one: Dask workers as processes, some of them killed while they paint.

    python -m infinite_parallax.benchmarks.scale_jobs [--workers 3] [--jobs 12] [--kills 1] [--steps N] [--store URL]

The same jobs are painted by a server alone, by a farm of one worker, by a farm of several, and by such a farm of which
workers are killed by a signal as soon as all of them are at work and some jobs are through. Every job must succeed, and
its tiles be those of the server alone, byte by byte; exit code 1 if not. Each farm is warmed up first: a worker loads
and compiles once, and that is no cost of a job. What remains is what a farm costs: sending out, granting, carrying to
and fro.
"""

import argparse
import functools
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..shared import project as projects
from ..shared.chunks.crew_size import processors
from ..shared.client import Client
from ..shared.project import Project
from ..shared.server_process import ServerProcess
from ..shared.wire import RUNNING, SUCCEEDED
from .kills import make_picture

DEADLINE_S = 300.0
SAME, DIFFERENT = "The files are the same byte for byte.", "THE FILES DIFFER."
SERVER = (sys.executable, "-m", "infinite_parallax.inpaint_server")
TAKEN = re.compile(r"job (\S+): turn \d+ is taken by .* \((\d+)\)$", re.MULTILINE)
Kill = Callable[[Client, Path], None]
Tiles = dict[str, bytes]


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does; TimeoutError after five minutes."""
    patience = time.monotonic() + DEADLINE_S
    while not true():
        if time.monotonic() > patience:
            raise TimeoutError("the other process does not do what is waited for")
        time.sleep(0.02)


@dataclass
class Farm:
    """A scheduler of Dask and workers of one slot each, as processes on loopback; `prelude` is Python that they run
    first, where the package is not installed."""

    folder: Path
    prelude: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""
    scheduler: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Farm":
        self.start_scheduler()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill()
            process.wait(DEADLINE_S)

    def start_scheduler(self) -> None:
        """Start the scheduler; another one on the port of the last."""
        file = self.folder / f"scheduler{time.time_ns()}.json"
        port = self.address.rpartition(":")[2] or "0"
        flags = "--port", port, "--no-dashboard", "--scheduler-file", str(file)
        self.scheduler = self._start("dask_scheduler", *flags)
        until(lambda: file.exists() and file.read_text(encoding="utf-8").endswith("}"))
        self.address = json.loads(file.read_text(encoding="utf-8"))["address"].removeprefix("tcp://")

    def kill_scheduler(self) -> None:
        """Kill the scheduler in the middle of whatever it does."""
        assert self.scheduler is not None
        self.scheduler.send_signal(signal.SIGKILL)
        self.scheduler.wait(DEADLINE_S)

    def add(self, slots: str = "CPU=1") -> None:
        """Start another worker, with one thread."""
        flags = "--no-nanny --nthreads 1 --no-dashboard --memory-limit 0 --resources"
        self.workers.append(self._start("dask_worker", f"tcp://{self.address}", *flags.split(), slots))

    def kill(self, number: int) -> None:
        """Kill a worker in the middle of whatever it does."""
        self.workers[number].send_signal(signal.SIGKILL)
        self.workers[number].wait(DEADLINE_S)

    def strike(self, client: Client, log: Path) -> bool:
        """Kill a worker that paints, by what the server's jobs and its log say; whether there was one."""
        painting = {job.id for job in client.jobs() if job.state == RUNNING and 0 < job.step < job.steps}
        pids = [worker.pid for worker in self.workers if worker.poll() is None]
        for job_id, pid in reversed(TAKEN.findall(log.read_text(encoding="utf-8"))):
            if job_id in painting and int(pid) in pids:
                self.kill([worker.pid for worker in self.workers].index(int(pid)))
                return True
        return False

    def _start(self, name: str, *flags: str) -> subprocess.Popen[bytes]:
        code = f"{self.prelude}\nfrom distributed.cli import {name}; {name}.main()"
        command = [sys.executable, "-c", code, *flags, "--host", "127.0.0.1"]
        with (self.folder / f"{name}{len(self.processes)}.log").open("ab") as log:
            process = subprocess.Popen(command, stderr=log, stdout=log, cwd=self.folder)
        self.processes.append(process)
        return process


def make_projects(count: int, steps: int) -> list[Project]:
    """`count` projects of three layers that differ in their seeds."""
    document = {
        "motion": {"steps": steps},
        "plates": {"tile_px": 256, "overlap_px": 3},
        "layers": [
            {"height": 30, "velocity": [-2.3, 0]},
            {"height": 30, "velocity": [-5, 0]},
            {"velocity": [-9.5, 0]},
        ],
    }
    first = projects.from_json(document)
    return [replace(first, inpaint=replace(first.inpaint, seed=seed)) for seed in range(count)]


@dataclass(frozen=True)
class Round:
    """One way to work off the jobs: how long it took, s, and the tiles of every job; `turns` is how often one was
    sent out."""

    name: str
    seconds: float
    tiles: Sequence[Tiles]
    turns: int

    def told(self, alone: "Round") -> str:
        """A row of the table."""
        extra = (self.seconds - alone.seconds) / len(self.tiles)
        same = sum(a == b for a, b in zip(self.tiles, alone.tiles, strict=True))
        return f"| {self.name} | {self.seconds:.1f} | {extra:+.2f} | {same} of {len(self.tiles)} | {self.turns} |"


def work_off(
    name: str,
    wishes: Sequence[Project],
    folder: Path,
    store: str,
    executor: str = "",
    kill: Kill | None = None,
    warm: int = 1,
) -> Round:
    """Let a server, alone or with a farm, work off jobs, after `warm` others; `kill` is called once some of them are
    through and others at work."""
    flags = ["--store", store, *(["--executor", executor] if executor else [])]
    picture, log = make_picture(), folder / f"{name.replace(' ', '_')}.log"
    with (
        ServerProcess([*SERVER, *flags], DEADLINE_S, log) as server,
        Client(server.url, server.token) as client,
    ):
        _run(client, [replace(wishes[0], name=f"warm{i}") for i in range(warm)], picture, "warm", None)
        begun = time.monotonic()
        _run(client, wishes, picture, "job", kill and functools.partial(kill, client, log))
        seconds = time.monotonic() - begun
        tiles = []
        for number in range(len(wishes)):
            target = folder / "fetched" / name / str(number)
            client.download_plates(f"job{number}", target)
            tiles.append({p.name: p.read_bytes() for p in sorted(target.rglob("*.png"))})
    taken = TAKEN.findall(log.read_text(encoding="utf-8"))
    return Round(name, seconds, tiles, sum(job_id.startswith("job") for job_id, _ in taken))


def _run(
    client: Client, wishes: Sequence[Project], picture: bytes, prefix: str, kill: Callable[[], None] | None
) -> None:
    for number, wish in enumerate(wishes):
        client.create_job(wish, picture, f"{prefix}{number}")
    if kill is not None:
        until(lambda: sum(job.state == SUCCEEDED for job in client.jobs() if job.id.startswith(prefix)) >= 1)
        kill()
    for number in range(len(wishes)):
        job = client.wait(f"{prefix}{number}")
        if job.state != SUCCEEDED:
            raise RuntimeError(f"{job.id} is {job.state}: {job.error}")


def rounds(folder: Path, workers: int, jobs: int, kills: int, steps: int, store: str) -> list[Round]:
    """All ways to work off the same jobs, the server alone first."""
    wishes = make_projects(jobs, steps)
    made = [work_off("server alone", wishes, folder, str(folder / "alone"))]
    for name, count, killed in (
        ("farm of one worker", 1, 0),
        (f"farm of {workers}", workers, 0),
        (f"farm of {workers} and {kills} killed", workers, kills),
    ):
        with Farm(folder) as farm:
            for _ in range(count):
                farm.add()

            def kill(client: Client, log: Path, farm: Farm = farm, killed: int = killed) -> None:
                for _ in range(killed):
                    until(lambda: farm.strike(client, log))

            place = f"{store.rstrip('/')}/{len(made)}" if store else str(folder / f"store{len(made)}")
            do = kill if killed else None
            made.append(work_off(name, wishes, folder, place, f"dask://{farm.address}", do, 2 * count))
    return made


def table(workers: int = 3, jobs: int = 12, kills: int = 1, steps: int = 300, store: str = "") -> str:
    """The rounds as a Markdown table, and what it shows in a sentence. `store` is where the farms' stores go, "" for a
    folder of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        made = rounds(Path(folder), workers, jobs, kills, steps, store)
    same = all(one.tiles == made[0].tiles for one in made)
    return "\n".join(
        [
            "| | s | s more per job than alone | same bytes | turns |",
            "|---|---|---|---|---|",
            *(one.told(made[0]) for one in made),
            "",
            f"{jobs} jobs of {steps} steps; {processors()} processors. All complete. {SAME if same else DIFFERENT}",
        ]
    )


def main() -> int:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=12)
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--store", default="", help="where the farms' stores go; a folder of this machine by itself")
    args = parser.parse_args()
    told = table(args.workers, args.jobs, args.kills, args.steps, args.store)
    print(told)
    return 1 if DIFFERENT in told else 0


if __name__ == "__main__":
    sys.exit(main())
