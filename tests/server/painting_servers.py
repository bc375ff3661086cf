"""Servers that paint, in this process: what a web UI and IOPaint take and answer; ComfyUI is in `painting_comfy`.

They are strict: a field that the real one does not know, or one that is needed and missing, is refused, so that a
misspelt field fails here. Each paints the hole with noise out of the seed round the mean of what is known.
"""

import base64
import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from PIL import Image

DEADLINE_S = 20.0


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, Any]:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + self.body).get_payload()
        names = [(part.get_param("name", header="content-disposition"), part) for part in parts]
        return {name: (part.get_filename(), part.get_payload(decode=True)) for name, part in names}


@dataclass
class Reply:
    """An answer; `drop` closes the connection instead, `hold` waits for the event first."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    hold: threading.Event | None = None


def as_json(data: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(data).encode(), {"Content-Type": "application/json"})


class PaintingServer:
    """One server on loopback. `faults` are given as answers first, to the paths that begin like their keys."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.faults: list[tuple[str, Reply]] = []
        self.login = ""
        self.arrived = threading.Event()
        self.stopped = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                outer._handle(self)

            do_GET = do_POST = handle_one

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def options(self) -> dict[str, Any]:
        return {"url": self.url, "native_px": 64}

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.seen if request.path == path]

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        request = Request(handler.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        self.seen.append(request)
        self.arrived.set()
        reply = self._fault(request) or self._checked(request)
        if reply.hold is not None:
            reply.hold.wait(DEADLINE_S)
        handler.close_connection = True
        if reply.drop:
            return
        try:
            handler.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(reply.body)
        except OSError:
            pass  # whoever asked has gone

    def _fault(self, request: Request) -> Reply | None:
        for i, (path, reply) in enumerate(self.faults):
            if request.path.startswith(path):
                del self.faults[i]
                return reply
        return None

    def _checked(self, request: Request) -> Reply:
        if self.login:
            wanted = "Basic " + base64.b64encode(self.login.encode()).decode()
            if request.headers.get("authorization") != wanted:
                return as_json({"detail": "Incorrect username or password"}, 401)
        answer: Callable[[Request], Reply] | None = self.routes().get((request.method, request.path))
        return answer(request) if answer else self.other(request)

    def routes(self) -> dict[tuple[str, str], Callable[[Request], Reply]]:
        raise NotImplementedError

    def other(self, _request: Request) -> Reply:
        return as_json({"detail": "Not Found"}, 404)


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def painted(image: Image.Image, mask: Image.Image, seed: int) -> bytes:
    """A PNG: noise out of the seed where the mask is white, everything else a little changed, as an encoder does."""
    assert image.size == mask.size
    pixels, hole = np.asarray(image.convert("RGB")).astype(int), np.asarray(mask.convert("L")) > 127
    mean = pixels[~hole].mean(0) if not hole.all() else pixels.mean((0, 1))
    out = np.where(hole[..., None], mean + np.random.default_rng(seed).normal(0, 20, pixels.shape), pixels + 3)
    file = io.BytesIO()
    Image.fromarray(out.clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


IMG2IMG = """init_images mask prompt negative_prompt styles seed subseed subseed_strength seed_resize_from_h
seed_resize_from_w sampler_name scheduler sampler_index batch_size n_iter steps cfg_scale image_cfg_scale width height
restore_faces tiling denoising_strength resize_mode mask_blur mask_blur_x mask_blur_y mask_round inpainting_fill
inpaint_full_res inpaint_full_res_padding inpainting_mask_invert initial_noise_multiplier eta s_churn s_tmin s_tmax
s_noise override_settings override_settings_restore_afterwards script_name script_args alwayson_scripts
include_init_images send_images save_images do_not_save_samples do_not_save_grid force_task_id infotext"""


class WebUI(PaintingServer):
    """`/sdapi/v1`, as AUTOMATIC1111's web UI and Forge speak it."""

    samplers = ("Euler a", "DPM++ 2M")
    models = ("sd_xl.safetensors [31e35c80fc]", "dream-inpainting.safetensors [b2]")

    def routes(self) -> dict[tuple[str, str], Callable[[Request], Reply]]:
        return {
            ("GET", "/sdapi/v1/samplers"): lambda _: as_json([{"name": n, "aliases": []} for n in self.samplers]),
            ("GET", "/sdapi/v1/sd-models"): lambda _: as_json(
                [{"title": title, "model_name": title.partition(".")[0]} for title in self.models]
            ),
            ("POST", "/sdapi/v1/img2img"): self._img2img,
            ("POST", "/sdapi/v1/interrupt"): self._interrupt,
        }

    def _interrupt(self, _request: Request) -> Reply:
        self.stopped.set()
        return as_json({})

    def _img2img(self, request: Request) -> Reply:
        data = request.json()
        unknown = set(data) - set(IMG2IMG.split())
        if unknown or not isinstance(data.get("init_images"), list) or not data.get("mask"):
            return as_json({"detail": [{"loc": ["body", *sorted(unknown)], "msg": "field wrong"}]}, 422)
        if data.get("sampler_name", "Euler a") not in self.samplers:
            return as_json({"detail": "Sampler not found"}, 404)
        image, mask = opened(data["init_images"][0]), opened(data["mask"])
        assert (data["width"], data["height"]) == image.size
        assert data["mask_blur"] == 0
        assert not data["inpaint_full_res"]
        png = painted(image, mask, data["seed"])
        info = json.dumps({"seed": data["seed"], "infotexts": [""]})
        return as_json({"images": [base64.b64encode(png).decode()], "parameters": {}, "info": info})


INPAINT = """image mask ldm_steps ldm_sampler zits_wireframe hd_strategy hd_strategy_crop_trigger_size
hd_strategy_crop_margin hd_strategy_resize_limit prompt negative_prompt use_croper croper_x croper_y croper_height
croper_width use_extender extender_x extender_y extender_height extender_width sd_scale sd_mask_blur sd_strength
sd_steps sd_guidance_scale sd_sampler sd_seed sd_match_histograms sd_outpainting_softness sd_outpainting_space
sd_lcm_lora sd_keep_unmasked_area cv2_flag cv2_radius"""


class IOPaintServer(PaintingServer):
    """`/api/v1`, as IOPaint speaks it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = "lama"

    def routes(self) -> dict[tuple[str, str], Callable[[Request], Reply]]:
        infos = [{"name": name, "path": name, "model_type": "inpaint"} for name in ("lama", "mat")]
        return {
            ("GET", "/api/v1/server-config"): lambda _: as_json({"plugins": [], "modelInfos": infos}),
            ("GET", "/api/v1/model"): lambda _: as_json({"name": self.model}),
            ("POST", "/api/v1/model"): self._switch,
            ("POST", "/api/v1/inpaint"): self._inpaint,
        }

    def _switch(self, request: Request) -> Reply:
        self.model = request.json()["name"]
        return as_json({"name": self.model})

    def _inpaint(self, request: Request) -> Reply:
        data = request.json()
        unknown = set(data) - set(INPAINT.split())
        if unknown:
            return as_json({"detail": [{"loc": ["body", *sorted(unknown)], "msg": "field wrong"}]}, 422)
        image, mask = opened(data["image"]), opened(data["mask"])
        if image.size != mask.size:
            return as_json({"error": "HTTPException", "detail": "Image size and mask size not match."}, 400)
        png = painted(image, mask, data["sd_seed"])
        return Reply(200, png, {"Content-Type": "image/png", "X-Seed": str(data["sd_seed"])})
