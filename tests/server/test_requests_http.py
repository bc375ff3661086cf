"""Requests over HTTP that are answered at once or refused: wrong ones, the caps, single pictures, the plan, health."""

import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.limits import Limits
from PIL import Image

from .painting_comfy import SERVERS

Serve = Callable[..., Any]
Document = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("job_id", ["-a", "a.b", "a" * 65, "%20", "..%2fx", ".new-x"])
def test_ids_are_checked(serve: Serve, document: Document, picture: bytes, job_id: str) -> None:
    served = serve()
    assert served.create(document(), picture, job_id).status_code in (400, 404, 405)
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/manifest"), ("POST", "/cancel")):
        assert served.ask(method, f"/jobs/{job_id}{path}").status_code == 404
    assert list((served.store / "jobs").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"inpaint": {"engine": "brush"}}, "unknown_engine"),
        ({"motion": {"steps": 51}}, "too_large"),
        ({"motion": {"fps": "x"}}, "bad_request"),
        ({"layers": [{"height": 40, "velocity": [-3, 0]}, {}]}, "bad_request"),
        ({"layers": [{"velocity": [0, 0]}]}, "bad_request"),
        ({"surprise": 1}, "bad_request"),
    ],
)
def test_projects_that_cannot_be(
    serve: Serve, document: Document, picture: bytes, change: dict[str, Any], code: str
) -> None:
    served = serve(limits=Limits(steps=50))
    answer = served.create(document() | change, picture)
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)
    assert list((served.store / "jobs").iterdir()) == []


def test_requests_that_lack_a_part(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    assert "picture" in served.ask("POST", "/jobs", data={"project": "{}"}).get_json()["error"]
    assert served.create(document(), b"").get_json()["code"] == "not_a_picture"
    assert served.create(document(), b"text").get_json()["code"] == "not_a_picture"
    form = {"project": "{not json", "picture": (io.BytesIO(picture), "p")}
    assert "JSON" in served.ask("POST", "/jobs", data=form).get_json()["error"]
    form = {"project": '{"motion": {"fps": NaN}}', "picture": (io.BytesIO(picture), "p")}
    assert "NaN" in served.ask("POST", "/jobs", data=form).get_json()["error"]
    form = {"project": (io.BytesIO(b"\xff\xfe"), "p"), "picture": (io.BytesIO(picture), "p")}
    assert "UTF-8" in served.ask("POST", "/jobs", data=form).get_json()["error"]


def test_the_caps(serve: Serve, document: Document, picture: bytes, gate: Serve, tmp_path: Path) -> None:
    loop = gate(step=1)
    out = io.BytesIO()
    Image.new("RGB", (49, 32)).save(out, "PNG")
    served = serve(loop=loop, limits=Limits(unfinished_jobs=2, body_bytes=len(picture) + 4000, picture_px=48 * 32))
    wide = served.create(document(), out.getvalue())
    assert (wide.status_code, wide.get_json()["code"]) == (400, "picture_too_large")
    assert served.create(document(), picture).status_code == 201
    assert served.create(document(), picture).status_code == 201
    full = served.create(document(), picture)
    assert (full.status_code, full.get_json()["code"]) == (429, "queue_full")
    large = served.create(document(), b"\0" * (len(picture) + 4000))
    assert (large.status_code, large.get_json()["code"]) == (413, "too_large")
    small = serve(tmp_path / "small", limits=Limits(job_bytes=50_000))
    assert small.create(document(steps=40), picture).get_json()["code"] == "too_large"
    full_disk = serve(tmp_path / "full", limits=Limits(spare_bytes=2**62))
    answer = full_disk.create(document(), picture)
    assert (answer.status_code, answer.get_json()["code"]) == (507, "disk_full")


def test_one_picture_is_painted_while_the_client_waits(serve: Serve, picture: bytes) -> None:
    served = serve()
    mask = np.zeros((32, 48), np.uint8)
    mask[10:20, 20:30] = 255
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    form = {"picture": (io.BytesIO(picture), "p"), "mask": (io.BytesIO(out.getvalue()), "m"), "engine": "telea"}
    answer = served.ask("POST", "/inpaint", data=form | {"seed": "3", "prompt": "a lake"})
    assert answer.status_code == 200
    got, source = (np.asarray(Image.open(io.BytesIO(data))) for data in (answer.data, picture))
    assert (got[mask == 0] == source[mask == 0]).all()
    assert (got[mask > 0] != source[mask > 0]).any()


@pytest.mark.parametrize(
    ("change", "code"),
    [({"seed": "-1"}, "bad_request"), ({"seed": "x"}, "bad_request"), ({"engine": "x"}, "unknown_engine")],
)
def test_single_pictures_that_cannot_be(serve: Serve, picture: bytes, change: dict[str, str], code: str) -> None:
    form = {"picture": (io.BytesIO(picture), "p"), "mask": (io.BytesIO(picture), "m")}
    answer = serve().ask("POST", "/inpaint", data=form | change)
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)


def test_a_mask_of_another_size_is_refused(serve: Serve, picture: bytes) -> None:
    out = io.BytesIO()
    Image.new("L", (5, 5), 255).save(out, "PNG")
    form = {"picture": (io.BytesIO(picture), "p"), "mask": (io.BytesIO(out.getvalue()), "m"), "engine": "telea"}
    answer = serve().ask("POST", "/inpaint", data=form)
    assert answer.status_code == 400
    assert "mask" in answer.get_json()["error"]


def test_the_plan(serve: Serve, document: Document) -> None:
    served = serve()
    made = served.ask("POST", "/plan", json={"project": document(), "width": 48, "height": 32}).get_json()
    assert [layer["velocity"] for layer in made["layers"]] == [[-3, 0], [-7.5, 0]]
    assert (made["steps"], made["duration_s"], made["frames"]) == (6, 6, 180)
    assert made["disk_bytes"] > 48 * 32 * 4
    for body in ({"width": 48}, {"width": 0, "height": 5}, {"width": True, "height": 5}, {"width": 9**9, "height": 5}):
        assert served.ask("POST", "/plan", json=body).status_code == 400


def test_the_estimate_of_the_disk_is_never_too_small(serve: Serve, document: Document) -> None:
    served = serve()
    noise = np.random.default_rng(2).integers(0, 256, (32, 48, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    for layers in (document()["layers"], [{"height": 12, "velocity": [2, -3]}, {"velocity": [0, 5.5]}]):
        project = document(steps=12) | {"layers": layers}
        job = served.create(project, out.getvalue()).get_json()["id"]
        assert served.finish(job)["state"] == "succeeded"
        used = sum(p.stat().st_size for p in (served.store / "jobs" / job / "run" / "plates").iterdir())
        plan = served.ask("POST", "/plan", json={"project": project, "width": 48, "height": 32}).get_json()
        assert used < plan["disk_bytes"] < 60 * used


def test_health_shows_the_caps_and_the_engines_but_no_path(serve: Serve) -> None:
    served = serve()
    health = served.http.get("/api/v1/health")
    data = health.get_json()
    assert data["state"] == "ready"
    assert data["engines"]["telea"] == {"available": True, "reason": ""}
    assert data["limits"] == asdict(Limits())
    assert str(served.store) not in health.get_data(as_text=True)


def test_layers_are_suggested_with_a_reason(serve: Serve, picture: bytes) -> None:
    form = {"project": json.dumps({"cut": {"mode": "auto"}}), "picture": (io.BytesIO(picture), "picture.png")}
    answer = serve().ask("POST", "/suggest", data=form)
    assert answer.status_code == 200
    assert answer.json["project"]["cut"]["mode"] in ("contour", "straight")
    assert answer.json["notes"]
    assert "Layers" in answer.json["notes"][0]


def test_a_picture_that_is_named_must_be_sent(serve: Serve, picture: bytes, document: Any) -> None:
    served = serve()
    wish = document() | {"cut": {"depth": "depth.png"}}
    refused = served.create(wish, picture)
    assert refused.status_code == 400
    assert "depth" in refused.json["error"]
    form = {
        "project": json.dumps(document()),
        "picture": (io.BytesIO(picture), "picture.png"),
        "matte.1": (io.BytesIO(picture), "matte.png"),
    }
    unnamed = served.ask("POST", "/jobs", data=form)
    assert unnamed.status_code == 400
    assert "matte.1" in unnamed.json["error"]
    wrong = io.BytesIO()
    Image.new("L", (30, 30)).save(wrong, "PNG")
    form = {
        "project": json.dumps(wish),
        "picture": (io.BytesIO(picture), "picture.png"),
        "depth": (io.BytesIO(wrong.getvalue()), "depth.png"),
    }
    shaped = served.ask("POST", "/jobs", data=form)
    assert shaped.status_code == 400
    assert "proportions" in shaped.json["hint"]


def test_a_journey_painted_by_another_server_which_is_looked_for_before_there_is_a_job(
    serve: Serve, picture: bytes, document: Document
) -> None:
    served = serve()
    with SERVERS["a1111"]() as painter:
        wish = document(engine="a1111", seed=4) | {"a1111": painter.options}
        job = served.create(wish, picture)
        assert job.status_code == 201
        assert served.finish(job.get_json()["id"])["state"] == "succeeded"
        assert len(painter.asked("/sdapi/v1/img2img")) == 6
    gone = served.create(wish, picture)
    assert (gone.status_code, gone.get_json()["code"]) == (503, "engine_unreachable")
    assert "--api" in gone.get_json()["hint"]


def test_a_single_picture_with_settings_of_its_engine(serve: Serve, picture: bytes) -> None:
    served = serve()
    mask = io.BytesIO()
    Image.fromarray(np.full((32, 48), 255, np.uint8)).save(mask, "PNG")

    def paint(engine: str, options: Any) -> Any:
        files = {"picture": (io.BytesIO(picture), "p.png"), "mask": (io.BytesIO(mask.getvalue()), "m.png")}
        return served.ask("POST", "/inpaint", data=files | {"engine": engine, "settings": json.dumps(options)})

    with SERVERS["a1111"]() as painter:
        assert paint("a1111", painter.options).status_code == 200
        assert painter.asked("/sdapi/v1/img2img")[0].json()["steps"] == 30
    for engine, options, words in (
        ("a1111", {"uri": "x"}, "a1111.uri"),
        ("a1111", [1], "a1111"),
        ("telea", {"a": 1}, "telea.a"),
    ):
        refused = paint(engine, options)
        assert refused.status_code == 400
        assert words in refused.get_json()["error"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"hints": [{"layer": 1, "box": [60, 4, 90, 20]}]}, "hints.0.box"),
        ({"hints": [{"layer": 2, "box": [4, 4, 20, 20]}]}, "hints.0.layer"),
        ({"hints": [{"layer": 1}]}, "hints.0 has neither"),
        ({"objects": [{"box": [8, 8, 8, 20]}]}, "objects.0.box"),
        ({"objects": [{"layer": 9, "box": [4, 4, 20, 20]}]}, "objects.0.layer"),
        ({"cut": {"mode": "straight"}, "objects": [{"stroke": [[4, 4]]}]}, "objects.0.stroke"),
        ({"layers": [{"height": 12, "velocity": [-3, 0]}, {"velocity": [-7, 0], "skyline": [[3, 9]]}]}, "layers.1.sky"),
    ],
)
def test_what_points_at_nothing_is_refused_before_there_is_a_job(
    serve: Serve, document: Document, picture: bytes, change: dict[str, Any], path: str
) -> None:
    served = serve()
    wish = document() | change
    answer = served.create(wish, picture)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
    assert answer.get_json()["error"].startswith(path)
    assert answer.get_json()["hint"]
    assert list((served.store / "jobs").iterdir()) == []
    assert served.ask("POST", "/plan", json={"project": wish, "width": 48, "height": 32}).status_code == 400
    form = {"project": json.dumps(wish), "picture": (io.BytesIO(picture), "picture.png")}
    assert served.ask("POST", "/suggest", data=form).get_json()["error"].startswith(path)
