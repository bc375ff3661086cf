"""What the engines that let another server paint have in common: settings, context, and what goes out and comes back.

A server is shown squares of its model's size round the hole, cut and joined as for a model of our own
(`diffusion.passes`): filled with soft colour where the hole is, so that what stood there does not matter, and matched
in colour when they come back. An answer is believed only if it is a picture of the right size. Sending the whole
canvas, and leaving all of this to each server's own settings, was the other road: they differ, and so would the seams.
"""

import base64
import binascii
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...shared import settings
from ...shared.errors import UsageError
from ..diffusion.crops import Crop
from ..diffusion.passes import paint_crops
from ..limits import Limits
from ..pictures import encode_png, read_picture
from .contract import RGB, InpaintRequest, Mask, Rect, RunContext
from .remote import PATIENT, Asked, Pause, Service
from .remote_address import Kind

S = TypeVar("S")
GRID_PX = 8
"""Sides of what is asked for are multiples of this, as diffusion models want it."""
SEEDS = 2**32


class RemoteEngine(ABC, Generic[S]):
    """An `InpaintEngine` that asks a server; `kind` says which, `section` declares its settings."""

    kind: Kind
    section: type[S]
    imagines = True

    def __init__(self, pause: Pause = time.sleep) -> None:
        self._pause = pause

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.kind.engine

    @abstractmethod
    def check(self, service: Service, wish: S, tries: int) -> None:
        """Raise a ParallaxError unless the server is there and has what the settings name; `tries` as for `send`."""

    @abstractmethod
    def paint(self, service: Service, wish: S, picture: RGB, mask: Mask, request: InpaintRequest, asked: Asked) -> RGB:
        """Have the server paint a picture whose sides are multiples of 8; any picture of that size comes back."""

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        """Look whether the server is there, so that a journey does not set out in vain."""
        service, wish = self.service(run.options)
        self.check(service, wish, PATIENT)
        return [[] for _ in run.layers]

    def look(self, options: dict[str, Any]) -> None:
        """Raise a ParallaxError unless the settings can be used and their server answers, at the first try."""
        service, wish = self.service(options)
        self.check(service, wish, 1)

    def service(self, options: dict[str, Any]) -> tuple[Service, S]:
        """The server that the settings name, and the settings; UsageError if they are wrong."""
        wish = settings.read(self.section, options, self.name)
        given: Any = wish
        return Service(self.kind, given.url, given.login, given.timeout_s, self._pause), wish

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        """Paint the mask by asking the server, for each crop of the canvas that it needs to see."""
        service, wish = self.service(request.options)
        given: Any = wish

        def ask(picture: RGB, hole: NDArray[np.bool_], crop: Crop, number: int) -> RGB:  # noqa: ARG001
            seed = (request.seed + number) % SEEDS
            mask = hole.view(np.uint8) * np.uint8(255)
            return self.paint(service, wish, picture, mask, replace(request, seed=seed), cancelled)

        return paint_crops(canvas, mask > 0, given.native_px, GRID_PX, ask)

    def state(self) -> dict[str, NDArray[Any]]:
        """Keeps nothing."""
        return {}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Keeps nothing."""


def to_base64(pixels: NDArray[np.uint8]) -> str:
    """A picture or a mask as a PNG file in base64."""
    return base64.b64encode(encode_png(pixels)).decode("ascii")


def from_base64(service: Service, text: Any) -> bytes:
    """The file in base64 that a server answered with."""
    if not isinstance(text, str):
        raise service.stranger("without a picture")
    try:
        return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise service.stranger("with a picture that is not in base64") from e


def picture_like(service: Service, data: bytes, mask: Mask) -> RGB:
    """The picture in a file's bytes, if it is one and of the mask's size."""
    try:
        picture = read_picture(data, Limits())
    except UsageError as e:
        raise service.stranger(f"with something that cannot be used ({e.message.rstrip('.')})") from e
    height, width = mask.shape
    if picture.shape[:2] != mask.shape:
        raise service.stranger(f"with {picture.shape[1]}x{picture.shape[0]} px where {width}x{height} were asked for")
    return picture
