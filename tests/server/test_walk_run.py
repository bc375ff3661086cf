"""Whole journeys of the walk: every direction, resuming, what is copied and what is left alone."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.inpaint_server.engines.contract import RGB, LayerView, Rect
from infinite_parallax.inpaint_server.quality.metrics import sharpness_ratio
from infinite_parallax.inpaint_server.step_loop import StepLoop
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.project import from_json

from .journey import Journey, start, straight_layers

SPEEDS = (2.5, 4.0, 6.5)
DIRECTIONS = [0, 90, 180, 270, 30, 200]


def landscape(height: int = 96, width: int = 160, seed: int = 0) -> RGB:
    """Sky, hills and grass, no two columns alike."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    hills = height * (0.45 + 0.08 * np.sin(x / 11.0) + 0.05 * np.sin(x / 4.3 + 1))
    ground = y > hills
    sky = np.stack([120 + y, 150 + 0.8 * y, 230 - 0.2 * y], 2) + 12 * np.sin(x / 9 + y / 5)[..., None]
    grass = np.stack([60 + 0.3 * y, 100 + 0.4 * y, 40 + 0.1 * y], 2) + random.normal(0, 22, (height, width, 1))
    return (
        (np.where(ground[..., None], grass, sky) + random.normal(0, 3, (height, width, 3)))
        .clip(0, 255)
        .astype(np.uint8)
    )


def velocities(angle: float, speeds: Sequence[float] = SPEEDS) -> list[tuple[float, float]]:
    c, s = round(math.cos(math.radians(angle)), 9), round(-math.sin(math.radians(angle)), 9)
    return [(round(c * v, 1), round(s * v, 1)) for v in speeds]


def journey(angle: float, steps: int, seed: int = 0, source: RGB | None = None) -> Journey:
    source = landscape() if source is None else source
    return start(load("walk"), source, straight_layers(source.shape[0], velocities(angle)), steps, seed)


@pytest.mark.parametrize("angle", DIRECTIONS)
def test_known_pixels_stay_and_new_ones_come(angle: int) -> None:
    run = journey(angle, 12)
    for step in range(12):
        known_before, owner_before = run.canvas, run.owner
        canvas = run.advance()
        assert canvas[run.mask > 0].min() >= 0
        assert canvas[run.mask > 0].std() > 5, "the new pixels are flat"
        for before, after in zip(run.run.layers, run.run.layers, strict=True):
            dx = round((step + 1) * after.velocity[0]) - round(step * before.velocity[0])
            dy = round((step + 1) * after.velocity[1]) - round(step * before.velocity[1])
            here = np.argwhere((run.owner == after.index) & (run.mask == 0))
            there = here - [dy, dx]
            assert (owner_before[there[:, 0], there[:, 1]] == after.index).all()
            np.testing.assert_array_equal(canvas[tuple(here.T)], known_before[tuple(there.T)])


@pytest.mark.parametrize("angle", DIRECTIONS)
def test_resuming_anywhere_gives_the_same_bytes(angle: int) -> None:
    straight = journey(angle, 40)
    wanted = [straight.advance() for _ in range(40)]
    first = journey(angle, 40)
    for cut in (1, 17, 29):
        while first.step < cut:
            first.advance()
        state = {key: value.copy() for key, value in first.engine.state().items()}
        second = journey(angle, 40)
        second.engine.restore(state)
        second.step, second.canvas, second.owner = first.step, first.canvas, first.owner
        while second.step < 40:
            np.testing.assert_array_equal(second.advance(), wanted[second.step - 1])


def test_state_is_small_and_unchanged_parts_are_the_same_objects() -> None:
    run = journey(180, 100)
    for _ in range(60):
        run.advance()
        before = run.engine.state()
        assert sum(a.nbytes for a in before.values()) < 3 * 30_000
    again = run.engine.state()
    assert all(again[key] is before[key] for key in before)


@pytest.mark.parametrize("angle", [180, 30])
def test_same_seed_same_bytes_and_other_seeds_other_worlds(angle: int) -> None:
    def last(seed: int) -> RGB:
        run = journey(angle, 40, seed)
        for _ in range(40):
            run.advance()
        return run.canvas

    worlds = [last(seed) for seed in (0, 0, 1, 2)]
    np.testing.assert_array_equal(worlds[0], worlds[1])
    for i, j in ((0, 2), (0, 3), (2, 3)):
        different = np.abs(worlds[i].astype(int) - worlds[j]).max(2) > 16
        assert different.mean() > 0.1


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (180, {"left": 0, "right": 3, "top": 0, "bottom": 0}),
        (0, {"left": 3, "right": 0, "top": 0, "bottom": 0}),
        (90, {"left": 0, "right": 0, "top": 0, "bottom": 1}),
        (270, {"left": 0, "right": 0, "top": 1, "bottom": 2}),
        (200, {"left": 0, "right": 3, "top": 1, "bottom": 2}),
    ],
)
def test_heads_lie_only_where_new_picture_appears(angle: int, expected: dict[str, int]) -> None:
    run = journey(angle, 30)
    found = {"left": 0, "right": 0, "top": 0, "bottom": 0}
    for layer, heads in zip(run.run.layers, run.heads, strict=True):
        bottom = layer.top + layer.height
        for head in heads:
            assert 0 <= head.x < head.x + head.width <= 160
            assert layer.top <= head.y < head.y + head.height <= bottom
            if head.height == layer.height:
                found["left" if head.x == 0 else "right"] += 1
                assert head.x in (0, 160 - head.width)
            else:
                found["top" if head.y == layer.top and layer.index == 0 else "bottom"] += 1
    assert found == expected


def test_layers_at_rest_keep_every_pixel() -> None:
    source = landscape()
    layers = straight_layers(96, [(0.0, 0.0), (0.0, 0.0), (-5.0, 0.0)])
    run = start(load("walk"), source, layers, 20)
    assert [len(h) for h in run.heads] == [0, 0, 1]
    for _ in range(20):
        run.advance()
    np.testing.assert_array_equal(run.canvas[:64], source[:64])


def test_a_velocity_below_a_pixel_per_step() -> None:
    source = landscape()
    run = start(load("walk"), source, straight_layers(96, [(-0.1, 0.0), (0.3, 0.0)]), 60)
    for _ in range(60):
        run.advance()
    np.testing.assert_array_equal(run.canvas[:48, :100], source[:48, 6:106])
    np.testing.assert_array_equal(run.canvas[48:, 60:], source[48:, 42:142])


def plate_to_the_left(engine: str, source: RGB, speed: int, steps: int) -> tuple[RGB, Journey]:
    run = start(load(engine), source, (LayerView(0, 0, source.shape[0], (-float(speed), 0.0)),), steps)
    columns = []
    for _ in range(steps):
        columns.append(run.advance()[:, -speed:])
    return np.concatenate(columns, axis=1), run


def test_sharpness_does_not_decay_as_it_does_with_telea() -> None:
    source = landscape()
    walk, _ = plate_to_the_left("walk", source, 8, 60)
    telea, _ = plate_to_the_left("telea", source, 8, 60)
    assert 0.7 < sharpness_ratio(walk[:, -160:], source) < 1.4
    assert sharpness_ratio(telea[:, -160:], source) < 0.4


def test_motion_to_the_right_is_motion_to_the_left_in_a_mirror() -> None:
    source = landscape()
    left, right = journey(180, 20, source=source[:, ::-1].copy()), journey(0, 20, source=source)
    for _ in range(20):
        np.testing.assert_array_equal(left.advance()[:, ::-1], right.advance())


@pytest.mark.parametrize("angle", [180, 90, 200])
@pytest.mark.parametrize("size", [(24, 32), (1, 40), (40, 1), (2, 2), (8, 200), (5, 9)])
def test_tiny_pictures(size: tuple[int, int], angle: int) -> None:
    source = landscape(96, 200)[: size[0] if size[0] < 96 else 96, : size[1]].copy()
    layers = straight_layers(size[0], velocities(angle, (3.0,) * min(2, size[0])))

    def travel() -> list[RGB]:
        run = start(load("walk"), source, layers, 15)
        return [run.advance() for _ in range(15)]

    first, second = travel(), travel()
    np.testing.assert_array_equal(first, second)
    assert first[-1].shape == source.shape
    assert abs(float(first[-1].mean()) - float(source.mean())) < 60


def test_layers_of_one_row() -> None:
    source = landscape(4, 64)
    run = start(load("walk"), source, straight_layers(4, velocities(200, (2.0, 3.0, 4.0, 5.0))), 20)
    for _ in range(20):
        canvas = run.advance()
    assert canvas.mean() > 30


@pytest.mark.parametrize("angle", [0, 90, 200])
def test_a_flat_picture_stays_flat(angle: int) -> None:
    source = np.full((60, 90, 3), (10, 120, 230), np.uint8)
    run = journey(angle, 25, source=source)
    for _ in range(25):
        np.testing.assert_array_equal(run.advance(), source)


def test_memory_stays_flat() -> None:
    run = journey(200, 400)
    sizes = []
    for _ in range(160):
        run.advance()
        fields = run.engine._engine._fields.values()
        sizes.append(sum(f._tape._buffer.nbytes + 1000 * len(f._tape.edits) for f in fields))
    assert max(sizes[80:]) <= 1.2 * max(sizes[:80])


def test_pixels_behind_the_edge_can_be_asked_again() -> None:
    source = landscape()
    layer = LayerView(0, 0, 96, (-8.0, 0.0))
    run = start(load("walk"), source, (layer,), 40)
    for _ in range(30):
        run.advance()
    canvas = run.canvas.copy()
    field = run.engine._engine._fields[0]
    again = field.block(Rect(30 * 8 + 160 - 60, 0, 60, 96))
    np.testing.assert_array_equal(again, canvas[:, -60:])


def test_cancel_stops_a_step() -> None:
    run = journey(180, 5)
    with pytest.raises(Cancelled):
        run.advance(lambda: True)


def test_unknown_and_wrong_settings_are_refused() -> None:
    source = landscape()
    layers = straight_layers(96, velocities(180))
    with pytest.raises(UsageError, match="no setting 'mirrors'"):
        start(load("walk"), source, layers, 5, options={"mirrors": True})
    with pytest.raises(UsageError, match="'reuse' is 'much'"):
        start(load("walk"), source, layers, 5, options={"reuse": "much"})


def test_lettering_is_never_mirrored_without_mirror() -> None:
    source = landscape()
    run = start(load("walk"), source, straight_layers(96, velocities(180)), 60, options={"mirror": False})
    for _ in range(60):
        run.advance()
    fields = run.engine._engine._fields.values()
    edits = [edit for f in fields for edit in f._tape.edits]
    assert edits
    assert all(edit.orientation == 0 for edit in edits)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_the_step_loop_shows_what_the_plain_journey_shows(angle: int, tmp_path: Path) -> None:
    source, steps = landscape(), 10
    layers = [{"height": 32, "velocity": list(v)} for v in velocities(angle)]
    document = {"layers": layers, "motion": {"steps": steps}, "plates": {"tile_px": 220}}
    loop = StepLoop(tmp_path, from_json(document), source, load("walk"))
    plain = journey(angle, steps)
    while loop.step < steps:
        loop.paint(lambda: False)
        np.testing.assert_array_equal(loop.preview(), plain.advance())
