"""Layers and objects by words, from the request to the plates: in a job, in a suggestion, on the command line."""

import base64
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from infinite_parallax.cli.main import main
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.asking import Asking
from infinite_parallax.inpaint_server.engines.contract import RunContext, StepContext
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.inpaint_server.settling import settle
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.errors import ParallaxError, UsageError
from infinite_parallax.shared.model_settings import Segment
from infinite_parallax.shared.painting import Preparing, Warned, Wish, paint
from infinite_parallax.shared.plates import Manifest
from infinite_parallax.shared.pointing import Touch
from PIL import Image

from .fake_eyes import FakeEyes, entry_points, found

Serve = Callable[..., Any]
W, H = 128, 80
Y, X = np.mgrid[0:H, 0:W]
RIDGE = 26 + 5 * np.sin(X / 9)
SKY, HILLS, WATER = RIDGE > Y, (RIDGE <= Y) & (Y < 54), Y >= 54
CHURCH = (abs(X - 60) < 7) & (Y >= 34) & (Y < 50)
TOWERS = [(abs(X - at) < 4) & (Y >= 60) & (Y < 74) for at in (30, 100)]


@pytest.fixture
def picture() -> bytes:
    """A PNG: sky, hills and water, a church on the hills and two towers in the water."""
    out = np.zeros((H, W, 3), np.uint8)
    shares = ((SKY, (180, 205, 240)), (HILLS, (70, 95, 50)), (WATER, (40, 70, 130)), (CHURCH, (230, 225, 220)))
    for share, colour in (*shares, *((tower, (200, 60, 40)) for tower in TOWERS)):
        out[share] = colour
    out += np.random.default_rng(3).integers(0, 9, out.shape, np.uint8)
    data = io.BytesIO()
    Image.fromarray(out).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> FakeEyes:
    """An engine that sees what there is, with gaps; other people's engines are found by entry points."""
    finds = [
        found("sky", 0.8, SKY & (RIDGE - 3 > Y)),
        found("hills", 0.6, HILLS & (RIDGE + 2 < Y) & ~CHURCH),
        found("water", 0.5, WATER & ~TOWERS[0] & ~TOWERS[1]),
        found("church", 0.9, CHURCH),
        *(found("tower", 0.7 - i / 10, tower) for i, tower in enumerate(TOWERS)),
    ]
    made = FakeEyes(lambda _picture: finds)
    monkeypatch.setattr(engines, "entry_points", entry_points(made))
    return made


def wish(**parts: Any) -> dict[str, Any]:
    segment = {"engine": "eyes", "layers": "sky . hills . dragons . water .", "objects": "church . tower . ghost"}
    return {"segment": segment, "motion": {"steps": 3}, "plates": {"tile_px": 256}} | parts


def numbers_of(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


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


@pytest.mark.parametrize(
    ("engine", "sentence"),
    [("nobody", "no segment engine 'nobody'"), ("grabcut", "finds nothing by words")],
)
def test_engines_that_cannot_are_refused_at_once(serve: Serve, picture: bytes, engine: str, sentence: str) -> None:
    served = serve()
    answer = served.create(wish(segment={"engine": engine, "layers": "sky . sea"}), picture)
    assert answer.status_code == 400
    assert sentence in answer.get_json()["error"]
    assert served.ask("GET", "/jobs").get_json()["jobs"] == []


def test_finds_over_http(listen: Callable[..., Client], eyes: FakeEyes, picture: bytes) -> None:
    client = listen()
    finds = client.find(picture, "Tower; church", Segment(engine="eyes", threshold=0.4))
    assert [(one.words, one.score) for one in finds] == [("church", 0.9), ("tower", 0.7), ("tower", 0.6)]
    assert finds[0].box == (54, 34, 67, 50)
    np.testing.assert_array_equal(numbers_of(finds[0].mask), CHURCH * np.uint8(255))
    assert eyes.looks[-1].options["threshold"] == 0.4
    touched = client.outline(picture, Touch(box=(10, 20, 30, 40)), Segment(engine="eyes"))
    assert (touched.words, touched.box) == ("", (10, 20, 30, 40))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "either words or a touch"),
        ({"words": "sky", "touch": "{}"}, "either words or a touch"),
        ({"touch": '{"on": [[500, 3]]}'}, "outside the picture"),
        ({"touch": '{"on": [3]}'}, "touch.on.0 must be a pair of numbers"),
        ({"touch": "{}"}, "Nothing is pointed at"),
        ({"words": "sky", "engine": "grabcut"}, "finds nothing by words"),
        ({"words": "sky", "settings": '{"colour": 3}'}, "settings.colour is not a setting"),
    ],
)
def test_what_cannot_be_found_is_refused_in_a_sentence(
    serve: Serve, picture: bytes, form: dict[str, str], sentence: str
) -> None:
    sent = {"engine": "grabcut"} | form | {"picture": (io.BytesIO(picture), "p.png")}
    answer = serve().ask("POST", "/segment", data=sent)
    assert answer.status_code == 400
    assert sentence in answer.get_json()["error"]


def test_the_stand_in_outlines_what_is_pointed_at(serve: Serve, picture: bytes) -> None:
    touch = {"on": [[60, 42]], "beside": [[60, 20]]}
    form = {"touch": json.dumps(touch), "picture": (io.BytesIO(picture), "p.png")}
    answer = serve().ask("POST", "/segment", data=form).get_json()
    assert answer["engine"] == "grabcut"
    mask = numbers_of(base64.b64decode(answer["found"][0]["mask"])) > 0
    assert (mask & CHURCH).sum() / (mask | CHURCH).sum() > 0.9


@pytest.mark.usefixtures("eyes")
def test_the_masks_are_those_of_the_picture_upright(serve: Serve) -> None:
    """A picture that lies on its side in the file is found in as it is shown."""
    turned = Image.fromarray(np.zeros((W, H, 3), np.uint8))
    exif = turned.getexif()
    exif[0x0112] = 6
    data = io.BytesIO()
    turned.save(data, "JPEG", exif=exif)
    form = {"words": "church", "engine": "eyes", "picture": (io.BytesIO(data.getvalue()), "p.jpg")}
    answer = serve().ask("POST", "/segment", data=form).get_json()
    assert (answer["width"], answer["height"]) == (W, H)
    assert cv2.imdecode(np.frombuffer(base64.b64decode(answer["found"][0]["mask"]), np.uint8), 0).shape == (H, W)
