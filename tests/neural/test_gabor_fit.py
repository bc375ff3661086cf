"""Fitting wavelets: pictures found again, within the format, by weight, gone on from."""

import math

import numpy as np
import pytest
import torch
from infinite_parallax.inpaint_server.gabor import schedule
from infinite_parallax.inpaint_server.gabor.fitting import Fit
from infinite_parallax.inpaint_server.gabor.losses import Terms
from infinite_parallax.inpaint_server.gabor.schedule import Course
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.gabor import Wavelets, drawing
from infinite_parallax.shared.gabor.wavelets import from_text, to_text

from ..wavelets_by_hand import plainly


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10((((a.astype(float) - b) / 255) ** 2).mean()))


def drawn_by_three() -> tuple[Wavelets, np.ndarray]:
    rows = np.array(
        [
            [-0.4, -0.2, 0.10, 0.35, 0.30, math.log(0.5), 0.1, 0.1, 0.1, 0.5, 0.3, 0.2],
            [0.4, 0.3, 0.30, 0.30, 0.25, math.log(0.4), 0.0, 0.2, 0.4, 0.2, 0.5, 0.4],
            [0.1, 0.0, 0.00, 0.80, 0.90, 3.0, 0.0, 0.0, 0.0, 0.4, 0.3, 0.1],
        ]
    )
    wavelets = Wavelets(rows)
    return wavelets, drawing.draw(wavelets, 64, 48)


def test_a_picture_made_of_wavelets_is_found_again() -> None:
    _, picture = drawn_by_three()
    fit = schedule.fit_picture(picture, Course(wavelets=24, iterations=60, iter_multiple=0.5, rescales=1))
    assert fit.psnr() > 38


def test_a_photograph_is_fitted_within_its_format_and_the_file_shows_it() -> None:
    picture = paint(96, 64)
    fit = schedule.fit_picture(picture, Course(wavelets=100, iterations=15, iter_multiple=0.5))
    wavelets = schedule.wavelets_of(fit)
    assert len(wavelets) == 100
    np.testing.assert_array_equal(wavelets.rows, wavelets.limited.rows)
    there = from_text(to_text(wavelets))
    shown = psnr(drawing.draw(there, 96, 64), picture)
    assert shown == pytest.approx(fit.psnr(), abs=0.1)
    assert psnr(drawing.as_picture(plainly(there, 96, 64)), picture) == pytest.approx(shown, abs=0.1), "to others too"
    assert shown > psnr(np.full_like(picture, 1) * picture.mean((0, 1)).astype(np.uint8), picture) + 6


def test_same_seed_same_wavelets() -> None:
    picture, course = paint(64, 48), Course(wavelets=40, iterations=8, iter_multiple=0.5, mutation=0.2)
    first, second = (schedule.wavelets_of(schedule.fit_picture(picture, course)).rows for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_weight_map_says_where_it_matters() -> None:
    picture = paint(96, 64)
    weight = np.zeros((64, 96), np.uint8)
    weight[:, :48] = 255
    course = Course(wavelets=60, iterations=30, iter_multiple=0.5)

    def left(weighted: np.ndarray | None) -> float:
        drawn = drawing.draw(schedule.wavelets_of(schedule.fit_picture(picture, course, weighted)), 96, 64)
        return psnr(drawn[:, :48], picture[:, :48])

    assert left(weight) > left(None) + 0.5


def test_wavelets_are_gone_on_from() -> None:
    picture = paint(64, 48)
    rough = schedule.fit_picture(picture, Course(wavelets=50, iterations=2, rescales=0))
    known = schedule.wavelets_of(rough)
    resumed = schedule.resumed(known, schedule.as_target(picture), Course())
    assert resumed.psnr() == pytest.approx(rough.psnr(), abs=0.01)
    better = schedule.fit_picture(picture, Course(wavelets=50, iterations=25), first=known)
    assert better.psnr() > rough.psnr() + 0.5


def test_what_cannot_be_fitted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> float:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(UsageError, match="weight map is black"):
        schedule.fit_picture(paint(32, 32), Course(wavelets=4), np.zeros((32, 32), np.uint8))
    with pytest.raises(UsageError, match="wavelets is 0"):
        Course(wavelets=0)
    with pytest.raises(UsageError, match="sobel is -1"):
        Terms(sobel=-1)
    fit = schedule.fit_picture(paint(32, 24), Course(wavelets=4, iterations=1))
    with pytest.raises(UsageError, match="frames differ in size"):
        schedule.fit_frame(fit, paint(24, 32), Course())
    monkeypatch.setattr(Fit, "step", full)
    with pytest.raises(ParallaxError, match="not enough memory"):
        schedule.fit_picture(paint(32, 24), Course(wavelets=4))
    with pytest.raises(Cancelled):
        schedule.fit_picture(paint(32, 32), Course(wavelets=4), cancelled=lambda: True)
