"""Uncompressed copies of tiles for the Blenders before 5.0, which read a still picture again for every frame.

Their sequencer keeps no decoded picture while it renders (22 frames opened every tile 22 times), so half of their
time went into inflating the same PNG. A plain TIFF is read in a fraction of that time, for three times the disk.
Shorter tiles alone did not help enough; the sequencer's cache settings changed nothing.
"""

import struct
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

READS_EVERY_FRAME = bpy.app.version < (5, 0, 0)
FOLDER = "uncompressed"


def fast(plate: Path) -> Path:
    """The file that this Blender shows for a plate: the plate, or an uncompressed copy beside it."""
    if not READS_EVERY_FRAME:
        return plate
    copy = plate.parent / FOLDER / f"{plate.stem}.tif"
    if not copy.is_file() or copy.stat().st_mtime_ns < plate.stat().st_mtime_ns:
        copy.parent.mkdir(exist_ok=True)
        write_tiff(copy, read_rgba(plate))
    return copy


def read_rgba(path: Path) -> NDArray[np.uint8]:
    """A picture's stored values, uint8 [h, w, 4] with straight alpha, without any colour conversion."""
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        image.colorspace_settings.name = "Non-Color"
        image.alpha_mode = "CHANNEL_PACKED"
        width, height = image.size
        values = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(values)
    finally:
        bpy.data.images.remove(image)
    return np.rint(values.reshape(height, width, 4)[::-1] * 255).astype(np.uint8)


def write_tiff(path: Path, rgba: NDArray[np.uint8]) -> None:
    """Write uint8 [h, w, 4] with straight alpha as an uncompressed TIFF of one strip (TIFF 6.0, sections 2 and 6)."""
    height, width, _ = rgba.shape
    fields = [  # tag, type (3 short, 4 long), count, value or offset
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 4, 8),  # bits per sample, four of them, after the directory
        (259, 3, 1, 1),  # no compression
        (262, 3, 1, 2),  # RGB
        (273, 4, 1, 0),  # where the pixels begin
        (277, 3, 1, 4),  # samples per pixel
        (278, 4, 1, height),
        (279, 4, 1, rgba.nbytes),
        (284, 3, 1, 1),  # the samples of a pixel lie together
        (338, 3, 1, 2),  # the fourth is alpha, not multiplied in
    ]
    bits = 8 + 2 + 12 * len(fields) + 4
    places = {258: bits, 273: bits + 8}
    head = struct.pack("<2sHIH", b"II", 42, 8, len(fields))
    body = b"".join(struct.pack("<HHII", t, kind, n, places.get(t, value)) for t, kind, n, value in fields)
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(head + body + struct.pack("<I4H", 0, 8, 8, 8, 8))
        file.write(memoryview(np.ascontiguousarray(rgba)).cast("B"))
    part.replace(path)
