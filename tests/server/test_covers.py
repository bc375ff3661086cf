"""The first frame is the source bit for bit, whatever the mask paints over in later steps."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.shared import frames, scene_building
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.project import Project
from numpy.typing import NDArray

WIDTH, HEIGHT, STEPS = 96, 64, 14
MASKS = [
    {"feather_px": 11},
    {"grow_px": 7},
    {"blur_px": 4.0},
    {"grow_px": 4, "taper_corners": False, "lerp_alpha": 0.6},
    {"feather_px": 5, "grow_px": 3, "blur_px": 2.0, "falloff": 0.5},
]


def source() -> NDArray[np.uint8]:
    """Three bodies with a wavy border each and noise, in which every pixel tells whether it was touched."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    out = np.full((HEIGHT, WIDTH, 3), (90, 140, 220), np.uint8)
    out[y > 24 + 4 * np.sin(x / 9)] = (40, 90, 40)
    out[y > 44 + 3 * np.sin(x / 5)] = (150, 110, 60)
    return np.asarray(out + np.random.default_rng(3).integers(0, 24, out.shape), np.uint8)


def project(cut: str, mask: dict[str, Any], loop: bool = False, down: float = 0.0) -> Project:
    speeds = (-7, -7, -14) if loop else (-3, -5, -9)
    bands: tuple[dict[str, Any], ...] = {"height": 24}, {"height": 20}, {}
    layers = [band | {"velocity": [speed, down]} for band, speed in zip(bands, speeds, strict=True)]
    motion = {"loop": True, "fps": 10} if loop else {"steps": STEPS, "fps": 10}
    return projects.from_json(
        {"layers": layers, "cut": {"mode": cut}, "mask": mask, "motion": motion, "plates": {"tile_px": 144}}
        | {"inpaint": {"engine": "telea", "warn_divergence": 10}}
    )


def first_frame(folder: Path, wish: Project) -> NDArray[np.uint8]:
    """The first frame of a finished run of `wish` in `folder`."""
    manifest = step_loop.run(folder, wish, source(), load("telea"), lambda _: None, lambda: False)

    def read(name: str) -> frames.Texture:
        bgra = cv2.imread(str(folder / name), cv2.IMREAD_UNCHANGED)
        return frames.Texture.of(np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA), np.uint8))

    return np.asarray(frames.render(scene_building.build(wish, plans.plan(wish, WIDTH, HEIGHT), manifest), 0, read))


@pytest.mark.parametrize("mask", MASKS, ids="+".join)
@pytest.mark.parametrize("cut", ["straight", "contour"])
def test_a_mask_that_reaches_over_known_picture_leaves_the_first_frame(
    tmp_path: Path, cut: str, mask: dict[str, Any]
) -> None:
    np.testing.assert_array_equal(first_frame(tmp_path, project(cut, mask)), source())


@pytest.mark.parametrize("down", [2.0, -3.0])
def test_on_slanted_journeys_as_well(tmp_path: Path, down: float) -> None:
    np.testing.assert_array_equal(first_frame(tmp_path, project("straight", MASKS[4], down=down)), source())


@pytest.mark.parametrize("cut", ["straight", "contour"])
def test_a_loop_with_a_wide_mask_begins_with_the_source(tmp_path: Path, cut: str) -> None:
    np.testing.assert_array_equal(first_frame(tmp_path, project(cut, MASKS[4], loop=True)), source())
