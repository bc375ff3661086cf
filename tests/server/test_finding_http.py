"""Finding by words or by pointing, over HTTP: what comes back, and what is refused."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.model_settings import Segment
from infinite_parallax.shared.pointing import Touch
from PIL import Image

from .fake_eyes import FakeEyes
from .lake_town import CHURCH, H, W, numbers_of, town, wish

Serve = Callable[..., Any]


@pytest.fixture
def picture() -> bytes:
    return town()


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
