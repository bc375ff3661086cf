"""Engines that let another server paint: what they send, how patient they are, and what they say when it goes wrong."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines import a1111
from infinite_parallax.inpaint_server.engines.contract import InpaintRequest, LayerView, RunContext
from infinite_parallax.inpaint_server.engines.guard import Guarded
from infinite_parallax.shared.errors import Cancelled, UsageError

from .painting_comfy import SERVERS, Comfy
from .painting_servers import DEADLINE_S, PaintingServer, Reply, as_json, opened
from .remote_asking import MASK, PAINTING, PICTURE, engine_for, look, name_of, paint, refusal


@pytest.fixture(params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[PaintingServer]:
    with SERVERS[request.param]() as started:
        yield started


@pytest.fixture
def web_ui() -> Iterator[PaintingServer]:
    with SERVERS["a1111"]() as started:
        yield started


def test_the_wish_arrives(server: PaintingServer) -> None:
    painted = paint(server, steps=11, guidance=4.5, strength=0.5)
    np.testing.assert_array_equal(painted[MASK == 0], PICTURE[MASK == 0])
    assert (painted[MASK > 0] != PICTURE[MASK > 0]).mean() > 0.9
    path = "/prompt" if name_of(server) == "comfyui" else PAINTING[name_of(server)]
    sent = server.asked(path)[0].body.decode()
    for part in ("a river", "people", "7", "11", "4.5", "0.5"):
        assert part in sent
    assert server.asked(path)[0].headers.get("authorization") is None


def test_the_hole_goes_out_filled_with_what_is_round_it(web_ui: PaintingServer) -> None:
    paint(web_ui)
    sent = np.asarray(opened(web_ui.asked("/sdapi/v1/img2img")[0].json()["init_images"][0]))
    mean = PICTURE[MASK == 0].mean()
    assert abs(sent[:, 40:].mean() - mean) < 25
    assert sent[:, 40:].std() < PICTURE.std() / 2


def test_large_canvases_are_shown_in_squares_of_the_models_size(web_ui: PaintingServer) -> None:
    canvas = np.random.default_rng(3).integers(60, 200, (150, 200, 3)).astype(np.uint8)
    hole = np.zeros((150, 200), np.uint8)
    hole[:, 184:] = 255
    request = InpaintRequest(seed=7, options=web_ui.options)
    painted = engine_for(web_ui).inpaint(canvas, hole, request)
    np.testing.assert_array_equal(painted[:, :184], canvas[:, :184])
    sent = [asked.json() for asked in web_ui.asked(PAINTING["a1111"])]
    assert {(data["width"], data["height"]) for data in sent} == {(64, 64)}
    assert [data["seed"] for data in sent] == list(range(7, 7 + len(sent)))
    assert len(sent) == 3


@pytest.mark.parametrize("reply", [Reply(503), Reply(502), Reply(504), Reply(429), Reply(drop=True)])
def test_what_goes_by_is_waited_for(server: PaintingServer, reply: Reply) -> None:
    pauses: list[float] = []
    server.faults = [(PAINTING[name_of(server)], replace(reply)) for _ in range(2)]
    assert paint(server, pauses).shape == PICTURE.shape
    assert 2.5 < sum(pauses) < 4.5, "1 s, then 2 s"
    assert max(pauses) <= 0.4


def test_retry_after_is_honoured(web_ui: PaintingServer) -> None:
    pauses: list[float] = []
    web_ui.faults = [(PAINTING["a1111"], Reply(503, headers={"Retry-After": "5"}))]
    paint(web_ui, pauses)
    assert sum(pauses) == pytest.approx(5)


def test_patience_ends(server: PaintingServer) -> None:
    pauses: list[float] = []
    server.faults = [(PAINTING[name_of(server)], Reply(503)) for _ in range(9)]
    told = refusal(lambda: paint(server, pauses))
    assert (told.code, told.status) == ("engine_busy", 503)
    assert sum(pauses) == pytest.approx(15, abs=1)


def test_cancelled_while_waiting_for_a_busy_server(web_ui: PaintingServer) -> None:
    web_ui.faults = [(PAINTING["a1111"], Reply(503)) for _ in range(9)]
    pauses: list[float] = []
    with pytest.raises(Cancelled):
        paint(web_ui, pauses, lambda: len(pauses) > 3)
    assert len(pauses) == 4
    assert not web_ui.asked("/sdapi/v1/interrupt"), "that would stop somebody else's picture"


def test_nobody_there() -> None:
    with SERVERS["a1111"]() as server:
        options = server.options
    engine = Guarded(a1111.A1111Engine(pause=lambda _: None))
    told = refusal(lambda: engine.inpaint(PICTURE, MASK, InpaintRequest(options=options)))
    assert told.code == "engine_unreachable"
    assert options["url"] in told.message
    assert "a1111.url" in told.hint


def test_too_slow(server: PaintingServer) -> None:
    path = "/prompt" if name_of(server) == "comfyui" else PAINTING[name_of(server)]
    if isinstance(server, Comfy):
        server.polls = 10**6
    else:
        server.faults = [(path, Reply(hold=server.stopped))]
    told = refusal(lambda: paint(server, timeout_s=0.3))
    assert (told.code, told.status) == ("engine_timeout", 504)
    assert "0.3 s" in told.message
    assert "timeout_s" in told.hint
    stops = {"a1111": "/sdapi/v1/interrupt", "comfyui": "/interrupt"}
    assert len(server.asked(stops.get(name_of(server), "none"))) == (name_of(server) in stops)


@pytest.mark.parametrize("name", ["a1111", "iopaint"])
def test_a_cancel_is_heard_while_the_server_paints(name: str) -> None:
    with SERVERS[name]() as server:
        server.faults = [(PAINTING[name], Reply(hold=server.stopped))]
        outcome: list[BaseException] = []
        wanted = threading.Event()

        def work() -> None:
            try:
                paint(server, cancelled=wanted.is_set)
            except Cancelled as e:
                outcome.append(e)

        thread = threading.Thread(target=work)
        thread.start()
        while not server.asked(PAINTING[name]):
            assert server.arrived.wait(DEADLINE_S)
        wanted.set()
        thread.join(DEADLINE_S)
        assert len(outcome) == 1
        assert bool(server.asked("/sdapi/v1/interrupt")) == (name == "a1111")


def test_login(server: PaintingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.login = "me:secret:word"
    told = refusal(lambda: paint(server))
    assert told.code == "engine_login"
    monkeypatch.setenv("INFINITE_PARALLAX_STUDIO", "me:secret:word")
    assert paint(server, login="INFINITE_PARALLAX_STUDIO").shape == PICTURE.shape


@pytest.mark.parametrize(("variable", "words"), [("HOME", "only variables"), ("INFINITE_PARALLAX_NONE", "holds no")])
def test_logins_that_are_not_read(
    web_ui: PaintingServer, variable: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "a:b")
    assert words in refusal(lambda: paint(web_ui, login=variable), UsageError).message
    assert web_ui.seen == []


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1", "127.0.0.1:7860", "http://", "http://a:b@127.0.0.1", "http://h/?a=b", ""],
)
def test_addresses_that_are_none(web_ui: PaintingServer, url: str) -> None:
    assert "a1111.url" in refusal(lambda: paint(web_ui, url=url), UsageError).message


def test_redirects_are_not_followed(web_ui: PaintingServer) -> None:
    with SERVERS["a1111"]() as other:
        web_ui.faults = [(PAINTING["a1111"], Reply(307, headers={"Location": other.url + PAINTING["a1111"]}))]
        told = refusal(lambda: paint(web_ui))
        assert other.url in told.message
        assert other.seen == []


GARBAGE = [
    Reply(200, b"<html>Welcome to the router</html>"),
    Reply(200, b""),
    as_json({"images": ["!!!"], "outputs": {}}),
    as_json({"images": [base64.b64encode(b"GIF89a no").decode()]}),
    as_json([1, 2]),
]


@pytest.mark.parametrize("reply", GARBAGE)
def test_answers_that_are_no_pictures(server: PaintingServer, reply: Reply) -> None:
    server.faults = [(PAINTING[name_of(server)], replace(reply))]
    told = refusal(lambda: paint(server))
    assert (told.code, told.status) == ("engine_answer", 502)
    assert server.url in told.message


def test_a_picture_of_another_size_is_refused(server: PaintingServer) -> None:
    small = InpaintRequest(options=server.options)
    engine = engine_for(server)
    path = PAINTING[name_of(server)]
    other = SERVERS[name_of(server)]
    with other() as second:
        done: list[bytes] = []
        handle = second._checked
        second._checked = lambda request: _kept(handle(request), request.path == path, done)  # type: ignore[method-assign]
        engine.inpaint(PICTURE, MASK, replace(small, options=second.options | {"native_px": 96}))
    server.faults = [(path, Reply(200, done[0]))]
    told = refusal(lambda: paint(server))
    assert "px where" in told.message
    assert told.code == "engine_answer"


def _kept(reply: Reply, wanted: bool, done: list[bytes]) -> Reply:
    if wanted:
        done.append(reply.body)
    return reply


@pytest.mark.parametrize(
    "reply",
    [
        as_json({"error": "OutOfMemoryError", "detail": "", "errors": "CUDA out of memory"}, 500),
        as_json({"detail": "CUDA out of memory"}, 400),
        as_json({"detail": "Model not found, or out of memory"}, 404),
        as_json({"detail": [{"loc": ["body"], "msg": "CUDA out of memory"}]}, 422),
        as_json({"error": {"message": "CUDA", "details": "out of memory"}, "node_errors": {}}, 400),
    ],
)
def test_their_words_are_told(server: PaintingServer, reply: Reply) -> None:
    server.faults = [("/prompt" if isinstance(server, Comfy) else PAINTING[name_of(server)], replace(reply))]
    told = refusal(lambda: paint(server))
    assert told.code == "engine_refused"
    assert "out of memory" in told.message
    assert told.message.count(".") <= 5


def test_begin_is_patient_and_names_no_heads(server: PaintingServer) -> None:
    pauses: list[float] = []
    run = RunContext(PICTURE, (LayerView(0, 0, 40, (-4.0, 0.0)),), 3, 0, options=server.options)
    server.faults = [("/", Reply(503))]
    assert engine_for(server, pauses).begin(run) == [[]]
    assert sum(pauses) == pytest.approx(1)


def test_a_look_asks_once_and_says_what_to_do(server: PaintingServer) -> None:
    look(server)
    url = server.url
    first = server.seen[0].path
    server.faults = [(first, Reply(503))]
    assert refusal(lambda: look(server)).code == "engine_busy"
    server.faults = [(first, as_json({"detail": "Not Found"}, 404))]
    told = refusal(lambda: look(server))
    assert url in told.message
    assert "Start it with" in told.hint


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a1111", {"model": "none"}, "dream-inpainting"),
        ("a1111", {"sampler": "Eular"}, "Euler a"),
        ("iopaint", {"model": "lame"}, "lama"),
        ("comfyui", {"model": "none"}, "dream-inpainting"),
        ("comfyui", {"workflow": "{"}, "API"),
        ("comfyui", {"workflow": '{"nodes": []}'}, "API"),
        ("comfyui", {"workflow": '{"1": {"class_type": "x", "inputs": {"image": "{picture}"}}}'}, "{mask}"),
    ],
)
def test_what_is_not_there_is_refused(name: str, options: dict[str, Any], words: str) -> None:
    with SERVERS[name]() as server:
        assert words in str(refusal(lambda: look(server, **options), UsageError))


def test_a_model_is_switched_only_if_another_is_loaded() -> None:
    with SERVERS["iopaint"]() as server:
        paint(server, model="mat")
        paint(server, model="mat")
        assert [request.method for request in server.asked("/api/v1/model")] == ["GET", "POST", "GET"]


def test_a_checkpoint_and_sampler_of_the_web_ui(web_ui: PaintingServer) -> None:
    look(web_ui, model="dream-inpainting", sampler="DPM++ 2M")
    paint(web_ui, model="dream-inpainting", sampler="DPM++ 2M")
    sent = web_ui.asked(PAINTING["a1111"])[0].json()
    assert sent["override_settings"] == {"sd_model_checkpoint": "dream-inpainting"}
    assert sent["sampler_name"] == "DPM++ 2M"
