"""Several Blenders render one video: the same frames and the same sound as one does, whatever stops them on the way."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import export, headless, passes, targets
from infinite_parallax.shared.chunks import crew, ranges, rendering, store
from infinite_parallax.shared.chunks.rendering import Task
from infinite_parallax.shared.errors import Cancelled, ParallaxError
from infinite_parallax.shared.formats import FORMATS, numbered
from infinite_parallax.shared.scene import SceneSpec

from .build_options import WITH_SOUND
from .made import document, made, read_pixels
from .videos import decoded

pytestmark = pytest.mark.blender

BOOT = Path(__file__).resolve().parents[2] / "blender_addon" / "boot.py"
SAMPLES_PER_FRAME = 4000


@pytest.fixture(autouse=True)
def short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of twelve frames, so that a short scene has three."""
    monkeypatch.setattr(ranges, "SHORTEST", 12)


def built(folder: Path, seconds: float = 3.0, **sections: Any) -> tuple[SceneSpec, Path]:
    """A scene of 12 frames per second with wind, saved."""
    data = document(180.0, sound={"ambience": "wind"}, **sections)
    data["motion"] |= {"steps": round(2 * seconds)}
    data["output"] = {"keyframe_group": 6} | data.get("output", {})
    spec = made(folder, data)
    scene = headless.open_scene(None, spec)
    targets.build(scene, spec, folder, folder)
    headless.save(folder / "it.blend")
    return spec, folder / "it.blend"


def task(ffmpeg: str, spec: SceneSpec, blend: Path, out: Path, workers: int = 2) -> Task:
    wish = json.dumps(store.as_document(spec.export))
    command = (sys.executable, str(BOOT), "serve", "--blend", str(blend), "--wish", wish)
    return Task(command, out, spec.export, store.folder_of(out), (blend,), ffmpeg, workers)


def heard(ffmpeg: str, path: Path) -> Any:
    """The sound of a file as it is played: float32 [samples, 2] at 48 kHz."""
    command = [ffmpeg, "-v", "error", "-i", str(path), "-f", "f32le", "-ar", "48000", "-ac", "2", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32).reshape(-1, 2)


def in_one_go(spec: SceneSpec, path: Path) -> Path:
    """The file as one Blender writes it."""
    passes.write(bpy.context.scene, spec.export, path)
    return path


def same_frames(ffmpeg: str, spec: SceneSpec, path: Path) -> None:
    """The frames of a file without loss are those that one Blender writes."""
    one = in_one_go(spec, path.with_name("one.mp4"))
    found, wanted = (decoded(ffmpeg, video, spec.width, spec.height).frames for video in (path, one))
    assert np.array_equal(found, wanted)


def test_without_loss_every_frame_and_the_sound_are_those_of_one_blender(tmp_path: Path, ffmpeg: str) -> None:
    spec, blend = built(tmp_path, output={"crf": 0})
    told: list[Any] = []
    rendering.render(task(ffmpeg, spec, blend, tmp_path / "many.mp4"), lambda what, value: told.append((what, value)))
    one = decoded(ffmpeg, in_one_go(spec, tmp_path / "one.mp4"), spec.width, spec.height)
    many = decoded(ffmpeg, tmp_path / "many.mp4", spec.width, spec.height)
    assert len(many.frames) == spec.frames == 36
    assert np.array_equal(many.frames, one.frames)
    assert set(range(0, 36, 12)) <= set(many.keys)
    assert ("crew", 2) in told
    frames = [value for what, value in told if what == "frame"]
    assert frames == sorted(frames)
    assert (frames[0], frames[-1]) == ((0, 36), (36, 36))
    assert not store.folder_of(tmp_path / "many.mp4").exists()
    evenly(ffmpeg, tmp_path / "many.mp4", spec.frames)
    if WITH_SOUND:
        same_sound(heard(ffmpeg, tmp_path / "one.mp4"), heard(ffmpeg, tmp_path / "many.mp4"), spec)


def evenly(ffmpeg: str, path: Path, frames: int) -> None:
    """Every frame of a video is decoded and shown as long as any other, to what its container can say."""
    command = [ffmpeg, "-v", "error", "-i", str(path), "-map", "0:v", "-c", "copy", "-f", "framecrc", "-"]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    packets = np.array([[int(word) for word in line.split(",")[1:3]] for line in lines if line.startswith("0,")])
    assert len(packets) == frames
    for times in (packets[:, 0], np.sort(packets[:, 1])):
        assert np.ptp(np.diff(times)) <= (1 if path.suffix == ".webm" else 0)


def same_sound(one: Any, many: Any, spec: SceneSpec) -> None:
    """The same to what an encoder loses, as long, and no louder steps from sample to sample at the joints."""
    assert len(many) == pytest.approx(spec.frames * SAMPLES_PER_FRAME, abs=1024)
    length = spec.frames * SAMPLES_PER_FRAME - 1024
    one, many = one[:length].astype(float), many[:length].astype(float)
    assert np.sqrt((one**2).mean()) > 0.01
    assert ((one - many) ** 2).mean() < (one**2).mean() / 100
    steps = np.abs(np.diff(many, axis=0)).max(axis=1)
    for joint in range(12, spec.frames, 12):
        around = steps[joint * SAMPLES_PER_FRAME - 480 : joint * SAMPLES_PER_FRAME + 480]
        assert around.max() < 1.5 * np.abs(np.diff(one, axis=0)).max()


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_comes_out_of_chunks_as_out_of_one_go(
    tmp_path: Path, ffmpeg: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ffmpeg").symlink_to(ffmpeg)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), os.pathsep)
    # AV1 as Blender has it set up does not write very small frames
    width = 640 if name == "av1" else None
    spec, blend = built(tmp_path, 1.5, output={"format": name, "width": width})
    if FORMATS[name].container and not headless.output_settings.can_write(bpy.context.scene, FORMATS[name]):
        with pytest.raises(ParallaxError, match="This Blender cannot write"):
            rendering.render(task(ffmpeg, spec, blend, tmp_path / f"many{FORMATS[name].suffix}"))
        return
    many, one = (tmp_path / who / f"it{FORMATS[name].suffix}" for who in ("many", "one"))
    rendering.render(task(ffmpeg, spec, blend, many, workers=1))
    in_one_go(spec, one)
    assert not store.folder_of(many).exists()
    assert sorted(file.name for file in many.parent.iterdir()) == sorted(file.name for file in one.parent.iterdir())
    if FORMATS[name].sequence:
        for n in range(1, spec.frames + 1):
            assert np.array_equal(read_pixels(numbered(many, n)), read_pixels(numbered(one, n)))
        return
    if name != "gif":
        evenly(ffmpeg, many, spec.frames)
    found, wanted = (decoded(ffmpeg, path, spec.width, spec.height) for path in (many, one))
    assert len(found.frames) == len(wanted.frames) == spec.frames
    if name in ("prores", "gif"):
        assert np.array_equal(found.frames, wanted.frames)
    else:
        # an encoder looks ahead, which ends with a chunk: not the same bits, but as good a picture
        off = np.abs(found.frames.astype(int) - wanted.frames).mean(axis=(1, 2, 3))
        assert off.max() < 6
    assert ("Audio:" in found.said) == ("Audio:" in wanted.said)


def test_frames_that_are_blended_are_so_across_the_joints(tmp_path: Path, ffmpeg: str) -> None:
    spec, blend = built(tmp_path, 1.5, output={"format": "png", "blending": "cross_fade"})
    rendering.render(task(ffmpeg, spec, blend, tmp_path / "many.png"))
    in_one_go(spec, tmp_path / "one.png")
    for n in range(1, spec.frames + 1):
        assert np.array_equal(
            read_pixels(numbered(tmp_path / "many.png", n)), read_pixels(numbered(tmp_path / "one.png", n))
        )


class Stopper:
    """Raises once something has been told."""

    def __init__(self, when: Callable[[str, Any], bool]) -> None:
        self.when, self.now = when, False
        self.frames: list[int] = []

    def tell(self, what: str, value: Any) -> None:
        if what == "frame":
            self.frames.append(value[0])
        self.now = self.now or self.when(what, value)

    def stop(self) -> None:
        if self.now:
            raise Cancelled


def test_what_is_finished_is_never_rendered_again(tmp_path: Path, ffmpeg: str, monkeypatch: Any) -> None:
    spec, blend = built(tmp_path, output={"crf": 0})
    hired: list[crew.Hand] = []
    hire = crew.Crew.hire
    monkeypatch.setattr(crew.Crew, "hire", lambda self: hired.append(hire(self)) or hired[-1])
    asked = task(ffmpeg, spec, blend, tmp_path / "it.mp4", workers=1)
    first = Stopper(lambda what, value: what == "frame" and value[0] > 24)
    with pytest.raises(Cancelled):
        rendering.render(asked, first.tell, first.stop)
    assert all(hand._process.returncode is not None for hand in hired), "the processes have ended"
    assert not (tmp_path / "it.mp4").exists()
    assert not (asked.folder / "tmp").exists(), "nor have they left anything"
    chunks = sorted(path for path in asked.folder.iterdir() if path.suffix == ".mp4")
    assert [path.name.split(".")[0] for path in chunks] == ["000000-000011", "000012-000023"]
    chunks[1].write_bytes(chunks[1].read_bytes()[:-3000])
    kept = chunks[0].stat().st_mtime_ns, chunks[0].stat().st_ino
    seen: list[tuple[int, int]] = []

    def look(what: str, value: Any) -> None:
        if what == "frame":
            seen.append(value[0])
        if value == (36, 36):
            assert (chunks[0].stat().st_mtime_ns, chunks[0].stat().st_ino) == kept

    rendering.render(asked, look)
    assert seen[0] == 12, "the chunk that was cut short does not count"
    assert seen[-1] == 36
    same_frames(ffmpeg, spec, tmp_path / "it.mp4")


def test_a_blender_that_is_killed_costs_its_chunk_and_no_more(
    tmp_path: Path, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, blend = built(tmp_path, output={"crf": 0})
    hired: list[crew.Hand] = []
    hire = crew.Crew.hire
    monkeypatch.setattr(crew.Crew, "hire", lambda self: hired.append(hire(self)) or hired[-1])
    killed: list[int] = []

    def kill(what: str, value: Any) -> None:
        if what == "frame" and value[0] > 12 and not killed:
            killed.append(hired[0].pid)
            os.kill(hired[0].pid, signal.SIGKILL)

    rendering.render(task(ffmpeg, spec, blend, tmp_path / "it.mp4", workers=1), kill)
    assert (len(killed), len(hired)) == (1, 2)
    same_frames(ffmpeg, spec, tmp_path / "it.mp4")


def test_chunks_of_another_scene_are_not_taken(tmp_path: Path, ffmpeg: str) -> None:
    spec, blend = built(tmp_path, 1.5)
    asked = task(ffmpeg, spec, blend, tmp_path / "it.mp4", workers=1)
    stopper = Stopper(lambda what, value: what == "frame" and value[0] > 12)
    with pytest.raises(Cancelled):
        rendering.render(asked, stopper.tell, stopper.stop)
    assert list(asked.folder.glob("000000-*.mp4"))
    shown = sorted(path for path in headless.chunk_worker.files() if path.suffix in (".png", ".tif"))
    shown[-1].write_bytes(shown[-1].read_bytes() + b"changed")
    seen: list[int] = []
    rendering.render(asked, lambda what, value: seen.append(value[0]) if what == "frame" else None)
    assert seen[0] == 0


def test_refusals_are_the_blenders_sentences(tmp_path: Path, ffmpeg: str) -> None:
    spec, _ = built(tmp_path, 1.0)
    with pytest.raises(ParallaxError, match="cannot be opened"):
        rendering.render(task(ffmpeg, spec, tmp_path / "none.blend", tmp_path / "it.mp4"))


def test_a_range_is_as_long_as_asked_and_is_put_back(tmp_path: Path) -> None:
    built(tmp_path)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 5, 30
    for part in (range(0, 3), range(20, 26), range(26, 40)):
        with export.ranged(scene, part):
            assert (scene.frame_start, scene.frame_end) == (5 + part.start, 5 + part.stop - 1)
        assert (scene.frame_start, scene.frame_end) == (5, 30)


def test_rates_are_fractions(tmp_path: Path) -> None:
    built(tmp_path)
    render = bpy.context.scene.render
    render.fps, render.fps_base = 30, 1.001
    assert Fraction(*headless.chunk_worker.rate(render)) == Fraction(30000, 1001)
