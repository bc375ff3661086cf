"""The example picture, and the demo: the whole road from a picture to a finished video on it."""

import json
from dataclasses import replace
from pathlib import Path

from PIL import Image

from ..shared import example_picture
from ..shared.project import Project
from ..shared.sections import Inpaint, Motion
from ..shared.sound_settings import Sound
from .progress import bar
from .rendering import render

WIDTH, HEIGHT = 1600, 900
STEPS, SECONDS_PER_STEP = 40, 0.5


def example_project() -> Project:
    """The project that suits the example picture; its layers are left to be suggested."""
    motion = Motion(direction_deg=180.0, smoothness=10.0, steps=STEPS, seconds_per_step=SECONDS_PER_STEP, fps=24.0)
    return Project("example", "example.png", motion, inpaint=Inpaint(seed=3), sound=Sound("water"))


def write_example(folder: Path) -> tuple[Path, Path]:
    """Paint the example picture and write it and its project into `folder`; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    picture, project = folder / "example.png", folder / "example.json"
    with bar("picture", 1, "picture") as shown:
        Image.fromarray(example_picture.paint(WIDTH, HEIGHT)).save(picture)
        shown.update(1)
    project.write_text(json.dumps(example_project().to_json(), indent=1) + "\n", encoding="utf-8")
    return picture, project


def demo(folder: Path, blender: str | None = None) -> None:
    """From nothing to `demo.mp4` and `demo.blend` in `folder`."""
    picture, _ = write_example(folder)
    project = replace(example_project(), name="demo")
    render(project, picture, folder / "demo.mp4", folder / "demo.blend", blender)
