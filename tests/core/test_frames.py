"""Arithmetic frames against a slow definition of the same thing."""

import numpy as np
import pytest
from infinite_parallax.shared import frames
from infinite_parallax.shared.frames import Bytes, Texture
from infinite_parallax.shared.scene import Export, Key, Plane, SceneSpec
from infinite_parallax.shared.textures import MIXED

RNG = np.random.default_rng(5)


def plane(x: float, y: float, scale: float = 1.0, size: tuple[int, int] = (40, 30)) -> Plane:
    return Plane("p", 0, 1, "tile", *size, 0, 10, scale, (Key(0, x, y), Key(10, x - 20, y)))


def spec(*planes: Plane) -> SceneSpec:
    return SceneSpec("s", 24, 20, 10, 10, planes, (), Export(20, None, 18, 192))


def bilinear(tile: Bytes, x: float, y: float) -> float:
    """One sample between four pixel centres, by the book."""
    u, v = int(np.floor(x)), int(np.floor(y))
    a, b = x - u, y - v
    corners = [[tile[min(v + j, tile.shape[0] - 1), min(u + i, tile.shape[1] - 1)] for i in (0, 1)] for j in (0, 1)]
    upper = corners[0][0] * (1 - a) + corners[0][1] * a
    lower = corners[1][0] * (1 - a) + corners[1][1] * a
    return float(upper * (1 - b) + lower * b)


@pytest.mark.parametrize(("x", "y"), [(-5, -4), (-5.25, -4), (-5, -4.75), (-8.5, -6.5), (-0.62, -0.31)])
def test_a_plane_is_sampled_bilinearly_at_its_place(x: float, y: float) -> None:
    rgba = RNG.integers(0, 256, (30, 40, 4), np.uint8)
    rgba[..., 3] = 255
    out = frames.render(spec(plane(x, y)), 0, lambda _: Texture.of(rgba))
    for row, column in [(0, 0), (7, 3), (19, 23)]:
        expected = bilinear(rgba[..., 1].astype(float), column - x, row - y)
        assert abs(out[row, column, 1] - expected) <= 1.5


def test_whole_offsets_are_exact_copies() -> None:
    rgba = RNG.integers(0, 256, (30, 40, 4), np.uint8)
    rgba[..., 3] = 255
    out = frames.render(spec(plane(-3, -2)), 5, lambda _: Texture.of(rgba))
    assert np.array_equal(out, rgba[2:22, 13:37, :3])


def test_alpha_lays_the_nearer_plane_over_the_farther() -> None:
    far = np.full((30, 40, 4), (200, 100, 0, 255), np.uint8)
    near = np.full((30, 40, 4), (0, 50, 250, 0), np.uint8)
    near[10:, :, 3] = 255
    near[9, :, 3] = 51
    two = (plane(-3, -2), Plane("n", 1, 2, "near", 40, 30, 0, 10, 1.0, (Key(0, -3, -2), Key(10, -23, -2))))
    out = frames.render(spec(*two), 0, lambda f: Texture.of(near if f == "near" else far))
    assert out[6, 0].tolist() == [200, 100, 0]
    assert out[7, 0].tolist() == [160, 90, 50]
    assert out[8, 0].tolist() == [0, 50, 250]


def test_scaling_keeps_pixel_centres() -> None:
    rgba = np.zeros((30, 40, 4), np.uint8)
    rgba[..., 0] = np.arange(40) * 6
    rgba[..., 3] = 255
    out = frames.render(spec(plane(0, 0, 2.0)), 0, lambda _: Texture.of(rgba))
    # output column 5 lies at source column (5.5 / 2) - 0.5 = 2.25
    assert out[3, 5, 0] == round(2.25 * 6)


def test_planes_outside_their_frames_are_not_drawn() -> None:
    rgba = np.full((30, 40, 4), 255, np.uint8)
    late = Plane("p", 0, 1, "tile", 40, 30, 5, 10, 1.0, (Key(5, -2, -2), Key(10, -4, -2)))
    assert frames.render(spec(late), 4, lambda _: Texture.of(rgba)).max() == 0
    assert frames.render(spec(late), 5, lambda _: Texture.of(rgba)).min() == 255


def plain(spec: SceneSpec, tiles: dict[str, Bytes], frame: int) -> Bytes:
    """Planes over each other at whole offsets by the formula alone."""
    out = np.zeros((spec.height, spec.width, 3), np.uint32)
    for p in spec.planes:
        x, y = (round(v) for v in frames.placed(p, frame))
        part = tiles[p.file][-y : spec.height - y, -x : spec.width - x].astype(np.uint32)
        alpha = (part[..., 3:] * round(256 * frames.opacity(p, frame)) + 128) // 256
        out = (part[..., :3] * alpha + out * (255 - alpha) + 127) // 255
    return out.astype(np.uint8)


@pytest.mark.parametrize("opacity", [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.3, 0.3)])
def test_alpha_of_any_shape_is_mixed_by_the_formula(opacity: tuple[float, float]) -> None:
    y, x = np.mgrid[:140, :700]
    tiles = {
        "line": np.clip((y - 60 - 40 * np.sin(x / 50)) * 60, 0, 255),
        "noise": RNG.choice([0, 0, 0, 1, 254, 255, 255, 255], (140, 700)),
        "holes": np.where((x // 150 + y // 40) % 2, 255, 0),
        "nothing": np.zeros_like(x),
    }
    pictures = {k: np.dstack([RNG.integers(0, 256, (140, 700, 3)), a]).astype(np.uint8) for k, a in tiles.items()}
    keys = (Key(0, -5, -3), Key(10, -155, -13))
    planes = tuple(Plane(k, 0, 1, k, 700, 140, 0, 10, 1.0, keys, opacity) for k in pictures)
    scene = SceneSpec("s", 500, 120, 10, 10, planes, (), Export(20, None, 18, 192))
    for frame in (0, 2, 9):
        out = frames.render(scene, frame, lambda name: Texture.of(pictures[name]))
        assert np.array_equal(out, plain(scene, pictures, frame))


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.4, 1.7])
@pytest.mark.parametrize(("x", "y"), [(-17.37, -9.81), (13.2, 22.66)])
def test_a_tile_in_parts_is_the_tile_as_a_whole(scale: float, x: float, y: float) -> None:
    rows, columns = np.mgrid[:150, :400]
    rgba = RNG.integers(0, 256, (150, 400, 4), np.uint8)
    rgba[..., 3] = np.clip((rows - 70 - 30 * np.sin(columns / 40)) * 40, 0, 255)
    below = np.full_like(rgba, 255)
    below[..., :3] = RNG.integers(0, 256, (150, 400, 3))
    tile, floor = Texture.of(rgba), Texture.of(below)
    whole = Texture(tile.rgb, tile.alpha, np.full_like(tile.cells, MIXED))
    two = tuple(Plane(f, 0, 1, f, 400, 150, 0, 10, scale, (Key(0, x, y), Key(10, x - 20, y))) for f in "ab")
    scene = SceneSpec("s", 160, 100, 10, 10, two, (), Export(20, None, 18, 192))
    parts, once = (frames.render(scene, 3, {"a": floor, "b": near}.__getitem__) for near in (tile, whole))
    assert np.array_equal(parts, once)


def test_a_plane_off_the_frame_draws_nothing() -> None:
    rgba = np.full((30, 40, 4), 255, np.uint8)
    assert frames.render(spec(plane(100, 0)), 0, lambda _: Texture.of(rgba)).max() == 0
    assert frames.render(spec(plane(0, -31)), 0, lambda _: Texture.of(rgba)).max() == 0
