"""Joining without Blender: chunks of a made-up video, a tone under them, and what is refused."""

import os
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli.main import main
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.shared.ambience import RATE, write_wav
from infinite_parallax.shared.chunks import joining, pictures
from infinite_parallax.shared.chunks.joining import Joined
from infinite_parallax.shared.chunks.store import frames_in
from infinite_parallax.shared.errors import ParallaxError, UsageError
from infinite_parallax.shared.formats import Export
from PIL import Image

WIDTH, HEIGHT = 64, 48
FPS = Fraction(30000, 1001)
WISH = Export(20, None, 6, 128)


def video(path: Path, first: int, frames: int, *more: str) -> Path:
    """Frames of a test picture that moves, H.264."""
    source = ["-f", "lavfi", "-i", f"testsrc=size={WIDTH}x{HEIGHT}:rate={FPS}:duration=9"]
    cut = ["-vf", f"trim=start_frame={first}:end_frame={first + frames},setpts=PTS-STARTPTS"]
    coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "6", *more]
    subprocess.run([ffmpeg(), "-v", "error", "-y", *source, *cut, *coded, str(path)], check=True)
    return path


def decoded(path: Path) -> np.ndarray:
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def said(path: Path) -> str:
    # ffmpeg without an output file ends with an error after it has described the input
    return subprocess.run([ffmpeg(), "-i", str(path)], capture_output=True, text=True, check=False).stderr


def test_videos_are_laid_end_to_end_as_they_are(tmp_path: Path) -> None:
    lengths = [24, 24, 7]
    parts = [video(tmp_path / f"it's {n}.mp4", 24 * n, length) for n, length in enumerate(lengths)]
    tone = np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE)[:, None].astype(np.float32).repeat(2, axis=1) / 2
    write_wav(tmp_path / "tone.wav", tone, RATE)
    out = tmp_path / "out.mp4"
    joining.join_videos(ffmpeg(), parts, lengths, Joined(out, WISH, 55, FPS, tmp_path / "tone.wav"))
    assert np.array_equal(decoded(out), np.concatenate([decoded(part) for part in parts]))
    assert frames_in(ffmpeg(), out) == 55
    assert "29.97 fps" in said(out)
    command = [ffmpeg(), "-v", "error", "-i", str(out), "-f", "f32le", "-"]
    heard = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32).reshape(-1, 2)
    assert len(heard) == pytest.approx(55 / FPS * RATE, abs=1024)
    # a gap or a click would be a step that a tone does not make
    assert np.abs(np.diff(heard[2048:-2048], axis=0)).max() < 1.2 * np.pi * 440 / RATE
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_short_chunk_is_noticed(tmp_path: Path) -> None:
    parts = [video(tmp_path / "0.mp4", 0, 12), video(tmp_path / "1.mp4", 12, 11)]
    with pytest.raises(ParallaxError, match="would have 23 of 24 frames"):
        joining.join_videos(ffmpeg(), parts, [12, 12], Joined(tmp_path / "out.mp4", WISH, 24, FPS))
    parts[1].write_bytes(b"no video")
    with pytest.raises(ParallaxError, match="would have 12 of 24 frames"):
        joining.join_videos(ffmpeg(), parts, [12, 12], Joined(tmp_path / "out.mp4", WISH, 24, FPS))
    with pytest.raises(ParallaxError, match="ffmpeg could not join"):
        joining.join_videos(ffmpeg(), [tmp_path / "none.mp4"], [12], Joined(tmp_path / "out.mp4", WISH, 12, FPS))
    assert frames_in(ffmpeg(), parts[1]) == 0
    assert not (tmp_path / "out.mp4").exists()


def test_a_video_without_colour_tags_gets_them(tmp_path: Path) -> None:
    part = video(tmp_path / "0.mp4", 0, 12, "-colorspace", "unknown")
    joining.join_videos(ffmpeg(), [part], [12], Joined(tmp_path / "out.mp4", WISH, 12, FPS, untagged=True))
    assert "smpte170m/bt709/bt709" in said(tmp_path / "out.mp4")
    assert np.array_equal(decoded(tmp_path / "out.mp4"), decoded(part))


def picture_folder(folder: Path, wish: Export, frames: int = 5, first: int = 1) -> Path:
    """What a farm leaves."""
    pictures.write_about(folder, pictures.About(wish, frames, (12, 1), first))
    for n in range(frames):
        Image.new("RGB", (WIDTH, HEIGHT), (30 * n, 80, 200)).save(folder / f"frame_{n + 1:04d}.png")
    return folder


def test_pictures_become_a_video_with_their_colours(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "frames", WISH)
    write_wav(folder / pictures.SOUND, np.zeros((RATE, 2), np.float32), RATE)
    assert main(["join", str(folder), "-o", str(tmp_path / "v1.out")]) == 0
    (tmp_path / "v1.out.mp4").replace(tmp_path / "out.mp4")
    shown = decoded(tmp_path / "out.mp4").astype(int)
    assert len(shown) == 5
    for n, frame in enumerate(shown):
        assert np.abs(frame - (30 * n, 80, 200)).max() <= 4
    assert "Audio: aac" in said(tmp_path / "out.mp4")
    assert len(list(folder.glob("frame_*.png"))) == 5, "the pictures stay"


def test_pictures_that_are_missing_or_cut_short_are_told(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "frames", WISH)
    (folder / "frame_0004.png").write_bytes(b"\x89PNG")
    (folder / "frame_0002.png").unlink()
    with pytest.raises(ParallaxError, match="2 of 5 frames are missing, the first of them 2"):
        pictures.join(ffmpeg(), folder, tmp_path / "out")
    with pytest.raises(UsageError, match=r"out\.mov is not \.mp4"):
        pictures.join(ffmpeg(), folder, tmp_path / "out.mov")
    with pytest.raises(UsageError, match="holds no rendered frames"):
        pictures.join(ffmpeg(), tmp_path, tmp_path / "out.mp4")


def test_a_sequence_is_named_twice_alike(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "frames", replace(WISH, format="png", audio="none"))
    for _ in range(2):
        assert pictures.join(ffmpeg(), folder, tmp_path / "shots" / "it") == tmp_path / "shots" / "it.png"
        assert [path.name for path in sorted((tmp_path / "shots").iterdir())] == [f"it_000{n}.png" for n in range(1, 6)]
    assert (tmp_path / "shots" / "it_0003.png").read_bytes() == (folder / "frame_0003.png").read_bytes()


def test_pieces_that_many_machines_have_encoded_are_copied(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "frames", WISH, 7, first=11)
    write_wav(folder / pictures.SOUND, np.zeros((RATE, 2), np.float32), RATE)
    for first, last in ((11, 13), (14, 16), (17, 17)):
        assert main(["encode", str(folder), "--first", str(first), "--last", str(last)]) == 0
    pieces = sorted((folder / "pieces").iterdir())
    assert [path.name for path in pieces] == ["000000-000002.mp4", "000003-000005.mp4", "000006-000006.mp4"]
    pictures.join(ffmpeg(), folder, tmp_path / "out.mp4")
    assert np.array_equal(decoded(tmp_path / "out.mp4"), np.concatenate([decoded(path) for path in pieces]))
    assert "Audio: aac" in said(tmp_path / "out.mp4")

    # what is as it was stays; a picture that is newer, or a piece cut short, is encoded again
    times = [path.stat().st_mtime_ns for path in pieces]
    later = max(times) + 10**9
    os.utime(folder / "frame_0005.png", ns=(later, later))
    pieces[2].write_bytes(pieces[2].read_bytes()[:-100])
    for first, last in ((11, 13), (14, 16), (17, 17)):
        pictures.encode(ffmpeg(), folder, first, last)
    assert [path.stat().st_mtime_ns == time for path, time in zip(pieces, times, strict=True)] == [True, False, False]
    pieces[1].unlink()
    pictures.join(ffmpeg(), folder, tmp_path / "alone.mp4")
    assert frames_in(ffmpeg(), tmp_path / "alone.mp4") == 7, "without a piece all pictures are encoded"


def test_what_is_no_video_has_no_pieces(tmp_path: Path) -> None:
    folder = picture_folder(tmp_path / "frames", replace(WISH, format="gif", audio="none"))
    assert pictures.encode(ffmpeg(), folder, 1, 5) is None
    assert pictures.join(ffmpeg(), folder, tmp_path / "out") == tmp_path / "out.gif"
    with pytest.raises(ParallaxError, match="5 of 5 frames are missing, the first of them 6"):
        pictures.encode(ffmpeg(), picture_folder(tmp_path / "more", WISH), 6, 10)
    assert main(["encode", str(folder), "--first", "3", "--last", "2"]) == 2
