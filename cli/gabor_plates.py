"""`gabor plates`, and the fit after painting: wavelets for the layers of finished plates that shimmer.

A command of its own, because torch is large and optional, and Blender's Python has none: plates that the add-on fetched
are fitted where they lie, and the next build shows them.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

from ..shared import plates as plate_files
from ..shared.errors import ParallaxError, UsageError
from ..shared.finishing import Shimmer
from ..shared.pointing import check_layer
from .progress import bar


def check_torch() -> None:
    """Raise ParallaxError without torch."""
    if find_spec("torch") is None:
        raise ParallaxError(
            "Fitting wavelets needs torch, which is not installed.",
            "Run: pip install 'infinite-parallax[diffusion]'. `gabor render` works without it.",
            "engine_unavailable",
        )


def device_of(wish: str) -> str:
    """The device that is meant. UsageError for one that cannot be used."""
    import torch

    if wish == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.zeros(1, device=wish)
    except (RuntimeError, AssertionError) as e:
        raise UsageError(f"The device {wish!r} cannot be used here: {e}", "Choose auto or cpu.") from e
    return wish


def plates(args: argparse.Namespace) -> int:
    """Fit wavelets to the plates in `args.folder`; the exit code."""
    manifest = plate_files.load(args.folder)
    if not 8 <= args.wavelets <= 8192 or args.seed < 0:
        raise UsageError("--wavelets goes from 8 to 8192, --seed from 0 up.", "Try --wavelets 256.")
    for layer in args.layer or ():
        check_layer(layer if layer >= 0 else 1 << 30, "--layer", len(manifest.plates))
    receding = {plate.index for plate in manifest.plates if any(tile.ramp is not None for tile in plate.tiles)}
    if receding & set(args.layer or receding):
        raise UsageError(
            f"The layer {min(receding)} recedes, and such ground cannot shimmer.", "Name others with --layer."
        )
    shimmers = tuple(Shimmer(layer=layer, wavelets=args.wavelets, seed=args.seed) for layer in args.layer or (None,))
    cells = fit(args.folder, shimmers, args.device)
    print(f"{args.folder} holds wavelets for {cells} parts of its plates. Build the scene again to see them.")
    return 0


def fit(folder: Path, shimmers: tuple[Shimmer, ...], device: str = "auto") -> int:
    """Fit what is to shimmer in a folder of plates, with a bar; how many parts there are."""
    check_torch()
    from ..inpaint_server.gabor.plates import fit_plates

    manifest = plate_files.load(folder)
    with bar("wavelets", None, "part") as shown:

        def tell(done: int, of: int) -> None:
            shown.total, shown.n = of, done
            shown.refresh()

        return fit_plates(folder, manifest, shimmers, tell, device=device_of(device))
