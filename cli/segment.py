"""`segment`: layers and objects of a picture found by words, written as pictures that one can look at and mend.

A project with words finds the same by itself; this is for who wants to see what is found, or to paint into it, first.
Here are its flags, light to import, because every command's are; what it does is in `segmenting`.
"""

import argparse
from pathlib import Path

from ..shared import flags


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The flags: the words, and those of the declared settings."""
    command.add_argument("picture", type=Path, help="the picture")
    words = "layers to find, far to near: 'sky . hills . river .'"
    command.add_argument("--words", dest="segment.layers", metavar="WORDS", help=words)
    flags.add_section_flags(command, "segment", leave_out=("layers",))


def run(args: argparse.Namespace) -> int:
    """Find and write."""
    from .segmenting import segment

    return segment(args.picture, flags.section_from_args(args, "segment"), args.out)
