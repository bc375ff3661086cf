"""Engines asked to paint by the servers that are played here, with their waits written down instead of waited."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines import a1111, comfyui, iopaint
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest
from infinite_parallax.inpaint_server.engines.guard import Guarded
from infinite_parallax.inpaint_server.engines.remote_engine import RemoteEngine
from infinite_parallax.shared.errors import ParallaxError

from .painting_comfy import SERVERS
from .painting_servers import PaintingServer

ENGINES: dict[str, type[RemoteEngine[Any]]] = {
    "a1111": a1111.A1111Engine,
    "iopaint": iopaint.IOPaintEngine,
    "comfyui": comfyui.ComfyUIEngine,
}
PAINTING = {"a1111": "/sdapi/v1/img2img", "iopaint": "/api/v1/inpaint", "comfyui": "/view"}
PICTURE = np.random.default_rng(2).integers(60, 200, (40, 56, 3)).astype(np.uint8)
MASK = np.zeros((40, 56), np.uint8)
MASK[:, 40:] = 255


def name_of(server: PaintingServer) -> str:
    return next(name for name, kind in SERVERS.items() if type(server) is kind)


def engine_for(server: PaintingServer, pauses: list[float] | None = None) -> Guarded:
    """The engine, whose waits are written down instead of waited."""
    return Guarded(ENGINES[name_of(server)](pause=(pauses if pauses is not None else []).append))


def paint(
    server: PaintingServer,
    pauses: list[float] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    **options: Any,
) -> RGB:
    request = InpaintRequest("a river", "people", 7, options=server.options | options)
    return engine_for(server, pauses).inpaint(PICTURE, MASK, request, cancelled)


def look(server: PaintingServer, **options: Any) -> None:
    engine_for(server).look(server.options | options)


def refusal(work: Callable[[], Any], kind: type[ParallaxError] = ParallaxError) -> ParallaxError:
    with pytest.raises(kind) as caught:
        work()
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    return caught.value
