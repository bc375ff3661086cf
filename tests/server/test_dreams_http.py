"""Dreams as jobs over HTTP: made, followed, cancelled, taken up after a kill, painted again from a frame, fetched."""

import io
import json
import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.diffusion import dreaming as diffusion_dreaming
from infinite_parallax.inpaint_server.engines import diffusers_engine
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.inpaint_server.pictures import encode_png
from infinite_parallax.shared import dream_document, dreaming
from infinite_parallax.shared.dreaming import DreamWish
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.painting import Canvas, Preparing, Progress
from PIL import Image

from .dreams_by_hand import Brush, dreamer_of, tone, wav
from .test_openapi import EVENTS, schema_of, validate

Serve = Callable[..., Any]
SOUND = wav(np.stack([tone(1.3, 300), tone(1.3, 700)], axis=1))
DOCUMENT: dict[str, Any] = {
    "name": "night",
    "dream": {"prompt": "a river", "painted_fps": 4, "fps": 12, "width": 48, "height": 32},
    "prompts": [{"at_s": 0.7, "prompt": "a storm"}],
}
FRAMES = 6


def rising(rate: int) -> np.ndarray:
    """A tone of 0.6 s that gets louder, and so is another in every frame."""
    whole = tone(0.6, 300, rate)
    return np.asarray(whole * np.linspace(0, 1, len(whole)), np.float32)


class Held(Brush):
    """A painter that waits before a picture until it is let go."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at, self.reached, self.go = at, threading.Event(), threading.Event()

    def paint(self, stroke: Any) -> np.ndarray:
        if len(self.strokes) == self.at and not self.go.is_set():
            self.reached.set()
            assert self.go.wait(30)
        return super().paint(stroke)


@pytest.fixture
def brush(monkeypatch: pytest.MonkeyPatch) -> Brush:
    return held(monkeypatch, Brush())


def held(monkeypatch: pytest.MonkeyPatch, brush: Any) -> Any:
    """A server in which this paints instead of a model."""
    monkeypatch.setattr(diffusers_engine, "missing", lambda: "")
    monkeypatch.setattr(diffusion_dreaming, "dreamer", dreamer_of(brush))
    return brush


def form(document: Any = DOCUMENT, sound: bytes = SOUND, **more: bytes) -> dict[str, Any]:
    parts: dict[str, Any] = {"dream": json.dumps(document), "sound": (io.BytesIO(sound), "sound.wav")}
    return parts | {name: (io.BytesIO(data), name) for name, data in more.items()}


def put(served: Any, job: str = "mine", **parts: Any) -> Any:
    return served.ask("PUT", f"/dreams/{job}", data=form(**parts))


def probed(video: bytes, path: Path) -> str:
    path.write_bytes(video)
    return subprocess.run([ffmpeg(), "-i", str(path)], capture_output=True, text=True, check=False).stderr


@pytest.mark.usefixtures("brush")
def test_a_dream_from_sound_to_video(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    made = put(served)
    assert made.status_code == 201
    job = made.get_json()
    assert (job["kind"], job["name"], job["steps"], job["width"], job["height"]) == ("dream", "night", FRAMES, 48, 32)
    events = served.events("mine")
    for _, kind, data in events:
        validate({"$ref": f"#/components/schemas/{EVENTS[kind]}"}, data)
    assert tuple(d["message"] for _, k, d in events if k == "stage") == ("Loading nothing", "Writing the video")
    assert [d["step"] for _, k, d in events if k == "progress"][-1] == FRAMES
    assert any(k == "preview" for _, k, _ in events)
    done = served.ask("GET", "/jobs/mine").get_json()
    assert (done["state"], done["step"]) == ("succeeded", FRAMES)
    video = served.ask("GET", "/jobs/mine/video")
    said = probed(video.data, tmp_path / "out.mp4")
    assert video.mimetype == "video/mp4"
    assert re.search(r"Duration: 00:00:01.3\d", said)
    assert "48x32" in said
    assert "12 fps" in said
    assert re.search(r"aac.*stereo", said)
    part = served.ask("GET", "/jobs/mine/video", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.data) == (206, b"ftyp")
    last = served.ask("GET", f"/jobs/mine/frames/{FRAMES}")
    assert served.ask("GET", "/jobs/mine/preview").data
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(last.data))),
        np.asarray(Image.open(io.BytesIO(served.ask("GET", "/jobs/mine/preview").data))),
    )
    assert served.ask("GET", "/jobs/mine/attached/sound").data == SOUND
    for path in ("frames/7", "manifest", "attached/picture", "report"):
        answer = served.ask("GET", f"/jobs/mine/{path}")
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_yet"), path
    assert put(served).status_code == 200
    assert served.ask("DELETE", "/jobs/mine").status_code == 204


@pytest.mark.usefixtures("brush")
def test_a_dream_begins_with_a_picture(serve: Serve, brush: Brush) -> None:
    served = serve()
    quiet = {"dream": {"strength": 0, "height": 48, "painted_fps": 2}}
    picture = encode_png(paint(96, 64, 3))
    job = put(served, document=quiet, picture=picture).get_json()
    assert (job["width"], job["height"]) == (72, 48)
    served.finish("mine")
    assert brush.strokes[0].before is not None
    frame = np.asarray(Image.open(io.BytesIO(served.ask("GET", "/jobs/mine/frames/3").data)))
    np.testing.assert_array_equal(frame, brush.strokes[0].before)
    assert served.ask("GET", "/jobs/mine/attached/picture").data == picture


@pytest.mark.usefixtures("brush")
def test_what_cannot_be_dreamt_is_refused_at_once(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve(limits=Limits(steps=5))
    short = wav(tone(0.5, 300))
    for parts, words in (
        ({}, "6 steps; this server takes 5"),
        ({"sound": b"RIFF no sound"}, "cannot be read as a sound"),
        ({"sound": short, "document": {"dream": {"strength": 2}}}, "dream.strength is 2"),
        ({"sound": short, "document": {"dream": {"start_s": 9}}}, "The sound lasts 0.5 s"),
        ({"sound": short, "document": {"dreams": {}}}, "dreams is not a part of a dream"),
        ({"sound": short, "document": {"output": {"format": "png"}}}, "a file for each frame"),
        ({"sound": short, "document": {"diffusers": {"preset": "kandinsky"}}}, "cannot be told a sound"),
        ({"sound": short, "other": b"x"}, "a file 'other'"),
        ({"sound": short, "picture": b"x"}, "picture"),
    ):
        answer = put(served, **parts)
        assert answer.status_code == 400, words
        assert words in answer.get_json()["error"]
        validate(schema_of("PUT", "/api/v1/dreams/{job_id}", 400), answer.get_json())
    monkeypatch.setattr(diffusers_engine, "missing", lambda: "not installed: pip install everything")
    answer = put(served, sound=short)
    assert answer.get_json()["code"] == "engine_unavailable"
    assert "pip install everything" in answer.get_json()["error"]
    assert served.ask("GET", "/jobs").get_json()["jobs"] == []


def test_without_the_models_a_sentence_says_what_to_install(serve: Serve) -> None:
    if not diffusers_engine.missing():
        pytest.skip("they are installed here")
    answer = put(serve())
    assert "pip install" in answer.get_json()["error"]


def test_a_dream_is_cancelled_resumed_and_ends_with_the_same_bytes(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    held(monkeypatch, Brush())
    whole = serve(tmp_path / "whole")
    put(whole)
    whole.finish("mine")
    brush = held(monkeypatch, Held(2))
    served = serve()
    put(served)
    assert brush.reached.wait(30)
    assert served.ask("GET", "/jobs/mine/frames/2").status_code == 200
    assert served.ask("GET", "/jobs/mine/video").get_json()["code"] == "not_yet"
    served.ask("POST", "/jobs/mine/cancel")
    brush.go.set()
    assert served.finish("mine")["state"] == "cancelled"
    assert len(brush.strokes) == 3
    served.context.stop()
    # as a kill leaves it: running, its last frame cut off in the middle
    record = served.store / "jobs" / "mine" / "job.json"
    record.write_text(record.read_text().replace('"cancelled"', '"running"'), encoding="utf-8")
    third = served.store / "jobs" / "mine" / "run" / "frames" / "frame_00002.png"
    third.write_bytes(third.read_bytes()[:100])
    brush = held(monkeypatch, Brush())
    again = serve(served.store)
    assert again.finish("mine")["state"] == "succeeded"
    assert len(brush.strokes) == FRAMES - 2
    assert again.ask("GET", "/jobs/mine/video").data == whole.ask("GET", "/jobs/mine/video").data
    for number in range(1, FRAMES + 1):
        path = f"/jobs/mine/frames/{number}"
        assert again.ask("GET", path).data == whole.ask("GET", path).data


def test_a_redo_paints_from_a_frame_on_or_only_writes_the_video(serve: Serve, brush: Brush) -> None:
    served = serve()
    put(served)
    served.finish("mine")
    first = [served.ask("GET", f"/jobs/mine/frames/{n}").data for n in range(1, FRAMES + 1)]
    video = served.ask("GET", "/jobs/mine/video").data

    def redo(step: int, **changed: Any) -> Any:
        project = DOCUMENT | {"dream": DOCUMENT["dream"] | changed}
        return served.ask("POST", "/jobs/mine/redo", json={"from_step": step, "project": project})

    assert redo(FRAMES + 1, fps=24).status_code == 200
    assert served.finish("mine")["state"] == "succeeded"
    assert len(brush.strokes) == FRAMES, "nothing was painted"
    assert served.ask("GET", "/jobs/mine/video").data != video
    assert redo(4, seed=5).status_code == 200
    assert served.finish("mine")["state"] == "succeeded"
    again = [served.ask("GET", f"/jobs/mine/frames/{n}").data for n in range(1, FRAMES + 1)]
    assert [a == b for a, b in zip(first, again, strict=True)] == [True] * 3 + [False] * 3
    assert redo(FRAMES + 2).get_json()["error"].startswith(f"from_step is {FRAMES + 2}")
    refused = redo(2, painted_fps=8)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "conflict")


def test_a_client_dreams_and_only_what_has_changed_is_done_again(
    listen: Callable[..., Any], brush: Brush, tmp_path: Path
) -> None:
    client, told = listen(), []
    wish = DreamWish(dream_document.from_json(DOCUMENT), SOUND)
    info = dreaming.dream(client, wish, tmp_path / "a.mp4", told.append, canvas_px=16)
    assert info.state == "succeeded"
    assert [m.done for m in told if isinstance(m, Progress) and m.what == "frame"][-1] == FRAMES
    assert Preparing("Writing the video") in told
    canvas = next(m for m in told if isinstance(m, Canvas))
    assert Image.open(io.BytesIO(canvas.png)).width == 16
    dreaming.dream(client, wish, tmp_path / "b.mp4", told.append)
    assert (tmp_path / "b.mp4").read_bytes() == (tmp_path / "a.mp4").read_bytes()
    other = dream_document.from_json(DOCUMENT | {"dream": DOCUMENT["dream"] | {"between": "hold"}})
    assert DreamWish(other, SOUND).job == wish.job
    dreaming.dream(client, DreamWish(other, SOUND), tmp_path / "b.mp4", told.append)
    assert (tmp_path / "b.mp4").read_bytes() != (tmp_path / "a.mp4").read_bytes()
    assert len(brush.strokes) == FRAMES
    assert client.frame(info.id, 1)[1:4] == b"PNG"
    assert DreamWish(other, SOUND, b"picture").job != wish.job


def test_a_client_stops_a_dream_and_goes_on(
    listen: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client, told = listen(), []
    held(monkeypatch, Brush())
    wish = DreamWish(dream_document.from_json(DOCUMENT), SOUND)

    def stop() -> bool:
        return any(isinstance(m, Progress) for m in told)

    with pytest.raises(Cancelled):
        dreaming.dream(client, wish, tmp_path / "a.mp4", told.append, stop)
    assert not (tmp_path / "a.mp4").exists()
    for event in client.events(wish.job):
        assert event.kind
    assert dreaming.dream(client, wish, tmp_path / "a.mp4", told.append).state == "succeeded"
    with pytest.raises(UsageError, match="no sound file"):
        DreamWish.read(wish.document, tmp_path / "none.wav")
    with pytest.raises(ParallaxError, match="The job has nothing to show"):
        client.manifest(wish.job)


@pytest.mark.parametrize(
    ("samples", "rate"),
    [
        (np.repeat(rising(192_000)[:, None], 2, axis=1), 192_000),
        (rising(8000), 8000),
        (np.zeros((26_460, 2), np.float32), 44_100),
        (np.ones(1, np.float32), 48_000),
    ],
    ids=["192 kHz stereo", "8 kHz mono", "silence", "one sample"],
)
@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.usefixtures("brush")
def test_sounds_of_every_kind_become_videos(
    serve: Serve, tmp_path: Path, samples: np.ndarray, rate: int, strength: float
) -> None:
    served = serve()
    wish = {"dream": {"strength": strength, "painted_fps": 5, "fps": 10, "width": 32, "height": 32}}
    job = put(served, document=wish, sound=wav(samples, rate)).get_json()
    assert job["steps"] == max(1, round(len(samples) / rate * 5))
    assert served.finish("mine")["state"] == "succeeded"
    said = probed(served.ask("GET", "/jobs/mine/video").data, tmp_path / "out.mp4")
    assert f"Duration: 00:00:00.{'60' if len(samples) > 1 else '10'}" in said
    frames = {served.ask("GET", f"/jobs/mine/frames/{n + 1}").data for n in range(job["steps"])}
    assert len(frames) == (1 if strength == 0 or rate == 44_100 else job["steps"])


def test_one_picture_is_painted_of_a_whole_sound(listen: Callable[..., Any], brush: Brush, tmp_path: Path) -> None:
    client = listen()
    wish = DreamWish(dream_document.from_json({"dream": {"still": True, "start_s": 0.3}}), SOUND)
    info = dreaming.dream(client, wish, tmp_path / "one.png", lambda _message: None)
    assert (info.steps, len(brush.strokes)) == (1, 1)
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.size == (Brush.native_px, Brush.native_px)
    with pytest.raises(ParallaxError, match="it is one picture"):
        client.download_video(info.id, tmp_path / "one.mp4")


def test_documents_say_what_is_wrong() -> None:
    whole = dream_document.from_json(DOCUMENT)
    assert dream_document.from_json(whole.to_json()) == whole
    for data, words in (
        ([], "must be an object"),
        ({"name": 3}, "name must be text"),
        ({"prompts": 3}, "prompts must be a list"),
        ({"prompts": [{"at": 3}]}, "prompts.0.at is not a setting"),
    ):
        with pytest.raises(UsageError, match=re.escape(words)):
            dream_document.from_json(data)
