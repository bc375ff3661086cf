"""A journey that is painted to a sound: each step by its own moment, over HTTP, stopped and gone on with."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.dreams.slices import Slices
from infinite_parallax.inpaint_server.engines.contract import Heard, InpaintRequest
from infinite_parallax.inpaint_server.pictures import encode_png
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.ambience import RATE, write_wav
from infinite_parallax.shared.attachments import read_attached
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.example_picture import paint

from . import tiny_hearing
from .test_diffusers_job import DEADLINE_S, served, tiles
from .tiny_models import NATIVE_PX


def sound(path: Path, *loudness: float) -> Path:
    """Noise whose loudness is given for each second."""
    levels = np.repeat(np.array(loudness, np.float32), RATE)
    noise = np.random.default_rng(1).normal(0, 0.2, len(levels)).astype(np.float32) * levels
    write_wav(path, noise[:, None], RATE)
    return path


def wish(model: Path, heard: Path | None, **more: Any) -> Any:
    section = {"model": str(model), "native_px": NATIVE_PX, "steps": 2, "device": "cpu", "sound_weight": 0.8}
    return projects.from_json(
        {
            "inpaint": {"engine": "diffusers", "prompt": "a river", "warn_divergence": 10},
            "diffusers": section | {"ahead_steps": 1, "sound": str(heard) if heard else ""} | more,
            "motion": {"steps": 8},
            "plates": {"tile_px": 96, "overlap_px": 2},
            "layers": [{"height": 12, "velocity": [-3, 0]}, {"velocity": [-7.5, 0]}],
        }
    )


def painted(client: Any, project: Any, job: str, folder: Path, stopped: bool = False) -> list[bytes]:
    client.create_job(project, encode_png(paint(48, 32, 3)), job, read_attached(project))
    if stopped:
        with contextlib.closing(client.events(job, patience_s=DEADLINE_S)) as events:
            next(event for event in events if event.kind == "progress" and event.data["step"] >= 1)
        client.cancel(job)
        with pytest.raises(Cancelled):
            client.wait(job)
        client.resume(job)
    assert client.wait(job).state == "succeeded", client.job(job)
    return tiles(folder / job, client.download_plates(job, folder / job))


def test_a_sound_moves_what_is_painted_at_its_moment(tiny: Path, tmp_path: Path) -> None:
    even, late = sound(tmp_path / "even.wav", 1, 1, 1, 1), sound(tmp_path / "late.wav", 0, 1, 1, 1)
    with served(tmp_path / "store") as client:
        whole = painted(client, wish(tiny / "inpaint", even), "even", tmp_path)
        assert painted(client, wish(tiny / "inpaint", None), "mute", tmp_path) != whole
        assert painted(client, wish(tiny / "inpaint", late), "late", tmp_path) != whole
        assert painted(client, wish(tiny / "inpaint", even), "stopped", tmp_path, stopped=True) == whole


def asked(model: Path, heard: Heard | None, **options: Any) -> Any:
    picture = paint(NATIVE_PX, NATIVE_PX, 3)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[:, 40:] = 255
    section = {"model": str(model), "native_px": NATIVE_PX, "steps": 2, "device": "cpu", "sound_weight": 0.5} | options
    return engines.load("diffusers").inpaint(picture, mask, InpaintRequest("a river", options=section, heard=heard))


def test_every_family_hears_and_a_weight_of_nothing_is_the_prompt(tiny: Path, tmp_path: Path) -> None:
    tiny_hearing.build_second(tmp_path)
    noise = np.random.default_rng(0).normal(0, 0.2, 3 * RATE).astype(np.float32)
    first, later = (Heard(Slices(noise, RATE, 1.0), index) for index in (0.0, 1.5))
    for model in (tiny / "inpaint", tmp_path / "second_inpaint", tiny / "xl"):
        pictures = [asked(model, heard) for heard in (None, first, later)]
        assert len({picture.tobytes() for picture in pictures}) == 3
        unheard = asked(model, first, sound_weight=0.0)
        assert np.abs(unheard.astype(int) - pictures[0]).max() <= 1


def test_with_a_controlnet_a_sound_is_heard_too(tiny: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, RATE).astype(np.float32)
    picture = paint(NATIVE_PX, NATIVE_PX, 3)
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[:, 40:] = 255
    section = {"model": str(tiny / "plain"), "controlnet": str(tiny / "controlnet"), "native_px": NATIVE_PX}
    section |= {"steps": 2, "device": "cpu"}
    depth = np.linspace(0, 1, NATIVE_PX, dtype=np.float32)[:, None] * np.ones((1, NATIVE_PX), np.float32)
    heard = Heard(Slices(noise, RATE, 1.0), 0)
    engine = engines.load("diffusers")
    asked_for = [InpaintRequest("a river", options=section, depth=depth, heard=moment) for moment in (None, heard)]
    mute, moved = (engine.inpaint(picture, mask, request) for request in asked_for)
    assert (mute != moved).any()


def test_a_file_that_is_no_sound_is_refused_with_the_job(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    with served(tmp_path / "store") as client:
        project = wish(tiny / "inpaint", tmp_path / "text.wav")
        with pytest.raises(UsageError, match="file for sound cannot be read"):
            client.create_job(project, encode_png(paint(48, 32, 3)), "job", read_attached(project))
        with pytest.raises(UsageError, match="names a file for sound, which was not sent"):
            client.create_job(project, encode_png(paint(48, 32, 3)), "job", {})
