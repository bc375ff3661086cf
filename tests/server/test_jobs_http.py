"""Jobs through the HTTP surface: from the request to the tiles, cancelled, resumed, redone, damaged and deleted."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.shared.errors import ParallaxError
from PIL import Image

Serve = Callable[..., Any]
Document = Callable[..., dict[str, Any]]


def bits(data: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_job_from_picture_to_tiles(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    made = served.create(document(), picture)
    assert made.status_code == 201
    job = made.get_json()
    assert (job["width"], job["height"], job["steps"], job["name"]) == (48, 32, 6, "small")
    done = served.finish(job["id"])
    assert done["state"] == "succeeded"
    assert done["step"] == 6
    assert done["started_at"] <= done["finished_at"]
    assert served.ask("GET", "/jobs").get_json()["jobs"] == [done]
    names = served.tiles(job["id"])
    assert len(names) > 2
    for file, digest in names.items():
        data = served.ask("GET", f"/jobs/{job['id']}/tiles/{Path(file).name}").data
        assert hashlib.sha256(data).hexdigest() == digest
        assert bits(data).shape[2] == 4


def test_the_project_may_be_a_file_and_may_be_left_away(serve: Serve, picture: bytes) -> None:
    served = serve()
    form = {"picture": (io.BytesIO(picture), "p.png"), "project": (io.BytesIO(b'{"motion": {"steps": 1}}'), "p.json")}
    assert served.ask("POST", "/jobs", data=form).get_json()["steps"] == 1
    large = Image.new("RGB", (300, 200), "#557799")
    out = io.BytesIO()
    large.save(out, "PNG")
    form = {"picture": (io.BytesIO(out.getvalue()), "p.png")}
    job = served.ask("POST", "/jobs", data=form).get_json()
    assert served.ask("POST", f"/jobs/{job['id']}/cancel").status_code == 200


def test_put_twice_is_one_job(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    assert served.create(document(), picture, "mine").status_code == 201
    again = served.create(document(), picture, "mine")
    assert (again.status_code, again.get_json()["id"]) == (200, "mine")
    named = document()
    named["layers"] = [layer | {"name": f"other {i}"} for i, layer in enumerate(named["layers"])]
    assert served.create(named, picture, "mine").status_code == 200
    other = served.create(document(steps=7), picture, "mine")
    assert (other.status_code, other.get_json()["code"]) == (409, "conflict")
    assert len(served.ask("GET", "/jobs").get_json()["jobs"]) == 1


def test_etags_ranges_and_previews(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    job = served.create(document(), picture).get_json()
    served.finish(job["id"])
    name = Path(next(iter(served.tiles(job["id"])))).name
    for path in (f"/jobs/{job['id']}/manifest", f"/jobs/{job['id']}/tiles/{name}"):
        first = served.ask("GET", path)
        again = served.ask("GET", path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert served.ask("GET", path, headers={"If-None-Match": '"other"'}).data == first.data
    part = served.ask("GET", f"/jobs/{job['id']}/tiles/{name}", headers={"Range": "bytes=4-11"})
    assert (part.status_code, part.data) == (206, first.data[4:12])
    beyond = served.ask("GET", f"/jobs/{job['id']}/tiles/{name}", headers={"Range": "bytes=99999999-"})
    assert (beyond.status_code, beyond.get_json()["code"]) == (416, "bad_range")
    whole = bits(served.ask("GET", f"/jobs/{job['id']}/preview").data)
    assert whole.shape == (32, 48, 3)
    assert (whole != bits(picture)).any()
    small = served.ask("GET", f"/jobs/{job['id']}/preview?width=12&format=jpeg&step=3")
    assert small.mimetype == "image/jpeg"
    assert bits(small.data).shape == (8, 12, 3)
    for query in ("width=0", "width=x", "format=gif"):
        assert served.ask("GET", f"/jobs/{job['id']}/preview?{query}").status_code == 400


def test_cancel_resume_and_delete(serve: Serve, document: Document, picture: bytes, gate: Serve) -> None:
    loop = gate(step=2)
    served = serve(loop=loop)
    first = served.create(document(), picture).get_json()["id"]
    waiting = served.create(document(), picture).get_json()["id"]
    loop.wait()
    assert served.http.get("/api/v1/health").get_json()["state"] == "busy"
    assert served.ask("POST", f"/jobs/{waiting}/cancel").get_json()["state"] == "cancelled"
    busy = served.ask("POST", f"/jobs/{first}/cancel").get_json()
    assert (busy["state"], busy["cancelling"]) == ("running", True)
    assert served.ask("GET", f"/jobs/{waiting}/manifest").get_json()["code"] == "not_yet"
    assert served.ask("POST", f"/jobs/{first}/redo", json={"from_step": 1}).status_code == 409
    loop.go.set()
    stopped = served.finish(first)
    assert (stopped["state"], stopped["step"], stopped["cancelling"]) == ("cancelled", 2, False)
    preview = served.ask("GET", f"/jobs/{first}/preview").data
    assert (bits(preview) != bits(picture)).any()
    assert served.ask("POST", f"/jobs/{first}/resume").get_json()["state"] == "queued"
    assert served.finish(first)["state"] == "succeeded"
    assert served.ask("POST", f"/jobs/{first}/resume").get_json()["state"] == "succeeded"
    assert served.ask("POST", f"/jobs/{first}/cancel").get_json()["state"] == "succeeded"
    undisturbed = served.create(document(), picture).get_json()["id"]
    served.finish(undisturbed)
    assert served.tiles(first) == served.tiles(undisturbed)
    assert served.ask("DELETE", f"/jobs/{first}").status_code == 204
    assert served.ask("GET", f"/jobs/{first}").status_code == 404
    assert served.ask("DELETE", f"/jobs/{first}").status_code == 404
    assert not (served.store / "jobs" / first).exists()


def test_a_cancel_can_be_taken_back(serve: Serve, document: Document, picture: bytes, gate: Serve) -> None:
    loop = gate(step=2)
    served = serve(loop=loop)
    job = served.create(document(), picture).get_json()["id"]
    loop.wait()
    served.ask("POST", f"/jobs/{job}/cancel")
    assert served.ask("POST", f"/jobs/{job}/resume").get_json()["cancelling"] is False
    loop.go.set()
    assert served.finish(job)["state"] == "succeeded"


def test_a_running_job_is_deleted_out_of_sight_at_once(
    serve: Serve, document: Document, picture: bytes, gate: Serve
) -> None:
    loop = gate(step=2)
    served = serve(loop=loop)
    job = served.create(document(), picture, "gone").get_json()["id"]
    loop.wait()
    assert served.ask("DELETE", f"/jobs/{job}").status_code == 204
    assert served.ask("GET", f"/jobs/{job}").status_code == 404
    assert served.ask("GET", "/jobs").get_json() == {"jobs": [], "damaged": []}
    assert served.create(document(), picture, "gone").status_code == 409
    loop.go.set()
    following = served.create(document(), picture).get_json()["id"]
    served.finish(following)
    assert [p.name for p in (served.store / "jobs").iterdir()] == [following]


def test_a_failure_is_kept_as_a_sentence_and_can_be_resumed(
    serve: Serve, document: Document, picture: bytes, gate: Serve
) -> None:
    loop = gate(step=3, failure=ParallaxError("The brush broke.", "Take another.", "broken"))
    served = serve(loop=loop)
    job = served.create(document(), picture).get_json()["id"]
    loop.wait()
    loop.go.set()
    done = served.finish(job)
    assert done["state"] == "failed"
    assert done["error"] == {"error": "The brush broke.", "hint": "Take another.", "code": "broken"}
    loop.failure = None
    served.ask("POST", f"/jobs/{job}/resume")
    assert served.finish(job)["state"] == "succeeded"


def test_a_fault_of_the_program_is_logged_and_not_told(
    serve: Serve, document: Document, picture: bytes, gate: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    loop = gate(step=1, failure=RuntimeError("secret /path/of/ours"))
    served = serve(loop=loop)
    job = served.create(document(), picture).get_json()["id"]
    loop.wait()
    loop.go.set()
    done = served.finish(job)
    assert (done["state"], done["error"]["code"]) == ("failed", "internal")
    assert "secret" not in json.dumps(done)
    assert "secret" in caplog.text


def test_damage_is_reported_and_can_be_deleted(
    serve: Serve, document: Document, picture: bytes, tmp_path: Path
) -> None:
    served = serve()
    good = served.create(document(), picture).get_json()["id"]
    served.finish(good)
    served.context.stop()
    jobs = served.store / "jobs"
    (jobs / "empty").mkdir()
    (jobs / "cut").mkdir()
    (jobs / "cut" / "job.json").write_text('{"version": 1, "id": "cu')
    (jobs / "foreign").mkdir()
    (jobs / "foreign" / "job.json").write_text((jobs / good / "job.json").read_text())
    (jobs / "types").mkdir()
    record = json.loads((jobs / good / "job.json").read_text())
    (jobs / "types" / "job.json").write_text(json.dumps(record | {"id": "types", "order": None}))
    (jobs / ".new-half").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (jobs / "link").symlink_to(outside)
    again = serve()
    listed = again.ask("GET", "/jobs").get_json()
    assert [job["id"] for job in listed["jobs"]] == [good]
    assert [entry["id"] for entry in listed["damaged"]] == ["cut", "empty", "foreign", "link", "types"]
    assert not (jobs / ".new-half").exists()
    broken = again.ask("GET", "/jobs/cut")
    assert (broken.status_code, broken.get_json()["code"]) == (500, "damaged_job")
    assert again.create(document(), picture, "cut").status_code == 409
    for name in ("cut", "empty", "foreign", "link", "types"):
        assert again.ask("DELETE", f"/jobs/{name}").status_code == 204
    assert outside.is_dir()
    assert [path.name for path in jobs.iterdir()] == [good]


def test_tiles_are_never_followed_out_of_the_store(
    serve: Serve, document: Document, picture: bytes, tmp_path: Path
) -> None:
    served = serve()
    job = served.create(document(), picture).get_json()["id"]
    served.finish(job)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    file = next(iter(served.tiles(job)))
    path = served.store / "jobs" / job / "run" / file
    path.unlink()
    path.symlink_to(secret)
    assert served.ask("GET", f"/jobs/{job}/tiles/{path.name}").status_code == 404
    for name in ("..%2f..%2f..%2ftoken", "../../../token", "%2e%2e", "unknown.png"):
        assert served.ask("GET", f"/jobs/{job}/tiles/{name}").status_code == 404


def test_a_disk_that_fills_up_stops_the_job_and_it_can_go_on(
    serve: Serve, document: Document, picture: bytes, gate: Serve
) -> None:
    served = serve(loop=(loop := gate(step=2)), limits=Limits())
    job = served.create(document(), picture).get_json()["id"]
    loop.wait()
    served.ask("POST", f"/jobs/{job}/cancel")
    loop.go.set()
    served.finish(job)
    served.context.stop()
    full = serve(limits=Limits(spare_bytes=2**62))
    full.ask("POST", f"/jobs/{job}/resume")
    assert full.finish(job)["error"]["code"] == "disk_full"
    full.context.stop()
    roomy = serve()
    roomy.ask("POST", f"/jobs/{job}/resume")
    assert roomy.finish(job)["state"] == "succeeded"


def test_stopping_keeps_the_queue_and_its_order(serve: Serve, document: Document, picture: bytes, gate: Serve) -> None:
    loop = gate(step=3)
    served = serve(loop=loop)
    ids = [served.create(document(), picture).get_json()["id"] for _ in range(3)]
    loop.wait()
    served.context.worker._stopping = True
    loop.go.set()
    served.context.stop()
    assert [served.context.worker.job(i).state for i in ids] == ["queued"] * 3
    again = serve()
    done = [again.finish(i) for i in ids]
    assert [job["state"] for job in done] == ["succeeded"] * 3
    assert sorted(job["finished_at"] for job in done) == [job["finished_at"] for job in done]
    assert again.tiles(ids[0]) == again.tiles(ids[1])
