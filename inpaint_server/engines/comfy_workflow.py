"""The workflow that ComfyUI is given: our own, or a person's with placeholders, as plain data.

A workflow in API format is an object of nodes, `{"1": {"class_type": ..., "inputs": {...}}}`. A text input that is a
placeholder and nothing else becomes the value with its type; a placeholder inside longer text becomes part of the
text. Finding the right inputs by the kinds of nodes was the other road; it guesses, and guesses wrong as soon as
there are two samplers.
"""

import json
import re
from typing import Any

from ...shared.errors import UsageError

Workflow = dict[str, Any]

PLACEHOLDERS = (
    "picture",
    "mask",
    "prompt",
    "negative_prompt",
    "seed",
    "steps",
    "guidance",
    "strength",
    "sampler",
    "scheduler",
    "model",
    "width",
    "height",
)
"""Each stands in a workflow as {picture}, {mask}, ...; the first two must."""
_PLACE = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")

OWN: Workflow = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "{model}"}},
    "2": {"class_type": "LoadImage", "inputs": {"image": "{picture}"}},
    "3": {"class_type": "LoadImageMask", "inputs": {"image": "{mask}", "channel": "red"}},
    "4": {"class_type": "CLIPTextEncode", "inputs": {"text": "{prompt}", "clip": ["1", 1]}},
    "5": {"class_type": "CLIPTextEncode", "inputs": {"text": "{negative_prompt}", "clip": ["1", 1]}},
    "6": {
        "class_type": "InpaintModelConditioning",
        "inputs": {
            "positive": ["4", 0],
            "negative": ["5", 0],
            "vae": ["1", 2],
            "pixels": ["2", 0],
            "mask": ["3", 0],
            "noise_mask": True,
        },
    },
    "7": {
        "class_type": "KSampler",
        "inputs": {
            "model": ["1", 0],
            "seed": "{seed}",
            "steps": "{steps}",
            "cfg": "{guidance}",
            "sampler_name": "{sampler}",
            "scheduler": "{scheduler}",
            "positive": ["6", 0],
            "negative": ["6", 1],
            "latent_image": ["6", 2],
            "denoise": "{strength}",
        },
    },
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["7", 0], "vae": ["1", 2]}},
    "9": {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}},
}
"""Models for inpainting get the hole as condition; others paint it as the noise mask tells. Nothing is saved there."""


def parse(text: str) -> Workflow:
    """A person's workflow; UsageError unless it is one in API format with a place for the picture and the mask."""
    try:
        data = json.loads(text)
    except ValueError as e:
        raise UsageError(f"comfyui.workflow is not JSON: {e}.", _HOW) from e
    nodes = data.values() if isinstance(data, dict) else ()
    if not nodes or not all(isinstance(node, dict) and "class_type" in node for node in nodes):
        raise UsageError("comfyui.workflow is not a workflow in API format.", _HOW)
    for name in PLACEHOLDERS[:2]:
        if "{" + name + "}" not in text:
            raise UsageError(
                f"comfyui.workflow has no {{{name}}}.", f"Write {{{name}}} as the file of the node that loads it."
            )
    return dict(data)


_HOW = "In ComfyUI choose Workflow, Export (API), and take the content of that file."


def filled(workflow: Workflow, values: dict[str, Any]) -> Workflow:
    """A copy of a workflow with the placeholders replaced; `values` has one for each of `PLACEHOLDERS`."""
    return {key: _replaced(node, values) for key, node in workflow.items()}


def _replaced(value: Any, values: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value)
    # in one pass, so that a prompt may itself hold such words
    return values[whole[1]] if whole else _PLACE.sub(lambda found: str(values[found[1]]), value)
