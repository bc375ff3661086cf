"""A model that paints to a sound: the first frame from noise, the others out of the one before.

Both pipelines share their weights (`from_pipe`), and are called like those that paint under masks: cancelled, eased
when memory runs out, painted again where the model's safety checker blackened the picture.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...shared.errors import ParallaxError
from ..dreams.chain import Stroke
from ..dreams.conditioning import Embedding
from . import calls, colours, embedding
from .calls import OutOfMemory
from .loading import Loaded
from .options import Call, settle_plain
from .pipelines import SHELF

RGB = NDArray[np.uint8]
LEAST_STRENGTH = 0.001
"""Below it nothing is painted: one step of a thousand, which is as many as these models know."""


class Dreamer:
    """A loaded model that paints by embeddings. Use it within `dreamer`."""

    def __init__(self, loaded: Loaded, call: Call, cancelled: Callable[[], bool], tell: Callable[[str], None]) -> None:
        from diffusers import AutoPipelineForImage2Image

        embedding.check_hears(loaded)
        embedding.check_paints_freely(loaded)
        self._first, self._call, self._cancelled, self._tell = loaded, call, cancelled, tell
        pipe = AutoPipelineForImage2Image.from_pipe(loaded.pipe)
        pipe.set_progress_bar_config(disable=True)
        self._next = replace(loaded, pipe=pipe)
        self.native_px, self.grid = call.native_px, call.grid
        self._known: dict[str, Embedding] = {}

    def embed(self, prompt: str) -> Embedding:
        """A prompt as the model is told it."""
        if prompt not in self._known:
            self._known[prompt] = embedding.embed(self._first, prompt)
        return self._known[prompt]

    def paint(self, stroke: Stroke) -> RGB:
        """The picture, RGB uint8 [height, width, 3]. ParallaxError where there is not enough memory."""
        if stroke.before is not None and stroke.strength < LEAST_STRENGTH:
            return stroke.before
        loaded = self._first if stroke.before is None else self._next
        given = self._arguments(loaded, stroke)
        try:
            painted = calls.call_pipe(loaded, given, stroke.seed, self._cancelled, self._tell)
        except OutOfMemory as error:
            raise ParallaxError(
                f"There is not enough memory for {loaded.wish.model} at {stroke.width} x {stroke.height} px.",
                "Give a smaller --width and --height, or --offload sequential.",
                "memory",
                507,
            ) from error
        if stroke.before is None or not stroke.hold_colours:
            return painted
        return colours.taken_back(painted, stroke.before, self._passed(stroke.before))

    def _passed(self, picture: RGB) -> RGB:
        """A picture through the autoencoder and back."""
        import torch

        vae = self._first.pipe.vae
        own = vae.dtype
        if own == torch.float16 and getattr(vae.config, "force_upcast", False):
            # some overflow in half precision, and say so; the pipelines do the same
            vae.to(torch.float32)
        values = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
        with torch.no_grad():
            latents = vae.encode(values.to(self._first.pipe._execution_device, vae.dtype)).latent_dist.mode()
            back = vae.decode(latents).sample
        vae.to(own)
        shown = back[0].permute(1, 2, 0).float().cpu().numpy()
        return np.asarray(np.rint(np.clip(shown * 127.5 + 127.5, 0, 255)), np.uint8)

    def _arguments(self, loaded: Loaded, stroke: Stroke) -> dict[str, Any]:
        from PIL import Image

        given: dict[str, Any] = embedding.told(loaded, stroke.words, stroke.negative)
        given |= {
            "guidance_scale": self._call.guidance,
            "num_inference_steps": self._call.steps,
            "height": stroke.height,
            "width": stroke.width,
            "output_type": "np",
        }
        if stroke.before is not None:
            given["image"], given["strength"] = Image.fromarray(stroke.before), stroke.strength
            given["num_inference_steps"] = calls.enough_steps(self._call.steps, stroke.strength)
        return given


@contextmanager
def dreamer(
    options: Mapping[str, Any], tell: Callable[[str], None], cancelled: Callable[[], bool]
) -> Iterator[Dreamer]:
    """The painter of a section `diffusers`, for as long as the block runs; UsageError for a model that cannot hear."""
    wish, call = settle_plain(options)
    embedding.check_index(wish)
    with SHELF.take(wish, tell, cancelled) as loaded:
        yield Dreamer(loaded, call, cancelled, tell)
