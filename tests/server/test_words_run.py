"""Layers and objects by words, from the request to the plates: in a job, in a suggestion, on the command line."""

import base64
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.cli.main import main
from infinite_parallax.inpaint_server.asking import Asking
from infinite_parallax.inpaint_server.engines.contract import RunContext, StepContext
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.inpaint_server.settling import settle
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.errors import ParallaxError, UsageError
from infinite_parallax.shared.painting import Preparing, Warned, Wish, paint
from infinite_parallax.shared.plates import Manifest

from .fake_eyes import FakeEyes
from .lake_town import CHURCH, HILLS, TOWERS, WATER, X, numbers_of, town, wish

Serve = Callable[..., Any]


@pytest.fixture
def picture() -> bytes:
    return town()


def check_settled(project: dict[str, Any]) -> None:
    assert [layer["name"] for layer in project["layers"]] == ["sky", "hills", "water"]
    tops = np.cumsum([0, *(layer["height"] for layer in project["layers"][:-1])])
    np.testing.assert_allclose(tops, (0, 26, 54), atol=3)
    distances = [layer["distance"] for layer in project["layers"]]
    assert distances == sorted(distances)
    assert distances[0] < distances[-1]
    things = [(thing["name"], thing["layer"]) for thing in project["objects"]]
    assert things == [("church", 1), ("tower", 2), ("tower 2", 2)]


def test_a_suggestion_names_what_was_found(serve: Serve, eyes: FakeEyes, picture: bytes) -> None:
    form = {"project": json.dumps(wish()), "picture": (io.BytesIO(picture), "p.png")}
    answer = serve().ask("POST", "/suggest", data=form).get_json()
    check_settled(answer["project"])
    assert answer["project"]["cut"]["mode"] == "contour"
    assert set(answer["pictures"]) == {"segmentation", "object.0", "object.1", "object.2"}
    numbers = numbers_of(base64.b64decode(answer["pictures"]["segmentation"]))
    assert (numbers == HILLS + 2 * WATER).mean() > 0.97
    church = numbers_of(base64.b64decode(answer["pictures"]["object.0"]))
    assert (church[CHURCH] > 250).mean() > 0.8
    assert (church[~CHURCH] > 5).mean() < 0.02
    assert "No layer was found for dragons." in answer["notes"]
    assert "No object was found for ghost." in answer["notes"]
    assert eyes.asked == [("sky", "hills", "dragons", "water", "church", "tower", "ghost")]


def test_what_is_settled_is_not_looked_for_again(listen: Callable[..., Client], eyes: FakeEyes, picture: bytes) -> None:
    client = listen()
    first = client.suggest(projects.from_json(wish()), picture)
    sent = dict(first.pictures)
    eyes.asked.clear()
    settled = projects.from_json(first.project.to_json())
    again = client.suggest(settled, picture, sent)
    assert eyes.asked == []
    assert again.project == first.project
    assert again.pictures == {}


def test_a_job_looks_when_it_has_its_turn(
    listen: Callable[..., Client], eyes: FakeEyes, picture: bytes, tmp_path: Path
) -> None:
    client, told, heard, see = listen(), [], threading.Event(), eyes.see

    def tell(message: Any) -> None:
        told.append(message)
        heard.set()

    eyes.see = lambda seen: see(seen) if heard.wait(30) else []
    painted = paint(client, Wish(projects.from_json(wish()), picture, {}, ".png"), tmp_path, tell)
    check_settled(painted.project.to_json())
    # a listener hears how things stand, and may hear the same again as what happens
    stages = list(dict.fromkeys(message.stage for message in told if isinstance(message, Preparing)))
    assert stages[:3] == [
        "Looking for sky, hills, dragons, water, church, tower and ghost",
        "Comparing what was seen",
        "Settling how the picture is cut",
    ]
    assert "Lifting object 3 of 3" in stages
    assert "No layer was found for dragons." in [message.message for message in told if isinstance(message, Warned)]
    (info,) = client.jobs()
    assert info.steps == 3
    assert "No layer was found for dragons." in info.warnings
    check_manifest(painted.manifest)
    # the project beside the plates names pictures that lie there, and nobody has to look again
    kept = projects.load(tmp_path / "project.json")
    assert numbers_of((tmp_path / kept.cut.segmentation).read_bytes()).max() == 2
    assert all((tmp_path / thing.matte).is_file() for thing in kept.objects)
    with pytest.raises(ParallaxError, match="names no picture 'depth'"):
        client.attached(info.id, "depth")


def check_manifest(manifest: Manifest) -> None:
    assert [plate.name for plate in manifest.plates] == ["sky", "hills", "water"]
    assert [thing.name for thing in manifest.objects] == ["church", "tower", "tower 2"]
    assert [thing.layer for thing in manifest.objects] == [1, 2, 2]


def test_a_kill_between_looking_and_painting_comes_out_the_same(
    serve: Serve, eyes: FakeEyes, picture: bytes, gate: Serve
) -> None:
    loop = gate(step=1)
    served = serve(loop=loop)
    job = served.create(wish(), picture).get_json()
    assert job["steps"] == 0
    loop.wait()
    served.ask("POST", f"/jobs/{job['id']}/cancel")
    loop.go.set()
    assert served.finish(job["id"])["state"] == "cancelled"
    served.context.stop()
    seen = len(eyes.asked)
    again = serve(served.store)
    again.ask("POST", f"/jobs/{job['id']}/resume")
    assert again.finish(job["id"])["state"] == "succeeded"
    assert len(eyes.asked) == seen
    whole = again.create(wish(), picture).get_json()["id"]
    again.finish(whole)
    assert again.tiles(job["id"]) == again.tiles(whole)


def test_a_redo_keeps_what_was_found(serve: Serve, eyes: FakeEyes, picture: bytes) -> None:
    served = serve()
    job = served.create(wish(), picture).get_json()["id"]
    before = served.finish(job)
    tiles = served.tiles(job)
    changed = wish(inpaint={"seed": 5})
    answer = served.ask("POST", f"/jobs/{job}/redo", json={"from_step": 2, "project": changed})
    assert answer.status_code == 200, answer.get_json()
    after = served.finish(job)
    assert len(eyes.asked) == 1
    assert after["project"]["objects"] == before["project"]["objects"]
    assert after["project"]["inpaint"]["seed"] == 5
    assert served.tiles(job).keys() == tiles.keys()


def test_what_an_engine_imagines_is_parted_by_the_words_again(eyes: FakeEyes, picture: bytes) -> None:
    settled = settle(projects.from_json(wish()), numbers_of(picture), {}, Limits()).project
    assert settled.segment.layers == "sky . hills . water ."
    eyes.asked.clear()
    run = RunContext(numbers_of(picture), (), 3, 0)
    owner = np.where(X < 100, HILLS + 2 * WATER, 0).astype(np.int16)
    context = StepContext(run, 1, (), owner)
    painted = Asking(settled, SimpleNamespace(imagines=True)).numbers(context, run.source, X >= 100, lambda: False)
    assert eyes.asked == [("sky", "hills", "water")]
    assert (painted == HILLS + 2 * WATER).mean() > 0.97
    assert Asking(settled, SimpleNamespace()).numbers(context, run.source, X >= 100, lambda: False) is None


def test_a_job_that_has_not_looked_cannot_be_redone(serve: Serve, eyes: FakeEyes, picture: bytes) -> None:
    served = serve()
    eyes.see = lambda _picture: (_ for _ in ()).throw(UsageError("The eyes are shut.", "Open them."))
    job = served.create(wish(), picture).get_json()["id"]
    done = served.finish(job)
    assert (done["state"], done["error"]["error"]) == ("failed", "The eyes are shut.")
    answer = served.ask("POST", f"/jobs/{job}/redo", json={"from_step": 1})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "conflict")


@pytest.mark.usefixtures("eyes")
def test_layers_of_ones_own_are_kept_where_they_are_as_many(serve: Serve, picture: bytes) -> None:
    served = serve()
    own = [{"name": n, "height": h, "velocity": [-v, 0]} for n, h, v in (("a", 26, 1), ("b", 28, 2), ("c", None, 4))]
    form = {"project": json.dumps(wish(layers=own, cut={"mode": "contour"})), "picture": (io.BytesIO(picture), "p")}
    project = served.ask("POST", "/suggest", data=form).get_json()["project"]
    assert [(x["name"], x["velocity"]) for x in project["layers"]] == [("a", [-1, 0]), ("b", [-2, 0]), ("c", [-4, 0])]
    assert project["cut"]["segmentation"] == "segmentation.png"
    form = {"project": json.dumps(wish(layers=own[1:])), "picture": (io.BytesIO(picture), "p")}
    refused = served.ask("POST", "/suggest", data=form).get_json()
    assert refused["error"] == "The words gave 3 layers (sky, hills and water), but the project has 2."


@pytest.mark.parametrize("cut", [{"mode": "straight"}, {"mode": "auto"}])
@pytest.mark.usefixtures("eyes")
def test_straight_bands_lie_where_the_words_are(serve: Serve, picture: bytes, cut: dict[str, str]) -> None:
    motion = {"direction_deg": 90, "steps": 3} if cut["mode"] == "auto" else {"steps": 3}
    form = {"project": json.dumps(wish(cut=cut, motion=motion)), "picture": (io.BytesIO(picture), "p.png")}
    project = serve().ask("POST", "/suggest", data=form).get_json()["project"]
    assert project["cut"]["mode"] == "straight"
    check_settled(project)


@pytest.mark.usefixtures("eyes")
def test_too_few_layers_leave_the_cut_to_itself(serve: Serve, picture: bytes) -> None:
    segment = {"engine": "eyes", "layers": "sky . dragons"}
    form = {"project": json.dumps(wish(segment=segment)), "picture": (io.BytesIO(picture), "p.png")}
    answer = serve().ask("POST", "/suggest", data=form).get_json()
    assert answer["notes"][1] == "Fewer than two layers were found, so the picture is cut without the words."
    assert answer["pictures"] == {}
    assert answer["project"]["cut"]["segmentation"] == ""


@pytest.mark.usefixtures("eyes")
def test_objects_alone_ride_the_layers_of_the_usual_cut(serve: Serve, picture: bytes) -> None:
    bands = [{"height": 26, "velocity": [-1, 0]}, {"height": 28, "velocity": [-2, 0]}, {"velocity": [-4, 0]}]
    segment = {"engine": "eyes", "objects": "tower . church"}
    form = {
        "project": json.dumps(wish(segment=segment, layers=bands, cut={"mode": "straight"})),
        "picture": (io.BytesIO(picture), "p.png"),
    }
    project = serve().ask("POST", "/suggest", data=form).get_json()["project"]
    assert [(thing["name"], thing["layer"]) for thing in project["objects"]] == [
        ("church", 1),
        ("tower", 2),
        ("tower 2", 2),
    ]


@pytest.mark.usefixtures("eyes")
def test_the_command_line_writes_what_was_found(
    picture: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, labels = tmp_path / "p.png", tmp_path / "labels.png"
    source.write_bytes(picture)
    command = ["segment", str(source), "--engine", "eyes", "-o", str(labels)]
    assert main([*command, "--words", "sky . hills . water . dragons", "--objects", "tower . ghost"]) == 0
    said = capsys.readouterr().out
    assert "tower: sure 0.70, columns 27 to 34, rows 60 to 74" in said
    assert "No layer was found for dragons." in said
    assert "No object was found for ghost." in said
    assert (numbers_of(labels.read_bytes()) == HILLS + 2 * WATER).mean() > 0.97
    matte = numbers_of((tmp_path / "labels_tower.png").read_bytes())
    assert matte[TOWERS[0]].mean() > 200
    assert (tmp_path / "labels_tower_2.png").is_file()
    assert main(command) == 2
    assert "nothing to look for" in capsys.readouterr().err


@pytest.mark.usefixtures("eyes")
def test_a_suggested_project_lies_beside_what_was_found(picture: bytes, tmp_path: Path) -> None:
    source, out = tmp_path / "p.png", tmp_path / "made" / "journey.json"
    source.write_bytes(picture)
    words = ["--segment-engine", "eyes", "--segment-layers", "sky . hills . water", "--segment-objects", "church"]
    assert main(["suggest", str(source), *words, "-o", str(out)]) == 0
    project = projects.load(out)
    assert project.cut.segmentation == "journey_segmentation.png"
    assert [thing.matte for thing in project.objects] == ["journey_object.0.png"]
    assert numbers_of((out.parent / project.cut.segmentation).read_bytes()).max() == 2
    assert main(["plan", "--project", str(out)]) == 0
