"""The benchmark of painting ahead: its stand-in finds what fits, and calls are counted as they are made."""

import threading

import numpy as np
import pytest
from infinite_parallax.benchmarks import ahead
from infinite_parallax.benchmarks.quality import Timed, travel
from infinite_parallax.inpaint_server.diffusion.crops import Crop
from infinite_parallax.shared.example_picture import paint


def test_a_square_is_continued_from_where_the_source_fits() -> None:
    source = np.random.default_rng(2).integers(0, 256, (64, 200, 3), np.uint8)
    crop = Crop(0, 0, 64, 64, 64, 64)
    seen = source[:, 80:144].copy()
    wanted = np.zeros((64, 64), np.bool_)
    wanted[:, 40:] = True
    seen[wanted] = 0
    np.testing.assert_array_equal(ahead.continued(seen, wanted, source, crop), source[:, 80:144])


def test_fewer_calls_paint_the_same_journey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "NATIVE_PX", 64)
    source, rows, threads = paint(320, 100, 3), {}, threading.active_count()
    for steps in (1, 4):
        painter = ahead.StandIn(steps)
        result = travel(Timed(painter), source, 8, 0)
        rows[steps] = ahead.row("example", source, steps, result, painter.squares).split(" | ")
    assert [row[2] for row in rows.values()] == ["8", "3"]
    assert float(rows[4][3]) < float(rows[1][3])
    assert threading.active_count() == threads, "a plate is still being written into a folder that is gone"
