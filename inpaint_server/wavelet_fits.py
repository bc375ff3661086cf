"""The door to the fit of wavelets, for whoever may not have torch: it says what is missing, and imports it late.

The modules in `gabor` import torch at their top, which takes seconds where it is installed and fails where it is not.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from ..shared.errors import ParallaxError, UsageError
from ..shared.gabor.plate_fitting import CellWish, FitCell
from .engines.extra import INSTALL, missing


def check_torch() -> None:
    """Raise ParallaxError without torch."""
    if missing("torch"):
        raise ParallaxError(
            "Fitting wavelets needs torch, which is not installed.",
            f"Where the server or the command runs: {INSTALL}. Drawing wavelets works without it.",
            "engine_unavailable",
            503,
        )


def device_of(wish: str) -> str:
    """The device that is meant, `auto` the GPU if there is one. UsageError for one that cannot be used."""
    import torch

    if wish == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=wish)
    except (RuntimeError, AssertionError) as e:
        raise UsageError(f"The device {wish!r} cannot be used here: {e}", "Choose auto or cpu.") from e
    return wish


def fitter(device: str = "auto", cancelled: Callable[[], bool] = lambda: False) -> FitCell:
    """What fits the cells of a folder of plates on this machine."""
    check_torch()
    from .gabor.cells import fit_cell

    place = device_of(device)

    def fit(paths: tuple[Path, ...], wish: CellWish) -> str:
        tiles = []
        for path in paths:
            try:
                with Image.open(path) as picture:
                    tiles.append(np.asarray(picture.convert("RGBA")))
            except (OSError, ValueError) as e:
                raise ParallaxError(f"The tile {path} cannot be read: {e}.", "Paint or fetch the plates again.") from e
        return fit_cell(tiles, wish, cancelled, place)

    return fit
