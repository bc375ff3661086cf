"""`gabor fit` and `gabor render`: pictures, folders, videos, and what they refuse."""

from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli.main import main
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.gabor.wavelets import from_text
from PIL import Image


def opened(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


FEW = ["--num-gabors", "12", "--iterations", "3", "--rescales", "1", "--size", "32"]


def test_the_command_fits_a_picture_and_draws_it_larger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(paint(64, 48)).save(tmp_path / "a.png")
    out = tmp_path / "out"
    assert main(["gabor", "fit", str(tmp_path / "a.png"), "-o", str(out), *FEW]) == 0
    assert len(from_text((out / "a.txt").read_text())) == 12
    assert opened(out / "a.png").shape == (24, 32, 3)
    assert main(["gabor", "render", str(out / "a.txt"), "-o", str(out / "b.png"), "--size", "80x60"]) == 0
    assert opened(out / "b.png").shape == (60, 80, 3)
    words = ["--size", "20", "--shimmer", "4"]
    assert main(["gabor", "render", str(out / "a.txt"), "-o", str(out / "s.png"), *words]) == 0
    frames = [opened(out / f"s_{n:04d}.png") for n in range(1, 5)]
    assert (frames[0] != frames[2]).any()
    assert "4 frames" in capsys.readouterr().out


def test_the_command_takes_folders_videos_and_folders_of_videos(tmp_path: Path) -> None:
    film = tmp_path / "films" / "one" / "images"
    film.mkdir(parents=True)
    (tmp_path / "films" / "one" / "weights").mkdir()
    for n in (2, 10, 1):
        Image.fromarray(paint(64, 48, n)).save(film / f"frame{n}.png")
        Image.fromarray(np.full((48, 64), 200, np.uint8)).save(film.parent / "weights" / f"frame{n}.png")
    for mode, source, where in (
        ("folder", film, "folder"),
        ("video", film, "video"),
        ("vm", tmp_path / "films", "vm/one"),
    ):
        out = tmp_path / mode
        assert main(["gabor", "fit", str(source), "--mode", mode, "-o", str(out), *FEW]) == 0
        assert sorted(p.name for p in (tmp_path / where).glob("*.txt")) == ["frame1.txt", "frame10.txt", "frame2.txt"]
    kept = (tmp_path / "video" / "frame1.txt").read_bytes()
    (tmp_path / "video" / "frame10.txt").unlink()
    assert main(["gabor", "fit", str(film), "--mode", "video", "-o", str(tmp_path / "video"), *FEW]) == 0
    assert (tmp_path / "video" / "frame1.txt").read_bytes() == kept
    assert (tmp_path / "video" / "frame10.txt").is_file()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["fit", "none.png", "-o", "out"], "There is no picture at none.png"),
        (["fit", "none", "-o", "out", "--mode", "video"], "There is no folder at none"),
        (["fit", ".", "-o", "out", "--mode", "folder"], "There are no pictures in"),
        (["fit", ".", "-o", "out", "--mode", "vm"], "has a folder `images`"),
        (["fit", "none.png", "-o", "out", "--num-gabors", "0"], "wavelets is 0"),
        (["fit", "none.png", "-o", "out", "--size", "2"], "--size is 2"),
        (["fit", "none.png", "-o", "out", "--device", "warp"], "The device 'warp' cannot be used"),
        (["render", "none.txt", "-o", "a.png", "--size", "64"], "none.txt cannot be read"),
        (["render", "none.txt", "-o", "a.png", "--size", "0x4"], "--size 0x4 is no size"),
    ],
)
def test_what_the_command_cannot_do_is_said(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["gabor", *words]) == 2
    assert sentence in capsys.readouterr().err
