"""Export: the video that comes out, decoded, and a scene that is afterwards as it was."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import export, exporting, output_settings, targets
from infinite_parallax.shared import frames
from infinite_parallax.shared.errors import ParallaxError, UsageError
from infinite_parallax.shared.formats import Export
from infinite_parallax.shared.scene import SceneSpec

from .build_options import WITH_SOUND, needs_sound
from .made import document, made, read_tile
from .videos import decoded, loudness

pytestmark = pytest.mark.blender

FINE = Export(crf=1, bitrate_kbps=None, keyframe_group=10, audio_kbps=192)


def scene_of(folder: Path, **sections: Any) -> SceneSpec:
    spec = made(folder, document(180.0, **sections))
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def settings_now() -> dict[str, Any]:
    render = bpy.context.scene.render
    structs = {"image": render.image_settings, "ffmpeg": render.ffmpeg}
    found = {
        f"{name}.{p.identifier}": getattr(struct, p.identifier)
        for name, struct in structs.items()
        for p in struct.bl_rna.properties
        if not p.is_readonly and p.type != "POINTER"
    }
    return found | {
        "path": render.filepath,
        "extension": render.use_file_extension,
        "frame": bpy.context.scene.frame_current,
    }


def test_the_video_holds_the_arithmetic_frames(tmp_path: Path, ffmpeg: str) -> None:
    spec = scene_of(tmp_path)
    told: list[tuple[int, int]] = []
    export.render(bpy.context.scene, FINE, tmp_path / "out.mp4", lambda n, of: told.append((n, of)))
    assert told == [(n, spec.frames) for n in range(spec.frames)]
    video = decoded(ffmpeg, tmp_path / "out.mp4", spec.width, spec.height)
    assert len(video.frames) == spec.frames
    assert video.keys[0] == 0
    assert max(np.diff([*video.keys, spec.frames])) <= 11
    assert "Video: h264" in video.said
    assert "yuv420p" in video.said
    assert "Audio" not in video.said or WITH_SOUND
    truth = np.stack([frames.render(spec, n, read_tile(tmp_path)) for n in range(spec.frames)])
    for n in (1, 13, spec.frames - 2):
        error = {m: np.abs(brightness(video.frames[n]) - brightness(truth[m])).mean() for m in (n - 1, n, n + 1)}
        assert error[n] < 3
        assert error[n] < 0.5 * min(error[n - 1], error[n + 1])
        # the colour of a pixel is not kept, since H.264 halves its resolution; that of an area is
        assert np.abs(areas(video.frames[n]) - areas(truth[n])).max() < 4


def brightness(picture: Any) -> Any:
    return picture @ np.array([0.2126, 0.7152, 0.0722])


def areas(picture: Any) -> Any:
    """The mean colours of squares of 12 px."""
    height, width, _ = picture.shape
    return picture.reshape(height // 12, 12, width // 12, 12, 3).mean(axis=(1, 3))


@needs_sound
def test_the_video_has_the_ambience_fading_in_and_out(tmp_path: Path, ffmpeg: str) -> None:
    spec = scene_of(tmp_path, sound={"ambience": "wind"})
    export.render(bpy.context.scene, spec.export, tmp_path / "out.mp4")
    assert "Audio: aac" in decoded(ffmpeg, tmp_path / "out.mp4", spec.width, spec.height).said
    level = loudness(ffmpeg, tmp_path / "out.mp4")
    assert len(level) == pytest.approx(30, abs=2)
    assert level[12:18].mean() > 0.01
    assert level[0] < level[12:18].mean() / 3
    assert level[29] < level[12:18].mean() / 3


def test_a_bitrate_is_kept(tmp_path: Path) -> None:
    scene_of(tmp_path)
    output_settings.configure(bpy.context.scene, Export(20, 300, 18, 192))
    ffmpeg = bpy.context.scene.render.ffmpeg
    assert (ffmpeg.constant_rate_factor, ffmpeg.video_bitrate) == ("NONE", 300)
    sizes = []
    for kbps in (300, 2400):
        export.render(bpy.context.scene, Export(20, kbps, 18, 192), tmp_path / "out.mp4")
        sizes.append((tmp_path / "out.mp4").stat().st_size)
    assert sizes[0] < sizes[1] / 2


def test_quality_is_told_to_every_blender(tmp_path: Path) -> None:
    scene_of(tmp_path)
    output_settings.configure(bpy.context.scene, Export(27, None, 18, 192))
    ffmpeg = bpy.context.scene.render.ffmpeg
    if hasattr(ffmpeg, "custom_constant_rate_factor"):
        assert (ffmpeg.constant_rate_factor, ffmpeg.custom_constant_rate_factor) == ("CUSTOM", 27)
    else:
        assert ffmpeg.constant_rate_factor == "LOW"


@pytest.mark.parametrize(
    ("crf", "name"), [(0, "LOSSLESS"), (1, "PERC_LOSSLESS"), (20, "HIGH"), (23, "MEDIUM"), (51, "LOWEST")]
)
def test_named_qualities(crf: int, name: str) -> None:
    assert output_settings.quality(crf) == name


def test_settings_are_as_they_were_after_an_export(tmp_path: Path) -> None:
    scene_of(tmp_path)
    scene = bpy.context.scene
    scene.render.filepath = "//somewhere/"
    export.compat.image_output(scene.render.image_settings, "PNG")
    scene.render.image_settings.color_mode = "RGBA"
    scene.frame_set(7)
    before = settings_now()
    export.render(scene, FINE, tmp_path / "out.mp4")
    assert settings_now() == before
    export.still(scene, 3, tmp_path / "out.png")
    assert settings_now() == before


def spoil(scene: Any, path: Path, count: export.FrameCount) -> None:
    """An export that fails when every frame is written and the file not yet moved into place."""
    with export.restored(scene), export.into_place(scene, FINE, path), count:
        output_settings.configure(scene, FINE)
        bpy.ops.render.render(animation=True)
        raise ZeroDivisionError


def test_a_failed_export_leaves_settings_and_files_as_they_were(tmp_path: Path) -> None:
    scene_of(tmp_path)
    (tmp_path / "out.mp4").write_bytes(b"an older video")
    before, files = settings_now(), sorted(tmp_path.iterdir())

    def look(_frame: int, _frames: int) -> None:
        assert any(path.name.startswith(".out.part") for path in tmp_path.iterdir())

    scene = bpy.context.scene
    count = export.FrameCount(scene, look)
    with pytest.raises(ZeroDivisionError):
        spoil(scene, tmp_path / "out.mp4", count)
    assert count.whole
    assert settings_now() == before
    assert sorted(tmp_path.iterdir()) == files
    assert (tmp_path / "out.mp4").read_bytes() == b"an older video"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    scene_of(tmp_path)
    with pytest.raises(UsageError, match=r"out\.avi is not \.mp4, as H\.264 is"):
        export.render(bpy.context.scene, FINE, tmp_path / "out.avi")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ParallaxError, match="cannot be written"):
        export.render(bpy.context.scene, FINE, tmp_path / "file" / "out.mp4")


def test_a_scene_strip_that_was_rendered_is_not_the_end_of_the_video(tmp_path: Path) -> None:
    scene = bpy.context.scene
    scene_of(tmp_path, distortions=[{"layer": 1, "amplitude_px": 2}])
    told: list[str] = []
    handlers, ended = bpy.app.handlers.render_complete, len(bpy.app.handlers.render_complete)

    def tell_all(rendered: Any, *_: Any) -> None:
        told.append(rendered.name)

    handlers.append(tell_all)
    try:
        with exporting.listening(handlers, scene, lambda: told.append("the end")):
            export.still(scene, 1, tmp_path / "out.png")
    finally:
        handlers.remove(tell_all)
    assert told[-2:] == [scene.name, "the end"]
    assert told.count("the end") == 1 < len(told) - 1
    assert len(handlers) == ended
