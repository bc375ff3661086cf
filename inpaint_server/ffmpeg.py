"""The ffmpeg program.

It comes with the package imageio-ffmpeg, so nothing has to be installed on the system. Bindings to its libraries were
the other road; they would have tied this project's Python to one build of them.
"""

import imageio_ffmpeg

from ..shared.errors import ParallaxError


def ffmpeg() -> str:
    """The path of the ffmpeg program."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as e:
        raise ParallaxError(f"ffmpeg was not found: {e}", "Run: pip install imageio-ffmpeg") from e
