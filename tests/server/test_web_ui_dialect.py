"""The web UI's dialect: its own client, requests by hand, and the arithmetic of img2img."""

import base64
import io
import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
import webuiapi
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.dialects.shots import offered
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest, Mask
from infinite_parallax.inpaint_server.engines.guard import Guarded
from infinite_parallax.inpaint_server.engines.telea import TeleaEngine
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.errors import Cancelled
from PIL import Image

from .conftest import DEADLINE_S, TOKEN

Serve = Callable[..., Any]
Y, X = np.mgrid[0:48, 0:64]
PICTURE = np.stack([40 + 2 * X, 220 - 3 * Y, 30 + (X * Y) % 160], axis=2).astype(np.uint8)
MASK = np.zeros((48, 64), np.uint8)
MASK[12:30, 40:] = 255


def client(way: Client, **login: str) -> webuiapi.WebUIApi:
    place = urlsplit(way.url)
    return webuiapi.WebUIApi(host=place.hostname, port=place.port, **({"username": "me", "password": TOKEN} | login))


def b64(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> str:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return base64.b64encode(out.getvalue()).decode()


def wish(**fields: Any) -> dict[str, Any]:
    size = {"width": 64, "height": 48}
    return {"init_images": [b64(PICTURE)], "mask": b64(MASK), "mask_blur": 0, "seed": 5} | size | fields


def ask(served: Any, method: str, path: str, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return served.http.open(f"/sdapi/v1/{path}", method=method, headers=headers, buffered=True, **options)


def pixels(answer: Any, number: int = 0) -> RGB:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer.get_json()["images"][number]))))


class Held:
    """telea, which waits before each picture until it is let go or cancelled."""

    name = "held"

    def __init__(self) -> None:
        self.inner = TeleaEngine()
        self.reached, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.options: list[dict[str, Any]] = []

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        self.options.append(request.options)
        self.reached.release()
        while not self.go.acquire(timeout=0.01):
            if cancelled():
                raise Cancelled
        return self.inner.inpaint(canvas, mask, request, cancelled)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    engine = Held()
    monkeypatch.setattr(engines, "load", lambda _name: Guarded(engine))  # type: ignore[arg-type]
    return engine


def test_the_web_uis_own_client_inpaints(listen: Callable[..., Client]) -> None:
    api = client(listen())
    assert "walk" in api.util_get_model_names()
    assert "Euler a" in api.util_get_sampler_names()
    assert "karras" in api.util_get_scheduler_names()
    picture, mask = Image.fromarray(PICTURE), Image.fromarray(MASK)
    made = api.img2img(images=[picture], mask_image=mask, prompt="a river", seed=7, width=64, height=48, mask_blur=0)
    painted = np.asarray(made.image)
    np.testing.assert_array_equal(painted[MASK == 0], PICTURE[MASK == 0])
    assert (painted[MASK > 0] != PICTURE[MASK > 0]).any()
    assert made.info["seed"] == 7
    assert made.info["sd_model_name"] == "walk"
    again = api.img2img(images=[picture], mask_image=mask, prompt="a river", seed=7, width=64, height=48, mask_blur=0)
    np.testing.assert_array_equal(np.asarray(again.image), painted)
    told = api.png_info(made.image)
    assert told.info.startswith("a river\nSteps: 20, Sampler: Euler a, ")
    assert api.get_progress()["progress"] == 0
    api.util_set_model("telea")
    assert api.util_get_current_model() == "telea"
    by_telea = api.img2img(images=[picture], mask_image=mask, seed=7, width=64, height=48, mask_blur=0)
    assert by_telea.info["sd_model_name"] == "telea"
    assert (np.asarray(by_telea.image) != painted).any()
    for listed in (api.get_upscalers, api.get_sd_vae, api.get_loras, api.get_face_restorers, api.get_prompt_styles):
        assert listed() == []
    assert api.get_memory()["cuda"]["error"]
    assert api.get_cmd_flags()["api"]
    assert api.interrupt() == api.skip() == {}
    with pytest.raises(RuntimeError, match="Sampler not found"):
        api.img2img(images=[picture], mask_image=mask, sampler_name="Eular")


def test_the_token_as_a_password_and_only_there(listen: Callable[..., Client]) -> None:
    way = listen()
    with pytest.raises(RuntimeError, match="401"):
        client(way, password="wrong").img2img(images=[Image.fromarray(PICTURE)])
    refused = requests.get(f"{way.url}/sdapi/v1/options", timeout=DEADLINE_S)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic")
    assert "password" in refused.json()["detail"]
    assert requests.get(f"{way.url}/sdapi/v1/options", auth=("", TOKEN), timeout=DEADLINE_S).ok
    for header in ("Basic !!!", "Basic", "Basic " + base64.b64encode(TOKEN.encode()).decode()):
        url = f"{way.url}/sdapi/v1/options"
        assert requests.get(url, headers={"Authorization": header}, timeout=DEADLINE_S).status_code == 401
    ours = requests.get(f"{way.url}/api/v1/jobs", auth=("me", TOKEN), timeout=DEADLINE_S)
    assert (ours.status_code, ours.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_only_masked_keeps_the_pictures_size_and_the_other_way_has_the_size_asked_for(serve: Serve) -> None:
    served = serve()
    assert pixels(ask(served, "POST", "img2img", json=wish(width=32, height=32))).shape == (48, 64, 3)
    answer = ask(served, "POST", "img2img", json=wish(width=96, height=48, inpaint_full_res=False, resize_mode=1))
    painted = pixels(answer)
    assert painted.shape == (48, 96, 3)
    blank = wish(mask=b64(MASK * 0), width=32, height=40)
    assert pixels(ask(served, "POST", "img2img", json=blank)).shape == (40, 32, 3)


def test_a_batch_has_a_seed_for_each_and_minus_one_is_told(serve: Serve) -> None:
    served = serve()
    answer = ask(served, "POST", "img2img", json=wish(batch_size=2, n_iter=2))
    info = json.loads(answer.get_json()["info"])
    assert info["all_seeds"] == [5, 6, 7, 8]
    assert len(answer.get_json()["images"]) == len(info["infotexts"]) == 4
    alone = ask(served, "POST", "img2img", json=wish(seed=7))
    np.testing.assert_array_equal(pixels(answer, 2), pixels(alone))
    drawn = [json.loads(ask(served, "POST", "img2img", json=wish(seed=-1)).get_json()["info"]) for _ in range(2)]
    seeds = [told["seed"] for told in drawn]
    assert seeds[0] != seeds[1]
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert f"Seed: {seeds[0]}," in drawn[0]["infotexts"][0]
    assert ask(served, "POST", "img2img", json=wish(batch_size=8, n_iter=8)).status_code == 422


def test_what_is_echoed(serve: Serve) -> None:
    served = serve()
    plain = ask(served, "POST", "img2img", json=wish(prompt="x", odd=1, restore_faces=None)).get_json()
    assert plain["parameters"]["init_images"] is plain["parameters"]["mask"] is None
    assert (plain["parameters"]["prompt"], plain["parameters"]["odd"]) == ("x", 1)
    assert plain["parameters"]["steps"] == 50
    full = ask(served, "POST", "img2img", json=wish(include_init_images=True, send_images=False)).get_json()
    assert full["parameters"]["mask"] == b64(MASK)
    assert full["images"] == []


def test_the_engine_by_override(serve: Serve) -> None:
    served = serve()

    def used(**rest: Any) -> str:
        return str(json.loads(ask(served, "POST", "img2img", json=wish(**rest)).get_json()["info"])["sd_model_name"])

    telea = {"sd_model_checkpoint": "telea"}
    assert used(override_settings=telea) == "telea"
    assert used() == "walk"
    assert used(override_settings={"sd_model_checkpoint": "v1-5-pruned.safetensors"}) == "walk"
    assert used(override_settings=telea, override_settings_restore_afterwards=False) == "telea"
    assert used() == "telea"
    assert ask(served, "POST", "options", json={"sd_model_checkpoint": "none"}).status_code == 404
    assert "a1111" not in offered()


def test_settings_reach_an_engine_that_has_them(serve: Serve, held: Held) -> None:
    served = serve()
    served.context.shots.engine = "diffusers"
    held.go.release(2)
    ask(served, "POST", "img2img", json=wish(steps="12", cfg_scale=3))
    ask(served, "POST", "img2img", json=wish())
    assert held.options == [{"steps": 12, "guidance": 3.0}, {}]


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        ({"init_images": None}, 404, "Init image not found"),
        ({"init_images": []}, 404, "Init image not found"),
        ({"sampler_name": "Eular"}, 404, "Sampler not found"),
        ({"sampler_index": "nothing"}, 404, "Sampler not found"),
        ({"mask": None}, 422, "only inpaints"),
        ({"mask": "!!"}, 422, "base64"),
        ({"mask": "http://127.0.0.1:9/x.png"}, 422, "Requests not allowed"),
        ({"init_images": [base64.b64encode(b"no picture").decode()]}, 422, "init_images.0: The file is not a picture"),
        ({"init_images": [7]}, 422, "init_images.0 must be"),
        ({"width": 0}, 422, "width is 0"),
        ({"width": "wide"}, 422, "width must be a number"),
        ({"resize_mode": 4}, 422, "resize_mode"),
        ({"denoising_strength": 2}, 422, "denoising_strength"),
        ({"script_name": "Loopback"}, 422, "Script 'Loopback' not found"),
        ({"alwayson_scripts": {"ControlNet": {"args": []}}}, 422, "ControlNet"),
    ],
)
def test_refusals_in_their_shape(serve: Serve, fields: dict[str, Any], status: int, detail: str) -> None:
    answer = ask(serve(), "POST", "img2img", json=wish(**fields))
    assert answer.status_code == status
    assert detail in answer.get_json()["detail"]
    assert set(answer.get_json()) == {"error", "detail", "body", "errors"}


def test_other_refusals_in_their_shape(serve: Serve) -> None:
    served = serve()
    for answer, status in (
        (ask(served, "POST", "txt2img", json={}), 404),
        (ask(served, "GET", "img2img"), 405),
        (ask(served, "POST", "img2img", data=b"{"), 422),
        (ask(served, "POST", "img2img", json=[1]), 422),
        (ask(served, "POST", "png-info", json={"image": b64(PICTURE, "JPEG")}), 422),
    ):
        assert answer.status_code == status
        assert answer.get_json()["detail"]


def test_pictures_larger_than_allowed_are_refused(serve: Serve) -> None:
    served = serve(limits=Limits(picture_px=2000))
    answer = ask(served, "POST", "img2img", json=wish())
    assert answer.status_code == 422
    assert "64x48" in answer.get_json()["detail"]


def test_turns_are_respected(serve: Serve) -> None:
    served = serve(limits=Limits(waiting=0))
    with served.context.painting.turn(""):
        answer = ask(served, "POST", "img2img", json=wish())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "being painted" in answer.get_json()["detail"]


def in_background(served: Any, fields: dict[str, Any]) -> tuple[threading.Thread, list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(ask(served, "POST", "img2img", json=fields)))
    thread.start()
    return thread, answers


def test_progress_skip_and_interrupt_while_it_paints(serve: Serve, held: Held) -> None:
    served = serve()
    thread, answers = in_background(served, wish(n_iter=4))
    assert held.reached.acquire(timeout=DEADLINE_S)
    told = ask(served, "GET", "progress").get_json()
    assert told["progress"] == pytest.approx(0.01)
    assert (told["state"]["job_count"], told["state"]["job_no"], told["state"]["job"]) == (4, 0, "img2img")
    held.go.release()
    assert held.reached.acquire(timeout=DEADLINE_S)
    told = ask(served, "GET", "progress").get_json()
    assert told["progress"] == pytest.approx(0.26)
    assert told["eta_relative"] > 0
    ask(served, "POST", "skip")
    assert held.reached.acquire(timeout=DEADLINE_S)
    ask(served, "POST", "interrupt")
    thread.join(DEADLINE_S)
    assert json.loads(answers[0].get_json()["info"])["all_seeds"] == [5]
    assert len(answers[0].get_json()["images"]) == 1
    assert ask(served, "GET", "progress").get_json()["state"]["job_count"] == 0


def test_transparent_pictures_have_white_behind_them(serve: Serve) -> None:
    half = np.dstack([PICTURE, np.where(X < 10, 0, 255).astype(np.uint8)])
    painted = pixels(ask(serve(), "POST", "img2img", json=wish(init_images=["data:image/png;base64," + b64(half)])))
    assert (painted[:, :10] == 255).all()
    np.testing.assert_array_equal(painted[:10, 10:], PICTURE[:10, 10:])


def test_no_strength_paints_nothing(serve: Serve) -> None:
    painted = pixels(ask(serve(), "POST", "img2img", json=wish(denoising_strength=0)))
    np.testing.assert_array_equal(painted, PICTURE)


@pytest.mark.parametrize("name", ["a1111", "iopaint"])
def test_one_of_our_servers_paints_for_another(
    listen: Callable[..., Client], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFINITE_PARALLAX_OTHER", f"me:{TOKEN}")
    options = {"url": listen().url, "login": "INFINITE_PARALLAX_OTHER"}
    engine = engines.load(name)
    engine.look(options)
    painted = engine.inpaint(PICTURE, MASK, InpaintRequest(seed=3, options=options))
    np.testing.assert_array_equal(painted[MASK == 0], PICTURE[MASK == 0])
    assert (painted[MASK > 0] != PICTURE[MASK > 0]).any()
    assert abs(float(painted[MASK > 0].mean()) - float(PICTURE[MASK == 0].mean())) < 60
