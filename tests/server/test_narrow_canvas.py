"""Straight bands and an engine that continues plates: it is shown the columns that come in, and paints the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest, Mask
from infinite_parallax.inpaint_server.engines.walk import WalkEngine
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.example_picture import paint

from .plate_files import digest

WIDTH, HEIGHT = 160, 90


class Watched(WalkEngine):
    """The walk, which notes how wide a canvas it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.widths: list[int] = []

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        self.widths.append(canvas.shape[1])
        return super().inpaint(canvas, mask, request, cancelled)


class Looking(Watched):
    """The same, but it wants to see all of the canvas."""

    continues_plates = False


def go(folder: Path, engine: WalkEngine, speeds: tuple[float, ...], **document: Any) -> dict[str, str]:
    heights = 40, 20, None
    layers = [{"velocity": [v, 0]} | ({"height": h} if h else {}) for v, h in zip(speeds, heights, strict=True)]
    wish = projects.from_json({"layers": layers, "cut": {"mode": "straight"}, "plates": {"tile_px": 256}} | document)
    step_loop.run(folder, wish, paint(WIDTH, HEIGHT, 2), engine, lambda _: None, lambda: False)
    return digest(folder)


LEFT, RIGHT, BOTH, SLOW = (-2.3, -5, -9.5), (2.3, 0, 9.5), (-2.3, 5, -9.5), (-0.2, 0, -0.3)
OPEN, LOOP = {"steps": 45}, {"loop": True, "steps": 200}


@pytest.mark.parametrize(
    ("speeds", "most", "motion"),
    [
        (LEFT, 10, OPEN),
        (LEFT, 10, LOOP),
        (RIGHT, 10, OPEN),
        (RIGHT, 10, LOOP),
        (BOTH, WIDTH, OPEN),
        (BOTH, WIDTH, LOOP),
        (SLOW, 1, OPEN),
    ],
)
def test_the_same_is_painted_on_the_columns_that_come_in(
    tmp_path: Path, speeds: tuple[float, ...], most: int, motion: dict[str, Any]
) -> None:
    watched, looking = Watched(), Looking()
    narrow = go(tmp_path / "narrow", watched, speeds, motion=motion)
    assert narrow == go(tmp_path / "whole", looking, speeds, motion=motion)
    # the source's heads are cut through at first: at the far edge, in a loop or with layers both ways at either
    assert (watched.widths[0] == WIDTH) == (motion is LOOP or speeds is BOTH)
    assert max(watched.widths[1:]) == most
    assert set(looking.widths) == {WIDTH} if motion is OPEN else min(looking.widths) == WIDTH


def test_a_mask_that_reaches_over_known_pixels_is_painted_on_all_of_the_canvas(tmp_path: Path) -> None:
    watched = Watched()
    go(tmp_path, watched, LEFT, motion={"steps": 5}, mask={"grow_px": 2})
    assert set(watched.widths) == {WIDTH}


def test_a_run_that_is_taken_up_at_a_step_ends_with_the_same_bytes(tmp_path: Path) -> None:
    whole = go(tmp_path / "whole", Watched(), LEFT, motion=OPEN)
    step_loop.redo(tmp_path / "whole", 20)
    assert go(tmp_path / "whole", Watched(), LEFT, motion=OPEN) == whole
