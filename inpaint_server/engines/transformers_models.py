"""Models that the library transformers loads: is it there, where does it compute, and what is said when it cannot.

All engines that look through such a model come here, so that each of them refuses in the same words, takes
safetensors only and runs no code that comes with a model. The library's own `pipeline` was the other road: it hides
where a model comes from, and lost the task of captions with its fifth version.
"""

from pathlib import Path
from typing import Any

from ...shared.errors import Cancelled
from ..diffusion import placement
from ..diffusion.loading import fetched
from . import extra
from .contract import Told
from .looking import Cancelled as IsCancelled

NEEDED = ("torch", "transformers", "safetensors")
NEEDS = f"torch and transformers: {extra.INSTALL}"
"""What the card of an engine with such a model says that it needs."""


def missing() -> str:
    """What is not installed, as a sentence; "" if nothing is missing."""
    return extra.missing(*NEEDED)


class Loaded:
    """A model with its processor, kept from one picture to the next, and loaded anew when another one is named."""

    def __init__(self, default: str, processor: str, model: str) -> None:
        self._default, self._classes = default, (processor, model)
        self._kept: tuple[str, Any, Any] | None = None

    def get(self, wanted: str, tell: Told, cancelled: IsCancelled) -> tuple[Any, Any]:
        """The processor and the model `wanted`, a hub id or a folder, or the default one; on its device, in eval mode.

        Raises a ParallaxError that says why it cannot be had.
        """
        name = wanted.strip() or self._default
        if self._kept is None or self._kept[0] != name:
            self._kept = None
            tell(f"Loading the model {name}")
            self._kept = (name, *load(name, self._classes, tell))
            if cancelled():
                raise Cancelled
        return self._kept[1:]


def load(name: str, classes: tuple[str, str], tell: Told) -> tuple[Any, Any]:
    """The processor and the model of a hub id or folder, by the names of their classes in transformers."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folder = Path(name).expanduser()
    where = str(folder) if folder.is_dir() else name
    looks, sees = (getattr(transformers, kind) for kind in classes)
    processor = fetched(name, tell, lambda: looks.from_pretrained(where))
    model = fetched(name, tell, lambda: sees.from_pretrained(where, use_safetensors=True))
    return processor, model.to(placement.device()).eval()
