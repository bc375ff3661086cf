"""What Blender writes: every format, the fit of the frame, blended frames, and the same from `blender -a`."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import (
    compat,
    export,
    exporting,
    headless,
    output_settings,
    passes,
    preferences,
    targets,
    uncompressed,
)
from infinite_parallax.shared import frames
from infinite_parallax.shared.errors import Cancelled, ParallaxError
from infinite_parallax.shared.formats import FORMATS, Export
from infinite_parallax.shared.scene import SceneSpec

from .build_options import WITH_SOUND
from .made import document, made, read_pixels, read_tile
from .test_vse import counts, editor
from .videos import decoded

pytestmark = pytest.mark.blender

SAID = {"h264": "h264", "h265": "hevc", "av1": "av1", "prores": "prores", "webm": "vp9"}
HEARD = {"aac": "aac", "opus": "opus", "pcm": "pcm_s16le"}


def scene_of(folder: Path, **sections: Any) -> SceneSpec:
    spec = made(folder, document(180.0, **sections))
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def short(frames_: int) -> None:
    bpy.context.scene.frame_end = bpy.context.scene.frame_start + frames_ - 1


def truth(spec: SceneSpec, folder: Path, n: int) -> Any:
    read = read_tile(folder)
    return frames.blended(spec, n, lambda moment: frames.render(spec, moment, read))


@pytest.mark.parametrize("name", sorted(SAID))
def test_every_video_format_is_written_or_refused_in_a_sentence(tmp_path: Path, ffmpeg: str, name: str) -> None:
    # AV1 as Blender has it set up does not write very small frames
    width = 640 if name == "av1" else None
    spec = scene_of(tmp_path, output={"format": name, "width": width}, sound={"ambience": "wind"})
    short(6)
    path = tmp_path / f"out{FORMATS[name].suffix}"
    known = FORMATS[name].codec in bpy.context.scene.render.ffmpeg.bl_rna.properties["codec"].enum_items
    if not known:
        assert bpy.app.version < (4, 5, 0)
        with pytest.raises(ParallaxError, match="This Blender cannot write") as refusal:
            passes.write(bpy.context.scene, spec.export, path)
        assert "output.format" in refusal.value.hint
        return
    passes.write(bpy.context.scene, spec.export, path)
    video = decoded(ffmpeg, path, spec.width, spec.height)
    assert f"Video: {SAID[name]}" in video.said
    assert len(video.frames) == 6
    if WITH_SOUND:
        assert f"Audio: {HEARD[FORMATS[name].audio[0]]}" in video.said
    assert np.abs(video.frames[3].astype(float).mean((0, 1)) - truth(spec, tmp_path, 3).mean((0, 1))).max() < 4


def test_a_png_for_every_frame(tmp_path: Path) -> None:
    spec = scene_of(tmp_path, output={"format": "png"})
    short(3)
    before = sorted(tmp_path.iterdir())
    passes.write(bpy.context.scene, spec.export, tmp_path / "shots" / "out.png")
    files = sorted((tmp_path / "shots").iterdir())
    assert [file.name for file in files] == ["out_0001.png", "out_0002.png", "out_0003.png"]
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "shots"])
    for n, file in enumerate(files):
        assert np.abs(read_pixels(file)[..., :3].astype(int) - truth(spec, tmp_path, n)).max() <= 2


def test_an_exr_holds_linear_light(tmp_path: Path) -> None:
    spec = scene_of(tmp_path, output={"format": "exr"})
    short(1)
    passes.write(bpy.context.scene, spec.export, tmp_path / "out.exr")
    image = bpy.data.images.load(str(tmp_path / "out_0001.exr"))
    assert image.is_float
    values = np.empty(spec.width * spec.height * 4, np.float32)
    image.pixels.foreach_get(values)
    light = values.reshape(spec.height, spec.width, 4)[::-1, :, :3]
    wanted = truth(spec, tmp_path, 0) / 255
    wanted = np.where(wanted <= 0.04045, wanted / 12.92, ((wanted + 0.055) / 1.055) ** 2.4)
    assert np.abs(light - wanted).max() < 0.012


@pytest.mark.parametrize(
    "output",
    [
        {"blending": "motion_blur", "blend_samples": 4, "shutter": 1.0},
        {"blending": "cross_fade"},
        {"blending": "cross_fade", "target": "compositor"},
        {"blending": "cross_fade", "target": "planes"},
    ],
)
def test_blended_frames_are_the_arithmetic_ones(tmp_path: Path, output: dict[str, Any]) -> None:
    spec = scene_of(tmp_path, output={"format": "png"} | output)
    scene = bpy.context.scene
    export.still(scene, 1, tmp_path / "first.png")  # Blender keeps a picture of what it rendered last
    before, keys = counts(), key_places()
    scene.frame_end = 8
    told: list[tuple[int, int]] = []
    passes.write(scene, spec.export, tmp_path / "out.png", lambda n, of: told.append((n, of)))
    assert told == [(n, 8) for n in range(8)]
    sharp = frames.render(spec, 3, read_tile(tmp_path))
    for n in (1, 3, 6):
        found = read_pixels(tmp_path / f"out_{n + 1:04d}.png")[..., :3].astype(int)
        assert np.abs(found - truth(spec, tmp_path, n)).max() <= 2
        assert np.abs(found - truth(spec, tmp_path, n)).mean() <= 0.5
    assert np.abs(truth(spec, tmp_path, 3) - sharp.astype(int)).mean() > 1  # it does blur
    assert counts() == before
    assert key_places() == keys


def key_places() -> list[float]:
    curves = (curve for action in bpy.data.actions for curve in compat.action_curves(action))
    return [value for curve in curves for key in curve.keyframe_points for value in (*key.co, *key.handle_left)]


def test_a_blended_export_that_is_stopped_leaves_everything_as_it_was(tmp_path: Path) -> None:
    spec = scene_of(tmp_path, output={"format": "png", "blending": "motion_blur"})
    export.still(bpy.context.scene, 1, tmp_path / "first.png")
    before, keys, files = counts(), key_places(), sorted(tmp_path.iterdir())
    work = passes.work(bpy.context.scene, spec.export, tmp_path / "out.png")
    assert [next(work), next(work)] == [1, 2]
    assert bpy.context.scene.frame_current == 1
    work.close()
    assert (counts(), key_places(), sorted(tmp_path.iterdir())) == (before, keys, files)


def test_beside_the_interface_a_blended_export_goes_frame_by_frame(tmp_path: Path) -> None:
    spec = scene_of(tmp_path, output={"format": "png", "blending": "cross_fade"})
    short(3)
    job = exporting.InPasses(bpy.context.scene, spec.export, tmp_path / "out.png")
    told = []
    while not job.ended:
        job.step()
        told.append((job.done, job.frames))
    job.finish()
    assert told == [(1, 3), (2, 3), (3, 3), (3, 3)]
    assert len(list(tmp_path.glob("out_*.png"))) == 3
    job = exporting.InPasses(bpy.context.scene, spec.export, tmp_path / "again.png")
    job.step()
    with pytest.raises(Cancelled):
        job.finish()
    assert not list(tmp_path.glob("again*"))


def test_a_gif_is_made_by_ffmpeg_or_refused(tmp_path: Path, ffmpeg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = scene_of(tmp_path, output={"format": "gif"})
    short(6)
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(preferences, "environment_folder", lambda: tmp_path / "server")
    with pytest.raises(ParallaxError, match="A GIF is made by ffmpeg") as refused:
        passes.write(bpy.context.scene, spec.export, tmp_path / "out.gif")
    assert refused.value.hint.startswith("Install the server in the add-on's preferences")
    assert not list(tmp_path.glob("*.gif"))
    brought = tmp_path / "server" / "lib" / "python3.11" / "site-packages" / "imageio_ffmpeg" / "binaries"
    brought.mkdir(parents=True)
    (brought / "ffmpeg-linux-x86_64-v7.0").symlink_to(ffmpeg)
    assert passes.ffmpeg() == str(brought / "ffmpeg-linux-x86_64-v7.0")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ffmpeg").symlink_to(ffmpeg)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert passes.ffmpeg() == str(tmp_path / "bin" / "ffmpeg")
    passes.write(bpy.context.scene, spec.export, tmp_path / "out.gif")
    video = decoded(ffmpeg, tmp_path / "out.gif", spec.width, spec.height)
    assert len(video.frames) == 6
    assert np.abs(video.frames[3].astype(float) - truth(spec, tmp_path, 3)).mean() < 12


@pytest.mark.parametrize("size", [(192, 192), (320, 108), (100, 162)])
@pytest.mark.parametrize("fit", ["crop", "letterbox"])
def test_another_shape_is_cropped_or_letterboxed_and_never_stretched(
    tmp_path: Path, size: tuple[int, int], fit: str
) -> None:
    spec = scene_of(tmp_path, output={"width": size[0], "height": size[1], "fit": fit})
    export.still(bpy.context.scene, 9, tmp_path / "frame.png")
    found, wanted = read_pixels(tmp_path / "frame.png")[..., :3].astype(int), truth(spec, tmp_path, 8)
    assert found.shape == wanted.shape == (size[1], size[0], 3)
    assert np.abs(found - wanted).max() <= 2
    dark = (found.max(axis=2) == 0).mean()
    assert dark > 0.2 if fit == "letterbox" else dark < 0.05
    again = counts()
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert counts() == again
    scene_of(tmp_path)
    assert not [strip for strip in compat.strips(editor()) if strip.type == "COLOR"]


RENDERS = """
import sys, bpy, os
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
bpy.ops.render.render(animation=True)
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize(
    ("name", "target"), [("h264", "vse"), ("png", "vse"), ("h264", "compositor"), ("png", "planes")]
)
def test_blenders_own_render_of_the_saved_file_is_the_exported_one(
    tmp_path: Path, ffmpeg: str, name: str, target: str
) -> None:
    data = document(180.0, output={"format": name, "crf": 17, "target": target}, sound={"ambience": "wind"})
    data["motion"]["steps"] = 2
    spec = made(tmp_path, data)
    scene = headless.open_scene(None, spec)
    targets.build(scene, spec, tmp_path, tmp_path)
    assert scene.render.filepath.startswith("//made")
    headless.save(tmp_path / "mine.blend")
    suffix = FORMATS[name].suffix
    passes.write(scene, spec.export, tmp_path / "exported" / f"made{suffix}")
    subprocess.run(
        [sys.executable, "-c", RENDERS, str(tmp_path / "mine.blend")], check=True, env=os.environ | {"PYTHONPATH": ""}
    )
    if name == "png":
        for n in (1, spec.frames):
            mine, theirs = tmp_path / f"made_{n:04d}.png", tmp_path / "exported" / f"made_{n:04d}.png"
            assert np.array_equal(read_pixels(mine), read_pixels(theirs))
        return
    mine, theirs = (
        decoded(ffmpeg, folder / "made.mp4", spec.width, spec.height) for folder in (tmp_path, tmp_path / "exported")
    )
    assert np.array_equal(mine.frames, theirs.frames)
    assert len(mine.frames) == spec.frames
    assert ("Audio: aac" in mine.said) == WITH_SOUND


def test_output_that_a_person_has_changed_stays_until_the_project_changes_it(tmp_path: Path) -> None:
    spec = scene_of(tmp_path)
    scene = bpy.context.scene
    scene.render.ffmpeg.gopsize = 99
    scene.render.filepath = "//elsewhere"
    targets.build(scene, spec, tmp_path, tmp_path)
    assert (scene.render.ffmpeg.gopsize, scene.render.filepath) == (99, "//elsewhere")
    scene_of(tmp_path, output={"keyframe_group": 12})
    assert (scene.render.ffmpeg.gopsize, scene.render.filepath) == (12, "//elsewhere")


def test_the_name_of_the_output_follows_the_format(tmp_path: Path) -> None:
    for name, ending in (("h264", ".mp4"), ("png", "_####.png"), ("webm", ".webm")):
        scene_of(tmp_path, output={"format": name})
        assert bpy.context.scene.render.filepath.endswith(ending)


def test_what_blenders_own_render_does_otherwise_is_said(tmp_path: Path) -> None:
    spec = made(tmp_path, document(output={"blending": "cross_fade"}, sound={"ambience": "none"}))
    done = targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert any("blended by Export Video only" in note for note in done.notes)


def test_names_of_outputs() -> None:
    assert output_settings.output_name(Export(20, None, 18, 192), "//a") == "//a.mp4"
    assert output_settings.output_name(Export(20, None, 18, 192, "exr", "none"), "//a") == "//a_####.exr"


def test_a_picture_is_read_as_it_was_written(tmp_path: Path) -> None:
    spec = scene_of(tmp_path)
    export.still(bpy.context.scene, 2, tmp_path / "frame.png")
    assert np.array_equal(uncompressed.read_rgba(tmp_path / "frame.png"), read_pixels(tmp_path / "frame.png"))
    assert spec.window is None
