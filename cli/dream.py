"""`dream`: a sound in, a video of pictures that a diffusion model paints to it out.

Here are its flags, light to import, because every command's are; what it does is in `dreaming`.
"""

import argparse
from pathlib import Path

from ..shared import flags, settings
from ..shared.dream_document import OF_JOURNEYS
from ..shared.dream_settings import Dream
from ..shared.finishing import Output

OUTPUT_FLAGS = ("format", "crf", "bitrate_kbps")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The flags: those of the declared settings, and what is of this command alone."""
    command.add_argument("sound", type=Path, help="the sound: any file that ffmpeg reads, a film too")
    command.add_argument("--picture", type=Path, metavar="FILE", help="begin with this picture instead of noise")
    command.add_argument(
        "--then",
        action="append",
        default=[],
        metavar="S:PROMPT",
        help="another prompt from second S of the video on; may be given several times",
    )
    command.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="keep the job and its painted frames here (default: kept until it is done)",
    )
    command.add_argument("--server", metavar="URL", help="use this running inpaint server")
    command.add_argument("--token-file", type=Path, metavar="FILE", help="the file with that server's token")
    for d in (d for d in settings.declared(Dream) if d.name != "still"):  # the name of what is written says so
        flags.add_setting(command, d, f"dream.{d.name}")
    for d in settings.declared(Output):
        if d.name in OUTPUT_FLAGS:
            flags.add_setting(command, d, f"output.{d.name}")
    flags.add_section_flags(command.add_argument_group("the model"), "diffusers", leave_out=OF_JOURNEYS)


def run(args: argparse.Namespace) -> int:
    """Dream."""
    from .dreaming import dream

    return dream(args)
