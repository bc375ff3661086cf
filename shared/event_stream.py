"""The events of a job as they come over HTTP, through lost connections and servers that start again.

A stream that breaks is taken up where it broke, by the number of the last event, so nothing is missed and nothing told
twice. Asking for the job's state again and again was the other road: it sees neither warnings nor previews in between.
"""

import threading
import time
from collections.abc import Callable, Iterator

import requests

from . import wire
from .connection import CONNECT_S, Connection, no_answer
from .errors import ParallaxError
from .wire import Event

QUIET_S = 15.0
PATIENCE_S = 60.0
LOST = "no_server", "no_answer"
"""Codes of errors after which the stream is taken up again."""


def follow(way: Connection, address: str, stop: Callable[[], bool], patience_s: float) -> Iterator[Event]:
    """The events at an address until the job ends, or `stop` says so; ParallaxError after `patience_s` of silence."""
    last_id, heard, pause = "", time.monotonic(), threading.Event()
    while not stop():
        try:
            for event in _listen(way, address, last_id):
                heard = time.monotonic()
                if stop():
                    return
                if event is None:
                    continue
                last_id = event.id or last_id
                yield event
                if event.kind == wire.STATE and event.data.get("state") in wire.ENDED:
                    return
        except ParallaxError as e:
            if e.code not in LOST or time.monotonic() - heard > patience_s:
                raise
        if time.monotonic() - heard > patience_s:
            raise no_answer(way.url)
        pause.wait(0.5)


def _listen(way: Connection, address: str, last_id: str) -> Iterator[Event | None]:
    """One connection to the stream; ends quietly when it breaks."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with way.send("GET", address, headers=headers, stream=True, timeout=(CONNECT_S, QUIET_S)) as answer:
        # None hands on each chunk as it comes; without chunks it would wait for the end
        chunked = answer.headers.get("Transfer-Encoding", "").lower() == "chunked"
        answer.encoding = "utf-8"
        try:
            lines = answer.iter_lines(chunk_size=None if chunked else 1, decode_unicode=True)
            yield from wire.decode_events(lines)
        except requests.RequestException:
            return
