"""`animate`: one picture in, a video of it swaying out, for people who want only that; no server, no Blender.

Here are its flags, light to import, because every command's are; what it does is in `animating`.
"""

import argparse
from pathlib import Path

from ..shared import flags, settings
from ..shared.finishing import Living, Output

TRANSFERS = ("statistics", "framing", "boxes")
OUTPUT_FLAGS = ("format", "crf", "bitrate_kbps")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The flags: those of the declared settings, and what is of this command alone."""
    command.add_argument("picture", type=Path, help="the picture")
    for d in settings.declared(Living):
        flags.add_setting(command, d, f"living.{d.name}")
    for d in settings.declared(Output):
        if d.name in OUTPUT_FLAGS:
            flags.add_setting(command, d, f"output.{d.name}")
    command.add_argument("--seconds", type=float, metavar="S", help="length of the video (default: one period)")
    command.add_argument("--fps", type=float, default=30.0, metavar="FPS", help="frames per second (default 30)")
    command.add_argument("--engine", default="walk", help="who paints what is behind the mask")
    command.add_argument(
        "--poke",
        action="append",
        default=[],
        metavar="S:X:Y:DX:DY",
        help="push the place X, Y by DX, DY px at second S and let it ring out; may be given several times",
    )
    command.add_argument(
        "--model", type=Path, metavar="FOLDER", help="motion by a trained SpectralMotionPipeline; none is shipped"
    )
    clip = command.add_argument_group("motion from a clip")
    clip.add_argument("--clip", type=Path, metavar="FILE", help="a few seconds of a real thing moving, camera at rest")
    clip.add_argument(
        "--transfer",
        choices=TRANSFERS,
        default=TRANSFERS[0],
        help="statistics: strength and direction of each frequency; framing: the clip shows what the picture shows; "
        "boxes: what is in one box moves like what is in another",
    )
    clip.add_argument("--clip-box", metavar="L,T,R,B", help="the box in the clip, in its px")
    clip.add_argument("--picture-box", metavar="L,T,R,B", help="the box in the picture, in its px")
    command.add_argument("--save-motion", type=Path, metavar="FILE.npz", help="keep the motion, to be used again")


def run(args: argparse.Namespace) -> int:
    """Animate a picture."""
    from .animating import animate

    return animate(args)
