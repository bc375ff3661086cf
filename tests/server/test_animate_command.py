"""`animate` from the command line: frames that move where the mask is, a loop that closes, motion out of a clip."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli.main import main
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.spectral import volume
from PIL import Image

WIDTH, HEIGHT = 192, 108


@pytest.fixture
def still(tmp_path: Path) -> Path:
    Image.fromarray(paint(WIDTH, HEIGHT)).save(tmp_path / "still.png")
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[60:, :100] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path / "still.png"


def frames(folder: Path) -> np.ndarray:
    return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.glob("out_*.png"))])


def animate(still: Path, *words: str) -> np.ndarray:
    folder = still.parent / "frames"
    assert main(["animate", str(still), "-o", str(folder / "out.png"), "--format", "png", "--fps", "8", *words]) == 0
    return frames(folder)


def test_what_is_near_moves_more_by_a_depth_map(still: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--preset", "air", "--period", "1", "--seed", "4")
    ways = []
    for name, shades in (("left", (255, 0)), ("right", (0, 255)), ("even", (90, 90))):
        depth = np.repeat(np.repeat(np.uint8([shades]), WIDTH // 2, axis=1), HEIGHT, axis=0)
        Image.fromarray(depth).save(still.parent / f"{name}.png")
        assert (
            main(
                [
                    "animate",
                    str(still),
                    "-o",
                    str(still.parent / "a.mp4"),
                    *words,
                    "--seconds",
                    "0.2",
                    "--depth",
                    str(still.parent / f"{name}.png"),
                    "--save-motion",
                    str(still.parent / "m.npz"),
                ]
            )
            == 0
        )
        way = volume.from_bytes((still.parent / "m.npz").read_bytes()).rms_px()
        middle = way.shape[1] // 2
        ways.append((way[:, : middle - 1].mean(), way[:, middle + 1 :].mean()))
    (near_left, far_right), (far_left, near_right), (left, right) = ways
    assert near_left > 4 * far_left
    assert near_right > 4 * far_right
    assert left + right == pytest.approx((near_left + far_left + near_right + far_right) / 2, rel=0.1)
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(still.parent / "square.png")
    for path, words_of in (("square.png", "The depth map is 40x40 px"), ("none.png", "There is no depth map at")):
        assert (
            main(["animate", str(still), "-o", str(still.parent / "b.mp4"), "--depth", str(still.parent / path)]) == 2
        )
        assert words_of in capsys.readouterr().err


def test_depth_counts_for_motion_from_anywhere_and_for_what_drifts(still: Path) -> None:
    depth = np.zeros((HEIGHT, WIDTH), np.uint8)
    depth[:, WIDTH // 2 :] = 255
    Image.fromarray(depth).save(still.parent / "depth.png")
    kept, deep = still.parent / "kept.npz", ("--depth", str(still.parent / "depth.png"))
    words = ("--preset", "air", "--period", "1", "--seconds", "0.5")
    animate(still, *words, "--save-motion", str(kept))
    for moving in (("--motion", str(kept)), ("--preset", "air", "--gain", "0", "--drift=-14:0", "--period", "1")):
        shown = animate(still, *moving, *deep, "--seconds", "0.5").astype(int)
        apart = np.abs(np.diff(shown, axis=0)).mean((0, 1, 3))
        even = np.abs(np.diff(animate(still, *moving, "--seconds", "0.5").astype(int), axis=0)).mean((0, 1, 3))
        far, near = (part / whole for part, whole in zip(halves(apart), halves(even), strict=True))
        assert near > 1.2
        assert far < 0.7


def halves(columns: np.ndarray) -> tuple[float, float]:
    """The means of the left and of the right half, without the middle."""
    middle = len(columns) // 2
    return float(columns[: middle - 12].mean()), float(columns[middle + 12 :].mean())


def test_only_what_the_mask_shows_moves(still: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = still.parent / "mask.png"
    shown = animate(still, "--mask", str(mask), "--preset", "cloth", "--period", "1", "--seed", "4")
    assert shown.shape == (8, HEIGHT, WIDTH, 3)
    source = np.asarray(Image.open(still))
    np.testing.assert_array_equal(shown[:, :40], np.broadcast_to(source[:40], (8, 40, WIDTH, 3)))
    np.testing.assert_array_equal(shown[:, :, 130:], np.broadcast_to(source[:, 130:], (8, HEIGHT, 62, 3)))
    moved = np.abs(shown[1:, 70:, :90].astype(int) - shown[:-1, 70:, :90]).mean((1, 2, 3))
    assert moved.min() > 1
    assert "8 frames, 192x108 px" in capsys.readouterr().out


def test_one_period_closes_as_smoothly_as_it_runs(still: Path) -> None:
    shown = animate(still, "--period", "1.03", "--frequencies", "4", "--preset", "air").astype(int)
    steps = np.abs(np.diff(np.concatenate([shown, shown[:1]]), axis=0)).mean((1, 2, 3))
    assert steps[-1] < 1.6 * np.median(steps)


def test_a_poke_is_seen_from_its_moment_on(still: Path) -> None:
    words = ["--preset", "cloth", "--gain", "0.5", "--period", "2", "--seconds", "1.5"]
    calm, poked = animate(still, *words), animate(still, *words, "--poke", "1:96:90:12:0", "--damping", "0.1")
    np.testing.assert_array_equal(calm[:8], poked[:8])
    assert np.abs(calm[8].astype(int) - poked[8]).max() > 20


def test_in_one_period_a_poke_closes_the_loop(still: Path) -> None:
    words = ["--preset", "cloth", "--gain", "0.2", "--period", "1.5", "--poke", "1.3:96:90:5:0"]
    shown = animate(still, *words).astype(int)
    steps = np.abs(np.diff(np.concatenate([shown, shown[:1]]), axis=0)).mean((1, 2, 3))
    assert steps[-1] < 1.6 * np.median(steps)


def test_what_drifts_begins_and_ends_alike(still: Path) -> None:
    shown = animate(still, "--preset", "air", "--gain", "0", "--period", "2", "--drift=-12:0").astype(int)
    steps = np.abs(np.diff(np.concatenate([shown, shown[:1]]), axis=0)).mean((1, 2, 3))
    assert steps.min() > 0.3
    assert steps[-1] < 1.5 * np.median(steps)


def test_motion_is_taken_from_a_clip_kept_and_used_again(still: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip, kept = still.parent / "clip.mp4", still.parent / "motion.npz"
    sway = f"animate {still} -o {clip} --preset cloth --period 2 --frequencies 3 --gain 2 --fps 12 --seconds 4"
    assert main(sway.split()) == 0
    first = animate(still, "--clip", str(clip), "--transfer", "framing", "--save-motion", str(kept), "--seconds", "1")
    assert "The clip swings most at" in capsys.readouterr().out
    again = animate(still, "--motion", str(kept), "--seconds", "1")
    assert np.abs(first.astype(int) - again).mean() < 0.2
    assert np.abs(first[0].astype(int) - first[4]).mean() > 1


def test_a_video_is_written_and_a_gif(still: Path) -> None:
    for name, words in (("out.mp4", ()), ("out.gif", ("--format", "gif"))):
        path = still.parent / name
        assert main(["animate", str(still), "-o", str(path), "--seconds", "0.5", "--fps", "10", *words]) == 0
        done = subprocess.run([ffmpeg(), "-v", "error", "-i", str(path), "-f", "null", "-"], check=False)
        assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--mask", "none.png"], "There is no mask at none.png"),
        (["--clip", "none.mp4"], "There is no clip at none.mp4"),
        (["--motion", "none.npz"], "There is no file at none.npz"),
        (["--poke", "1:2:3"], "--poke 1:2:3 is not 5 numbers"),
        (["--poke", "0:900:2:3:0"], "is outside the picture"),
        (["--seconds", "0"], "--seconds is 0"),
        (["--fps", "nan"], "--fps is nan"),
        (["--gain", "50"], "living.gain is 50, but must be at least 0 and at most 20"),
        (["--engine", "wlak", "--mask", "mask.png"], "There is no engine 'wlak'"),
    ],
)
def test_what_cannot_be_done_is_said(
    still: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(still.parent)
    assert main(["animate", str(still), "-o", "out.mp4", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("out.mp4").exists()


def test_boxes_and_black_masks_are_refused(still: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(np.zeros((HEIGHT, WIDTH), np.uint8)).save(still.parent / "black.png")
    out = still.parent / "out.mp4"
    assert main(["animate", str(still), "-o", str(out), "--mask", str(still.parent / "black.png")]) == 2
    assert "The mask is black" in capsys.readouterr().err
    assert main(["animate", str(still), "-o", str(out), "--clip", str(still), "--transfer", "boxes"]) == 2
    assert capsys.readouterr().err
