"""A server of one's own, as a child process: start it, learn its address, stop it for certain.

The command line and Blender both work this way, and neither can have the server inside itself: it lives in another
environment. Standard library only. The child is told to stop when our end of its standard input closes, which also
happens when we are killed; a list of process ids to clean up later was the other road, and such lists go stale.
"""

import collections
import json
import queue
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from .errors import ParallaxError

START_S = 180.0
STOP_S = 20.0


class ServerProcess:
    """A running server, e.g. `with ServerProcess([python, "-m", "infinite_parallax.inpaint_server", ...]) as server:`.

    `url` and `token` are what a client needs. ParallaxError, with the child's last words, if it does not get ready
    within `timeout_s`. Its log goes to `log`, else only its last lines are kept.
    """

    def __init__(self, command: Sequence[str], timeout_s: float = START_S, log: Path | None = None) -> None:
        self._said: collections.deque[str] = collections.deque(maxlen=20)
        self._ready: queue.SimpleQueue[dict[str, str] | None] = queue.SimpleQueue()
        try:
            self.process = subprocess.Popen(
                [*command, "--stop-with-stdin"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as e:
            raise ParallaxError(
                f"The server cannot be started: {command[0]}: {e.strerror}.", "Run 'infinite-parallax doctor'."
            ) from e
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read_stdout, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(self.process.stderr, log), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        try:
            self._await(timeout_s)
        except BaseException:
            self.stop()
            raise

    def _await(self, timeout_s: float) -> None:
        """Wait for the ready line and read the token."""
        try:
            ready = self._ready.get(timeout=timeout_s)
        except queue.Empty:
            raise ParallaxError(
                f"The server was not ready within {timeout_s:g} s.{self._last_words()}", "Try again."
            ) from None
        if ready is None:
            self._readers[1].join(STOP_S)
            raise ParallaxError(
                f"The server ended before it was ready.{self._last_words()}", "Run 'infinite-parallax doctor'."
            )
        self.url = ready["url"]
        try:
            self.token = Path(ready["token_file"]).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as e:
            raise ParallaxError(f"The server's token cannot be read: {e}.", "Delete that file and try again.") from e

    def _last_words(self) -> str:
        return f" It said: {' / '.join(list(self._said)[-3:])}" if self._said else ""

    def _read_stdout(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                try:
                    data = json.loads(line)
                except ValueError:
                    continue
                if isinstance(data, dict) and data.get("event") == "ready" and {"url", "token_file"} <= data.keys():
                    self._ready.put({key: str(value) for key, value in data.items()})
        self._ready.put(None)

    def _read_stderr(self, stream: IO[str], log: Path | None) -> None:
        # a pipe that nobody empties would stop the child as soon as it is full
        with stream:
            if log is None:
                self._said.extend(line.strip() for line in stream)
                return
            with log.open("a", encoding="utf-8") as file:
                for line in stream:
                    self._said.append(line.strip())
                    file.write(line)
                    file.flush()

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def stop(self, timeout_s: float = STOP_S) -> None:
        """End the process: ask, and within `timeout_s` insist. A job at work goes on when a server is started again."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        for force in (self.process.terminate, self.process.kill):
            try:
                self.process.wait(timeout_s / 2)
            except subprocess.TimeoutExpired:
                force()
        self.process.wait()
        for reader in self._readers:
            reader.join(timeout_s)

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
