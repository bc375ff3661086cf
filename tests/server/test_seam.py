"""Seams: the cut between two pieces, the light that is lifted, and how they are mixed."""

import numpy as np
import pytest
from infinite_parallax.inpaint_server.walk.seam import join, knot_count, minimum_path, mix

from .textured import textured


def test_minimum_path_equals_brute_force_and_keeps_its_ends() -> None:
    error = np.random.default_rng(3).random((5, 4))
    paths = [p for p in np.array(np.meshgrid(*[range(4)] * 5)).reshape(5, -1).T if (np.abs(np.diff(p)) <= 1).all()]

    def cost(path: np.ndarray) -> float:
        return float(error[np.arange(5), path].sum())

    assert cost(minimum_path(error, -1, -1)) == pytest.approx(min(cost(p) for p in paths))
    ends = minimum_path(error, 0, 3)
    assert (ends[0], ends[-1]) == (0, 3)
    assert cost(ends) == pytest.approx(min(cost(p) for p in paths if p[0] == 0 and p[-1] == 3))


def test_a_seam_between_equal_pieces_changes_nothing() -> None:
    piece = textured(40, 24).astype(np.float32)
    seam = join(piece, piece, 12.0, 96)
    assert np.abs(seam.offset()).max() < 1e-3
    np.testing.assert_allclose(mix(piece, piece, seam.cut, seam.width()), piece, atol=1e-3)


def test_a_seam_lifts_a_darker_piece() -> None:
    old = textured(60, 30).astype(np.float32)
    seam = join(old, old - 15, 12.0, 120)
    assert 9 < seam.offset().mean() < 15
    assert seam.fade_px >= 120
    bright = join(old, old + 100, 12.0, 120)
    assert np.abs(bright.offset()).max() < 48


def test_a_jump_in_a_calm_sky_leaves_no_step() -> None:
    """Slopes of light as far apart as a cloud from the blue, which run the opposite way: nothing hides a step."""
    random = np.random.default_rng(0)
    across = np.linspace(0, 24, 80)[None, :, None]
    grain = random.normal(0, 1, (2, 90, 80, 3))
    old, new = (120 + across + grain[0]).astype(np.float32), (200 - across + grain[1]).astype(np.float32)
    seam = join(old, new, 12.0, 320)
    joined = mix(old, new + seam.offset()[:, None], seam.cut, seam.width()).mean(2)
    assert np.abs(np.diff(joined.mean(0))).max() < 1.5
    assert seam.fade_px >= 10 * np.abs(seam.offset()).max() - 1


def test_a_cut_goes_round_what_only_one_piece_has() -> None:
    old = np.full((60, 30, 3), 120, np.float32)
    old += np.random.default_rng(0).normal(0, 2, old.shape)
    new = old.copy()
    new[:, 4:20] += 60 * (np.arange(16) % 2)[None, :, None]
    cut = join(old, new.astype(np.float32), 12.0, 120).cut
    assert ((cut <= 4) | (cut >= 20)).all()


@pytest.mark.parametrize("rows", [1, 2, 7, 85, 220, 1100])
def test_knots_fit_any_height(rows: int) -> None:
    assert 1 <= knot_count(rows) <= min(rows, 130)
