"""A Stable Diffusion web UI as engine (AUTOMATIC1111's, Forge, reForge, SD.Next): `POST /sdapi/v1/img2img`.

Its own inpainting at full resolution, mask blur and fill are switched off: we cut the context out, fill the hole and
paste back ourselves, alike for every engine. It works off one request while we wait; a cancel is passed on as
`/sdapi/v1/interrupt`. Its websocket of the browser page would tell more, and changes with every version.
"""

from typing import Any

from ...shared.errors import UsageError
from ...shared.model_settings import A1111
from .card import INPAINT, Card
from .contract import RGB, InpaintRequest, Mask
from .remote import Asked, Service, never
from .remote_address import Kind
from .remote_engine import RemoteEngine, from_base64, picture_like, to_base64

CARD = Card(
    "a1111",
    INPAINT,
    "A Stable Diffusion web UI (AUTOMATIC1111, Forge) paints, on this computer or another.",
    needs="a web UI running with --api",
    model="what it has loaded",
    native="512, by `a1111.native_px`",
    remote=True,
)
KIND = Kind("a1111", "A Stable Diffusion web UI", "Start it with --api.")
API = "/sdapi/v1"
KEEP = 1  # inpainting_fill "original": the hole comes filled already


class A1111Engine(RemoteEngine[A1111]):
    """Asks a Stable Diffusion web UI."""

    kind = KIND
    section = A1111

    def check(self, service: Service, wish: A1111, tries: int) -> None:
        """Look for the sampler and the checkpoint."""
        samplers = _names(service.json("GET", f"{API}/samplers", never, tries=tries), "name")
        if wish.sampler and wish.sampler not in samplers:
            raise _unknown("sampler", wish.sampler, samplers)
        if wish.model:
            listed = service.json("GET", f"{API}/sd-models", never, tries=tries)
            titles = _names(listed, "title")
            if wish.model not in [*titles, *_names(listed, "model_name")]:
                raise _unknown("model", wish.model, titles)

    def paint(
        self, service: Service, wish: A1111, picture: RGB, mask: Mask, request: InpaintRequest, asked: Asked
    ) -> RGB:
        """One picture by img2img."""
        found = service.json(
            "POST",
            f"{API}/img2img",
            asked,
            timeout_s=wish.timeout_s,
            give_up=lambda: service.tell("POST", f"{API}/interrupt"),
            json=body(wish, picture, mask, request),
        )
        images = found.get("images") if isinstance(found, dict) else None
        if not isinstance(images, list) or not images:
            raise service.stranger("without a picture")
        return picture_like(service, from_base64(service, images[0]), mask)


def body(wish: A1111, picture: RGB, mask: Mask, request: InpaintRequest) -> dict[str, Any]:
    """The request: paint `mask` of `picture` at its own size, once, and keep nothing."""
    height, width = mask.shape
    asked: dict[str, Any] = {
        "init_images": [to_base64(picture)],
        "mask": to_base64(mask),
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "seed": request.seed,
        "steps": wish.steps,
        "cfg_scale": wish.guidance,
        "denoising_strength": wish.strength,
        "width": width,
        "height": height,
        "resize_mode": 0,
        "mask_blur": 0,
        "mask_blur_x": 0,
        "mask_blur_y": 0,
        "inpainting_fill": KEEP,
        "inpaint_full_res": False,
        "inpainting_mask_invert": 0,
        "batch_size": 1,
        "n_iter": 1,
        "send_images": True,
        "save_images": False,
    }
    if wish.sampler:
        asked["sampler_name"] = wish.sampler
    if wish.model:
        # left as it is afterwards, or it would load two checkpoints for every picture
        asked["override_settings"] = {"sd_model_checkpoint": wish.model}
        asked["override_settings_restore_afterwards"] = False
    return asked


def _names(listed: Any, key: str) -> list[str]:
    items = listed if isinstance(listed, list) else []
    return [str(item[key]) for item in items if isinstance(item, dict) and key in item]


def _unknown(what: str, name: str, known: list[str]) -> UsageError:
    shown = ", ".join(known[:20]) or "none"
    return UsageError(f"The web UI has no {what} {name[:80]!r}.", f"Set a1111.{what} to one of: {shown}.")


def create() -> A1111Engine:
    """The engine of this module."""
    return A1111Engine()
