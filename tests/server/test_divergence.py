"""The figures of divergence are those of numpy, found in a shorter way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from infinite_parallax.inpaint_server.divergence import quantiles, texture

VALUES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 90), st.just(3)))


@given(VALUES)
def test_quantiles_are_numpys(values: np.ndarray) -> None:
    assert quantiles(values) == pytest.approx(np.quantile(values, np.linspace(0, 1, 33), axis=0), abs=1e-9)


def test_the_gradient_is_the_mean_step_of_luma() -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (30, 40, 3), np.uint8)
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    wanted = np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean()
    assert texture(rgb).gradient == pytest.approx(wanted, rel=1e-5)
