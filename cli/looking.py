"""What engines see in a picture, from the command line: its depth, a caption.

The engines run in this process, as for `suggest`: a server would only be started to be asked one question. Everything
of the server is imported when it is needed, as the commands in `main` do it.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..shared import flags, settings
from ..shared.errors import UsageError
from ..shared.outputs import check_file

if TYPE_CHECKING:
    from ..inpaint_server.engines.contract import RGB

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add `depth` and `caption` to the commands."""
    words = "the depth map of a picture, white is near"
    mapped = commands.add_parser("depth", help=words, description=f"{words.capitalize()}.")
    mapped.set_defaults(run=run_depth)
    mapped.add_argument("picture", type=Path, help="the picture")
    mapped.add_argument("-o", "--out", type=Path, required=True, metavar="FILE.png", help="the depth map")
    mapped.add_argument("--bits", type=int, choices=(16, 8), default=16, help="bits of a pixel (default: 16)")
    flags.add_section_flags(mapped, "depth")
    words = "what a picture shows, in words"
    said = commands.add_parser("caption", help=words, description=f"{words.capitalize()}.")
    said.set_defaults(run=run_caption)
    said.add_argument("picture", type=Path, help="the picture")
    # one picture has no steps
    flags.add_section_flags(said, "caption", leave_out=("every_steps",))


def run_depth(args: argparse.Namespace) -> int:
    """Write a depth map."""
    from ..inpaint_server import engines, settling
    from ..inpaint_server.engines.looking import Look

    check_file(args.out, ".png")
    wish = flags.section_from_args(args, "depth")
    name = wish.engine or engines.DEPTH_DEFAULT
    found = engines.load_depth(name).depth(_read(args.picture), Look(settings.write(wish)))
    args.out.write_bytes(settling.depth_png(found, args.bits))
    print(f"{settling.origin(name)}\nWrote {args.out}.")
    return 0


def run_caption(args: argparse.Namespace) -> int:
    """Print what a picture shows."""
    from ..inpaint_server import engines
    from ..inpaint_server.engines.looking import Look

    wish = flags.section_from_args(args, "caption")
    engine = engines.load_caption(wish.engine or engines.CAPTION_DEFAULT)
    print(engine.caption(_read(args.picture), Look(settings.write(wish))))
    return 0


def _read(picture: Path) -> "RGB":
    from ..inpaint_server.limits import Limits
    from ..inpaint_server.pictures import read_picture

    if not picture.is_file():
        raise UsageError(f"There is no picture at {picture}.", "Check the path.")
    return read_picture(picture.read_bytes(), Limits())
