"""The first landing does not begin in the middle of a thing that stands on the layer."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.layering.cutout import Cutout
from infinite_parallax.inpaint_server.walk import ground as grounds
from infinite_parallax.inpaint_server.walk.entering import Standing, ground_line, upright
from infinite_parallax.inpaint_server.walk.exemplar import Exemplar
from infinite_parallax.inpaint_server.walk.ground import Ground
from infinite_parallax.inpaint_server.walk.settings import WalkSettings
from infinite_parallax.inpaint_server.walk.tape import Tape

WIDTH, HEIGHT, FOOT = 480, 300, 210
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
MIDDLE, HALF = 240, 130


def temple_and_tree(middle: int, half: int) -> tuple[RGB, np.ndarray]:
    """A meadow with a temple, its middle and half the width of its eaves as given, and a tree that the right edge cuts
    off: a picture, and where they are."""
    random = np.random.default_rng(2)
    grain = cv2.GaussianBlur(random.normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 2)
    picture = np.array([100, 130, 60]) + 60 * grain
    shown = 192 + 5 * np.sin(X / 40) <= Y
    for part, top, eaves in ((1.0, 126, 150), (0.7, 84, 105), (0.45, 48, 66)):
        away = np.abs(X - middle)
        roof = (away < part * half * (1 - 0.25 * (eaves - Y) / (eaves - top))) & (top <= Y) & (eaves > Y)
        wall = (away < 0.7 * part * half) & (eaves <= Y) & ((FOOT if part == 1 else eaves + 24) > Y)
        picture[wall] = (np.array([170, 70, 50]) + 20 * grain)[wall]
        picture[roof] = (np.array([70, 80, 75]) + 20 * grain)[roof]
        shown |= wall | roof
    crown = ((X - 474) / 60) ** 2 + ((Y - 95) / 75) ** 2 < 1
    picture[crown] = (np.array([60, 95, 35]) + 50 * grain)[crown]
    return picture.clip(0, 255).astype(np.uint8), shown | crown


def ground_of(picture: RGB, shown: np.ndarray) -> Ground:
    alpha = shown.astype(np.uint8) * np.uint8(255)
    whole = np.full_like(alpha, 255)
    return grounds.of_cutouts([Cutout(0, picture, a, a < 0) for a in (whole, alpha)], HEIGHT)[1]


def begins_at(ground: Ground, seed: int) -> int:
    """The column of the source with which the first landing's own matte begins."""
    tape = Tape(ground, WalkSettings(), 1.0, (seed, 0))
    tape.read(0, 2 * WIDTH)
    first = tape.edits[0]
    column = first.column + tape.overlap
    return WIDTH - 1 - column if first.orientation else column


@pytest.mark.parametrize(("middle", "half"), [(240, 170), (280, 150)])
def test_the_first_landing_is_beside_the_temple_and_not_in_it(
    middle: int, half: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = ground_of(*temple_and_tree(middle, half))
    for seed in range(3):
        assert abs(begins_at(ground, seed) - middle) > 0.9 * half
    monkeypatch.setattr(Standing, "cut", lambda self, *_: np.zeros(len(self.top), np.float32))
    assert abs(begins_at(ground, 2) - middle) < 0.2 * half


def standing() -> tuple[Standing, Exemplar]:
    exemplar = Exemplar(ground_of(*temple_and_tree(MIDDLE, HALF)), True)
    return Standing(exemplar), exemplar


def test_a_cut_costs_as_much_as_it_is_tall() -> None:
    found, exemplar = standing()
    cells = exemplar.cells
    end = (cells.columns - cells.overlap_cells) * cells.width
    cut = found.cut(end, np.zeros(len(found.top), np.int64), 14.0)

    def at(column: int) -> float:
        return float(cut[column // cells.width - cells.overlap_cells])

    assert at(MIDDLE) > at(MIDDLE - HALF // 2) > 1
    assert at(MIDDLE - HALF - 12) < 0.25
    assert at(MIDDLE + HALF + 12) < 0.25


def test_a_landing_on_the_own_mirror_image_cuts_nothing() -> None:
    found, exemplar = standing()
    cells = exemplar.cells
    cut = found.cut((cells.columns - cells.overlap_cells) * cells.width, np.zeros(len(found.top), np.int64), 14.0)
    begun = cells.columns + 1 - cells.overlap_cells
    assert (cut[max(cells.columns, begun) : cells.columns + 4] == 0).all()


def test_what_is_missing_of_a_thing_is_what_lies_before_the_cut() -> None:
    found, exemplar = standing()
    cells, states = exemplar.cells, len(found.top)
    missing = found.missing(np.ones(states))
    inside = MIDDLE // cells.width - cells.overlap_cells
    assert missing[inside] == pytest.approx(HALF / cells.width, abs=8)
    assert missing[(MIDDLE - HALF - 12) // cells.width - cells.overlap_cells] == 0


def test_a_mountain_is_ground_and_a_tower_stands_on_it() -> None:
    x = np.arange(300.0)
    mountain = 150 - 80 * np.clip(1 - np.abs(x - 150) / 90, 0, 1)
    ground = ground_line(mountain)
    assert ground.min() > 140
    assert not upright(mountain, ground, 1).any()
    tower = np.where(np.abs(x - 220) < 12, 40.0, 150 + 3 * np.sin(x / 15))
    found = upright(tower, ground_line(tower), 1)
    assert found[np.abs(x - 220) < 11].all()
    assert not found[np.abs(x - 220) > 13].any()
