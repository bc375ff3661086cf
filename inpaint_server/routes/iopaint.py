"""Routes that IOPaint's clients speak: inpaint with JSON, the models, masks made larger or smaller.

The answer keeps what the picture came with: transparency, EXIF, colour profile. Its plugins and its progress over
socket.io are not served; the list of plugins is empty, so clients do not ask for them.
"""

import secrets
from typing import Any

import numpy as np
from flask import Blueprint, Response, jsonify

from ...shared.errors import ParallaxError
from ...shared.wire import API
from .. import engines
from ..context import context
from ..dialects import fields, files, outpaint
from ..dialects.outpaint import Inpaint
from ..dialects.shots import offered
from ..engines.contract import InpaintRequest
from . import foreign, received
from .options import options_for

routes = Blueprint(foreign.IOPAINT, __name__, url_prefix=API)

SAMPLERS = (
    *("DPM++ 2M", "DPM++ 2M Karras", "DPM++ 2M SDE", "DPM++ 2M SDE Karras", "DPM++ SDE", "DPM++ SDE Karras", "DPM2"),
    *("DPM2 Karras", "DPM2 a", "DPM2 a Karras", "Euler", "Euler a", "Heun", "LMS", "LMS Karras", "DDIM", "PNDM"),
    *("UniPC", "LCM"),
)
OPTIONS = {"steps": "sd_steps", "guidance": "sd_guidance_scale", "strength": "sd_strength"}
MOST_KERNEL_PX = 512


def paint() -> Response:
    """Inpaint a picture: `POST /api/v1/inpaint` with JSON."""
    data, parts = foreign.body(), context()
    wish = fields.read(Inpaint, data)
    name = parts.shots.engine
    seed = wish.sd_seed if wish.sd_seed >= 0 else 1 + secrets.randbelow(99999999)
    request = InpaintRequest(wish.prompt, wish.negative_prompt, seed, options=options_for(name, OPTIONS, data, wish))
    with parts.painting.turn(received.PAINTING), parts.shots.shot(1, wish.sd_steps) as shot:
        picture = files.sent(data.get("image"), "image", parts.limits)
        grey = files.luminance(files.sent(data.get("mask"), "mask", parts.limits))
        if grey.shape != picture.rgb.shape[:2]:
            raise ParallaxError(
                f"Image size({picture.rgb.shape[:2]}) and mask size({grey.shape}) not match.", status=400
            )
        whole = outpaint.canvas(picture.rgb, picture.alpha, outpaint.black_and_white(grey), wish, parts.limits)
        stopped = lambda: shot.stopped or parts.worker.stopping  # noqa: E731
        shown = np.ascontiguousarray(whole.rgb[whole.spot]), np.ascontiguousarray(whole.hole[whole.spot])
        painted = whole.with_painted(engines.load(name).inpaint(*shown, request, stopped))
        kept = files.Sent(painted, whole.alpha, picture.exif, picture.profile)
        png = files.png(painted, like=kept)
    headers = {"X-Seed": str(seed), "Access-Control-Expose-Headers": "X-Seed"}
    return Response(png, mimetype="image/png", headers=headers)


@routes.get("/server-config")
def server_config() -> Response:
    """What the server has; nothing beside engines."""
    return jsonify(
        plugins=[],
        modelInfos=[_model(name) for name in offered()],
        removeBGModel="u2net",
        removeBGModels=[],
        realesrganModel="realesr-general-x4v3",
        realesrganModels=[],
        interactiveSegModel="vit_b",
        interactiveSegModels=[],
        enableFileManager=False,
        enableAutoSaving=False,
        enableControlnet=False,
        controlnetMethod=None,
        disableModelSwitch=False,
        isDesktop=False,
        samplers=list(SAMPLERS),
    )


@routes.get("/model")
def model() -> Response:
    """The engine that is used."""
    return jsonify(_model(context().shots.engine))


@routes.post("/model")
def switch_model() -> Response:
    """Use another engine."""
    name = foreign.body().get("name")
    if name not in offered():
        known = ", ".join(offered())
        raise fields.unprocessable(f"There is no model {str(name)[:80]!r}.", f"Known here: {known}.")
    context().shots.engine = str(name)
    return jsonify(_model(str(name)))


def _model(name: str) -> dict[str, Any]:
    """An engine as IOPaint tells of a model: those that read the prompt are of the kind of diffusion models."""
    reads = engines.load(name).imagines
    return {
        "name": name,
        "path": name,
        "model_type": "diffusers_sd_inpaint" if reads else "inpaint",
        "is_single_file_diffusers": False,
        "need_prompt": reads,
        "controlnets": [],
        "brushnets": [],
        "support_strength": reads,
        "support_outpainting": True,
        "support_lcm_lora": False,
        "support_controlnet": False,
        "support_brushnet": False,
        "support_powerpaint_v2": False,
    }


@routes.get("/samplers")
def samplers() -> Response:
    """The samplers that clients may name."""
    return jsonify(list(SAMPLERS))


@routes.get("/inputimage")
def input_image() -> Response:
    """The picture that IOPaint was started with; there is none here."""
    raise ParallaxError("Input image not found", "", "not_found", 404)


@routes.post("/adjust_mask")
def adjust_mask() -> Response:
    """A mask made larger, smaller, or reversed."""
    data, parts = foreign.body(), context()
    operate, size = data.get("operate"), data.get("kernel_size", 5)
    if operate not in ("expand", "shrink", "reverse"):
        raise fields.unprocessable("operate must be expand, shrink or reverse.")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= MOST_KERNEL_PX:
        raise fields.unprocessable(f"kernel_size must be a whole number from 0 to {MOST_KERNEL_PX}.")
    with parts.looking.turn(received.LOOKING):
        grey = files.luminance(files.sent(data.get("mask"), "mask", parts.limits))
        strokes = files.png(outpaint.adjusted(grey, str(operate), size))
    return Response(strokes, mimetype="image/png")
