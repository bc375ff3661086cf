"""ComfyUI's routes, and what it answers; as strict as the other servers that paint."""

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from .painting_servers import IOPaintServer, PaintingServer, Reply, Request, WebUI, as_json, painted

NODES = {
    "CheckpointLoaderSimple": {"ckpt_name"},
    "LoadImage": {"image"},
    "LoadImageMask": {"image", "channel"},
    "CLIPTextEncode": {"text", "clip"},
    "InpaintModelConditioning": {"positive", "negative", "vae", "pixels", "mask", "noise_mask"},
    "KSampler": {
        *("model", "seed", "steps", "cfg", "sampler_name", "scheduler", "positive", "negative", "latent_image"),
        "denoise",
    },
    "VAEDecode": {"samples", "vae"},
    "PreviewImage": {"images"},
    "SaveImage": {"images", "filename_prefix"},
}


class Comfy(PaintingServer):
    """ComfyUI's routes; it runs a workflow when its history is asked for, `polls` askings after it was queued."""

    checkpoints = ("sd_xl.safetensors", "dream-inpainting.safetensors")

    def __init__(self) -> None:
        super().__init__()
        self.polls = 1
        self.broken = False
        self.files: dict[str, bytes] = {}
        self.queue: dict[str, dict[str, Any]] = {}
        self.history: dict[str, dict[str, Any]] = {}
        self._number = 0

    def routes(self) -> dict[tuple[str, str], Callable[[Request], Reply]]:
        loader = {"CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [list(self.checkpoints)]}}}}
        return {
            ("GET", "/object_info/CheckpointLoaderSimple"): lambda _: as_json(loader),
            ("GET", "/system_stats"): lambda _: as_json({"system": {}, "devices": []}),
            ("POST", "/upload/image"): self._upload,
            ("POST", "/prompt"): self._prompt,
            ("GET", "/queue"): self._queue,
            ("POST", "/queue"): self._delete,
            ("POST", "/interrupt"): self._interrupt,
            ("GET", "/view"): lambda request: Reply(200, self.files[request.query["filename"]]),
        }

    def _upload(self, request: Request) -> Reply:
        form = request.form()
        assert set(form) == {"image", "type", "subfolder", "overwrite"}
        kind, folder = form["type"][1].decode(), form["subfolder"][1].decode()
        name, data = form["image"]
        self.files[f"{folder}/{name} [{kind}]"] = data
        return as_json({"name": name, "subfolder": folder, "type": kind})

    def _prompt(self, request: Request) -> Reply:
        data = request.json()
        assert set(data) == {"prompt", "client_id"}
        for key, node in data["prompt"].items():
            if set(node["inputs"]) != NODES[node["class_type"]]:
                error = {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"}
                return as_json({"error": error | {"details": f"node {key}"}, "node_errors": {}}, 400)
        self._number += 1
        prompt_id = f"prompt-{self._number}"
        self.queue[prompt_id] = data["prompt"]
        return as_json({"prompt_id": prompt_id, "number": self._number, "node_errors": {}})

    def _queue(self, _request: Request) -> Reply:
        items = [[i, key, {}, {}, []] for i, key in enumerate(self.queue)]
        return as_json({"queue_running": items[:1], "queue_pending": items[1:]})

    def _delete(self, request: Request) -> Reply:
        for key in request.json()["delete"]:
            if list(self.queue).index(key) > 0:
                del self.queue[key]
        return Reply()

    def _interrupt(self, request: Request) -> Reply:
        self.queue.pop(request.json()["prompt_id"])
        self.stopped.set()
        return Reply()

    def other(self, request: Request) -> Reply:
        prompt_id = request.path.removeprefix("/history/")
        self.polls -= 1
        if self.polls < 0 and prompt_id in self.queue:
            self.history[prompt_id] = self._run(self.queue.pop(prompt_id))
        return as_json({prompt_id: self.history[prompt_id]} if prompt_id in self.history else {})

    def _run(self, workflow: dict[str, Any]) -> dict[str, Any]:
        if self.broken:
            message = {"node_type": "KSampler", "exception_message": "out of memory\n"}
            messages = [["execution_start", {}], ["execution_error", message]]
            return {"outputs": {}, "status": {"status_str": "error", "completed": False, "messages": messages}}
        by_kind = {node["class_type"]: node["inputs"] for node in workflow.values()}
        assert by_kind["CheckpointLoaderSimple"]["ckpt_name"] in self.checkpoints
        image, mask = (
            Image.open(io.BytesIO(self.files[by_kind[kind]["image"]])) for kind in ("LoadImage", "LoadImageMask")
        )
        self.files["done.png"] = painted(image, mask, by_kind["KSampler"]["seed"])
        shown = [{"filename": "done.png", "subfolder": "", "type": "temp"}]
        return {"outputs": {"9": {"images": shown}}, "status": {"status_str": "success", "completed": True}}


SERVERS: dict[str, type[PaintingServer]] = {"a1111": WebUI, "iopaint": IOPaintServer, "comfyui": Comfy}
"""The servers by the names of their engines."""
