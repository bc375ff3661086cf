"""`gabor plates`, and the fit after painting: wavelets for the layers of finished plates that shimmer.

Plates that the add-on fetched are fitted where they lie, and the next build shows them; in Blender a button asks the
server for the same.
"""

import argparse
from pathlib import Path

from ..inpaint_server import wavelet_fits
from ..shared import plates as plate_files
from ..shared.errors import UsageError
from ..shared.finishing import Shimmer
from ..shared.gabor.plate_fitting import fit_plates
from ..shared.pointing import check_layer
from .progress import bar


def plates(args: argparse.Namespace) -> int:
    """Fit wavelets to the plates in `args.folder`; the exit code."""
    manifest = plate_files.load(args.folder)
    if not 8 <= args.wavelets <= 8192 or args.seed < 0:
        raise UsageError("--wavelets goes from 8 to 8192, --seed from 0 up.", "Try --wavelets 256.")
    for layer in args.layer or ():
        check_layer(layer if layer >= 0 else 1 << 30, "--layer", len(manifest.plates))
    shimmers = tuple(Shimmer(layer=layer, wavelets=args.wavelets, seed=args.seed) for layer in args.layer or (None,))
    cells = fit(args.folder, shimmers, args.device)
    print(f"{args.folder} holds wavelets for {cells} parts of its plates. Build the scene again to see them.")
    return 0


def fit(folder: Path, shimmers: tuple[Shimmer, ...], device: str = "auto") -> int:
    """Fit what is to shimmer in a folder of plates, with a bar; how many parts there are."""
    manifest, fitter = plate_files.load(folder), wavelet_fits.fitter(device)
    with bar("wavelets", None, "part") as shown:

        def tell(done: int, of: int) -> None:
            shown.total, shown.n = of, done
            shown.refresh()

        return fit_plates(folder, manifest, shimmers, fitter, tell)
