"""The part of the OpenAPI description that is about other programs' dialects: enough to find one's way.

Each program documents its own requests at length, and unknown fields are passed over here; so only what means something
is described. Copying their documents was the other road: most of it would be about things that this server has not.
"""

from typing import Any

from ..shared import json_schemas
from ..shared.wire import API
from .dialects.img2img import Img2Img
from .dialects.outpaint import Inpaint
from .schemas import BYTES, TEXT, Node, array, ref

PICTURE: Node = TEXT | {
    "contentEncoding": "base64",
    "description": "A file; data:image/...;base64, may stand before it.",
}
SECURITY: list[Node] = [{"token": []}, {"password": []}]
REFUSED = "401 403 422"

LISTED = {
    "progress": ("progress", "How far the picture is that is being painted"),
    "options": ("options", "The settings; sd_model_checkpoint is the engine"),
    "sd-models": ("models", "The engines, as checkpoints"),
    "samplers": ("samplers", "Samplers that may be named"),
    "schedulers": ("schedulers", "Schedules that may be named"),
    "memory": ("memory", "Main memory"),
    "cmd-flags": ("cmd_flags", "Flags of the server"),
    "scripts": ("scripts", "Scripts: none"),
    "script-info": ("script_info", "Scripts: none"),
    "upscalers": ("upscalers", "Upscalers: none"),
    "latent-upscale-modes": ("latent_upscale_modes", "Modes of upscaling: none"),
    "sd-vae": ("vaes", "Autoencoders: none"),
    "hypernetworks": ("hypernetworks", "Hypernetworks: none"),
    "face-restorers": ("face_restorers", "Face restorers: none"),
    "realesrgan-models": ("realesrgan_models", "Upscalers: none"),
    "prompt-styles": ("prompt_styles", "Styles: none"),
    "embeddings": ("embeddings", "Embeddings: none"),
    "loras": ("loras", "LoRAs: none"),
    "extensions": ("extensions", "Extensions: none"),
}
ORDERED = {
    "interrupt": "Stop what is being painted",
    "skip": "Stop this picture, go on with the next",
    "refresh-checkpoints": "Nothing to be done",
    "refresh-vae": "Nothing to be done",
    "refresh-loras": "Nothing to be done",
    "unload-checkpoint": "Nothing to be done",
    "reload-checkpoint": "Nothing to be done",
}


def components() -> Node:
    """Schemas of the dialects by their names."""
    img2img, inpaint = _fields(Img2Img), _fields(Inpaint)
    images: Node = {"init_images": array(PICTURE), "mask": PICTURE}
    img2img["properties"] = images | img2img["properties"]
    inpaint["properties"] = {"image": PICTURE, "mask": PICTURE} | inpaint["properties"]
    return {
        "Refusal": {"type": "object", "properties": dict.fromkeys(("error", "detail", "body", "errors"), TEXT)},
        "Img2Img": img2img | {"required": ["init_images", "mask"]},
        "Img2ImgAnswer": {
            "type": "object",
            "properties": {"images": array(PICTURE), "parameters": {"type": "object"}, "info": TEXT},
        },
        "IOPaintInpaint": inpaint | {"required": ["image", "mask"]},
    }


def _fields(cls: type[Any]) -> Node:
    return json_schemas.of(cls) | {"additionalProperties": True}


def _operation(name: str, words: str, answer: Node, errors: str = REFUSED, body: str = "") -> Node:
    refused = {"description": "Refused.", "content": {"application/json": {"schema": ref("Refusal")}}}
    node: Node = {
        "operationId": name,
        "summary": words,
        "security": SECURITY,
        "responses": {"200": answer} | dict.fromkeys(errors.split(), refused),
    }
    if body:
        schema = ref(body) if body[0].isupper() else {"type": "object"}
        node["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return node


def _json(schema: Node | None = None) -> Node:
    return {"description": "JSON.", "content": {"application/json": {"schema": schema or {}}}}


PNG: Node = {"description": "A PNG.", "content": {"image/png": {"schema": BYTES}}}


def web_ui_paths() -> Node:
    """The web UI's routes."""
    img2img = _operation(
        "sdapi_img2img", "Inpaint pictures", _json(ref("Img2ImgAnswer")), f"{REFUSED} 404 413 503", "Img2Img"
    )
    paths = {path: {"get": _operation(f"sdapi_{name}", words, _json())} for path, (name, words) in LISTED.items()}
    for path, words in ORDERED.items():
        paths[path] = {"post": _operation(f"sdapi_{path.replace('-', '_')}", words, _json())}
    paths["options"]["post"] = _operation("sdapi_set_options", "Choose the engine", _json(), f"{REFUSED} 404", "object")
    paths["png-info"] = {"post": _operation("sdapi_png_info", "The text inside a PNG", _json(), body="object")}
    return {f"/sdapi/v1/{path}": node for path, node in ({"img2img": {"post": img2img}} | paths).items()}


def iopaint_paths() -> Node:
    """IOPaint's routes, without `POST /inpaint`, which is described with ours."""
    switch = _operation("iopaint_switch_model", "Use another engine", _json(), body="object")
    paths = {
        "server-config": {"get": _operation("iopaint_server_config", "What the server has", _json())},
        "model": {"get": _operation("iopaint_model", "The engine that is used", _json()), "post": switch},
        "samplers": {"get": _operation("iopaint_samplers", "Samplers that may be named", _json())},
        "adjust_mask": {
            "post": _operation("iopaint_adjust_mask", "A larger or smaller mask", PNG, f"{REFUSED} 413 503", "object")
        },
        "inputimage": {"get": _operation("iopaint_inputimage", "None", PNG, "401 403 404")},
    }
    return {f"{API}/{path}": node for path, node in paths.items()}
