"""A ComfyUI as engine: picture and mask are uploaded, a workflow is queued, and the picture it makes is fetched.

Everything goes over plain HTTP, polled a few times a second: the websocket tells the same a little sooner and wants a
library of its own. Files go into ComfyUI's folder for temporary things, which it empties when it starts. A cancel
takes the prompt out of the queue, or stops it where it is the one at work, and no other.
"""

import json
import time
import uuid
from typing import Any

import numpy as np

from ...shared.errors import Cancelled, ParallaxError, UsageError
from ...shared.model_settings import ComfyUI
from ..pictures import encode_png
from .card import INPAINT, Card
from .comfy_workflow import OWN, Workflow, filled, parse
from .contract import RGB, InpaintRequest, Mask
from .remote import PATIENT, Asked, Pause, Service, never
from .remote_address import Kind
from .remote_engine import RemoteEngine, picture_like

CARD = Card(
    "comfyui",
    INPAINT,
    "A ComfyUI paints, with our workflow or one of your own.",
    needs="a ComfyUI running",
    model="its first checkpoint for inpainting",
    native="512, by `comfyui.native_px`",
    remote=True,
)
KIND = Kind("comfyui", "A ComfyUI", "Start it with: python main.py.")
POLL_S = 0.4
NOWHERE = 3
"""How often a prompt may be found neither in the queue nor in the history before it counts as lost."""


class ComfyUIEngine(RemoteEngine[ComfyUI]):
    """Asks a ComfyUI."""

    kind = KIND
    section = ComfyUI

    def __init__(self, pause: Pause = time.sleep) -> None:
        super().__init__(pause)
        # the names of the files, so that two of us do not write over each other's
        self._client = uuid.uuid4().hex

    def check(self, service: Service, wish: ComfyUI, tries: int) -> None:
        """Look whether it answers, has the checkpoint, or whether the workflow is one."""
        if wish.workflow:
            parse(wish.workflow)
            service.json("GET", "/system_stats", never, tries=tries)
        else:
            checkpoint(service, wish, never, tries)

    def paint(
        self, service: Service, wish: ComfyUI, picture: RGB, mask: Mask, request: InpaintRequest, asked: Asked
    ) -> RGB:
        """One picture by a workflow."""
        height, width = mask.shape
        values = {
            "picture": self._upload(service, "picture", encode_png(picture), asked),
            "mask": self._upload(service, "mask", encode_png(np.repeat(mask[..., None], 3, axis=2)), asked),
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "seed": request.seed,
            "steps": wish.steps,
            "guidance": wish.guidance,
            "strength": wish.strength,
            "sampler": wish.sampler,
            "scheduler": wish.scheduler,
            "model": wish.model or ("" if wish.workflow else checkpoint(service, wish, asked)),
            "width": width,
            "height": height,
        }
        workflow = filled(parse(wish.workflow) if wish.workflow else OWN, values)
        prompt = self._queue(service, workflow, asked)
        try:
            record = _wait(service, prompt, wish.timeout_s, asked)
        except (Cancelled, ParallaxError):
            _stop(service, prompt)
            raise
        query = _result(service, record)
        return picture_like(service, service.send("GET", "/view", asked, params=query).body, mask)

    def _upload(self, service: Service, what: str, data: bytes, asked: Asked) -> str:
        """Send a picture; the name by which a node loads it."""
        name = f"{self._client}-{what}.png"
        fields = {"type": "temp", "subfolder": "infinite-parallax", "overwrite": "true"}
        files = {"image": (name, data, "image/png")}
        found = service.json("POST", "/upload/image", asked, data=fields, files=files)
        if not isinstance(found, dict) or not isinstance(found.get("name"), str):
            raise service.stranger("to an upload without a name")
        folder = str(found.get("subfolder") or "")
        return f"{folder + '/' if folder else ''}{found['name']} [{found.get('type', 'input')}]"

    def _queue(self, service: Service, workflow: Workflow, asked: Asked) -> str:
        """Queue a workflow; its id."""
        found = service.json("POST", "/prompt", asked, json={"prompt": workflow, "client_id": self._client})
        if not isinstance(found, dict) or not isinstance(found.get("prompt_id"), str):
            raise service.stranger("to a workflow without an id")
        return str(found["prompt_id"])


def checkpoint(service: Service, wish: ComfyUI, asked: Asked, tries: int = PATIENT) -> str:
    """The checkpoint to use: the one wished for, else the first that is named for inpainting, else the first."""
    loader = "CheckpointLoaderSimple"
    found = service.json("GET", f"/object_info/{loader}", asked, tries=tries)
    try:
        names = [str(name) for name in found[loader]["input"]["required"]["ckpt_name"][0]]
    except (KeyError, IndexError, TypeError) as e:
        raise service.stranger("without a list of checkpoints") from e
    if wish.model and wish.model not in names:
        shown = ", ".join(names[:20]) or "none"
        raise UsageError(f"ComfyUI has no checkpoint {wish.model[:80]!r}.", f"Set comfyui.model to one of: {shown}.")
    if not names:
        raise UsageError("ComfyUI has no checkpoint.", "Put one into its folder models/checkpoints.")
    return wish.model or next((name for name in names if "inpaint" in name.lower()), names[0])


def _wait(service: Service, prompt: str, timeout_s: float, asked: Asked) -> dict[str, Any]:
    """What the history tells of a prompt once it is there."""
    end, nowhere = time.monotonic() + timeout_s, 0
    while True:
        history = service.json("GET", f"/history/{prompt}", asked)
        if isinstance(history, dict) and isinstance(history.get(prompt), dict):
            return dict(history[prompt])
        nowhere = 0 if _standing(service, prompt, asked) else nowhere + 1
        if nowhere >= NOWHERE:
            raise ParallaxError(
                f"ComfyUI at {service.url} has lost our picture.",
                "It was started anew, or somebody emptied its queue; resume the job.",
                "engine_answer",
                502,
            )
        if time.monotonic() > end:
            raise service.too_slow(timeout_s)
        service.wait(POLL_S, asked)


def _standing(service: Service, prompt: str, asked: Asked) -> str:
    """Where a prompt stands in the queue: queue_running, queue_pending, or "" if nowhere."""
    queue = service.json("GET", "/queue", asked)
    for place in ("queue_running", "queue_pending"):
        items = queue.get(place) if isinstance(queue, dict) else None
        if any(isinstance(item, list) and prompt in item[:2] for item in items or []):
            return place
    return ""


def _stop(service: Service, prompt: str) -> None:
    """Take a prompt back. Older versions stop whatever is at work, so they are only told so if it is ours."""
    service.tell("POST", "/queue", json={"delete": [prompt]})
    try:
        running = _standing(service, prompt, lambda: False) == "queue_running"
    except ParallaxError:
        return
    if running:
        service.tell("POST", "/interrupt", json={"prompt_id": prompt})


def _result(service: Service, record: dict[str, Any]) -> dict[str, str]:
    """How to fetch the one picture that a finished prompt has made."""
    status = record.get("status")
    if isinstance(status, dict) and status.get("status_str") == "error":
        raise service.refused(_failure(status.get("messages")))
    outputs = record.get("outputs")
    nodes = outputs.values() if isinstance(outputs, dict) else ()
    images = [image for node in nodes if isinstance(node, dict) for image in node.get("images") or []]
    if len(images) != 1 or not isinstance(images[0], dict) or "filename" not in images[0]:
        raise ParallaxError(
            f"The workflow made {len(images)} pictures.",
            "Let it end in one node SaveImage or PreviewImage.",
            "engine_answer",
            502,
        )
    return {key: str(images[0].get(key) or "") for key in ("filename", "subfolder", "type")}


def _failure(messages: Any) -> str:
    """What went wrong, out of the messages of a prompt."""
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, list) and len(message) == 2 and isinstance(message[1], dict):
            kind, data = message
            if kind == "execution_error":
                words = json.dumps(data.get("exception_message", "unknown"))[1:-1].replace("\\n", " ")
                return f"{data.get('node_type', 'a node')} failed: {words[:300]}"
            if kind == "execution_interrupted":
                return "somebody stopped it there"
    return "the workflow failed"


def create() -> ComfyUIEngine:
    """The engine of this module."""
    return ComfyUIEngine()
