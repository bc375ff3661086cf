"""Requests that make the server work for seconds: a few at one time, a few in line, the others sent away at once."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.inpaint_server.turns import Turns
from infinite_parallax.shared.errors import ParallaxError

Serve = Callable[..., Any]
Document = Callable[..., dict[str, Any]]


@pytest.fixture
def taken(serve: Serve) -> Iterator[Any]:
    """A server whose turns are all taken, and where nobody may wait."""
    served = serve(limits=Limits(looking=1, waiting=0))
    with served.context.looking.turn(""), served.context.painting.turn(""):
        yield served


def test_a_turn_is_given_back_whatever_happens() -> None:
    turns = Turns(1, 0)
    with pytest.raises(ZeroDivisionError), turns.turn("busy"):
        raise ZeroDivisionError
    with turns.turn("busy"), pytest.raises(ParallaxError, match="busy"), turns.turn("busy"):
        pass
    with turns.turn("busy"):
        pass


def test_who_waits_too_long_is_sent_away_and_leaves_the_line() -> None:
    turns = Turns(1, 1, longest_s=0.0)
    with turns.turn("busy"):
        for _ in range(3):
            with pytest.raises(ParallaxError, match="busy"), turns.turn("busy"):
                pass


def test_never_more_at_one_time_and_all_in_line_come_to_it() -> None:
    turns, together, most = Turns(2, 6), 0, 0
    lock, barrier = threading.Lock(), threading.Barrier(8)

    def work() -> None:
        nonlocal together, most
        barrier.wait(10)
        with turns.turn("busy"):
            with lock:
                together += 1
                most = max(most, together)
            with lock:
                together -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (together, most <= 2) == (0, True)


@pytest.mark.parametrize("path", ["/suggest", "/jobs", "/jobs/mine", "/inpaint"])
def test_a_busy_server_says_so_at_once(taken: Any, document: Document, picture: bytes, path: str) -> None:
    form: dict[str, Any] = {"picture": (io.BytesIO(picture), "p.png")}
    if path == "/inpaint":
        form["mask"] = (io.BytesIO(picture), "m.png")
    else:
        form["project"] = json.dumps(document())
    answer = taken.ask("PUT" if path == "/jobs/mine" else "POST", path, data=form)
    assert (answer.status_code, answer.get_json()["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert list((taken.store / "jobs").iterdir()) == []


def test_a_job_that_is_known_needs_no_turn(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve(limits=Limits(looking=1, waiting=0))
    assert served.create(document(), picture, "mine").status_code == 201
    with served.context.looking.turn(""):
        assert served.create(document(), picture, "mine").status_code == 200


def test_a_full_queue_is_said_before_the_picture_is_looked_at(
    serve: Serve, document: Document, picture: bytes, gate: Serve
) -> None:
    served = serve(loop=(loop := gate(step=1)), limits=Limits(unfinished_jobs=1))
    served.create(document(), picture)
    loop.wait()
    answer = served.create(document(), picture[:200])  # damaged, which only a look at it could tell
    assert (answer.status_code, answer.get_json()["code"]) == (429, "queue_full")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("name", ["picture", "project"])
def test_two_parts_of_one_name_are_refused(serve: Serve, document: Document, picture: bytes, name: str) -> None:
    served = serve()
    text = json.dumps(document())
    form: dict[str, Any] = {"picture": (io.BytesIO(picture), "p.png"), "project": text}
    extra = (io.BytesIO(picture), "q.png") if name == "picture" else text
    answer = served.ask("POST", "/jobs", data=form | {name: [form[name], extra]})
    assert answer.status_code == 400
    assert f"2 parts named '{name}'" in answer.get_json()["error"]
    assert list((served.store / "jobs").iterdir()) == []


def test_two_mattes_of_one_layer_are_refused(serve: Serve, document: Document, picture: bytes) -> None:
    wish = document()
    wish["layers"][1]["matte"] = "matte.png"
    mattes = [(io.BytesIO(picture), "a.png"), (io.BytesIO(picture), "b.png")]
    form = {"picture": (io.BytesIO(picture), "p.png"), "project": json.dumps(wish), "matte.1": mattes}
    answer = serve().ask("POST", "/suggest", data=form)
    assert answer.status_code == 400
    assert "2 parts named 'matte.1'" in answer.get_json()["error"]
