"""A small project that listens to a click track, and the scene that is keyed by it."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from infinite_parallax.blender_addon import properties, targets
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.ambience import write_wav
from infinite_parallax.shared.scene import SceneSpec

from .. import wavelets_by_hand
from ..core.clicks import clicks
from .made import HEIGHT, WIDTH, document, made
from .pictures import texture, write_png

BEATS = {"feature": "beats", "attack_s": 0.0, "release_s": 0.15}


def scene() -> Any:
    return bpy.context.scene


def group() -> Any:
    return properties.of_scene(scene())


def filled(folder: Path, *wanted: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """The scene's settings set to a small project that listens to a click track of 120 beats per minute."""
    write_png(folder / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    samples, _ = clicks(120, 12, 0.001, 0.25, 44100)
    write_wav(folder / "clicks.wav", np.stack([samples, samples], axis=1), 44100)
    data = document(drives=list(wanted), sound={"ambience": "none", "file": str(folder / "clicks.wav")}, **sections)
    data["picture"] = str(folder / "picture.png")
    properties.fill(scene(), projects.from_json(data))
    return data


def built(folder: Path) -> SceneSpec:
    """The scene as it is keyed, from plates made by hand."""
    data = properties.document(scene())
    data |= {"sound": {"ambience": "none"}, "drives": []}
    spec = made(folder, data, contours=not data["motion"]["loop"])
    wavelets_by_hand.lay(folder)
    targets.build(scene(), spec, folder, folder)
    return spec
