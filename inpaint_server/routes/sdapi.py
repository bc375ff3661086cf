"""Routes that clients of the Stable Diffusion web UI speak: img2img with a mask, and what they ask around it.

Whatever inpaints here answers: `sd_model_checkpoint` names an engine. Only inpainting is served; txt2img and the rest
would need a model behind every engine. What clients merely list (upscalers, embeddings, scripts) is answered with
nothing, so that they start.
"""

import base64
import io
import os
import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify
from PIL import Image

from ...shared.errors import Cancelled, ParallaxError
from ...shared.settings import declared
from .. import engines
from ..context import Context, context
from ..dialects import fields, files, img2img, infotext
from ..dialects.img2img import Img2Img
from ..dialects.shots import Shot, offered
from ..engines.contract import RGB, InpaintRequest
from ..engines.guard import Guarded
from . import foreign, received
from .options import options_for

routes = Blueprint("sdapi", __name__, url_prefix=foreign.SDAPI)

MOST_PICTURES = 16
OPTIONS = {"steps": "steps", "guidance": "cfg_scale", "strength": "denoising_strength"}
"""Settings of engines, and the fields that clients give them by."""


@routes.post("/img2img")
def paint() -> Response:
    """Inpaint pictures; one request may ask for several."""
    data, parts = foreign.body(), context()
    wish = fields.read(Img2Img, data)
    pictures = data.get("init_images")
    if not isinstance(pictures, list) or not pictures:
        raise ParallaxError("Init image not found", "", "not_found", 404)
    sampler = wish.sampler_name or wish.sampler_index
    if not infotext.known_sampler(sampler):
        raise ParallaxError("Sampler not found", "", "not_found", 404)
    _check_servable(data, wish)
    count = max(wish.batch_size, len(pictures)) * wish.n_iter
    if count > MOST_PICTURES:
        raise fields.unprocessable(f"{count} pictures are asked for; this server paints {MOST_PICTURES} at a time.")
    name = _engine(parts, data, wish)
    first = wish.seed if wish.seed >= 0 else secrets.randbelow(2**32 - 1)
    with parts.painting.turn(received.PAINTING), parts.shots.shot(count, wish.steps) as shot:
        made = _paint_all(parts, data, wish, name, first, shot)
    texts = [infotext.infotext(wish, seed, sampler, name) for seed, _ in made]
    pngs = [files.png(rgb, text={"parameters": text}) for (_, rgb), text in zip(made, texts, strict=True)]
    return jsonify(
        images=[base64.b64encode(png).decode("ascii") for png in pngs] if wish.send_images else [],
        parameters=_echo(data, wish),
        info=infotext.info(wish, [seed for seed, _ in made], texts, sampler, name),
    )


def _paint_all(
    parts: Context, data: dict[str, Any], wish: Img2Img, name: str, first: int, shot: Shot
) -> list[tuple[int, RGB]]:
    """The pictures with their seeds; fewer if somebody stops them."""
    mask = files.sent(data["mask"], "mask", parts.limits)
    given = data["init_images"]
    sheets = [
        img2img.sheet(files.sent(text, f"init_images.{i}", parts.limits), mask, wish) for i, text in enumerate(given)
    ]
    engine, options = engines.load(name), options_for(name, OPTIONS, data, wish)
    made: list[tuple[int, RGB]] = []
    for number in range(shot.count):
        if shot.interrupted:
            break
        request = InpaintRequest(wish.prompt, wish.negative_prompt, (first + number) % 2**32, options=options)
        try:
            rgb = _paint_one(engine, sheets[number % len(sheets)], wish, request, parts, shot)
            made.append((request.seed, rgb))
        except Cancelled:
            if not shot.stopped:
                raise
        shot.finish_one()
    return made


def _paint_one(
    engine: Guarded, sheet: img2img.Sheet, wish: Img2Img, request: InpaintRequest, parts: Context, shot: Shot
) -> RGB:
    if wish.denoising_strength == 0:
        return sheet.picture
    stopped = lambda: shot.stopped or parts.worker.stopping  # noqa: E731
    return sheet.laid_over(engine.inpaint(sheet.picture, sheet.hole, request, stopped))


def _check_servable(data: dict[str, Any], wish: Img2Img) -> None:
    """Refuse what would need more than an inpainter."""
    if not data.get("mask"):
        raise fields.unprocessable("This server only inpaints.", "Send a mask.")
    scripts = [wish.script_name] if wish.script_name else list(data.get("alwayson_scripts") or {})
    if scripts:
        raise fields.unprocessable(f"Script '{str(scripts[0])[:80]}' not found", "This server has no scripts.")


def _engine(parts: Context, data: dict[str, Any], wish: Img2Img) -> str:
    """The engine that a request wants; an unknown one is passed over, as the web UI does with checkpoints."""
    override = data.get("override_settings")
    name = override.get("sd_model_checkpoint") if isinstance(override, dict) else None
    if name not in offered():
        return parts.shots.engine
    if not wish.override_settings_restore_afterwards:
        parts.shots.engine = str(name)
    return str(name)


def _echo(data: dict[str, Any], wish: Img2Img) -> dict[str, Any]:
    echo = {d.name: getattr(wish, d.name) for d in declared(Img2Img)} | data
    return echo if wish.include_init_images else echo | {"init_images": None, "mask": None}


@routes.get("/progress")
def progress() -> Response:
    """How far the picture is that is being painted."""
    return jsonify(context().shots.progress())


@routes.post("/interrupt")
def interrupt() -> Response:
    """Stop what is being painted; the pictures that are finished are answered."""
    context().shots.interrupt()
    return jsonify({})


@routes.post("/skip")
def skip() -> Response:
    """Stop the picture that is being painted, and go on with the next."""
    context().shots.skip()
    return jsonify({})


@routes.get("/options")
def options() -> Response:
    """The settings that clients look for."""
    name = context().shots.engine
    return jsonify(
        sd_model_checkpoint=name, sd_checkpoint_hash="", samples_format="png", img2img_background_color="#ffffff"
    )


@routes.post("/options")
def set_options() -> Response:
    """Choose the engine for requests that name none; other settings are passed over."""
    name = foreign.body().get("sd_model_checkpoint")
    if name is not None:
        if name not in offered():
            known = ", ".join(offered())
            raise ParallaxError(f"model {str(name)[:80]!r} not found.", f"Known here: {known}.", "unknown_engine", 404)
        context().shots.engine = str(name)
    return jsonify({})


@routes.get("/sd-models")
def models() -> Response:
    """The engines, as checkpoints."""
    hashes = {"hash": "", "sha256": "", "config": None}
    return jsonify([{"title": name, "model_name": name, "filename": name} | hashes for name in offered()])


@routes.get("/samplers")
def samplers() -> Response:
    """The samplers that clients may name. Engines that know samplers have a setting of their own for them."""
    return jsonify([{"name": name, "aliases": [], "options": {}} for name in infotext.SAMPLERS])


@routes.get("/schedulers")
def schedulers() -> Response:
    """The schedules that clients may name."""
    rest = {"aliases": None, "default_rho": -1.0, "need_inner_model": False}
    return jsonify([{"name": name, "label": label} | rest for name, label in infotext.SCHEDULERS.items()])


@routes.get("/memory")
def memory() -> Response:
    """Main memory, where the system tells it."""
    ram: dict[str, Any] = {"error": "not known here"}
    if hasattr(os, "sysconf") and {"SC_PHYS_PAGES", "SC_AVPHYS_PAGES"} <= os.sysconf_names.keys():
        page = os.sysconf("SC_PAGE_SIZE")
        free, total = page * os.sysconf("SC_AVPHYS_PAGES"), page * os.sysconf("SC_PHYS_PAGES")
        ram = {"free": free, "used": total - free, "total": total}
    return jsonify(ram=ram, cuda={"error": "unavailable"})


@routes.post("/png-info")
def png_info() -> Response:
    """The infotext inside a PNG."""
    data = files.decoded(foreign.body().get("image"), "image")
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            items = {key: value for key, value in image.info.items() if isinstance(value, str)}
    except (OSError, SyntaxError, ValueError) as e:
        raise fields.unprocessable("image is no PNG.") from e
    text = items.get("parameters", "")
    return jsonify(info=text, items=items, parameters=infotext.parsed(text) if text else {})


NOTHING: dict[str, Any] = {
    "cmd-flags": {"api": True, "nowebui": True},
    "upscalers": [],
    "latent-upscale-modes": [],
    "sd-vae": [],
    "hypernetworks": [],
    "face-restorers": [],
    "realesrgan-models": [],
    "prompt-styles": [],
    "embeddings": {"loaded": {}, "skipped": {}},
    "loras": [],
    "extensions": [],
    "script-info": [],
    "scripts": {"txt2img": [], "img2img": []},
}
"""What clients list when they start, and this server has none of."""
DONE = ("refresh-checkpoints", "refresh-vae", "refresh-loras", "unload-checkpoint", "reload-checkpoint")
"""What clients order that needs nothing done."""


def _always(answer: Any) -> Callable[[], Response]:
    return lambda: jsonify(answer)


for _name, _answer in NOTHING.items():
    routes.add_url_rule(f"/{_name}", _name, _always(_answer), methods=["GET"])
for _name in DONE:
    routes.add_url_rule(f"/{_name}", _name, _always({}), methods=["POST"])
