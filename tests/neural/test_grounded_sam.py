"""Finding by words with tiny models of random weights: kinds, sizes, sameness and refusals, never sense."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.app import create_app
from infinite_parallax.inpaint_server.context import KEY, Config
from infinite_parallax.inpaint_server.engines import grounded_sam
from infinite_parallax.inpaint_server.engines.looking import Look, Segment, Touch
from infinite_parallax.shared.errors import Cancelled, ParallaxError
from PIL import Image

from . import tiny_segment

HEIGHT, WIDTH = 48, 80
EVERYTHING = {"threshold": 0.0, "text_threshold": 0.0}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Folders of the two tiny models, as the section `segment` names them."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "model": str(tiny_segment.detector(folder / "detector")),
        "mask_model": str(tiny_segment.outliner(folder / "outliner")),
    }


@pytest.fixture
def picture() -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([2 * x, 3 * y, (x * y) % 200], axis=2).astype(np.uint8)


def find(
    picture: np.ndarray, models: dict[str, str], words: tuple[str, ...] = ("sky", "red tower"), **options: Any
) -> list[Segment]:
    return engines.load_segment("grounded_sam").segment(picture, words, Look(models | EVERYTHING | options))


def test_finds_are_whole_and_the_same_again(picture: np.ndarray, models: dict[str, str]) -> None:
    first, second = find(picture, models), find(picture, models)
    assert 16 < len(first) <= 20  # more than one chunk of boxes
    assert {one.words for one in first} <= {"sky", "red tower"}
    for one in first:
        assert (one.share.shape, one.share.dtype) == ((HEIGHT, WIDTH), np.bool_)
        left, top, right, bottom = one.box
        assert 0 <= left < right <= WIDTH
        assert 0 <= top < bottom <= HEIGHT
    assert [one.score for one in first] == sorted((one.score for one in first), reverse=True)
    for a, b in zip(first, second, strict=True):
        assert (a.words, a.score, a.box) == (b.words, b.score, b.box)
        np.testing.assert_array_equal(a.share, b.share)


def test_chunks_do_not_change_the_masks(
    picture: np.ndarray, models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = find(picture, models)
    monkeypatch.setattr(grounded_sam, "AT_ONCE", 3)
    for a, b in zip(whole, find(picture, models), strict=True):
        assert (a.share != b.share).mean() < 0.01


def test_only_the_surest_of_very_many_are_outlined(
    picture: np.ndarray, models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grounded_sam, "MOST_BOXES", 4)
    told: list[str] = []
    engine = engines.load_segment("grounded_sam")
    found = engine.segment(picture, ("sky",), Look(models | EVERYTHING, tell=told.append))
    assert len(found) == 4
    assert any(sentence.startswith("Outlining the surest 4 of ") for sentence in told)


def test_nothing_found_is_nothing_outlined(picture: np.ndarray, models: dict[str, str]) -> None:
    # a folder that is none would be refused if anybody opened it
    assert find(picture, models | {"mask_model": "/nowhere"}, threshold=1.0) == []


def test_more_words_than_the_model_reads_at_once_are_all_looked_for(
    picture: np.ndarray, models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    prompt = grounded_sam._prompt
    monkeypatch.setattr(grounded_sam, "_prompt", lambda words: read.append(prompt(words)) or prompt(words))
    words = ("sky", "church", "abcdefgh", "ijklmnop", "tower", "qrstuvwx", "river")
    find(picture, models, words)
    asked = {tuple(text.split(" . ")) for text in read}
    assert len(asked) > 1
    assert all(any(word in text for text in read) for word in words)


def test_what_is_pointed_at_is_outlined(picture: np.ndarray, models: dict[str, str]) -> None:
    engine, look = engines.load_segment("grounded_sam"), Look(models)
    for touch in (
        Touch(on=((10, 10),)),
        Touch(on=((10, 10), (30, 20)), beside=((60, 40),)),
        Touch(box=(5, 5, 40, 30)),
        Touch(on=((10, 10),), box=(5, 5, 40, 30)),
    ):
        share = engine.touch(picture, touch, look)
        assert (share.shape, share.dtype) == ((HEIGHT, WIDTH), np.bool_)
        np.testing.assert_array_equal(share, engine.touch(picture, touch, look))


def test_it_stops_between_two_chunks(
    picture: np.ndarray, models: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grounded_sam, "AT_ONCE", 1)
    asked = iter([False] * 5)
    with pytest.raises(Cancelled):
        engines.load_segment("grounded_sam").segment(
            picture, ("sky",), Look(models | EVERYTHING), lambda: next(asked, True)
        )


@pytest.mark.parametrize("which", ["model", "mask_model"])
def test_a_model_that_is_not_there_is_a_sentence(picture: np.ndarray, models: dict[str, str], which: str) -> None:
    with pytest.raises(ParallaxError, match=r"/nowhere|nobody/nothing") as caught:
        find(picture, models | {which: "nobody/nothing"})
    assert caught.value.hint
    with pytest.raises(ParallaxError, match="There is no folder /nowhere/at/all"):
        find(picture, models | {which: "/nowhere/at/all"})


def test_a_box_is_of_the_word_whose_tokens_fit_best() -> None:
    # [CLS] red tower . sky . [SEP]: the marks fit best, and mean nothing
    tokens, stop = [2, 10, 8, 5, 6, 5, 3], 5
    odds = np.array([[0.9, 0.2, 0.7, 0.9, 0.4, 0.1, 0.9], [0.9, 0.1, 0.1, 0.9, 0.3, 0.1, 0.2]], np.float32)
    fitting = grounded_sam._fitting(odds, tokens, stop, 2)
    np.testing.assert_allclose(fitting, [[0.7, 0.4], [0.1, 0.3]])


@pytest.fixture
def http(tmp_path: Path) -> Iterator[Any]:
    """A server at work; asks it with its token."""
    app = create_app(Config(tmp_path / "store", "secret"))
    app.extensions[KEY].worker.start()
    client = app.test_client()

    def ask(method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": "Bearer secret"}
        return client.open(f"/api/v1{path}", method=method, headers=headers, buffered=True, **options)

    yield ask
    app.extensions[KEY].stop()


def png(picture: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def test_a_whole_job_over_http(http: Any, picture: np.ndarray, models: dict[str, str]) -> None:
    large = np.kron(picture, np.ones((2, 2, 1), np.uint8))
    segment = {"engine": "grounded_sam", "layers": "sky . river", "objects": "tower"} | models | EVERYTHING
    wish = {"segment": segment, "motion": {"steps": 2, "step_px": 4}, "inpaint": {"warn_divergence": 10}}
    form = {"project": json.dumps(wish), "picture": (io.BytesIO(png(large)), "p.png")}
    answer = http("POST", "/jobs", data=form)
    assert answer.status_code == 201, answer.get_json()
    job = answer.get_json()["id"]
    http("GET", f"/jobs/{job}/events").get_data()  # until it ends
    done = http("GET", f"/jobs/{job}").get_json()
    assert (done["state"], done["step"]) == ("succeeded", 2), done["error"]
    # it has looked: what chance has found cannot be known, but that the words are done with
    assert done["project"]["segment"]["objects"] == ""
    assert any("layer" in note for note in done["warnings"])


def test_finds_over_http(http: Any, picture: np.ndarray, models: dict[str, str]) -> None:
    form = {
        "words": "sky . red tower",
        "settings": json.dumps(models | EVERYTHING),
        "picture": (io.BytesIO(png(picture)), "p.png"),
    }
    answer = http("POST", "/segment", data=form).get_json()
    assert answer["engine"] == "grounded_sam"
    assert len(answer["found"]) == len(find(picture, models))
