"""The shader in docs/gabor.md, run by Blender on this machine's graphics, against the pictures that numpy draws.

Blender without a window has graphics from 5.2 on (`gpu.init`); Mesa's software driver is enough for it.
"""

import re
from pathlib import Path
from typing import Any

import bpy
import gpu
import numpy as np
import pytest
from infinite_parallax.shared.gabor import Wavelets, drawing
from infinite_parallax.shared.gabor.wavelets import to_text

from .. import wavelets_by_hand

pytestmark = [
    pytest.mark.blender,
    pytest.mark.skipif(not hasattr(gpu, "init"), reason="before 5.2 Blender has no graphics without a window"),
]

PAGE = Path(__file__).parents[2] / "docs" / "gabor.md"
WIDTH, HEIGHT, FRAMES = 72, 48, 8
COUNT = 60


@pytest.fixture(scope="module", autouse=True)
def graphics() -> None:
    try:
        gpu.init()
    except (RuntimeError, SystemError) as e:
        pytest.skip(f"this machine has no graphics driver: {e}")


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found[0])


@pytest.fixture
def script(tmp_path: Path) -> Any:
    """The script of the page, run with the wavelets in a file of our own; what it leaves behind is taken away."""
    path = tmp_path / "some.txt"
    path.write_text(to_text(some()), encoding="utf-8")
    code, replaced = re.subn(
        r"^FILE, WIDTH, HEIGHT = .*$",
        lambda _: f"FILE, WIDTH, HEIGHT = {str(path)!r}, {WIDTH}, {HEIGHT}",
        block("python"),
        flags=re.MULTILINE,
    )
    assert replaced == 1
    bpy.data.texts.new("wavelets.glsl").from_string(block("glsl"))
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.frame_set(1)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    yield names
    bpy.app.handlers.frame_change_post.remove(names["draw"])
    names["canvas"].free()


def some() -> Wavelets:
    """Wavelets of which some pass the limits of the format, as files of others do."""
    rows = wavelets_by_hand.some(COUNT, 5).rows.copy()
    rows[:6, 9:] = 1.4
    rows[6:9, 3:5] = 2.0
    rows[9, :2] = -1.2, 1.3
    return Wavelets(rows)


def shown() -> np.ndarray:
    image = bpy.data.images["Wavelets"]
    assert tuple(image.size) == (WIDTH, HEIGHT)
    values = np.empty(WIDTH * HEIGHT * 4, np.float32)
    image.pixels.foreach_get(values)
    return np.rint(values.reshape(HEIGHT, WIDTH, 4)[::-1, :, :3] * 255)


@pytest.mark.usefixtures("script")
def test_the_shader_draws_what_numpy_draws_at_every_frame() -> None:
    stills = []
    for frame in (1, 4, 7):
        bpy.context.scene.frame_set(frame)
        turned = some().limited.turned((np.arange(COUNT) & 3) * (frame - 1) / FRAMES)
        off = np.abs(shown() - drawing.draw(turned, WIDTH, HEIGHT))
        assert off.max() <= 3, "what is beyond three and a half widths of a wavelet is left out by numpy"
        assert off.mean() < 0.3
        stills.append(shown())
    assert np.abs(stills[1] - stills[0]).mean() > 3, "the phases turn"
    bpy.context.scene.frame_set(FRAMES + 1)
    np.testing.assert_array_equal(shown(), stills[0])
