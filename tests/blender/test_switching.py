"""From target to target with rows that sway, in one session: every time the frames are the arithmetic ones."""

from pathlib import Path

import bpy
import pytest
from infinite_parallax.blender_addon import targets

from .compared import compared
from .made import document, made

pytestmark = pytest.mark.blender


def check(target: str, folder: Path) -> None:
    spec = made(folder, document(output={"target": target}, distortions=[{"layer": 2}]), contours=True)
    targets.build(bpy.context.scene, spec, folder, folder)
    for frame in (0, 35):
        _, off = compared(spec, folder, frame)
        assert off.mean() <= 0.5
        assert (off > 6).mean() <= 0.01


def test_in_one_file(tmp_path: Path) -> None:
    for target in ("vse", "compositor", "vse", "compositor", "planes", "compositor", "vse"):
        check(target, tmp_path)
    assert len(bpy.data.scenes) == 3, "two tiles sway"


def test_with_another_file_each_time(tmp_path: Path) -> None:
    for target in ("vse", "compositor", "vse", "compositor", "planes", "compositor"):
        check(target, tmp_path)
        bpy.ops.wm.read_factory_settings(use_empty=True)
