"""Pictures of flat facets, without grain: a crease is no outline, and a border does not cut a mountain along one."""

import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import edges, resolve
from infinite_parallax.inpaint_server.layering.assets import Assets
from infinite_parallax.shared import project as projects

from . import faceted


def stairs(*lightness: float, grain: float = 0.0) -> np.ndarray:
    """Level bands of 40 rows in Lab."""
    lab = np.full((40 * len(lightness), 200, 3), 128, np.float32)
    lab[..., 0] = np.repeat(lightness, 40)[:, None] + np.random.default_rng(1).normal(
        0, max(grain, 1e-6), lab.shape[:2]
    )
    return lab


def test_a_crease_is_no_outline() -> None:
    price = edges.find(stairs(200, 197, 200, 197, 80, 77, 80, 77)).level
    assert price[159:162].min(0).max() < 0.15
    for crease in (40, 80, 200, 240):
        assert price[crease].min() > 0.5


def test_where_there_is_nothing_else_a_crease_is_an_edge() -> None:
    price = edges.find(stairs(200, 197, 200, 197)).level
    assert price[[40, 80, 120]].max() < 0.2


def test_in_grain_the_mean_gradient_is_the_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = stairs(180, 120, 60, grain=8)
    found = edges.find(scene).level
    monkeypatch.setattr(edges, "SHARE", 0.0)
    np.testing.assert_array_equal(found, edges.find(scene).level)


@pytest.mark.parametrize("seed", [16, 17, 19])
def test_the_foot_of_a_peak_stays_with_the_peak(seed: int) -> None:
    picture, shown = faceted.country(seed)
    settled = resolve.resolve(projects.from_json({"cut": {"mode": "contour"}}), picture, Assets())
    owners = np.sum(resolve.masks_for(settled.project, picture, Assets()).masks, axis=0)
    face = owners[shown == faceted.FACE]
    assert np.bincount(face).max() > 0.95 * len(face)
