"""Export Video by other Blenders: the operator, the file that they open, and its end on demand."""

import os
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import exporting, exporting_chunks, generating, headless, properties, targets
from infinite_parallax.shared.chunks import ranges, store
from infinite_parallax.shared.errors import Cancelled, ParallaxError
from infinite_parallax.shared.scene import SceneSpec

from .made import document, made
from .videos import decoded

pytestmark = pytest.mark.blender


@pytest.fixture
def ready(registered: None, tmp_path: Path, ffmpeg: str, monkeypatch: pytest.MonkeyPatch) -> SceneSpec:  # noqa: ARG001
    """A built scene of three seconds that is not saved, with an ffmpeg on the PATH."""
    monkeypatch.setattr(ranges, "SHORTEST", 12)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ffmpeg").symlink_to(ffmpeg)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), os.pathsep)
    data = document(180.0, output={"crf": 0, "keyframe_group": 6})
    spec = made(tmp_path, data)
    scene = bpy.context.scene
    targets.build(scene, spec, tmp_path, tmp_path)
    output = properties.of_scene(scene).output
    output.crf, output.keyframe_group = 0, 6
    return spec


def test_the_operator_exports_the_same_by_others(ready: SceneSpec, tmp_path: Path, ffmpeg: str) -> None:
    settings = bpy.context.scene.render.ffmpeg.codec, bpy.context.scene.render.filepath, bpy.context.scene.frame_end
    assert bpy.ops.infinite_parallax.export(filepath=str(tmp_path / "others.mp4"), workers=2) == {"FINISHED"}
    now = bpy.context.scene.render.ffmpeg.codec, bpy.context.scene.render.filepath, bpy.context.scene.frame_end
    assert now == settings
    assert bpy.data.filepath == ""
    assert not store.folder_of(tmp_path / "others.mp4").exists()
    assert bpy.ops.infinite_parallax.export(filepath=str(tmp_path / "this.mp4")) == {"FINISHED"}
    found, wanted = (decoded(ffmpeg, tmp_path / f"{name}.mp4", 192, 108).frames for name in ("others", "this"))
    assert len(found) == ready.frames == 36
    assert np.array_equal(found, wanted)


def job(path: Path) -> exporting_chunks.InChunks:
    scene = bpy.context.scene
    wish = headless.output_settings.built_wish(scene)
    return exporting_chunks.InChunks(scene, wish, path, 1)


def test_the_cancel_button_ends_it_and_keeps_what_is_rendered(
    ready: SceneSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headless.save(tmp_path / "saved.blend")
    assert not exporting_chunks.unchanged(), "no interface knows"
    monkeypatch.setattr(exporting_chunks, "unchanged", lambda: True)
    running = job(tmp_path / "out.mp4")
    monkeypatch.setattr(exporting.INFINITE_PARALLAX_OT_export, "running", running)
    assert not bpy.ops.infinite_parallax.export.poll()
    while running.done < 13 and not running.ended:
        running.wait(0.05)
    assert bpy.ops.infinite_parallax.cancel() == {"FINISHED"}
    with pytest.raises(Cancelled):
        running.finish()
    assert running.ended
    monkeypatch.setattr(exporting.INFINITE_PARALLAX_OT_export, "running", None)
    assert not generating.INFINITE_PARALLAX_OT_cancel.poll(bpy.context)
    assert not (tmp_path / "out.mp4").exists()
    assert [path.suffix for path in store.folder_of(tmp_path / "out.mp4").glob("000000-*")] == [".mp4"]
    again = job(tmp_path / "out.mp4")
    told = []
    while not again.ended:
        again.wait(0.02)
        told.append(again.done)
    again.finish()
    assert min(n for n in told if n) >= 12
    assert (tmp_path / "out.mp4").is_file()
    assert ready.frames == again.frames == again.done


def test_what_cannot_be_done_is_said_before_anything_is_started(
    ready: SceneSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ParallaxError, match="cannot be written"):
        job(tmp_path / "file" / "out.mp4")
    with pytest.raises(ParallaxError, match=r"is not \.mp4"):
        job(tmp_path / "out.mov")

    def missing(what: str) -> str:
        raise ParallaxError(f"{what} by ffmpeg, which was not found.")

    monkeypatch.setattr(exporting_chunks.passes, "ffmpeg", missing)
    with pytest.raises(ParallaxError, match="What several Blenders render is joined by ffmpeg"):
        job(tmp_path / "out.mp4")
    assert ready.frames == 36


def test_this_program_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    assert exporting_chunks.command()[0] == sys.executable

    class App:
        binary_path = "/usr/bin/blender"

    class Program:
        app = App

    monkeypatch.setattr(exporting_chunks, "bpy", Program)
    words: Any = exporting_chunks.command()
    assert words[:2] == ("/usr/bin/blender", "-b")
    assert words[-1] == "--"
