"""The report: a good job clears every bar, and each bar is missed by the fault that it is there for."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.quality import bars, loop_closure, metrics, repetition_map
from infinite_parallax.inpaint_server.quality.layer_figures import LayerFigures, layer_figures
from infinite_parallax.inpaint_server.quality.metrics import Figures
from infinite_parallax.inpaint_server.quality.painted_job import PaintedJob, open_job
from infinite_parallax.inpaint_server.quality.report import Report, judge
from infinite_parallax.shared import plates
from infinite_parallax.shared.plates import ObjectPlate, Tile
from PIL import Image

from .plates_by_hand import RGBA, STEPS, WIDTH, clouds, make

Serve = Callable[..., Any]
Fault = Callable[[int, RGBA], None]
Judged = tuple[PaintedJob, Report, tuple[repetition_map.RepetitionMap, ...]]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """A job without a fault, its report, its maps."""
    job = open_job(make().write(tmp_path_factory.mktemp("good") / "job"))
    return job, *judge(job)


def blurred(_: int, plate: RGBA) -> None:
    plate[:, WIDTH:, :3] = cv2.blur(np.ascontiguousarray(plate[:, WIDTH:, :3]), (61, 1))


def drifting(_: int, plate: RGBA) -> None:
    columns = plate.shape[1] - WIDTH
    light = np.linspace(0, 70, columns)[:, None]
    plate[:, WIDTH:, :3] = np.clip(plate[:, WIDTH:, :3] + light, 0, 255)


def foreign(index: int, plate: RGBA) -> None:
    noise = np.random.default_rng(index).integers(-60, 60, plate[:, WIDTH:, :3].shape)
    plate[:, WIDTH:, :3] = np.clip(plate[:, WIDTH:, :3] + noise, 0, 255)


def poor(_: int, plate: RGBA) -> None:
    """Half of the source is chequered, and the chequers never come again."""
    y, x = np.indices(plate.shape[:2])[:, :, : WIDTH // 2]
    plate[:, : WIDTH // 2, :3] = np.where((x + y // 3 + y * x // 29) % 5 < 2, 40, 200)[..., None]


def seamed(_: int, plate: RGBA) -> None:
    speed = (plate.shape[1] - WIDTH) // STEPS
    for start in range(WIDTH + speed, plate.shape[1], 2 * speed):
        lighter = plate[:, start : start + speed, :3].astype(int) + 12
        plate[:, start : start + speed, :3] = np.clip(lighter, 0, 255)


def repeating(_: int, plate: RGBA) -> None:
    for x in range(WIDTH, plate.shape[1]):
        plate[:, x] = plate[:, x - 150]


def mirroring(_: int, plate: RGBA) -> None:
    for x in range(WIDTH, plate.shape[1]):
        turn, there = divmod(x, WIDTH)
        plate[:, x] = plate[:, there if turn % 2 == 0 else WIDTH - 1 - there]


def broken_off(_: int, plate: RGBA) -> None:
    """Light goes on otherwise from one column on."""
    lighter = plate[:, WIDTH + 90 :, :3].astype(int) + 70
    plate[:, WIDTH + 90 :, :3] = np.clip(lighter, 0, 255)


@pytest.mark.parametrize(
    ("fault", "bar"),
    [
        (blurred, "gx"),
        (drifting, "w1"),
        (foreign, "coh"),
        (poor, "comp"),
        (seamed, "seam"),
        (repeating, "rep"),
        (mirroring, "mir"),
        (broken_off, "upright"),
    ],
)
def test_each_fault_of_plates_misses_its_bar(tmp_path: Path, good: Judged, fault: Fault, bar: str) -> None:
    assert good[1].passed
    assert bar in {m.bar for m in missed_by_plates(make(fault=fault).write(tmp_path / "bad"))}


def missed_by_plates(folder: Path) -> list[bars.Missed]:
    job = open_job(folder)
    layers = [layer_figures(job, i) for i in range(3)]
    return list(bars.of_figures(Figures.mean([one.figures for one in layers]), layers))


def test_a_good_job_clears_every_bar(good: Judged) -> None:
    job, report, _ = good
    assert report.passed
    assert report.missed == ()
    assert job.source.shape == (144, 256, 3)
    assert report.first_frame.differing == report.holes.pixels == 0
    assert set(report.borders) == {20, 60}
    assert report.closure is None
    assert all(len(layer.drift) == 5 for layer in report.layers)


def test_a_hole_is_found(tmp_path: Path) -> None:
    def hole(index: int, plate: RGBA) -> None:
        if index == 0:
            plate[10:20, WIDTH + 100 : WIDTH + 110, 3] = 0

    _, report = make(fault=hole).judged(tmp_path / "job")
    assert report.holes.pixels == 100
    assert [m.bar for m in report.missed] == ["holes"]
    assert "100 pixels" in report.missed[0].sentence


def test_a_torn_border_misses_join(tmp_path: Path) -> None:
    def torn(index: int, plate: RGBA) -> None:
        if index:
            step = plate[..., 3].argmax(axis=0)[WIDTH - 200 :]
            for x, y in enumerate(step, WIDTH - 200):
                if x >= WIDTH:
                    plate[y : y + 6, x, :3] = 255

    _, report = make(fault=torn).judged(tmp_path / "job")
    assert "join" in {m.bar for m in report.missed}
    assert report.borders[60].join > bars.JOIN


def test_a_changed_first_frame_is_found(tmp_path: Path) -> None:
    made = make()
    made.source[40, 50, 1] += 1
    _, report = made.judged(tmp_path / "job")
    assert (report.first_frame.differing, report.first_frame.greatest) == (1, 1)
    assert [m.bar for m in report.missed] == ["first frame"]


def test_an_object_is_seen_where_it_is(tmp_path: Path) -> None:
    made, red = make(), (250, 20, 20)
    made.source[110:130, 150:170] = red
    folder = made.write(tmp_path / "job")
    thing = np.zeros((24, 24, 4), np.uint8)
    thing[..., :3] = red
    thing[2:22, 2:22, 3] = 255
    Image.fromarray(thing).save(folder / "plates" / "object.png")
    tile = Tile("plates/object.png", 0, STEPS, 148, 108, 24, 24, "0" * 64)
    manifest = replace(plates.load(folder), objects=(ObjectPlate("kite", 2, (-5.0, 0.0), 1.0, tile),))
    (folder / "manifest.json").write_text(json.dumps(manifest.to_json()))
    job = open_job(folder)
    assert np.array_equal(job.frame(0), job.source)
    y, x = np.nonzero((job.frame(10) == red).all(axis=2))
    assert (x.min(), x.max(), y.min(), y.max()) == (100, 119, 110, 129)


@pytest.mark.parametrize("scale", [1.5, 0.5])
def test_an_object_that_is_resized_is_not_held_against_the_first_frame(tmp_path: Path, scale: float) -> None:
    made = make()
    folder = made.write(tmp_path / "job")
    thing = np.full((24, 24, 4), 255, np.uint8)
    Image.fromarray(thing).save(folder / "plates" / "object.png")
    tile = Tile("plates/object.png", 0, STEPS, 148, 108, 24, 24, "0" * 64)
    manifest = replace(plates.load(folder), objects=(ObjectPlate("kite", 2, (-5.0, 0.0), scale, tile),))
    (folder / "manifest.json").write_text(json.dumps(manifest.to_json()))
    job = open_job(folder)
    changed = np.any(job.frame(0) != job.source, axis=2)
    assert changed.any()
    assert judge(job)[0].first_frame.differing == 0


def test_drift_of_a_while_is_found_though_the_end_is_good(tmp_path: Path) -> None:
    def lighter_for_a_while(index: int, plate: RGBA) -> None:
        if index == 2:
            plate[:, WIDTH + 40 : WIDTH + 400, :3] = np.clip(plate[:, WIDTH + 40 : WIDTH + 400, :3] + 90.0, 0, 255)

    both = missed_by_plates(make(fault=lighter_for_a_while).write(tmp_path / "job"))
    sentences = {missed.bar: missed.sentence for missed in both}
    assert sorted(sentences) == ["drift", "upright"], "what is lighter begins and ends with a step"
    assert "'layer 2', after fifth" in sentences["drift"]


def test_a_loop_that_closes_and_one_that_jumps(tmp_path: Path) -> None:
    closed = loop_closure.measure(open_job(make(loop=True).write(tmp_path / "good")))
    assert closed is not None
    assert closed.ratio < 1.2

    def jump(index: int, plate: RGBA) -> None:
        if index == 1:
            plate[:, -WIDTH:] = np.roll(plate[:, -WIDTH:], 40, axis=1)

    _, bad = make(loop=True, fault=jump).judged(tmp_path / "bad")
    assert bad.closure is not None
    assert bad.closure.ratio > bars.CLOSURE
    assert "closure" in {m.bar for m in bad.missed}


def test_one_layer_alone_may_miss_by_a_little_and_not_by_much() -> None:
    def layer(name: str, rep: float, mirror: float = 0.0) -> LayerFigures:
        figures = Figures(1, 2, 3, 4, 1, rep, 0, 0)
        return LayerFigures(0, name, 0, 50, (-1.0, 0.0), 500, figures, mirror, (0.0, 0.0), ())

    mean = Figures(1, 2, 3, 4, 1, 0.1, 0, 0)
    assert not list(bars.of_figures(mean, [layer("a", 0.0), layer("b", 0.3)]))
    (missed,) = bars.of_figures(mean, [layer("a", 0.0), layer("b", 0.5)])
    assert (missed.bar, missed.where, missed.limit) == ("rep", "Layer 'b'", 0.4)
    assert missed.sentence == (
        "Layer 'b' repeats itself within the frame: rep is 0.50 of the windows, at most 0.4 is good."
    )
    mirrored = replace(mean, mir=0.15)
    assert [m.bar for m in bars.of_figures(mirrored, [layer("a", 0.0)])] == ["mir"]
    assert not list(bars.of_figures(mirrored, [layer("a", 0.0, mirror=0.5)]))


def test_colours_are_as_far_apart_as_they_are_shifted() -> None:
    grey = (120 + 20 * clouds(40, 200, 6)).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    assert metrics.colour_distance(picture, picture[:, ::-1]) == 0
    lighter = picture.copy()
    lighter[..., 0] += 30
    assert metrics.colour_distance(picture, lighter) == pytest.approx(10)


def test_half_a_picture_is_no_other_colour() -> None:
    source = np.full((40, 200, 3), 200, np.uint8)
    source[:, 100:] = 60
    shown = np.concatenate([source, source], axis=1)  # its last third is dark
    assert metrics.measure(source, 0, 40, shown, 10.0).w1 == 0
    shown[:, 200:300] = 60
    assert metrics.measure(source, 0, 40, shown, 10.0).w1 == pytest.approx(70)


def test_seams_are_looked_for_where_steps_of_any_length_begin() -> None:
    shown = np.full((20, 300, 3), 100, np.uint8)
    for step in range(1, 40, 2):
        shown[:, round(step * 7.4) : round(step * 7.4 + 7.4)] = 110
    shown[::2] += np.arange(300, dtype=np.uint8)[:, None] % 2
    assert metrics.seam_ratio(shown, 7.4) > 5
    assert metrics.seam_ratio(shown, 6.0) < 2
    assert metrics.seam_ratio(shown, 1000.0) == 1


def test_a_source_that_mirrors_itself_is_known() -> None:
    half = (120 + 20 * clouds(64, 256, 3)).astype(np.uint8)
    whole = np.repeat(np.concatenate([half, half[:, ::-1]], axis=1)[..., None], 3, axis=2)
    assert metrics.mirrors_itself(whole) == 1
    assert metrics.mirrors_itself(np.ascontiguousarray(whole[:, :256])) < bars.MIRRORING_SOURCE
    assert np.isnan(metrics.mirrors_itself(np.full((40, 200, 3), 9, np.uint8)))


def test_the_map_shows_where_a_plate_repeats(tmp_path: Path) -> None:
    def copied(index: int, plate: RGBA) -> None:
        if index == 2:
            plate[:, WIDTH + 128 : WIDTH + 192] = plate[:, WIDTH - 100 : WIDTH - 36]
            plate[:, WIDTH + 320 : WIDTH + 384] = plate[:, WIDTH + 319 : WIDTH + 255 : -1]

    found = repetition_map.find(open_job(make(fault=copied).write(tmp_path / "job")), 2)
    assert found is not None
    plain, mirrored = ((likeness > metrics.SAME).all(axis=0) for likeness in (found.plain, found.mirrored))
    assert np.flatnonzero(plain).tolist() == [2]
    assert np.flatnonzero(mirrored).tolist() == [5]
    assert found.shares == (pytest.approx(1 / found.plain.shape[1]), pytest.approx(1 / found.plain.shape[1]))
