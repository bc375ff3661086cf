"""Redo through the HTTP surface: what is kept, what is painted again, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax.shared import plates

Serve = Callable[..., Any]
Document = Callable[..., dict[str, Any]]


def test_redo_paints_again_from_a_step(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    job = served.create(document(engine="walk"), picture).get_json()["id"]
    assert served.finish(job)["state"] == "succeeded"
    before = served.tiles(job)
    again = served.ask("POST", f"/jobs/{job}/redo", json={"from_step": 1, "project": document(engine="telea")})
    assert (again.status_code, again.get_json()["step"]) == (200, 0)
    done = served.finish(job)
    assert (done["state"], done["project"]["inpaint"]["engine"]) == ("succeeded", "telea")
    assert served.tiles(job) != before
    served.ask("POST", f"/jobs/{job}/redo", json={"from_step": 1, "project": document(engine="walk")})
    served.finish(job)
    assert served.tiles(job) == before


def test_a_redo_keeps_the_notes_on_the_cut(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    job = served.create(document(engine="telea", warn_divergence=0.0001), picture).get_json()["id"]
    done = served.finish(job)["warnings"]
    assert len(done) > 1, "there are a note on the cut and warnings of painting"
    again = served.ask("POST", f"/jobs/{job}/redo", json={"from_step": 1}).get_json()["warnings"]
    assert again == done[:1]
    assert "Layers" in again[0]
    assert served.finish(job)["warnings"] == done


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"motion": {"steps": 9}}, "number of steps"),
        ({"plates": {"tile_px": 128, "overlap_px": 2}}, "tile_px"),
        ({"plates": {"tile_px": 64, "overlap_px": 3}}, "overlap_px"),
        ({"layers": [{"height": 11, "velocity": [-3, 0]}, {"velocity": [-7.5, 0]}]}, "heights"),
        ({"layers": [{"height": 12, "velocity": [-4, 0]}, {"velocity": [-7.5, 0]}]}, "velocities"),
        ({"mask": {"feather_px": 3}}, "mask"),
    ],
)
def test_redo_keeps_the_geometry(
    serve: Serve, document: Document, picture: bytes, change: dict[str, Any], word: str
) -> None:
    served = serve()
    job = served.create(document(), picture).get_json()["id"]
    served.finish(job)
    answer = served.ask("POST", f"/jobs/{job}/redo", json={"from_step": 2, "project": document() | change})
    assert answer.status_code == 409
    assert word in answer.get_json()["error"]
    assert "new job" in answer.get_json()["hint"]


@pytest.mark.parametrize(
    "body", [{"from_step": 0}, {"from_step": 8}, {"from_step": "2"}, {}, [], {"from_step": 1, "x": 1}]
)
def test_redo_with_a_wrong_step(serve: Serve, document: Document, picture: bytes, body: Any) -> None:
    served = serve()
    job = served.create(document(), picture).get_json()["id"]
    served.finish(job)
    answer = served.ask("POST", f"/jobs/{job}/redo", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


def test_a_redo_between_two_looks_at_the_manifest_is_no_fault(
    serve: Serve, document: Document, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve()
    job = served.create(document(), picture).get_json()["id"]
    served.finish(job)
    load = plates.load

    def taken_away(folder: Path) -> plates.Manifest:
        (folder / "manifest.json").unlink()
        return load(folder)

    monkeypatch.setattr(plates, "load", taken_away)
    answer = served.ask("GET", f"/jobs/{job}/tiles/any.png")
    assert answer.status_code == 404
    assert "being painted again" in answer.get_json()["error"]
