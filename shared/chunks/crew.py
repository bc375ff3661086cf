"""Several Blenders as processes: each is told what to do on its stdin and answers on its stdout, until it is let go.

A Blender opens the scene once and renders chunk after chunk, since to start one takes longer than a short chunk. A
pool of Python's own (`multiprocessing`, `concurrent.futures`) was the other road; it wants the same Python on both
sides, and a Blender is another one.
"""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

MARK = "@parallax "
PATIENCE_S = 5.0
TICK_S = 0.2
GONE = "gone"
"""The event of a Blender whose process has ended."""

Message = dict[str, Any]


def messages(lines: Iterator[str] | Any, chatter: deque[str]) -> Iterator[Message]:
    """Our own messages out of everything that a Blender prints; the rest is kept as its last words."""
    for line in lines:
        if line.startswith(MARK):
            yield json.loads(line.removeprefix(MARK))
        elif line.strip():
            chatter.append(line.rstrip())


class Hand:
    """One Blender process; what it says goes into a queue that all of them share."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], said: "queue.Queue[tuple[Hand, Message]]"
    ) -> None:
        self.chatter: deque[str] = deque(maxlen=12)
        self._said = said
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def _read(self) -> None:
        assert self._process.stdout is not None
        for message in messages(self._process.stdout, self.chatter):
            self._said.put((self, message))
        self._process.wait()
        self._said.put((self, {"event": GONE, "code": self._process.returncode}))

    def send(self, job: Message) -> None:
        """Give it a job. If it has ended, that is in the queue."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()

    def let_go(self) -> None:
        """Tell it that nothing more comes; it ends by itself."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def ask_to_end(self) -> None:
        """Ask the process to end, whatever it is doing."""
        self.let_go()
        if self._process.poll() is None:
            self._process.terminate()

    def end(self) -> None:
        """See the process end; it is made to if it has not within a few seconds."""
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Crew:
    """The Blenders of one render; whoever leaves the block ends those that still run, and no other process.

    What they leave in temporary places lies in the folder `scratch`, made for the time of the block: a process that is
    ended removes nothing itself.
    """

    def __init__(self, command: Sequence[str], scratch: Path) -> None:
        self._command = tuple(command)
        self._scratch = scratch
        self._said: queue.Queue[tuple[Hand, Message]] = queue.Queue()
        self.hands: list[Hand] = []

    def hire(self) -> Hand:
        """Start one more Blender."""
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._scratch.resolve()))
        hand = Hand(self._command, os.environ | places, self._said)
        self.hands.append(hand)
        return hand

    def listen(self, stop: Callable[[], None]) -> tuple[Hand, Message]:
        """The next message of any of them; `stop` is called now and then, and ends the wait by raising."""
        while True:
            stop()
            with contextlib.suppress(queue.Empty):
                return self._said.get(timeout=TICK_S)

    def __enter__(self) -> "Crew":
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        for hand in self.hands:  # all are asked before any is waited for
            if kind is None:
                hand.let_go()
            else:
                hand.ask_to_end()
        for hand in self.hands:
            hand.end()
        shutil.rmtree(self._scratch, ignore_errors=True)
