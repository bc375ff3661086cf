"""`gabor fit` and `gabor render`: pictures as Gabor wavelets, and wavelets as pictures of any size.

Here are the flags, light to import; the work is in `gabor_files`. Their names and meanings are those of gabor-imfit, so
that its users find what they know.
"""

import argparse
from pathlib import Path

MODES = ("image", "folder", "video", "vm")
"""One picture; every picture of a folder by itself; the frames of a folder as a video; a folder of such videos."""


def add_commands(command: argparse.ArgumentParser) -> None:
    """Add the two commands below `gabor`."""
    below = command.add_subparsers(title="commands", required=True, metavar="COMMAND")
    fit = below.add_parser("fit", help="fit wavelets to a picture, a folder of pictures, or the frames of a video")
    fit.set_defaults(run=run_fit)
    fit.add_argument("source", type=Path, help="a picture, or a folder")
    fit.add_argument("-o", "--out", type=Path, required=True, metavar="FOLDER", help="where wavelets and pictures go")
    fit.add_argument("--mode", choices=MODES, default="image", help="what the source is (default image)")
    _fit_flags(fit)
    plates = below.add_parser("plates", help="fit wavelets to painted plates, for layers that shimmer")
    plates.set_defaults(run=run_plates)
    plates.add_argument("folder", type=Path, help="plates: beside a .blend, or where the add-on keeps them")
    plates.add_argument("--layer", type=int, action="append", metavar="N", help="only this layer; may be given again")
    plates.add_argument("--wavelets", type=int, default=256, help="how many to 512 x 512 px (default 256)")
    plates.add_argument("--seed", type=int, default=0, help="same seed, same wavelets")
    plates.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")
    render = below.add_parser("render", help="draw a file of wavelets")
    render.set_defaults(run=run_render)
    render.add_argument("file", type=Path, metavar="FILE.txt", help="wavelets, one to a line")
    render.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.png", help="the picture")
    render.add_argument("--size", required=True, metavar="WxH", help="1920x1080, or 512 for a square")
    render.add_argument(
        "--shimmer", type=int, metavar="FRAMES", help="as many frames of a loop in which phases turn, numbered"
    )
    render.add_argument("--strength", type=float, default=1.0, help="how much it shimmers, 0 to 1 (default 1)")
    render.add_argument("--seed", type=int, default=0, help="which wavelets turn how often (default 0)")


def _fit_flags(fit: argparse.ArgumentParser) -> None:
    def number(name: str, kind: type, default: float, text: str, *others: str) -> None:
        fit.add_argument(f"--{name}", *others, type=kind, default=default, help=f"{text} (default {default:g})")

    fit.add_argument("--weight", type=Path, metavar="PATH", help="where it matters: a picture, or a folder by name")
    fit.add_argument("--init", type=Path, metavar="FILE.txt", help="go on from these wavelets")
    number("num-gabors", int, 256, "how many wavelets")
    number("size", int, 256, "longer side of the picture that is fitted, in px")
    number("iterations", int, 100, "steps at full size")
    number("iter-multiple", float, 1.5, "steps at smaller sizes, as a multiple for every halving")
    number("rescales", int, 2, "how many halvings come before")
    number("global-lr", float, 0.05, "rate of the steps")
    number("gamma", float, 0.997, "what the rate is lowered by when nothing becomes better")
    number("l1", float, 0.0, "share of absolute differences in the error")
    number("gradient", float, 0.0, "share of differences between neighbours' slopes")
    number("sobel", float, 0.0, "share of differences between edges")
    number("mutation-strength", float, 0.0, "how far a few wavelets are disturbed now and then", "--mutation-scale")
    number("keyframes", int, 10, "frames from one key frame of a video to the next")
    number("seed", int, 0, "same seed, same wavelets")
    fit.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")


def run_fit(args: argparse.Namespace) -> int:
    """Fit wavelets."""
    from .gabor_files import fit

    return fit(args)


def run_plates(args: argparse.Namespace) -> int:
    """Fit wavelets to plates."""
    from .gabor_plates import plates

    return plates(args)


def run_render(args: argparse.Namespace) -> int:
    """Draw wavelets."""
    from .gabor_files import render

    return render(args)
