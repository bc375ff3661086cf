"""A job whose picture an engine must look at first: settled in its first sitting, and from then on as if by a depth map
that came with it."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines, settling
from infinite_parallax.inpaint_server.attached import decode
from infinite_parallax.inpaint_server.engines.looking import Look
from infinite_parallax.inpaint_server.layering.resolve import LEAST_DISPARITY
from infinite_parallax.inpaint_server.layering.stages import Begin
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.shared.attachments import DEPTH
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.project import from_json
from PIL import Image

Serve = Callable[..., Any]
WIDTH, HEIGHT = 160, 100
WISH = {
    "depth": {"engine": "prior"},
    "speed": {"law": "depth"},
    "cut": {"layers": 3},
    "motion": {"steps": 2, "step_px": 8},
    "inpaint": {"engine": "telea", "warn_divergence": 10},
    "plates": {"tile_px": 256},
}
STAGE = "Estimating the depth of the picture"


def png() -> bytes:
    out = io.BytesIO()
    Image.fromarray(paint(WIDTH, HEIGHT, 3)).save(out, "PNG")
    return out.getvalue()


def names(project: dict[str, Any]) -> list[str]:
    return [layer["name"] for layer in project["layers"]]


def test_a_job_estimates_the_depth_before_it_paints(serve: Serve) -> None:
    served = serve()
    job = served.create(WISH, png()).get_json()
    events = served.events(job["id"])
    stages = [data["message"] for _, kind, data in events if kind == "stage"]
    assert stages[0] == STAGE
    assert any("only guessed" in data["message"] for _, kind, data in events if kind == "warning")
    done = served.finish(job["id"])
    assert (done["state"], done["steps"], done["step"]) == ("succeeded", 2, 2)
    assert done["project"]["cut"]["depth"] == "depth.png"
    assert served.ask("GET", f"/jobs/{job['id']}/attached/depth").data.startswith(b"\x89PNG")
    assert "only guessed (prior)" in done["warnings"][0]
    assert names(done["project"])[0] == "sky"
    assert all(layer["disparity"] is not None for layer in done["project"]["layers"])
    assert (served.store / "jobs" / job["id"] / "attached" / DEPTH).is_file()


def test_it_is_as_if_the_depth_had_been_sent(serve: Serve) -> None:
    picture = paint(WIDTH, HEIGHT, 3)
    depth = settling.depth_png(engines.load_depth("prior").depth(picture, Look()))
    served = serve()
    asked = served.create(WISH, png()).get_json()
    sent = {k: v for k, v in WISH.items() if k != "depth"} | {"cut": {"depth": "depth.png", "layers": 3}}
    form = {"project": json.dumps(sent), "picture": (io.BytesIO(png()), "p.png"), DEPTH: (io.BytesIO(depth), "d.png")}
    given = served.ask("POST", "/jobs", data=form).get_json()
    projects = [served.finish(job["id"])["project"] for job in (asked, given)]
    assert projects[0]["layers"] == projects[1]["layers"]
    assert served.tiles(asked["id"]) == served.tiles(given["id"])


def test_a_job_that_is_stopped_while_it_looks_looks_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve()
    settle = settling.settle

    def stopped(*_args: Any) -> settling.Settled:
        raise UsageError("Something is wrong with the layers.")

    monkeypatch.setattr(settling, "settle", stopped)
    job = served.create(WISH, png()).get_json()
    assert job["steps"] == 0
    assert served.finish(job["id"])["state"] == "failed"
    refused = served.ask("POST", f"/jobs/{job['id']}/redo", json={"from_step": 1})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "conflict")
    monkeypatch.setattr(settling, "settle", settle)
    served.ask("POST", f"/jobs/{job['id']}/resume")
    assert served.finish(job["id"])["state"] == "succeeded"


def test_a_redo_keeps_the_depth(serve: Serve) -> None:
    served = serve()
    job = served.create(WISH, png()).get_json()
    before = served.finish(job["id"])
    map_before = (served.store / "jobs" / job["id"] / "attached" / DEPTH).read_bytes()
    wish = WISH | {"inpaint": {"engine": "telea", "seed": 5, "warn_divergence": 10}}
    assert served.ask("POST", f"/jobs/{job['id']}/redo", json={"from_step": 2, "project": wish}).status_code == 200
    after = served.finish(job["id"])
    assert after["state"] == "succeeded"
    assert after["project"]["layers"] == before["project"]["layers"]
    assert (served.store / "jobs" / job["id"] / "attached" / DEPTH).read_bytes() == map_before


def test_bands_take_their_speeds_from_the_depth() -> None:
    document = WISH | {"cut": {"mode": "straight"}, "layers": [{"height": 40}, {"height": 35}, {"disparity": 0.9}]}
    project, picture = from_json(document), paint(WIDTH, HEIGHT, 3)
    settled = settling.settle(project, picture, {}, Limits())
    found = settled.project.layers
    depth = decode(project, settled.pictures, WIDTH, HEIGHT, Limits()).depth
    assert depth is not None
    medians = [max(LEAST_DISPARITY, float(np.median(rows))) for rows in (depth[:40], depth[40:75])]
    assert [layer.disparity for layer in found] == pytest.approx([*medians, 0.9], abs=1e-4)


def test_looking_is_told_and_can_be_stopped() -> None:
    told: list[str] = []

    def stop(stage: str) -> None:
        told.append(stage)
        raise Cancelled

    begin: Begin = stop
    with pytest.raises(Cancelled):
        settling.settle(from_json(WISH), paint(WIDTH, HEIGHT, 3), {}, Limits(), begin)
    assert told == [STAGE]


def test_what_cannot_be_is_refused_before_there_is_a_job(serve: Serve) -> None:
    served = serve()
    unknown = served.create(WISH | {"depth": {"engine": "tarot"}}, png())
    assert (unknown.status_code, unknown.get_json()["code"]) == (400, "unknown_engine")
    beyond = served.create(WISH | {"hints": [{"box": [9000, 4, 9090, 20]}]}, png())
    assert beyond.status_code == 400
    assert served.ask("GET", "/jobs").get_json()["jobs"] == []


def test_suggest_looks_too(serve: Serve) -> None:
    served = serve()
    form = {"project": json.dumps(WISH), "picture": (io.BytesIO(png()), "p.png")}
    answer = served.ask("POST", "/suggest", data=form).get_json()
    assert names(answer["project"])[0] == "sky"
    assert answer["project"]["cut"]["depth"] == "depth.png"
    assert set(answer["pictures"]) == {"depth"}
    assert "prior" in answer["notes"][0]


def test_the_same_map_has_the_same_bytes(tmp_path: Path) -> None:
    depth = np.linspace(0, 1, 700, dtype=np.float32).reshape(20, 35)
    data = settling.depth_png(depth)
    assert data == settling.depth_png(depth.copy())
    (tmp_path / "d.png").write_bytes(data)
    back = np.asarray(Image.open(tmp_path / "d.png")).astype(np.float32) / 65535
    np.testing.assert_allclose(back, depth, atol=1 / 65535)
