"""Pictures of overlays that nothing shows any more are removed from the folder of the plates.

Another seed, colour or size is another picture, so they would heap up. What was shown at any time since Blender
began stays, because undo can bring its strip back; and so does every file that is not named as ours are. Removing
with the strip was the other road: undo would then show a strip without its picture.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..shared.finishing import KINDS
from . import compat
from .uncompressed import FOLDER as UNCOMPRESSED

OURS = re.compile(rf"({'|'.join(KINDS)})\d+_[0-9a-f]{{12}}(_large)?\.(png|tif)")
OVERLAYS = "overlays"
_shown: set[str] = set()


def remember() -> None:
    """Keep in mind what strips, nodes and planes of this file show; to be asked before and after they change."""
    _shown.update(name for scene in bpy.data.scenes for name in _names(scene))
    _shown.update(Path(bpy.path.abspath(image.filepath)).stem for image in bpy.data.images if image.filepath)


def _names(scene: Any) -> Iterator[str]:
    for strip in compat.all_strips(scene.sequence_editor) if scene.sequence_editor else ():
        if strip.type == "IMAGE":
            yield from (Path(element.filename).stem for element in strip.elements)


def sweep(folder: Path) -> None:
    """Remove pictures of overlays from a folder of plates that nothing has shown in this session."""
    remember()
    for place in (folder / OVERLAYS, folder / OVERLAYS / UNCOMPRESSED):
        for path in place.glob("*") if place.is_dir() else ():
            if OURS.fullmatch(path.name) and path.stem not in _shown:
                path.unlink(missing_ok=True)
