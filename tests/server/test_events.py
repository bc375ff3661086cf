"""The event streams: what they tell, and to whom, in which order, from where on."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from infinite_parallax.inpaint_server.events import KEPT, Events
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.wire import HEARTBEAT, Event, decode_events

Serve = Callable[..., Any]
Document = Callable[..., dict[str, Any]]
END = {"state": "succeeded"}


def now() -> list[tuple[str, dict[str, Any]]]:
    return [("warning", {"message": "old"}), ("state", {"state": "running"})]


def events_of(chunks: Iterator[bytes]) -> list[Event]:
    text = b"".join(chunks).decode()
    return [e for e in decode_events(text.split("\n")) if e is not None]


def test_a_new_listener_gets_a_snapshot_and_then_everything() -> None:
    events = Events(2)
    events.publish("a", "progress", {"step": 1})
    stream = events.stream("a", None, now)
    first = [next(stream), next(stream)]
    events.publish("a", "progress", {"step": 2})
    events.publish("b", "state", END)
    events.publish("a", "state", END)
    got = events_of(iter([*first, *stream]))
    assert [e.data for e in got] == [{"message": "old"}, {"state": "running"}, {"step": 2}, END]
    assert got[0].id == ""
    assert len({e.id for e in got}) == 4


def test_a_listener_that_comes_back_misses_nothing_and_hears_nothing_twice() -> None:
    events = Events(2)
    stream = events.stream("a", None, now)
    next(stream), next(stream)
    for step in range(5):
        events.publish("a", "progress", {"step": step})
    seen = events_of(iter([next(stream), next(stream)]))
    stream.close()
    events.publish("a", "state", END)
    rest = events_of(events.stream("a", seen[-1].id, now))
    assert [e.data for e in rest] == [{"step": 2}, {"step": 3}, {"step": 4}, END]


@pytest.mark.parametrize("last", ["", "x", "1", "0123abcd-1", "-", "0123abcd-99999999999999999999"])
def test_an_unknown_place_is_answered_by_a_snapshot(last: str) -> None:
    events = Events(1)
    events.publish("a", "progress", {"step": 1})
    stream = events.stream("a", last, lambda: [("state", END)])
    assert [e.data for e in events_of(stream)] == [END]


def test_a_place_too_far_back_is_answered_by_a_snapshot() -> None:
    events = Events(1)
    events.publish("a", "progress", {"step": 0})
    place = events._logs["a"][-1].id
    for step in range(1, KEPT + 1):
        events.publish("a", "progress", {"step": step})
    kept = events.stream("a", place, now)
    assert events_of(iter([next(kept)]))[0].data == {"step": 1}
    kept.close()
    events.publish("a", "progress", {"step": KEPT + 1})
    stream = events.stream("a", place, lambda: [("state", END)])
    assert [e.data for e in events_of(stream)] == [END]


def test_who_has_heard_the_end_hears_it_again_and_does_not_wait() -> None:
    events = Events(1)
    events.publish("a", "state", END)
    stream = events.stream("a", None, lambda: [("state", END)])
    last = events_of(stream)[-1]
    stream.close()
    assert [e.data for e in events_of(events.stream("a", last.id, lambda: [("state", END)]))] == [END]


def test_silence_is_filled_with_heartbeats() -> None:
    events = Events(1, heartbeat_s=0.001)
    stream = events.stream("a", None, now)
    next(stream), next(stream)
    assert [next(stream), next(stream)] == [HEARTBEAT, HEARTBEAT]
    assert list(decode_events([": alive", ""])) == [None]


def test_places_are_counted_and_given_back() -> None:
    events = Events(1)
    stream = events.stream("a", None, now)
    with pytest.raises(ParallaxError, match="Too many"):
        events.stream("a", None, now)
    stream.close()
    stream.close()
    events.stream("a", None, now).close()


def test_closing_and_forgetting_end_the_streams() -> None:
    events = Events(2)
    for end in (lambda: events.forget("a"), events.close):
        events.publish("a", "progress", {"step": 1})
        stream = events.stream("a", None, now)
        next(stream), next(stream)
        rest: list[bytes] = []
        listener = threading.Thread(target=lambda s=stream, r=rest: r.extend(s))
        listener.start()
        end()
        listener.join(30)
        assert not listener.is_alive()
        assert [chunk for chunk in rest if chunk != HEARTBEAT] == []


def test_the_events_of_a_job(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    job = served.create(document(warn_divergence=0.01), picture).get_json()["id"]
    got = served.events(job)
    kinds = {kind for _, kind, _ in got}
    assert {"state", "progress"} <= kinds
    assert got[-1][1:] == ("state", served.ask("GET", f"/jobs/{job}").get_json())
    assert got[-1][2]["warnings"]
    steps = [data["step"] for _, kind, data in got if kind == "progress"]
    assert steps == sorted(steps)
    assert steps[-1] == 6
    # afterwards: the warnings, the last progress, the state
    later = served.events(job)
    assert [kind for _, kind, _ in later][-2:] == ["progress", "state"]
    assert [data["message"] for _, kind, data in later if kind == "warning"] == got[-1][2]["warnings"]


def test_listening_again_from_an_event(serve: Serve, document: Document, picture: bytes, gate: Serve) -> None:
    loop = gate(step=2)
    served = serve(loop=loop)
    job = served.create(document(), picture).get_json()["id"]
    loop.wait()
    place = served.context.events._logs[job][-1].id
    loop.go.set()
    rest = served.events(job, place)
    assert all(kind != "progress" or data["step"] > 2 for _, kind, data in rest)
    assert rest[-1][2]["state"] == "succeeded"


def test_many_listeners_hear_the_same(serve: Serve, document: Document, picture: bytes, gate: Serve) -> None:
    loop = gate(step=1)
    served = serve(loop=loop, limits=Limits(listeners=5))
    job = served.create(document(), picture).get_json()["id"]
    loop.wait()
    heard: list[list[Any]] = []
    threads = [threading.Thread(target=lambda: heard.append(served.events(job))) for _ in range(5)]
    for thread in threads:
        thread.start()
    loop.go.set()
    for thread in threads:
        thread.join(30)
    assert len(heard) == 5
    assert {events[-1][2]["state"] for events in heard} == {"succeeded"}
    assert served.events(job)[-1][2]["state"] == "succeeded"


def test_events_of_a_job_that_is_not_there(serve: Serve) -> None:
    assert serve().ask("GET", "/jobs/none/events").status_code == 404


def test_the_form_of_a_stream() -> None:
    event = Event("7", "progress", {"text": "two\nlines, \u00e4"})
    assert list(decode_events(event.encode().decode().split("\n"))) == [event]
    with pytest.raises(ParallaxError, match="JSON"):
        list(decode_events(["data: {", ""]))
