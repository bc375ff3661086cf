"""`preview`: the arithmetic frames and ffmpeg, no Blender needed.

The tests take these frames as the truth, so a preview shows exactly what Blender will render.
"""

import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..inpaint_server.encoding import encode
from ..shared import frames, shimmering
from ..shared.frames import Texture
from ..shared.project import Project
from ..shared.scene import SceneSpec
from . import listening
from .mixing import mix
from .painting import paint
from .progress import bar

MOMENTS_HELD = 3
TILES_HELD = 2
"""Tiles kept per channel: the one on show and its successor."""


def preview(project: Project, picture: Path, out: Path, server: str | None = None, token: Path | None = None) -> None:
    """Paint a project and encode it to `out` without Blender."""
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder:
        plates = Path(folder)
        painted = paint(project, picture, plates, server, token)
        spec = listening.build(painted)
        encode_plates(spec, plates, out, plates)
    print(f"Wrote {out}: {spec.frames} frames, {spec.width}x{spec.height} px.")


def encode_plates(spec: SceneSpec, plates: Path, out: Path, scratch: Path) -> None:
    """Encode a scene from its plates; sounds are made in `scratch`."""
    sound = None if spec.export.audio == "none" else mix(spec, scratch)
    with bar("encode", spec.frames, "frame") as shown:
        encode(spec, _counted(all_frames(spec, plates), shown.update), sound, out)


def all_frames(spec: SceneSpec, plates: Path) -> Iterator[NDArray[np.uint8]]:
    """Every frame of a scene, in order, blended as it asks."""
    read, channels = tile_reader(plates, spec), len({plane.channel for plane in spec.planes})
    waving = shimmering.reader(plates, TILES_HELD * max(1, channels))

    # cross-fading needs each moment for three frames
    @lru_cache(maxsize=MOMENTS_HELD)
    def shot(moment: float) -> NDArray[np.uint8]:
        return frames.render(spec, moment, read, waving)

    for n in range(spec.frames):
        yield frames.blended(spec, n, shot)


def tile_reader(plates: Path, spec: SceneSpec) -> frames.ReadTile:
    """Reads tiles of a folder, and holds the few that are on show."""
    channels = len({plane.channel for plane in spec.planes})

    @lru_cache(maxsize=TILES_HELD * max(1, channels))
    def read(file: str) -> Texture:
        with Image.open(plates / file) as picture:
            return Texture.of(np.asarray(picture.convert("RGBA")))

    return read


def _counted(items: Iterator[NDArray[np.uint8]], count: Callable[[int], object]) -> Iterator[NDArray[np.uint8]]:
    for item in items:
        yield item
        count(1)
