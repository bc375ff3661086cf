"""Upright steps: found where a picture goes on elsewhere with a hard join, and not where it has upright things."""

import numpy as np
import pytest
from infinite_parallax.inpaint_server.quality.upright import upright_step

from .plates_by_hand import clouds
from .textured import textured

ROWS, WIDTH = 96, 400
RGB = np.ndarray


def wood() -> RGB:
    """Trunks before a sky: every trunk is as upright as a seam."""
    picture = 150 + 10 * clouds(ROWS, WIDTH, 3)[..., None] + np.zeros(3)
    for x in (30, 95, 180, 260, 330):
        picture[:, x : x + 12] -= 70 + x / 20
    return picture.clip(0, 255).astype(np.uint8)


def test_copies_of_upright_things_are_no_steps() -> None:
    source = wood()
    moved = np.roll(source, 3, axis=0)[:, ::-1]
    shown = np.concatenate([source[:, ::-1], source, moved], axis=1)
    assert upright_step(source, shown, source[:, -40:]) < 0.1


def sunset() -> RGB:
    """A cloudy sky that gets lighter to the right."""
    grey = 110 + 12 * clouds(ROWS, WIDTH, 4)[..., None] + np.linspace(0, 90, WIDTH)[None, :, None]
    return grey.repeat(3, axis=2).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("at", [0, 130])
def test_a_hard_join_is_found_wherever_it_is(at: int) -> None:
    source = sunset()
    mirrored = source[:, ::-1]
    shown = np.concatenate([mirrored[:, :at], source], axis=1)
    assert upright_step(source, shown, source[:, -40:]) > 10
    assert upright_step(source, mirrored, source[:, -40:]) < 0.5


def test_a_seam_that_is_cut_through_the_source_is_found() -> None:
    source = sunset()
    head = np.concatenate([source[:, -40:-20], source[:, :20]], axis=1)
    assert upright_step(source, source[:, 20:], head) > 10
    assert upright_step(source, source[:, 20:]) < 0.5


def test_a_step_that_texture_hides_counts_less() -> None:
    found = []
    for grain in (2, 40):
        noise = np.random.default_rng(0).normal(0, grain, (ROWS, WIDTH, 1)).repeat(3, axis=2)
        source = (120 + noise).clip(0, 255).astype(np.uint8)
        found.append(upright_step(source, np.clip(source.astype(int) + 16, 0, 255).astype(np.uint8), source[:, -40:]))
    assert found[0] > 2 * found[1]


def test_what_an_engine_paints_anew_is_no_step() -> None:
    grey = (120 + 20 * clouds(ROWS, 3 * WIDTH, 6)[..., None].repeat(3, axis=2)).clip(0, 255).astype(np.uint8)
    assert upright_step(grey[:, :WIDTH], grey[:, WIDTH:], grey[:, WIDTH - 40 : WIDTH]) < 1


@pytest.mark.parametrize(("rows", "columns"), [(1, 30), (2, 500), (200, 3), (7, 64)])
def test_any_size_is_measured(rows: int, columns: int) -> None:
    source = textured(rows, 64)
    assert upright_step(source, textured(rows, columns)) >= 0
