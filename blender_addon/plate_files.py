"""The files of the plates, looked for before anything in a scene is changed."""

from pathlib import Path

from ..shared.errors import ParallaxError
from ..shared.scene import SceneSpec


def check_files(spec: SceneSpec, folder: Path) -> None:
    """Raise ParallaxError when a plate that a spec shows is not in `folder`."""
    for plane in spec.planes:
        if not (folder / plane.file).is_file():
            raise ParallaxError(f"The plate {folder / plane.file} is missing.", "Fetch the plates again.")
