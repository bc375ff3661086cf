"""`segment`: layers and objects of a picture found by words, written as pictures that one can look at and mend.

A project with words finds the same by itself; this is for who wants to see what is found, or to paint into it, first.
Here are its flags, light to import, because every command's are; what it does is in `segmenting`.
"""

import argparse
from pathlib import Path

from ..shared import flags, settings
from ..shared.model_settings import Segment

OWN = ("layers", "objects")
"""Settings that have shorter flags here."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The flags: the words, and those of the declared settings."""
    command.add_argument("picture", type=Path, help="the picture")
    command.add_argument("--words", dest="layers", metavar="WORDS", help="layers, far to near: 'sky . hills . river .'")
    command.add_argument("--objects", metavar="WORDS", help="objects, each written as a matte: 'church . tower .'")
    for d in settings.declared(Segment):
        if d.name not in OWN and d.limits.flag:
            flags.add_setting(command, d, d.name)


def run(args: argparse.Namespace) -> int:
    """Find and write."""
    from .segmenting import segment

    given = {d.name: getattr(args, d.name, None) for d in settings.declared(Segment)}
    wish = settings.read(Segment, {name: value for name, value in given.items() if value is not None}, "segment")
    return segment(args.picture, wish, args.out)
