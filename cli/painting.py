"""Painting from the command line: start a server or use one that runs, and show the job's progress as bars.

A job's id follows from its pictures and its project, so that the same command, run again after a power cut, finds the
same job in its store and goes on. The server that this starts listens on loopback, lives as long as the command, and
has a store of its own, so that two commands never wait for each other.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..inpaint_server.wavelet_fits import check_torch
from ..shared import painting
from ..shared.client import Client, read_token
from ..shared.painting import Canvas, Painted, Preparing, Progress, Warned, Wish
from ..shared.project import Project
from ..shared.server_process import ServerProcess
from . import gabor_plates
from .environments import user_data_folder
from .progress import bar, title


def paint(
    project: Project, picture: Path, folder: Path, server: str | None = None, token: Path | None = None
) -> Painted:
    """Paint a project's plates and fetch them into `folder`; for layers that shimmer, fit wavelets to them."""
    # what a sound drives may be 0 in the project
    driven = {drive.number for drive in project.drives if drive.target == "shimmer"}
    shimmers = tuple(replace(w, strength=1.0) if n in driven else w for n, w in enumerate(project.shimmers))
    if any(wish.ever for wish in shimmers):
        check_torch()
    painted = _fetched(project, picture, folder, server, token)
    if any(wish.ever for wish in shimmers):
        gabor_plates.fit(folder, shimmers)
    return painted


def _fetched(project: Project, picture: Path, folder: Path, server: str | None, token: Path | None) -> Painted:
    wish = Wish.read(project, picture)
    folder.mkdir(parents=True, exist_ok=True)
    if server is not None:
        with Client(server, read_token(token) if token else "") as client:
            try:
                return _paint(client, wish, folder)
            except KeyboardInterrupt:
                client.cancel(wish.job)
                raise
    store = user_data_folder() / "jobs" / wish.job
    with own_server(store) as client:
        painted = _paint(client, wish, folder)
    shutil.rmtree(store, ignore_errors=True)
    return painted


@contextmanager
def own_server(store: Path) -> Iterator[Client]:
    """A server for this command alone."""
    store.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "infinite_parallax.inpaint_server", "--port", "0", "--store", str(store)]
    with ServerProcess(command, log=store / "server.log") as server, Client(server.url, server.token) as client:
        yield client


def _paint(client: Client, wish: Wish, folder: Path) -> Painted:
    """Paint, with a bar for the steps and one for the tiles."""
    with ExitStack() as stack:
        bars: dict[str, Any] = {}
        words = {"step": "paint", "tile": "fetch"}

        def shown_bar(what: str, of: int | None) -> Any:
            if what not in bars:
                bars[what] = stack.enter_context(bar(words[what], of, what))
            return bars[what]

        def tell(message: Progress | Preparing | Warned | Canvas) -> None:
            if isinstance(message, Warned):
                print(f"Note: {message.message}", file=sys.stderr)
            if isinstance(message, Preparing):
                # a model may look at the picture before anybody knows how many steps there are
                shown_bar("step", None).set_description_str(message.stage)
            if not isinstance(message, Progress):
                return
            shown = shown_bar(message.what, message.of)
            shown.set_description_str(title(words[message.what]), refresh=False)
            shown.total, shown.n = message.of, message.done
            shown.refresh()

        return painting.paint(client, wish, folder, tell)
