"""Dream: the operators and the panel, with a real server in a process of its own, and the strips that they lay."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import infinite_parallax
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, dream_strips, dreaming, generating, jobs, preferences, properties
from infinite_parallax.shared.ambience import RATE, write_wav
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.server_process import ServerProcess

from .build_options import WITH_SOUND, needs_sound
from .conftest import ROOT
from .pictures import texture, write_png
from .test_panels import draw_all
from .undoing import undoable

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("enabled")]
ops = bpy.ops.infinite_parallax
SECONDS, FPS = 1.5, 12
START_S = 300.0
"""How long the server may take to be there: on a busy machine ten times as long as on a quiet one."""
DIFFUSION = ROOT / ".envs" / "diffusion" / "bin" / "python"
BY_HAND = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests" / "server")!r})
from dreams_by_hand import Brush, dreamer_of
from infinite_parallax.inpaint_server.diffusion import dreaming
from infinite_parallax.inpaint_server.engines import diffusers_engine
dreaming.dreamer, diffusers_engine.missing = dreamer_of(Brush()), lambda: ""
from infinite_parallax.inpaint_server.__main__ import main
sys.exit(main())
"""
"""A server in which a painter without a model paints: everything else is as it always is."""


@pytest.fixture(scope="module")
def server(server_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    store = tmp_path_factory.mktemp("store")
    command = [str(server_python), "-c", BY_HAND, "--port", "0", "--store", str(store)]
    with ServerProcess(command, START_S) as process:
        yield process


@pytest.fixture
def enabled(tmp_path: Path, server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    infinite_parallax.register()
    cache = str(tmp_path / "cache")
    chosen = SimpleNamespace(url=server.url, token=server.token, token_file="", command="", cache=cache)
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)
    seconds = np.arange(round(SECONDS * RATE)) / RATE
    write_wav(tmp_path / "tone.wav", (0.3 * np.sin(2 * np.pi * 440 * seconds * seconds))[:, None], RATE)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = FPS, 1.0
    scene.infinite_parallax.dream_sound = str(tmp_path / "tone.wav")
    dream = scene.infinite_parallax.dream
    dream.prompt, dream.painted_fps = "a river", 4
    dream.use_width = dream.use_height = True
    dream.width, dream.height = 48, 32
    yield chosen
    infinite_parallax.unregister()


def group() -> Any:
    return bpy.context.scene.infinite_parallax


def state() -> Any:
    return bpy.context.window_manager.infinite_parallax


def strips() -> dict[str, Any]:
    return {s[dream_strips.DREAMT]: s for s in compat.all_strips(bpy.context.scene.sequence_editor)}


def test_a_dream_is_laid_on_the_timeline_with_its_sound(tmp_path: Path) -> None:
    group().dream_frame = 20
    assert ops.dream() == {"FINISHED"}
    assert state().status == "Done: 6 frames painted"
    assert not state().running
    laid = strips()
    picture = laid["picture"]
    assert (compat.start(picture), compat.length(picture)) == (20, SECONDS * FPS)
    video = Path(bpy.path.abspath(picture.filepath))
    assert video.parent == tmp_path / "cache" / "dreams" / "Scene"
    assert ("sound" in laid) == WITH_SOUND
    if WITH_SOUND:
        assert Path(laid["sound"].sound.filepath) == video
        assert (compat.start(laid["sound"]), compat.length(laid["sound"])) == (20, SECONDS * FPS)
        assert laid["sound"].channel != picture.channel
    # what a person has moved stays there, and shows the new dream
    compat.move(picture, 5)
    group().dream.seed = 3
    assert ops.dream() == {"FINISHED"}
    again = strips()
    assert set(again) == set(laid)
    assert compat.start(again["picture"]) == 25
    assert Path(bpy.path.abspath(again["picture"].filepath)) != video
    group().dream_frame = 30
    assert ops.dream() == {"FINISHED"}
    assert compat.start(strips()["picture"]) == 35


def test_one_picture_of_a_sound_is_laid_as_a_still(tmp_path: Path) -> None:
    group().dream.still, group().dream_frame = True, 7
    for _ in range(2):
        assert ops.dream() == {"FINISHED"}
        (strip,) = strips().values()
        assert (strip.type, compat.start(strip)) == ("IMAGE", 7)
        assert compat.length(strip) == (SECONDS if WITH_SOUND else dreaming.UNKNOWN_S) * FPS
        assert (tmp_path / "cache" / "dreams" / "Scene" / strip.elements[0].filename).is_file()
    group().dream.use_length_s, group().dream.length_s = True, 0.5
    assert ops.dream() == {"FINISHED"}
    assert compat.length(strips()["still"]) == FPS / 2


def test_the_dream_shows_the_painted_frames(tmp_path: Path, ffmpeg: str) -> None:
    write_png(tmp_path / "first.png", texture(0, 0, 48, 32, 1))
    group().picture, group().dream_picture, group().dream.strength = str(tmp_path / "first.png"), True, 0.0
    assert ops.dream() == {"FINISHED"}
    video = bpy.path.abspath(strips()["picture"].filepath)
    shown = subprocess.run(
        [ffmpeg, "-v", "error", "-i", video, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        capture_output=True,
        check=True,
    )
    frame = np.frombuffer(shown.stdout, np.uint8).reshape(32, 48, 3).astype(int)
    assert np.abs(frame - texture(0, 0, 48, 32, 1)).mean() < 16


@needs_sound
def test_a_strips_part_of_a_sound_is_dreamt_where_it_lies(tmp_path: Path) -> None:
    scene = bpy.context.scene
    editor = scene.sequence_editor_create()
    strip = compat.strips(editor).new_sound("song", str(tmp_path / "tone.wav"), 1, 10)
    compat.place(strip, 40, 6, 9)
    editor.active_strip = strip
    group().dream_sound = ""
    assert not ops.dream.poll()
    undoable(ops.dream_from_strip)
    editor = bpy.context.scene.sequence_editor
    dream = group().dream
    assert (group().dream_frame, dream.use_length_s) == (40, True)
    assert (dream.start_s, dream.length_s) == (pytest.approx(9 / FPS), pytest.approx(6 / FPS))
    assert ops.dream() == {"FINISHED"}
    laid = {s[dream_strips.DREAMT]: s for s in compat.all_strips(editor) if dream_strips.DREAMT in s}
    assert set(laid) == {"picture"}, "its sound is there already"
    assert (compat.start(laid["picture"]), compat.length(laid["picture"])) == (40, 6)
    assert laid["picture"].channel > 1
    compat.remove(editor, compat.strips(editor)["song"])
    assert ops.dream() == {"FINISHED"}
    laid = {s[dream_strips.DREAMT]: s for s in compat.all_strips(editor)}
    assert set(laid) == {"picture", "sound"}


def test_prompts_and_the_model_are_those_of_the_scene() -> None:
    ops.entry_add(list="prompts")
    group().prompts[0].at_s, group().prompts[0].prompt = 0.5, "a storm"
    group().diffusers.preset, group().diffusers.model = "sdxl", "somebody/model"
    bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 30, 1.001
    wish = dreaming.document(bpy.context.scene)
    assert [(p.at_s, p.prompt) for p in wish.prompts] == [(0.5, "a storm")]
    assert (wish.diffusers.preset, wish.diffusers.model) == ("sdxl", "somebody/model")
    assert (wish.dream.prompt, wish.dream.width) == ("a river", 48)
    assert wish.dream.fps == pytest.approx(29.97003)


def test_a_dream_is_followed_cancelled_and_goes_on(tmp_path: Path) -> None:
    write_wav(tmp_path / "long.wav", np.zeros((30 * RATE, 1)), RATE)  # 120 frames: far from done when it is cancelled
    group().dream_sound = str(tmp_path / "long.wav")
    job = generating.Working.running = dreaming.Dreaming(bpy.context.scene)
    try:
        assert state().running
        assert not ops.generate.poll()
        assert not ops.dream.poll()
        while not isinstance(message := job.worker.messages.get(timeout=60), jobs.Progress):
            job.take(None, message)
        job.take(None, message)
        assert state().status.startswith("Frame ")
        texts = draw_all("VIEW_3D").texts
        assert state().status in texts
        assert ops.cancel() == {"FINISHED"}
        result = None
        while result is None:
            result = job.take(None, job.worker.messages.get(timeout=60))
    finally:
        generating.forget()
        job.worker.join(60)
    assert result == {"CANCELLED"}
    assert state().status == "Cancelled. Dream goes on where it was."
    assert ops.dream() == {"FINISHED"}
    assert state().status == "Done: 120 frames painted"


def test_what_cannot_be_dreamt_is_said(enabled: Any, tmp_path: Path, server_python: Path) -> None:
    group().dream_sound = str(tmp_path / "none.wav")
    with pytest.raises(RuntimeError, match="There is no sound file at"):
        ops.dream()
    with pytest.raises(UsageError, match="There is no sound file"):
        dreaming.sound_path(bpy.context.scene)
    (tmp_path / "text.wav").write_text("no sound at all", encoding="utf-8")
    group().dream_sound = str(tmp_path / "text.wav")
    with pytest.raises(RuntimeError, match="cannot be read as a sound"):
        ops.dream()
    assert "cannot be read as a sound" in state().error
    group().dream_sound = str(tmp_path / "tone.wav")
    if not _has_torch(server_python):
        enabled.url, enabled.command = "", shlex.join([str(server_python), "-m", "infinite_parallax.inpaint_server"])
        with pytest.raises(RuntimeError, match=r"needs diffusion models: .*pip install"):
            ops.dream()
        assert "pip install" in " ".join(draw_all("VIEW_3D").texts)


def _has_torch(python: Path) -> bool:
    return not subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode


def test_everything_of_a_dream_is_drawn() -> None:
    texts = draw_all("SEQUENCE_EDITOR")
    assert {"dream_sound", "dream_frame", "prompt", "mode", "strength", "seed", "steps", "width", "gain", "preset"} <= {
        *texts.properties
    }
    assert {"infinite_parallax.dream", "infinite_parallax.dream_from_strip"} <= {*texts.operators}
    assert properties.read_section(bpy.context.scene, "dream", dreaming.Dream).painted_fps == 4


@pytest.mark.skipif(not DIFFUSION.is_file(), reason="torch is not installed")
@pytest.mark.skipif(bpy.app.version < (5, 2, 0), reason="it is the server's, and the same for every Blender")
def test_a_diffusion_model_dreams(enabled: Any, tmp_path: Path) -> None:
    build = (
        f"import sys, pathlib; sys.path.insert(0, {str(ROOT)!r}); "
        f"from tests.neural import tiny_hearing; tiny_hearing.build(pathlib.Path({str(tmp_path)!r}))"
    )
    subprocess.run([DIFFUSION, "-c", build], check=True, capture_output=True, cwd=ROOT)
    enabled.url, enabled.command = "", shlex.join([str(DIFFUSION), "-m", "infinite_parallax.inpaint_server"])
    section = group().diffusers
    section.model, section.device, section.use_steps, section.steps = str(tmp_path / "wide"), "cpu", True, 2
    section.use_native_px, section.native_px, group().dream.painted_fps = True, 64, 2
    assert ops.dream() == {"FINISHED"}
    assert compat.length(strips()["picture"]) == SECONDS * FPS
