"""The report as it is read: the page, what is kept beside the job, and the way over HTTP."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.quality import bars, written
from infinite_parallax.inpaint_server.quality.metrics import Figures
from infinite_parallax.inpaint_server.quality.page import page
from infinite_parallax.inpaint_server.quality.painted_job import open_job
from infinite_parallax.inpaint_server.quality.report import judge
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import ParallaxError, UsageError
from PIL import Image

from .plates_by_hand import STEPS, clouds, make

Serve = Callable[..., Any]


def test_the_page_is_whole_and_needs_nothing_beside_itself(tmp_path: Path) -> None:
    job = open_job(make().write(tmp_path / "job"))
    report, maps = judge(job)
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
    client = listen()
    client.create_job(projects.from_json(document(steps=3)), picture, "job")
    client.wait("job")
    assert client.report("job")["steps"] == 3
