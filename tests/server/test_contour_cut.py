"""The cut follows what is there: ridges, spires, crowns; and says so when nothing is there."""

import itertools

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import colour_models, contour_cut, other_cuts, rough_cut
from infinite_parallax.shared.example_picture import paint
from scipy.ndimage import gaussian_filter1d

W, H = 480, 320


def grain(seed: int, amount: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, amount, (H, W, 1))


def landscape() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture with a sky, a dark ridge with a spire of 3 px, and a meadow; the true rows of both borders."""
    x, y = np.arange(W), np.arange(H)[:, None]
    ridge = np.round(130 + 18 * np.sin(x / 40) + 6 * np.sin(x / 11)).astype(np.int32)
    ridge[300:303] = ridge[300] - 45
    shore = np.round(215 + 12 * np.sin(x / 70 + 1)).astype(np.int32)
    sky = np.array([150, 180, 220]) + 0.2 * y[..., None] + grain(1, 2)
    rock = np.array([80, 75, 85]) + grain(2, 9)
    grass = np.array([90, 130, 50]) + grain(3, 16)
    picture = np.where((y >= shore)[..., None], grass, np.where((y >= ridge)[..., None], rock, sky))
    return np.clip(picture, 0, 255).astype(np.uint8), ridge, shore


def level(*rows: float) -> list[np.ndarray]:
    return [np.full(W, row) for row in rows]


def test_borders_are_found_to_the_pixel() -> None:
    picture, ridge, shore = landscape()
    for contour, truth in zip(contour_cut.cut(picture, level(120, 225), 0.22), (ridge, shore), strict=True):
        off = np.abs(contour.heights - truth)
        assert np.mean(off <= 2) > 0.95
        assert contour.confidence > 0.7


def test_a_thin_spire_belongs_to_its_ridge() -> None:
    picture, ridge, _ = landscape()
    far, _ = contour_cut.nested(contour_cut.cut(picture, level(120, 225), 0.22), H)
    top = ridge[301]
    assert far[top + 4 : top + 45, 301].all()
    assert not far[top : top + 20, 290].any()
    assert not far[top : top + 20, 312].any()


def test_a_branch_that_hangs_over_is_added_without_what_is_below_it() -> None:
    picture, ridge, _ = landscape()
    foot = int(ridge[150])
    cv2.line(picture, (150, foot), (150, foot - 30), (80, 75, 85), 2)
    cv2.line(picture, (150, foot - 27), (136, foot - 18), (80, 75, 85), 3)
    far, _ = contour_cut.nested(contour_cut.cut(picture, level(120, 225), 0.22), H)
    assert far[foot - 19, 138]
    assert not far[foot - 10, 138]
    assert far[foot - 25, 150]


def test_masks_are_nested_without_islands_or_pinholes() -> None:
    picture = paint(480, 330, seed=3)
    wanted = [np.full(480, 330 * share) for share in (0.45, 0.5, 0.75)]
    masks = contour_cut.nested(contour_cut.cut(picture, wanted, 0.22), 330)
    for farther, nearer in itertools.pairwise(masks):
        assert not (nearer & ~farther).any()
    for mask in masks:
        assert cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] == 2
        _, _, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
        assert (stats[1:, cv2.CC_STAT_AREA] > 4).all()


def test_nearer_borders_never_run_above_farther_ones() -> None:
    picture, _, _ = landscape()
    near, nearer = contour_cut.cut(picture, level(210, 214), 0.22)
    assert (nearer.heights >= near.heights).all()


def test_a_drawn_line_leads_the_cut_where_nothing_else_does() -> None:
    picture = np.full((H, W, 3), 128, np.uint8)
    drawn = np.interp(np.arange(W), [100, 380], [100.0, 220.0])
    (contour,) = contour_cut.cut(picture, [drawn], 0.22)
    assert np.abs(contour.heights - drawn).mean() < 12
    assert contour.confidence < 0.1


@pytest.mark.parametrize("seed", [1, 2])
def test_noise_is_not_believed(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (H, W, 3), dtype=np.uint8)
    assert all(contour.confidence < 0.15 for contour in contour_cut.cut(noise, level(110, 220), 0.22))


def test_clouds_are_believed_less_than_land() -> None:
    picture = paint(640, 440, seed=1)
    clouds, land = (np.full(640, 440 * share) for share in (0.25, 0.5))
    sketch = rough_cut.sketch(picture)
    assert contour_cut.confidences(sketch, [clouds], 0.1)[0] < 0.25
    assert contour_cut.confidences(sketch, [land], 0.22)[0] > 0.7


def test_the_small_picture_gives_the_confidences_of_the_cut() -> None:
    picture, _, _ = landscape()
    wanted = level(120, 225)
    assert contour_cut.confidences(rough_cut.sketch(picture), wanted, 0.22) == [
        contour.confidence for contour in contour_cut.cut(picture, wanted, 0.22)
    ]


def test_the_same_picture_is_cut_the_same() -> None:
    picture, _, _ = landscape()
    first, second = (contour_cut.nested(contour_cut.cut(picture, level(120, 225), 0.22), H) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_borders_need_no_cut() -> None:
    assert contour_cut.cut(landscape()[0], [], 0.22) == []


def test_the_cheapest_path_is_the_cheapest() -> None:
    """Against all heights of a picture of 4 columns and 5 rows, one by one."""
    rng = np.random.default_rng(5)
    level_price, upright = (rng.random((5, 4)).astype(np.float32) for _ in range(2))
    cost = rng.random((4, 6)).astype(np.float32)
    first, size = np.zeros(4, np.int32), np.full(4, 6, np.int32)
    found = rough_cut.cheapest(cost, level_price, upright, 1.0, 0.7, first, size)

    def total(path: tuple[int, ...]) -> float:
        out = 0.0
        for x, height in enumerate(path):
            out += cost[x, height] + (level_price[height, x] if height < 5 else 1.0)
            if x:
                low, high = sorted((path[x - 1], height))
                out += 0.7 * upright[low:high, x].sum()
        return float(out)

    best = min((total(path), path) for path in np.ndindex(6, 6, 6, 6))
    assert total(tuple(int(v) for v in found)) == pytest.approx(best[0], abs=1e-5)


def test_a_depth_map_is_led_to_the_edges_of_the_picture() -> None:
    picture, ridge, _ = landscape()
    y = np.arange(H)[:, None]
    depth = cv2.GaussianBlur((y >= ridge[None] + 3).astype(np.float32), (0, 0), 3)
    depth[20, 20] = 1
    (mask,) = other_cuts.from_depth(picture, depth, [0.5])
    assert np.mean(np.abs(other_cuts.first_rows(mask) - ridge) <= 3) > 0.85
    assert not mask[20, 20]


def hills() -> np.ndarray:
    """A depth map of three distances, somewhat uneven."""
    depth = np.repeat(np.array([0.1, 0.5, 0.9], np.float32), 1000).reshape(30, 100)
    return depth + np.random.default_rng(1).normal(0, 0.02, depth.shape).astype(np.float32)


def test_natural_breaks_part_the_hills_of_a_histogram() -> None:
    assert other_cuts.natural_breaks(hills(), 5) == pytest.approx([0.3, 0.7], abs=0.02)


def test_as_many_classes_as_are_wanted() -> None:
    assert len(other_cuts.natural_breaks(hills(), 5, 2)) == 1
    assert len(other_cuts.natural_breaks(hills(), 5, 4)) == 3
    plain = np.linspace(0, 1, 900, dtype=np.float32).reshape(30, 30)
    np.testing.assert_allclose(other_cuts.natural_breaks(plain, 5, 4), [0.25, 0.5, 0.75], atol=0.02)


def test_breaks_leave_the_least_variance_that_is_possible() -> None:
    values = np.array([2, 9, 11, 40, 44, 51, 90, 97, 99], np.float32) / 128 + 0.5 / 128
    depth = np.repeat(values, 10).reshape(3, 30)

    def left(first: int, second: int) -> float:
        return sum(float(np.var(part) * len(part)) for part in np.split(values, [first, second]))

    best = min(itertools.combinations(range(1, 9), 2), key=lambda pair: left(*pair))
    found = other_cuts.natural_breaks(depth, 5, 3)
    assert tuple(np.searchsorted(values, found)) == best


def test_what_is_equally_far_has_no_breaks() -> None:
    assert other_cuts.natural_breaks(np.full((9, 9), 0.4, np.float32), 5) == []


@pytest.mark.parametrize("width", [3, 57, 320])
def test_counts_are_blurred_as_scipy_blurs_them(width: int) -> None:
    random = np.random.default_rng(width)
    counts = random.integers(0, 90, (9, width)).astype(np.float32)
    counts[::2] = 0  # most colours occur on one side only
    sigma = 0.12 * width
    found = colour_models.blurred_rows(counts, sigma)
    assert found.dtype == np.float32
    assert not found[::2].any()
    np.testing.assert_allclose(found, gaussian_filter1d(counts, sigma, axis=1, mode="nearest"), rtol=1e-6)
