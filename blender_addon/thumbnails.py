"""Small pictures for the panels: of the chosen picture, and of the canvas while it is painted.

Blender's preview collections hold them, outside of the file's own data, so that a look at a panel never marks a file
as changed. An image datablock was the other road: it would be saved with the file and appear in every list of images.
"""

import contextlib
from pathlib import Path
from typing import Any

import bpy
import bpy.utils.previews

SOURCE, CANVAS = "source", "canvas"


class _Kept:
    """The collection, and which file each picture in it shows."""

    collection: Any = None
    shown: dict[str, tuple[str, int]] = {}  # noqa: RUF012


def icon(name: str, path: Path) -> int:
    """The icon number of a picture file under a name; 0 when the file cannot be read."""
    try:
        version = (str(path), path.stat().st_mtime_ns)
    except OSError:
        return 0
    if _Kept.collection is None:
        _Kept.collection = bpy.utils.previews.new()
    if _Kept.shown.get(name) != version:
        with contextlib.suppress(KeyError):
            del _Kept.collection[name]
        _Kept.collection.load(name, str(path), "IMAGE")
        _Kept.shown[name] = version
        # read now: Blender would otherwise do it some time after the draw, and show nothing until then
        _ = _Kept.collection[name].image_size[0]
    return int(_Kept.collection[name].icon_id)


def show_canvas(png: bytes) -> None:
    """Take over how the canvas looks by now."""
    with contextlib.suppress(OSError):
        canvas_file().write_bytes(png)


def canvas_file() -> Path:
    """Where the canvas lies, in this Blender's temporary folder."""
    return Path(bpy.app.tempdir) / "infinite_parallax_canvas.png"


def free() -> None:
    """Let go of every picture."""
    if _Kept.collection is not None:
        bpy.utils.previews.remove(_Kept.collection)
    _Kept.collection, _Kept.shown = None, {}
    canvas_file().unlink(missing_ok=True)
