"""Models that the library transformers loads: is it there, where does it compute, and what is said when it cannot.

All engines that look through such a model come here, so that each of them refuses in the same words, takes
safetensors only and runs no code that comes with a model. The library's own `pipeline` was the other road: it hides
where a model comes from, and lost the task of captions with its fifth version.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...shared.errors import Cancelled, ParallaxError, UsageError
from .contract import Told
from .looking import Cancelled as IsCancelled

NEEDED = ("torch", "transformers", "safetensors")
INSTALL = "pip install 'infinite-parallax[diffusion]'"
NEEDS = f"torch and transformers: {INSTALL}"
"""What the card of an engine with such a model says that it needs."""
UNAVAILABLE = "engine_unavailable"


def missing() -> str:
    """What is not installed, as a sentence; "" if nothing is missing."""
    absent = [name for name in NEEDED if find_spec(name) is None]
    return f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not installed: {INSTALL}" if absent else ""


def device() -> str:
    """Where to compute: a GPU if there is one."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class Loaded:
    """A model with its processor, kept from one picture to the next, and loaded anew when another one is named."""

    def __init__(self, default: str, processor: str, model: str) -> None:
        self._default, self._classes = default, (processor, model)
        self._kept: tuple[str, Any, Any] | None = None

    def get(self, wanted: str, tell: Told, cancelled: IsCancelled) -> tuple[Any, Any]:
        """The processor and the model `wanted`, a hub id or a folder, or the default one; on its device, in eval mode.

        Raises UsageError for what is no such model, ParallaxError for one that is neither here nor to be had.
        """
        name = wanted.strip() or self._default
        if self._kept is None or self._kept[0] != name:
            self._kept = None
            tell(f"Loading the model {name}")
            self._kept = (name, *load(name, self._classes))
            if cancelled():
                raise Cancelled
        return self._kept[1:]


def load(name: str, classes: tuple[str, str]) -> tuple[Any, Any]:
    """The processor and the model of a hub id or folder, by the names of their classes in transformers."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if not Path(name).is_dir() and _is_path(name):
        raise UsageError(f"There is no model folder at {name}.", "Give a folder, or the id of a model on the hub.")
    processor = _fetched(name, lambda: getattr(transformers, classes[0]).from_pretrained(name))
    model = _fetched(name, lambda: getattr(transformers, classes[1]).from_pretrained(name, use_safetensors=True))
    return processor, model.to(device()).eval()


def _is_path(name: str) -> bool:
    """Whether a name can only be that of a folder; the ids of the hub are `owner/name`."""
    return name.startswith((".", "/", "~", "\\")) or name.count("/") > 1 or os.sep in name.replace("/", "")


def _fetched(name: str, fetch: Callable[[], Any]) -> Any:
    """What `fetch` gives; what goes wrong in it as a sentence."""
    try:
        return fetch()
    except (OSError, ValueError, KeyError, ImportError) as e:
        if not Path(name).is_dir() and isinstance(e, OSError):
            raise ParallaxError(
                f"The model {name} is not on this computer, and cannot be fetched.",
                f"Connect once and run: hf download {name}; or name a folder that holds it.",
                UNAVAILABLE,
            ) from e
        raise UsageError(
            f"{name} holds no model that this engine can use: {_first_line(e)}",
            "Give a model of the right kind, saved as safetensors.",
            UNAVAILABLE,
        ) from e


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:200] if text else type(error).__name__
