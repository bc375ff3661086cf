"""An IOPaint server as engine: `POST /api/v1/inpaint`, for LaMa and the like as well as for diffusion.

It cannot be interrupted, so a cancel lets it finish for nobody; what it does at full size, cropping and blurring, is
switched off, because the context is cut out here alike for every engine. Its socket.io progress was left out: it
tells steps of a picture that is there in seconds.
"""

from typing import Any

from ...shared.errors import UsageError
from ...shared.model_settings import IOPaint
from .card import INPAINT, Card
from .contract import RGB, InpaintRequest, Mask
from .remote import Asked, Service, never
from .remote_address import Kind
from .remote_engine import RemoteEngine, picture_like, to_base64

CARD = Card(
    "iopaint",
    INPAINT,
    "An IOPaint server paints: LaMa, MAT, Stable Diffusion and others.",
    needs="an IOPaint server running",
    model="what it has loaded",
    native="512, by `iopaint.native_px`",
    remote=True,
)
KIND = Kind("iopaint", "An IOPaint server", "Start it with: iopaint start.")
API = "/api/v1"


class IOPaintEngine(RemoteEngine[IOPaint]):
    """Asks an IOPaint server."""

    kind = KIND
    section = IOPaint

    def check(self, service: Service, wish: IOPaint, tries: int) -> None:
        """Look for the model among those that it has."""
        found = service.json("GET", f"{API}/server-config", never, tries=tries)
        infos = found.get("modelInfos") if isinstance(found, dict) else None
        if not isinstance(infos, list):
            raise service.stranger("without a list of models")
        names = [str(info["name"]) for info in infos if isinstance(info, dict) and "name" in info]
        if wish.model and wish.model not in names:
            shown = ", ".join(names[:20]) or "none"
            raise UsageError(
                f"The IOPaint server has no model {wish.model[:80]!r}.", f"Set iopaint.model to one of: {shown}."
            )

    def paint(
        self, service: Service, wish: IOPaint, picture: RGB, mask: Mask, request: InpaintRequest, asked: Asked
    ) -> RGB:
        """One picture, with the model that is wished for."""
        if wish.model:
            self._switch(service, wish, asked)
        answer = service.send(
            "POST", f"{API}/inpaint", asked, timeout_s=wish.timeout_s, json=body(wish, picture, mask, request)
        )
        return picture_like(service, answer.body, mask)

    def _switch(self, service: Service, wish: IOPaint, asked: Asked) -> None:
        """Let it load the model, if it has another one loaded; that takes as long as a picture may."""
        current = service.json("GET", f"{API}/model", asked)
        if not isinstance(current, dict) or current.get("name") != wish.model:
            service.send("POST", f"{API}/model", asked, timeout_s=wish.timeout_s, json={"name": wish.model})


def body(wish: IOPaint, picture: RGB, mask: Mask, request: InpaintRequest) -> dict[str, Any]:
    """The request: paint `mask` of `picture` as it is, without another crop, blur or colour match."""
    return {
        "image": to_base64(picture),
        "mask": to_base64(mask),
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "ldm_steps": wish.steps,
        "hd_strategy": "Original",
        "sd_seed": request.seed,
        "sd_steps": wish.steps,
        "sd_guidance_scale": wish.guidance,
        "sd_strength": wish.strength,
        "sd_mask_blur": 0,
        "sd_match_histograms": False,
        "sd_keep_unmasked_area": True,
    }


def create() -> IOPaintEngine:
    """The engine of this module."""
    return IOPaintEngine()
