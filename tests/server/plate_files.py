"""What a run has written, as tests look at it: the bytes of its plates, and its tiles for the frame renderer."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from infinite_parallax.shared import frames


def digest(folder: Path) -> dict[str, str]:
    """SHA-256 of every tile and of the manifest, by file name."""
    files = [*sorted((folder / "plates").glob("*.png")), folder / "manifest.json"]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def read_tile(folder: Path) -> Callable[[str], frames.Texture]:
    """A function that reads a tile by its name in the manifest."""

    def read(name: str) -> frames.Texture:
        bgra = cv2.imread(str(folder / name), cv2.IMREAD_UNCHANGED)
        return frames.Texture.of(np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA), np.uint8))

    return read
