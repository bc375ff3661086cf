"""What the engines that let another server paint have in common: settings, context, and what goes out and comes back.

The hole goes out filled with soft colour from round it, whatever stood there: black would pull a model that keeps a
share of the old colour towards black, and what stands in a hole must not matter. What comes back is believed only if
it is a picture of the right size. Sending the raw canvas and trusting the answer was the other road.
"""

import base64
import binascii
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...shared import settings
from ...shared.errors import UsageError
from ..limits import Limits
from ..pictures import encode_png, read_picture
from ..walk.donor_fill import spread
from .contract import RGB, InpaintRequest, Mask, Rect, RunContext
from .remote import PATIENT, Asked, Pause, Service
from .remote_address import Kind

S = TypeVar("S")
MULTIPLE_PX = 8
"""Diffusion models paint in squares of this size."""
MID_GREY = 128


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
        """Paint the mask by asking the server."""
        service, wish = self.service(request.options)

        def ask(picture: RGB, hole: Mask) -> RGB:
            return self.paint(service, wish, picture, hole, request, cancelled)

        return in_multiples(softly_filled(canvas, mask), mask, ask)

    def state(self) -> dict[str, NDArray[Any]]:
        """Keeps nothing."""
        return {}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Keeps nothing."""


def in_multiples(picture: RGB, mask: Mask, ask: Callable[[RGB, Mask], RGB]) -> RGB:
    """Ask with sides that are multiples of 8, the last row and column repeated, and cut the answer back."""
    height, width = mask.shape
    more = -height % MULTIPLE_PX, -width % MULTIPLE_PX
    if not any(more):
        return ask(picture, mask)
    bottom, right = (0, more[0]), (0, more[1])
    painted = ask(np.pad(picture, (bottom, right, (0, 0)), "edge"), np.pad(mask, (bottom, right), "edge"))
    return np.ascontiguousarray(painted[:height, :width])


def softly_filled(canvas: RGB, mask: Mask) -> RGB:
    """The canvas with soft colour from round the hole in it; mid grey where nothing is known."""
    if mask.all():
        return np.full_like(canvas, MID_GREY)
    filled = spread(canvas.astype(np.float32), (mask == 0).astype(np.float32))
    return np.where(mask[..., None] > 0, np.rint(filled).clip(0, 255), canvas).astype(np.uint8)


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
