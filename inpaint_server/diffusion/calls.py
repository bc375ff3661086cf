"""One call of a pipeline: a crop and its mask in, a painted crop out; stopped when it is cancelled, eased when memory
runs out.

Pipelines differ in what they may be called with, and say so in their signatures; what one does not know is left out.
A table of families and their arguments was the other road, and would be wrong for the next one.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...shared.errors import Cancelled, ParallaxError
from ..dreams.conditioning import Way, conditioned
from ..engines.contract import Heard
from . import embedding
from .loading import Loaded, free_memory
from .options import Call

RGB = NDArray[np.uint8]
Bool = NDArray[np.bool_]
TRIES = 3
"""How often a picture that the model's own safety checker blackened is painted with another seed."""
OUT_OF_MEMORY = "out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory"


class OutOfMemory(Exception):
    """It does not fit, even with all that could be done at this size."""


def paint(
    loaded: Loaded,
    picture: RGB,
    hole: Bool,
    call: Call,
    words: tuple[str, str],
    seed: tuple[int, int],
    cancelled: Callable[[], bool],
    tell: Callable[[str], None],
    depth: NDArray[np.float32] | None = None,
    heard: Heard | None = None,
) -> RGB:
    """The picture [rows, columns, 3] as the model gives it back, painted under `hole` [rows, columns].

    `words` are the prompt and the negative one; `seed` that of the step and the number of the crop. `depth`
    [rows, columns], 0 far to 1 near, is for a ControlNet; `heard` moves the words. Raises
    Cancelled, and OutOfMemory if a smaller crop is all that could help.
    """
    given = _arguments(picture, hole, call, depth)
    given |= {"prompt": words[0], "negative_prompt": words[1]} if heard is None else _heard(loaded, call, words, heard)
    return call_pipe(loaded, given, seed, cancelled, tell)


def _heard(loaded: Loaded, call: Call, words: tuple[str, str], heard: Heard) -> dict[str, Any]:
    """The embeddings of the words, those of the prompt moved by a sound; UsageError for a model that cannot hear."""
    embedding.check_hears(loaded)
    prompt, negative = (embedding.embed(loaded, text) for text in words)
    moved = conditioned(prompt, heard.sound, heard.index, Way(weight=call.sound_weight))
    return embedding.told(loaded, replace(prompt, values=moved), negative)


def call_pipe(
    loaded: Loaded,
    given: dict[str, Any],
    seed: tuple[int, ...],
    cancelled: Callable[[], bool],
    tell: Callable[[str], None],
) -> RGB:
    """Call a pipeline with what it knows of `given`; the first picture that it gives back, uint8 [rows, columns, 3].

    Raises Cancelled, and OutOfMemory.
    """
    given = given | {"callback_on_step_end": _watch(cancelled)}
    for attempt in range(TRIES):
        found = _easing(loaded, given, (*seed, attempt), tell)
        if not any(getattr(found, "nsfw_content_detected", None) or ()):
            return _pixels(found.images)
        tell("The model's safety checker blackened what was painted; it is painted again with another seed")
    raise ParallaxError(
        "The model's safety checker blackened what was painted, several times.", "Choose another seed or prompt."
    )


def _arguments(picture: RGB, hole: Bool, call: Call, depth: NDArray[np.float32] | None) -> dict[str, Any]:
    from PIL import Image

    rows, columns = hole.shape
    given: dict[str, Any] = {
        "image": Image.fromarray(picture),
        "mask_image": Image.fromarray(hole.astype(np.uint8) * 255),
        "height": rows,
        "width": columns,
        "num_inference_steps": enough_steps(call.steps, call.strength),
        "guidance_scale": call.guidance,
        "strength": call.strength,
        "output_type": "np",
    }
    if depth is not None:
        grey = np.rint(np.clip(depth, 0, 1) * 255).astype(np.uint8)
        given["control_image"] = Image.fromarray(np.dstack([grey] * 3))
        given["controlnet_conditioning_scale"] = call.controlnet_scale
    return given


def enough_steps(steps: int, strength: float) -> int:
    """So many steps that of the share `strength` which is taken of them, at least one is left."""
    return max(steps, math.ceil(1 / strength))


def _watch(cancelled: Callable[[], bool]) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
    """What the pipeline calls after each denoising step."""

    def after(_pipe: Any, _step: int, _moment: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        if cancelled():
            raise Cancelled
        return tensors

    return after


def _easing(loaded: Loaded, given: dict[str, Any], seed: tuple[int, ...], tell: Callable[[str], None]) -> Any:
    """Call the pipeline; where memory runs out, ease it and call again."""
    import torch

    accepted = loaded.accepts()
    known = {name: value for name, value in given.items() if name in accepted}
    state = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    while True:
        # the noise is drawn on the CPU, whose numbers are the same on every machine
        generator = torch.Generator("cpu").manual_seed(state)
        try:
            return loaded.pipe(**known, generator=generator)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # outside the except block: the traceback holds on to what filled the memory
        done = loaded.relieve()
        if not done:
            free_memory()
            raise OutOfMemory
        tell(f"Memory ran out at {known['width']} x {known['height']} px; going on with {done}")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out; CUDA has a type for it, MPS and the CPU only words."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in OUT_OF_MEMORY)


def _pixels(images: Any) -> RGB:
    image = np.asarray(images)[0]
    if not np.isfinite(image).all():
        raise ParallaxError(
            "The model's numbers overflowed, as some do in half precision.", "Choose the precision bf16 or fp32."
        )
    return np.asarray(np.rint(image.clip(0, 1) * 255), np.uint8)
