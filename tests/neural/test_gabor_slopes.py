"""Fitting wavelets: slopes against finite differences, and the colours of all at once."""

import pytest
import torch
from infinite_parallax.inpaint_server.gabor import losses
from infinite_parallax.inpaint_server.gabor.fitting import Fit
from infinite_parallax.inpaint_server.gabor.losses import Terms
from infinite_parallax.inpaint_server.gabor.slopes import slopes
from infinite_parallax.inpaint_server.gabor.tiles import Seen

WIDTH, HEIGHT = 60, 44


def begun(terms: Terms | None = None, weight: torch.Tensor | None = None) -> Fit:
    """Seven wavelets over a picture, in double precision where it counts."""
    random = torch.Generator().manual_seed(1)
    target = torch.rand(3, HEIGHT, WIDTH, generator=random) * 2 - 1
    fit = Fit(target, weight, terms)
    n = torch.rand(7, 6, generator=random)
    numbers = torch.stack(
        [n[:, 0] - 0.5, n[:, 1] - 0.5, n[:, 2] * 3, -1.2 + 0.3 * n[:, 3], -1.0 + 0.3 * n[:, 4], 0.5 + n[:, 5]], 1
    )
    fit.append(numbers, torch.rand(7, 3, 2, generator=random) * 0.8 - 0.4)
    return fit


@pytest.mark.parametrize("terms", [Terms(), Terms(l1=0.5), Terms(gradient=0.7, sobel=0.4)])
def test_slopes_are_those_of_finite_differences(terms: Terms) -> None:
    weight = losses.weights(torch.linspace(0.2, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH))
    fit = begun(terms, weight)
    shapes, tiles = fit.shapes(), fit.tiles
    seen = Seen(tiles, shapes)

    def error(numbers: torch.Tensor, weights: torch.Tensor) -> float:
        moved = fit.shapes(numbers)
        again = Seen(tiles, moved)
        drawn = tiles.joined(tiles.summed(again, weights))
        return float(losses.error(drawn.double(), fit.target.double(), weight.double(), terms))

    _, of_pixels = losses.towards(tiles.joined(tiles.summed(seen, fit.weights)), fit.target, weight, terms)
    found = slopes(tiles, shapes, fit.weights, seen, tiles.cut(of_pixels))
    step = 2e-3
    # numbers hold k sigma: at a fixed sigma, k changes with it
    columns = {0: found.u, 1: found.v, 2: found.theta, 4: found.log_gamma, 5: found.k / shapes.sigma}
    columns[3] = found.log_sigma - shapes.k * found.k
    scale = max(float(column.abs().max()) for column in columns.values())
    for column, slope in columns.items():
        for i in range(len(fit)):
            up, down = fit.numbers.clone(), fit.numbers.clone()
            up[i, column] += step
            down[i, column] -= step
            measured = (error(up, fit.weights) - error(down, fit.weights)) / (2 * step)
            assert float(slope[i]) == pytest.approx(measured, abs=0.02 * scale), (column, i)
    for i, c, part in ((0, 0, 0), (3, 2, 1), (6, 1, 0)):
        up, down = fit.weights.clone(), fit.weights.clone()
        up[i, c, part] += step
        down[i, c, part] -= step
        measured = (error(fit.numbers, up) - error(fit.numbers, down)) / (2 * step)
        assert float(found.weights[i, c, part]) == pytest.approx(measured, rel=0.03, abs=1e-5)


def test_solving_finds_colours_that_no_step_betters() -> None:
    fit = begun()
    before = fit.psnr()
    fit.solve(30)
    solved = fit.psnr()
    assert solved > before
    fit.solve(30)
    assert fit.psnr() == pytest.approx(solved, abs=0.01)


def test_worked_on_in_parts_it_is_the_same_fit() -> None:
    whole, parts = begun(Terms(l1=0.2)), begun(Terms(l1=0.2))
    assert len(whole.tiles.pairs(whole.shapes())[0]) > 40
    for fit, most in ((whole, 10**6), (parts, 7)):
        fit.tiles.pairs_at_once = most
        fit.solve(4)
        for _ in range(3):
            fit.step(0.02)
    torch.testing.assert_close(parts.drawn(), whole.drawn(), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(parts.numbers, whole.numbers, rtol=1e-3, atol=1e-4)
