"""The report: a good job clears every bar, and each bar is missed by the fault that it is there for."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.quality import bars, loop_closure, metrics, repetition_map, written
from infinite_parallax.inpaint_server.quality.layer_figures import LayerFigures, layer_figures
from infinite_parallax.inpaint_server.quality.metrics import Figures
from infinite_parallax.inpaint_server.quality.page import page
from infinite_parallax.inpaint_server.quality.painted_job import PaintedJob, open_job
from infinite_parallax.inpaint_server.quality.report import Report, judge
from infinite_parallax.shared import plates
from infinite_parallax.shared.errors import ParallaxError, UsageError
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


def test_drift_of_a_while_is_found_though_the_end_is_good(tmp_path: Path) -> None:
    def lighter_for_a_while(index: int, plate: RGBA) -> None:
        if index == 2:
            plate[:, WIDTH + 40 : WIDTH + 400, :3] = np.clip(plate[:, WIDTH + 40 : WIDTH + 400, :3] + 90.0, 0, 255)

    (missed,) = missed_by_plates(make(fault=lighter_for_a_while).write(tmp_path / "job"))
    assert missed.bar == "drift"
    assert "'layer 2', after fifth" in missed.sentence


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
        figures = Figures(1, 2, 3, 4, 1, rep, 0)
        return LayerFigures(0, name, 0, 50, (-1.0, 0.0), 500, figures, mirror, ())

    mean = Figures(1, 2, 3, 4, 1, 0.1, 0)
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


def test_the_page_is_whole_and_needs_nothing_beside_itself(good: Judged) -> None:
    job, report, maps = good
    text = page(job, report, maps)
    root = ET.fromstring(text)
    space = "{http://www.w3.org/1999/xhtml}"
    assert root.findtext(f"{space}body/{space}h1") == "Quality of by <hand> & eye"
    images = root.findall(f".//{space}img")
    assert len(images) == 1 + 8 + 2 * 3
    assert all(image.get("src", "").startswith("data:image/jpeg;base64,") and image.get("alt") for image in images)
    assert root.findall(f".//{space}script") == root.findall(f".//{space}link") == []
    assert not [e for e in root.iter() if set(e.attrib) & {"href", "srcset", "onload"}]
    assert not re.search(r"@import|url\(", text)
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"}
    assert len(root.findall(".//{http://www.w3.org/2000/svg}polyline")) == 6
    assert "✓ Every bar is cleared." in text
    failed = replace(report, missed=(bars.Missed("rep", "here", 1, 0.2, "It <repeats>."),))
    assert "<li>It &lt;repeats&gt;.</li>" in page(job, failed, maps)


def test_a_report_is_kept_until_the_job_changes(tmp_path: Path) -> None:
    folder = make().write(tmp_path / "job")
    job = open_job(folder)
    assert written.current(job, folder) is None
    report = written.write(job, folder)
    assert written.current(job, folder) == report.to_json()
    json.dumps(report.to_json(), allow_nan=False)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["plates"][0]["tiles"][0]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert written.current(open_job(folder), folder) is None


def test_a_slanted_journey_is_judged_by_its_frames(tmp_path: Path, serve: Serve, document: Any) -> None:
    served = serve()
    wish = document(steps=5) | {"layers": [{"height": 12, "velocity": [-3, -2]}, {"velocity": [-6, -2]}]}
    served.create(wish, _png(tmp_path), "slanted")
    assert served.finish("slanted")["state"] == "succeeded"
    answer = served.ask("GET", "/jobs/slanted/report")
    assert answer.status_code == 200
    shown = answer.get_json()
    assert shown["mean"] == dict.fromkeys(f.name for f in fields(Figures))
    assert shown["frames"]["figures"]["gx"] > 0
    assert shown["holes"]["pixels"] == shown["first_frame"]["differing"] == 0


def _png(folder: Path) -> bytes:
    path = folder / "picture.png"
    grey = (120 + 25 * clouds(48, 96, 1)).astype(np.uint8)
    Image.fromarray(np.repeat(grey[..., None], 3, axis=2)).save(path)
    return path.read_bytes()


def test_what_is_no_finished_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no plates"):
        open_job(tmp_path)
    folder = make().write(tmp_path / "job")
    (folder / "source.png").rename(folder / "elsewhere.png")
    with pytest.raises(UsageError, match="no source picture"):
        open_job(folder)
    assert open_job(folder, folder / "elsewhere.png").plan.steps == STEPS
    Image.new("RGB", (10, 10)).save(folder / "small.png")
    with pytest.raises(ParallaxError, match="256x144"):
        open_job(folder, folder / "small.png")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"done": 3}))
    with pytest.raises(ParallaxError, match="step 3 of 60"):
        open_job(folder, folder / "elsewhere.png")
    (folder / "project.json").unlink()
    with pytest.raises(UsageError, match="without their project"):
        open_job(folder)


def test_reports_over_http(serve: Serve, gate: Any, document: Any, picture: bytes) -> None:
    held = gate(step=2)
    served = serve(loop=held)
    served.create(document(), picture, "job")
    held.wait()
    early = served.ask("GET", "/jobs/job/report")
    assert (early.status_code, early.get_json()["code"]) == (404, "not_yet")
    held.go.set()
    assert served.finish("job")["state"] == "succeeded"
    first = served.ask("GET", "/jobs/job/report")
    assert first.status_code == 200
    assert first.get_json()["schema"] == "infinite-parallax/report"
    kept = served.context.store.folder("job") / "report.json"
    assert json.loads(kept.read_text()) == first.get_json()
    stamp = kept.stat().st_mtime_ns
    shown = served.ask("GET", "/jobs/job/report.html")
    assert shown.mimetype == "text/html"
    assert "style-src 'unsafe-inline'" in shown.headers["Content-Security-Policy"]
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    ET.fromstring(shown.get_data())
    assert kept.stat().st_mtime_ns == stamp
    again = served.ask("GET", "/jobs/job/report", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert served.ask("GET", "/jobs/none/report").status_code == 404
    assert served.http.get("/api/v1/jobs/job/report").status_code == 401


def test_the_client_fetches_a_report(listen: Any, document: Any, picture: bytes) -> None:
    from infinite_parallax.shared import project as projects

    client = listen()
    client.create_job(projects.from_json(document(steps=3)), picture, "job")
    client.wait("job")
    assert client.report("job")["steps"] == 3
