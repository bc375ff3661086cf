"""The server as a process: lock, token, waitress, signals, and the one line that says it is ready.

waitress is pure Python and runs wherever Blender does; Flask's own server is meant for development. The line on
stdout is for whoever started the process; everything for people goes to stderr.
"""

import argparse
import ctypes
import hashlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]

from .. import __version__
from ..shared.errors import ParallaxError, UsageError
from .access import LOOPBACK, read_or_make_token
from .app import create_app
from .context import KEY, Config, Context
from .farm import sending
from .farm.shared_files import folder_of, is_url
from .farm.url_lock import url_locked

log = logging.getLogger(__name__)

M_MMAP_THRESHOLD, LARGE_BYTES = -3, 2**22
"""glibc's name for a size, and the bytes from which on a block of memory is one of its own."""
OTHER_THREADS = 8
"""Beside those that listen, look, paint or wait: short answers are given whatever else goes on."""


class _ShapedError(ErrorTask):  # type: ignore[misc]
    """What waitress refuses before Flask sees it (malformed, too large), in the one error shape."""

    def execute(self) -> None:
        fault = self.request.error
        large = fault.code == 413
        error = ParallaxError(
            "The request is too large." if large else f"The request cannot be understood ({fault.reason}).",
            "Send a smaller picture or a shorter project." if large else "Check the request.",
            "too_large" if large else "bad_request",
        )
        body = json.dumps(error.to_json()).encode()
        self.status = f"{fault.code} {fault.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = _ShapedError


class HttpServer:
    """waitress around an application: listening from the start, answering while `run` runs."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        self.context: Context = app.extensions[KEY]
        caps = self.context.limits
        try:
            self._server: Any = create_server(
                app,
                host=host,
                port=port,
                threads=caps.listeners + caps.looking + 1 + 2 * caps.waiting + OTHER_THREADS,
                max_request_body_size=caps.body_bytes,
                clear_untrusted_proxy_headers=True,
                ident="infinite-parallax",
            )
        except (OSError, ValueError) as e:
            raise ParallaxError(f"Cannot listen on {host}:{port}: {e}.", "Give another --host or --port.") from e
        if not hasattr(self._server, "effective_port"):
            raise UsageError(f"{host} stands for several addresses.", "Give one of them, such as 127.0.0.1.")
        self._server.channel_class = _Channel
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.effective_port}"

    def run(self) -> None:
        """Answer requests until `stop`; then end the streams and let go of the running job."""
        self.context.worker.start()
        try:
            self._server.run()
        finally:
            self.context.stop()
            self._server.task_dispatcher.shutdown()

    def stop(self) -> None:
        """Make `run` return; from another thread or from a signal handler."""
        sockets = self._server._map
        # the loop may take the order, and close the pipe that wakes it, before it has been woken: then it has ended
        with suppress(OSError):
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold the store for this process; a second server on it is refused. Even a kill frees it."""
    with (store / "lock").open("a+b") as file:
        try:
            _lock(file.fileno())
        except OSError as e:
            raise ParallaxError(
                f"Another server is at work on {store}.", "Use that one, stop it, or give another --store.", "locked"
            ) from e
        yield


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def default_store() -> Path:
    """Where jobs are kept unless a folder is given."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "infinite-parallax"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `serve`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default 0: any free one)")
    parser.add_argument(
        "--store",
        default=str(default_store()),
        metavar="DIR",
        help="folder of the jobs, or a URL such as s3://bucket/jobs",
    )
    parser.add_argument(
        "--executor", default="", metavar="URL", help="dask://host:port lets a Dask scheduler's workers paint"
    )
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="file of the token (default DIR/token)")
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME", help="answer to this name too")
    parser.add_argument("--allow-origin", action="append", default=[], metavar="URL", help="let this page in")
    parser.add_argument("--stop-with-stdin", action="store_true", help="stop when standard input is closed")


def serve_from_args(args: argparse.Namespace) -> None:
    """`serve` with the flags of `add_arguments`."""
    serve(
        args.store,
        args.host,
        args.port,
        args.token_file,
        tuple(args.allow_host),
        tuple(args.allow_origin),
        args.stop_with_stdin,
        args.executor,
    )


def _return_large_blocks() -> None:
    """Have glibc give freed blocks of LARGE_BYTES back to the system: a heap of each thread that has shown a preview
    of a huge picture would keep as much as that took."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def serve(
    store: str,
    host: str = "127.0.0.1",
    port: int = 0,
    token_file: Path | None = None,
    hosts: tuple[str, ...] = (),
    origins: tuple[str, ...] = (),
    stop_with_stdin: bool = False,
    executor: str = "",
) -> None:
    """Serve the jobs of a store until SIGTERM, SIGINT or, if asked for, the end of standard input.

    Prints one JSON line when it is ready: event, url, token_file, version, pid. ParallaxError if it cannot start.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    _return_large_blocks()
    if not 0 <= port <= 65535:
        raise UsageError(f"--port is {port}, but must be 0 to 65535.", "0 takes any free one.")
    url = store if is_url(store) else ""
    folder = copies_of(url) if url else folder_of(store)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as e:
        raise ParallaxError(f"{folder} cannot be made: {e.strerror}.", "Give another --store.") from e
    stop = _Stop()
    with locked(folder), url_locked(url, stop) if url else nullcontext():
        path = (token_file or folder / "token").absolute()
        own_name = () if host in LOOPBACK or host in ("0.0.0.0", "::") else (host,)
        config = Config(folder, read_or_make_token(path), (*hosts, *own_name), origins)
        config = replace(config, url=url, executor=sending.executor(executor, bool(url)))
        server = HttpServer(create_app(config), host, port)
        stop.server = server
        _stop_on_signals(stop)
        if stop_with_stdin:
            threading.Thread(target=_wait_for_stdin, args=(stop,), daemon=True).start()
        ready = {"event": "ready", "url": server.url, "token_file": str(path), "version": __version__}
        print(json.dumps(ready | {"pid": os.getpid()}), flush=True)
        log.info("serving %s from %s", server.url, store)
        server.run()
        log.info("stopped")


class _Stop:
    """Stops the server, once there is one."""

    server: HttpServer | None = None

    def __call__(self) -> None:
        if self.server is not None:
            self.server.stop()


def copies_of(url: str) -> Path:
    """The folder of the copies, and of the token, for a store behind a URL."""
    return default_store().parent / "infinite-parallax-copies" / hashlib.sha256(url.encode()).hexdigest()[:16]


def _stop_on_signals(stop: Callable[[], None]) -> None:
    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        # the signal may interrupt the very code whose lock `stop` takes, so another thread does it
        threading.Thread(target=stop, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def _wait_for_stdin(stop: Callable[[], None]) -> None:
    """Whoever started us holds the other end; it closes when they are gone, whatever became of them."""
    with open(0, "rb", closefd=False) as stdin:
        while stdin.read(1024):
            pass
    stop()
