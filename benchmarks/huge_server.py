"""A huge picture by a server: sent as a JPEG, prepared, painted, looked at on the way, its tiles fetched.

    python -m infinite_parallax.benchmarks.huge_server [--size 16000 9000] [--layers 20] [--steps 60]

Memory is the peak of the server's process as Linux tells it (`VmHWM`), its interpreter and libraries included. What the
page cache holds of files is not counted: the system takes that back when it wants to. Measuring the step loop alone, as
`huge.py` does, is not enough: decoding, previews and sending tiles have peaks of their own.
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from ..inpaint_server.engines.contract import RGB
from ..shared.client import Client
from ..shared.project import Project
from ..shared.server_process import ServerProcess
from ..shared.wire import PREVIEW, SUCCEEDED
from .huge import picture, project

PREVIEW_PX = 1600


def served(source: RGB, wish: Project) -> Iterator[str]:
    """Rows of the table while a server does all of it."""
    file = io.BytesIO()
    Image.fromarray(source).save(file, "JPEG", quality=90)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "infinite_parallax.inpaint_server", "--store", str(folder / "store")]
        with ServerProcess(command) as server, Client(server.url, server.token) as client:
            status = Path(f"/proc/{server.process.pid}/status")
            yield _row("started", status)
            client.create_job(wish, file.getvalue(), "huge")
            yield _row("sent", status)
            looks = 0
            for event in client.events("huge"):
                if event.kind == PREVIEW:
                    client.preview("huge", PREVIEW_PX)
                    looks += 1
            yield _row(f"painted, {looks} times looked at", status)
            if (job := client.wait("huge")).state != SUCCEEDED:
                raise RuntimeError(f"the job is {job.state}: {job.error}")
            client.download_plates("huge", folder / "plates")
            yield _row("fetched", status)
            size = sum(path.stat().st_size for path in (folder / "plates").rglob("*.png"))
            yield f"| {size / 2**20:.0f} MiB of tiles | | |"


def _row(what: str, status: Path) -> str:
    """Processor's time and peak of a process, as Linux tells them."""
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
    fields = (status.parent / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
    seconds = (int(fields[11]) + int(fields[12])) / 100
    return f"| {what} | {seconds:.0f} | {int(lines['VmHWM'].split()[0]) / 1024:.0f} |"


def main() -> None:
    """Print the table as it comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", nargs=2, type=int, default=(16000, 9000), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--layers", type=int, default=20)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--cut", choices=("straight", "contour"), default="straight")
    args = parser.parse_args()
    wish = project(args.size[1], args.layers, args.steps, args.cut)
    print("| | processor s | peak MiB |\n|---|---|---|")
    for row in served(picture(*args.size), wish):
        print(row, flush=True)


if __name__ == "__main__":
    main()
