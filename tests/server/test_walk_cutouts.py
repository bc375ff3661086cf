"""The walk over layers with mattes: what is copied, what is kept, what stands beside what."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.inpaint_server.engines.contract import RGBA, LayerView, Rect, RunContext
from infinite_parallax.inpaint_server.engines.walk import WalkEngine
from infinite_parallax.inpaint_server.layering.cutout import ROOM_PX, Cutout, flatten
from infinite_parallax.inpaint_server.walk import edge, landings
from infinite_parallax.inpaint_server.walk.exemplar import Exemplar
from infinite_parallax.inpaint_server.walk.ground import of_cutouts
from infinite_parallax.inpaint_server.walk.prices import Skylines
from infinite_parallax.inpaint_server.walk.seam import first_equal, join, mix
from infinite_parallax.shared.errors import UsageError

HEIGHT, WIDTH, SPARE = 120, 320, 16
SPEEDS = (2.0, 4.0, 7.0)


def scene(seed: int = 0) -> tuple[Cutout, ...]:
    """A sky, hills and a wood: skylines with round and with pointed tops, soft rims, rows to spare."""
    random = np.random.default_rng(seed)
    x, y = np.arange(WIDTH), np.arange(HEIGHT)[:, None]
    hills = 55 + 9 * np.sin(x / 21.0 + seed) + 5 * np.sin(x / 8.0)
    trees = 88 + 4 * np.sin(x / 30.0) - 16 * np.clip(1 - np.abs((x + 7) % 40 - 20) / 6, 0, 1)
    cutouts = []
    for skyline, low, colour in ((None, 69, (120, 150, 220)), (hills, 93, (110, 120, 90)), (trees, 120, (40, 70, 30))):
        top = 0 if skyline is None else int(skyline.min()) - 8
        bottom = min(HEIGHT, low + SPARE)
        grain = cv2.GaussianBlur(random.normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 2.5)
        rgb = (np.array(colour, np.float32) + 70 * grain + 0.2 * y[..., None]).clip(0, 255).astype(np.uint8)
        alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
        if skyline is not None:
            alpha = (255 * np.clip(y - skyline + 0.5, 0, 1)).astype(np.uint8)
        hidden = np.zeros((bottom - top, WIDTH), np.bool_)
        cutouts.append(Cutout(top, rgb[top:bottom].copy(), alpha[top:bottom].copy(), hidden))
    return tuple(cutouts)


def run_of(cutouts: tuple[Cutout, ...], sign: int = -1, seed: int = 0, steps: int = 200) -> RunContext:
    layers = tuple(
        LayerView(i, c.top, c.height, (sign * v, 0.0)) for i, (c, v) in enumerate(zip(cutouts, SPEEDS, strict=True))
    )
    return RunContext(flatten(cutouts, HEIGHT), layers, steps, seed, cutouts=cutouts)


def begun(run: RunContext) -> WalkEngine:
    engine = WalkEngine()
    engine.begin(run)
    return engine


def plate(engine: WalkEngine, run: RunContext, index: int, start: int, stop: int) -> RGBA:
    layer = run.layers[index]
    return engine.plate(index, Rect(start, layer.top, stop - start, layer.height))


def own(cutout: Cutout) -> RGBA:
    return np.dstack([cutout.rgb, cutout.alpha])


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_source_stays_bit_exact_outside_the_head_and_its_matte_even_there(sign: int) -> None:
    cutouts = scene()
    run = run_of(cutouts, sign)
    engine = WalkEngine()
    recut = 0
    for index, heads in enumerate(engine.begin(run)):
        assert len(heads) == 1
        head = heads[0]
        assert head.x == (0 if sign > 0 else WIDTH - head.width)
        plate(engine, run, index, WIDTH if sign < 0 else -300, WIDTH + 300 if sign < 0 else 0)
        shown, wanted = plate(engine, run, index, 0, WIDTH), own(cutouts[index])
        inside = np.zeros(WIDTH, bool)
        inside[head.x : head.x + head.width] = True
        np.testing.assert_array_equal(shown[:, ~inside], wanted[:, ~inside])
        np.testing.assert_array_equal(shown[..., 3], wanted[..., 3])
        recut += int((shown != wanted).sum())
    assert recut > 100, "no seam was cut through the heads"


def test_new_columns_have_skylines_and_no_veils() -> None:
    run = run_of(scene())
    engine = begun(run)
    for index in (1, 2):
        grown = plate(engine, run, index, WIDTH, WIDTH + 1500)
        alpha = grown[..., 3]
        assert (alpha[-SPARE:] == 255).all(), "a hole in the body"
        assert (alpha[0] == 0).mean() > 0.5
        # A rim is a pixel wide in the source; a seam may add the few px over which it changes from piece to piece.
        soft = (alpha > 20) & (alpha < 235)
        assert soft.sum(axis=0).max() <= 14
        assert soft.mean() < 3 * ((own(run.cutouts[index])[..., 3] % 255) > 0).mean()
        tops = np.argmax(alpha > 127, axis=0)
        steepest = np.abs(np.diff(np.argmax(run.cutouts[index].alpha > 127, axis=0))).max()
        assert np.abs(np.diff(tops)).max() <= steepest + 4


def test_colours_come_from_the_layer_and_not_from_under_the_matte() -> None:
    cutouts = list(scene())
    poisoned = cutouts[2].rgb.copy()
    poisoned[cutouts[2].alpha == 0] = (255, 0, 255)
    cutouts[2] = replace(cutouts[2], rgb=poisoned)
    run = run_of(tuple(cutouts))
    grown = plate(begun(run), run, 2, WIDTH, WIDTH + 1500)
    visible = grown[grown[..., 3] > 40].astype(int)
    assert ((visible[:, 0] - visible[:, 1] > 90) & (visible[:, 2] - visible[:, 1] > 90)).mean() < 1e-3


@pytest.mark.parametrize("sign", [-1, 1])
def test_resuming_gives_the_same_bytes(sign: int) -> None:
    run = run_of(scene(), sign)

    def columns(step: int, index: int) -> tuple[int, int]:
        v = int(SPEEDS[index])
        return (WIDTH + (step - 1) * v, WIDTH + step * v) if sign < 0 else (-step * v, -(step - 1) * v)

    whole = begun(run)
    wanted = [[plate(whole, run, i, *columns(k, i)) for i in range(3)] for k in range(1, 161)]
    first, done = begun(run), 0
    for cut in (0, 1, 40, 111):
        while done < cut:
            done += 1
            for i in range(3):
                plate(first, run, i, *columns(done, i))
        second = begun(run)
        second.restore({key: value.copy() for key, value in first.state().items()})
        for k in range(cut + 1, 161):
            for i in range(3):
                np.testing.assert_array_equal(plate(second, run, i, *columns(k, i)), wanted[k - 1][i])


def test_other_seeds_other_worlds() -> None:
    cutouts = scene()
    worlds = []
    for seed in (0, 0, 1, 2, 3):
        run = run_of(cutouts, seed=seed)
        worlds.append(plate(begun(run), run, 2, WIDTH, WIDTH + 600))
    np.testing.assert_array_equal(worlds[0], worlds[1])
    assert sum(not np.array_equal(worlds[0], other) for other in worlds[2:]) >= 2


def test_a_layer_at_rest_is_the_cutout() -> None:
    cutouts = scene()
    run = run_of(cutouts)
    run = replace(run, layers=(replace(run.layers[0], velocity=(0.0, 0.0)), *run.layers[1:]))
    engine = WalkEngine()
    assert [len(heads) for heads in engine.begin(run)] == [0, 1, 1]
    np.testing.assert_array_equal(plate(engine, run, 0, 10, 200), own(cutouts[0])[:, 10:200])


def test_only_sideways() -> None:
    run = run_of(scene())
    run = replace(run, layers=(*run.layers[:2], replace(run.layers[2], velocity=(-3.0, 0.5))))
    with pytest.raises(UsageError, match="only move sideways"):
        load("walk").begin(run)


def test_rows_move_only_as_far_as_nothing_opens() -> None:
    grounds = of_cutouts(scene(), HEIGHT)
    sky, hills, wood = grounds
    assert sky.above == 0, "there is nothing above the picture"
    assert wood.below == 0, "there is nothing below the picture"
    assert 0 < sky.below <= SPARE
    assert 0 < hills.above <= ROOM_PX
    # What a layer spares covers its own rise and the fall of the nearer one together.
    for far, near in ((sky, hills), (hills, wood)):
        assert far.below + near.above <= int(np.argmax(far.seen[::-1] > 0))
    for ground, cutout in zip(grounds, scene(), strict=True):
        np.testing.assert_array_equal(ground.layer, own(cutout))
        assert not ground.picture[: ground.top, :, 3].any()


def test_a_seam_in_the_head_begins_where_the_mattes_agree() -> None:
    random = np.random.default_rng(0)
    old = random.uniform(0, 255, (40, 24, 4)).astype(np.float32)
    new = random.uniform(0, 255, (40, 24, 4)).astype(np.float32)
    old[..., 3] = np.where(np.arange(40)[:, None] < 15, 0, 255)
    new[..., 3] = np.where(np.arange(40)[:, None] < 15 - np.clip(12 - np.arange(24), 0, 8)[None], 0, 255)
    cut = join(old, new, 12.0, 96, same_matte=True).cut
    earliest = first_equal(old, new)
    assert earliest.max() == 12
    assert (cut >= earliest).all()


def test_mixing_a_rim_with_nothing_takes_the_rims_colour() -> None:
    old = np.zeros((4, 20, 4), np.float32)
    old[...] = (10, 200, 30, 255)
    new = np.zeros_like(old)
    new[..., :3] = (255, 0, 255)
    both = mix(old, new, np.full(4, 10, np.int16), np.full(4, 2.0, np.float32))
    np.testing.assert_allclose(both[:, :10, :3], np.broadcast_to(old[:, :10, :3], (4, 10, 3)), atol=1)
    assert ((both[..., 3] > 5) & (both[..., 3] < 250)).sum(axis=1).max() <= 4


def test_the_cheapest_chain_is_that_of_brute_force() -> None:
    random = np.random.default_rng(2)
    costs = [random.random(4), random.random(3), random.random(5)]
    pairs = [random.random((4, 3)), random.random((3, 5))]
    a, b, c = landings.cheapest_chain(costs, pairs)
    best = min(
        costs[0][i] + costs[1][j] + costs[2][k] + pairs[0][i, j] + pairs[1][j, k]
        for i in range(4)
        for j in range(3)
        for k in range(5)
    )
    assert costs[0][a] + costs[1][b] + costs[2][c] + pairs[0][a, b] + pairs[1][b, c] == pytest.approx(best)


def test_landing_at_the_same_place_is_not_strange() -> None:
    run = run_of(scene())
    engine = begun(run)
    tapes = [engine._fields[i].tape for i in (0, 1)]
    brinks = [tape.brink() for tape in tapes]
    offers = [
        landings.Offer(np.array([20, 45, 70]) - brink.overlap, np.zeros(3), np.zeros(3, np.int64), brink.columns, 8)
        for brink in brinks
    ]
    found = landings.strangeness(brinks[0], brinks[1], run.layers[1].top, offers[0], offers[1], 6)
    np.testing.assert_allclose(np.diag(found), 0, atol=1e-3)
    assert found[~np.eye(3, dtype=bool)].mean() > 2


def walls(shore: np.ndarray) -> Exemplar:
    """A slope, with water below `shore` [320] and under a clear sky, in whose last columns a wall stands, and another
    such wall, at another height."""
    y, x = np.mgrid[0:160, 0:320]
    line = 20 + x // 16
    rgb = np.where((y < shore[None])[..., None], (60, 90, 140), (150, 150, 60)).astype(np.uint8)
    rgb[(y - line >= 20) & (y - line < 36) & ((x >= 230) | ((x >= 60) & (x < 150)))] = 200, 40, 40
    alpha = np.where(y >= line, 255, 0).astype(np.uint8)
    behind = Cutout(0, rgb, np.full_like(alpha, 255), alpha < 0)
    return Exemplar(of_cutouts([behind, Cutout(0, rgb, alpha, alpha < 0)], 160)[1], True)


def landed(exemplar: Exemplar, bend: int) -> tuple[np.ndarray, ...]:
    """Steps and lines of landings at the edge, and which of the plain ones are on a wall and beside one."""
    cells = exemplar.cells
    column, skylines = 320 - cells.overlap, Skylines(exemplar)
    moves = skylines.moves(column)
    found = edge.laid_against(exemplar, column, moves, skylines.feet(moves), bend, 14.0)
    at = np.arange(2 * cells.columns) * cells.width
    return *found, (at > 62) & (at < 148 - cells.overlap), (at > 152) & (at < 228 - cells.overlap)


def test_an_upright_step_is_counted_by_its_height_and_wherever_the_skyline_is() -> None:
    exemplar = walls(np.full(320, 900))
    steps, _, on_wall, beside = landed(exemplar, 0)
    # the wall is sixteen rows high and the tenth of the width thirty-two
    apart = np.sqrt(np.mean((np.array((200, 40, 40)) - (60, 90, 140)) ** 2.0)) * 16 / 32 / 14
    assert steps[on_wall].max() < 0.25 * apart
    np.testing.assert_allclose(steps[beside], apart, rtol=0.15)
    mirrored = steps[exemplar.cells.columns :]
    plain = steps[: exemplar.cells.columns]
    assert mirrored[20] > plain.max(), "closed by its own mirror image it is as bad as any"
    faces = mirrored[: round(edge.FACING * exemplar.cells.columns)]
    assert faces.size
    assert faces.min() > mirrored[20], "and worse with the axis at the edge"


def test_a_shore_that_can_be_bent_to_meet_is_no_step_but_costs_something() -> None:
    line = 20 + np.arange(320) // 16
    shore = line + np.where(np.arange(320) < 200, 92, 80)
    straight, missed, on_wall, _ = landed(walls(shore), 0)
    bent, met, _, _ = landed(walls(shore), 32)
    assert bent[on_wall].max() < 0.5 * straight[on_wall].min()
    assert np.all(met[on_wall] < 0.7 * missed[on_wall])
    assert np.all(met[on_wall] > landed(walls(line + 80), 32)[1][on_wall])
