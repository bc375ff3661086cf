"""`infinite-parallax check`: the table, the files, the exit code; and on what the command line has painted itself."""

import json
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli.main import main
from PIL import Image

from .plates_by_hand import RGBA, clouds, make


def test_a_good_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make().write(tmp_path / "job")
    assert main(["check", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "Every bar is cleared." in printed
    assert "layer 2" in printed
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_bad_job_names_every_missed_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def hole(index: int, plate: RGBA) -> None:
        if index == 0:
            plate[5:9, 400:404, 3] = 0

    made = make(fault=hole)
    made.source[0, 0] = 255 - made.source[0, 0]
    folder, out = made.write(tmp_path / "job"), tmp_path / "report" / "here"
    assert main(["check", str(folder), "--out", str(out)]) == 1
    printed = capsys.readouterr().out
    assert "Missed: The first frame is not the source" in printed
    assert "Missed: There are holes" in printed
    assert not (folder / "report.json").exists()
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [missed["bar"] for missed in report["missed"]] == ["first frame", "holes"]


def test_no_job_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "holds no plates" in capsys.readouterr().err


def test_what_plates_has_painted_can_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    grey = (120 + 25 * clouds(80, 160, 4)).astype(np.uint8)
    Image.fromarray(np.repeat(grey[..., None], 3, axis=2)).save(tmp_path / "Picture.PNG")
    folder = tmp_path / "plates"
    flags = ["--layers", "30,25", "--velocities=-2,-4,-7", "--steps", "20", "--cut", "straight"]
    assert main(["plates", str(tmp_path / "Picture.PNG"), "-o", str(folder), *flags]) == 0
    assert (folder / "source.png").read_bytes() == (tmp_path / "Picture.PNG").read_bytes()
    assert json.loads((folder / "project.json").read_text(encoding="utf-8"))["picture"] == "source.png"
    assert main(["check", str(folder)]) in (0, 1)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["first_frame"]["differing"] == report["holes"]["pixels"] == 0
    assert report["cut"] == "straight"
    assert "Wrote" in capsys.readouterr().out
