"""Why a model could not be loaded, in a sentence that helps.

The libraries raise a dozen types, one wrapped in the other; the innermost that is known here says most. Showing their
own text was the other road: it speaks of revisions and variants to somebody whose disk is full.
"""

import errno
from collections.abc import Iterator
from pathlib import Path

from ...shared.errors import ParallaxError, UsageError
from .downloads import cache_folder

HUB = "https://huggingface.co"
NOT_SAID = "trying to load it from"
"""Of a sentence by which transformers hides why it found nothing."""


def explain(error: BaseException, model: str) -> ParallaxError:
    """The error as a sentence about `model`, a hub id or a folder."""
    chain = list(_chain(error))
    names = {name for link in chain for name in (cls.__name__ for cls in type(link).__mro__)}
    text = " ".join(str(link) for link in chain)
    if any(isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT) for link in chain):
        return ParallaxError(
            f"The disk is full: {model} could not be stored.", "Make room and resume; what came is kept.", "disk", 507
        )
    if "GatedRepoError" in names:
        return ParallaxError(
            f"{model} may be fetched only by those who accepted its licence.",
            f"Accept it at {HUB}/{model}, then run: hf auth login",
            "licence",
            403,
        )
    if _is_folder(model) and not Path(model).expanduser().is_dir():
        return UsageError(f"There is no folder {model}.", "Give a model's folder, or its hub id.", "no_model", 404)
    if ".safetensors" in text or "`safetensors`" in text:
        return UsageError(
            f"{model} has no weights as safetensors, and other files of weights can hold programs.",
            "Choose a model with safetensors, or convert it where you trust it.",
            "no_safetensors",
        )
    if _unreachable(names, text) or (NOT_SAID in text and not _begun(model)):
        return ParallaxError(
            f"{model} is not on this computer, and the hub cannot be reached.",
            "Connect once, or give the folder of a model that is here.",
            "no_model",
            503,
        )
    if "RepositoryNotFoundError" in names or "is not a valid model identifier" in text:
        return UsageError(
            f"The hub knows no model {model}.", "Check the spelling, or run: hf auth login", "no_model", 404
        )
    return UsageError(
        f"{model} cannot be loaded: {_first_line(text)}", "Give a model of the kind that this engine loads.", "no_model"
    )


def _unreachable(names: set[str], text: str) -> bool:
    kinds = {"OfflineModeIsEnabled", "LocalEntryNotFoundError", "ConnectionError", "ConnectError", "ConnectTimeout"}
    return bool(names & kinds) or "couldn't connect to" in text or "offline" in text.lower()


def _begun(model: str) -> bool:
    """Whether the hub has ever given anything of a model."""
    folder = cache_folder(model)
    return folder is None or folder.is_dir()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came of."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _is_folder(model: str) -> bool:
    return model.startswith(("/", ".", "~")) or model.count("/") > 1 or "\\" in model


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200] if text.strip() else "no reason is given."
