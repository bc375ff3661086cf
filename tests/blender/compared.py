"""Blender's frames beside the arithmetic ones: what every test of a picture measures."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from infinite_parallax.blender_addon import export, timeline
from infinite_parallax.shared import frames, shimmering
from infinite_parallax.shared.scene import SceneSpec

from .made import read_pixels, read_tile


def compared(spec: SceneSpec, folder: Path, frame: int, at: int | None = None) -> tuple[Any, Any]:
    """A frame of the spec as Blender renders it, by its own number `at`, and how far each value is from the arithmetic
    one; without `at` the scene begins where it does by default."""
    number = frame + timeline.FIRST_FRAME if at is None else at
    path = folder / f"frame{number}.png"
    export.still(bpy.context.scene, number, path)
    rendered = read_pixels(path)[..., :3]
    return rendered, np.abs(
        rendered.astype(int) - frames.render(spec, frame, read_tile(folder), shimmering.reader(folder))
    )


def met(spec: SceneSpec, folder: Path, *at: int, most: int = 4) -> None:
    """Frames of the spec are the arithmetic ones; one value in a hundred may be further off than `most`, at rims."""
    for frame in at:
        _, off = compared(spec, folder, frame)
        assert off.mean() <= 0.5
        assert (off > most).mean() <= 0.01


def met_within(spec: SceneSpec, folder: Path, *at: int, most: int) -> None:
    """Frames of the spec are the arithmetic ones to 2 levels, but for single pixels, which are off by `most` at most:
    the arithmetic frames round after every sheet."""
    for frame in at:
        _, off = compared(spec, folder, frame)
        assert off.mean() <= 0.5
        assert (off.max(axis=2) > 2).mean() <= 0.001
        assert off.max() <= most


def shows(spec: SceneSpec, folder: Path, frame: int, at: int, most: int = 2) -> bool:
    """Whether Blender's frame `at` is the spec's `frame`, no value further off than `most`."""
    _, off = compared(spec, folder, frame, at)
    return bool(off.mean() <= 0.5 and off.max() <= most)
