"""Wavelets fitted to plates for layers that shimmer: by the command, and by a server."""

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.blender_addon import jobs, local_server
from infinite_parallax.cli.main import main
from infinite_parallax.inpaint_server import wavelet_fits
from infinite_parallax.inpaint_server.gabor import cells
from infinite_parallax.shared import plates as plate_files
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.finishing import Shimmer
from infinite_parallax.shared.gabor import drawing, patchwork, shimmer
from infinite_parallax.shared.gabor.plate_fitting import CellWish, fit_plates
from infinite_parallax.shared.gabor.wavelets import from_text
from infinite_parallax.shared.plates import Manifest, Plate, Tile
from PIL import Image


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10((((a.astype(float) - b) / 255) ** 2).mean()))


def painted(folder: Path) -> None:
    """Two tiles of one plate that overlap, transparent above, and a second plate that is nowhere opaque."""
    picture = paint(260, 60)
    files = []
    for index, (x, width) in enumerate(((0, 160), (100, 160))):
        pixels = np.dstack([picture[:, x : x + width], np.full((60, width), 255, np.uint8)])
        pixels[:20, :, 3] = 0
        path = folder / f"{index}.png"
        Image.fromarray(pixels).save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files.append(Tile(path.name, index, index + 1, x, 5, width, 60, digest))
    Image.fromarray(np.zeros((30, 40, 4), np.uint8)).save(folder / "clear.png")
    clear = Tile("clear.png", 0, 2, 0, 0, 40, 30, "")
    manifest = Manifest(160, 90, 2, 2, (Plate(0, "far", tuple(files)), Plate(1, "near", (clear,))))
    (folder / "manifest.json").write_text(json.dumps(manifest.to_json()))


def test_plates_are_fitted_once_and_stopped_fits_go_on(tmp_path: Path) -> None:
    painted(tmp_path)
    manifest = plate_files.load(tmp_path)
    told: list[tuple[int, int]] = []
    wish = (Shimmer(layer=0, wavelets=400),)

    def fit(stop_after: int = 10**6) -> int:
        told.clear()
        return fit_plates(
            tmp_path,
            manifest,
            wish,
            wavelet_fits.fitter("cpu"),
            lambda *at: told.append(at),
            lambda: len(told) > stop_after,
        )

    with pytest.raises(Cancelled):
        fit(1)
    begun = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "wavelets").glob("*.txt")}
    assert len(begun) == 1
    parts = fit()
    assert parts > 1
    assert told[-1] == (parts, parts)
    after = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "wavelets").glob("*.txt")}
    assert len(after) == parts
    assert begun.items() <= after.items()
    assert fit() == parts
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "wavelets").glob("*.txt")} == after
    known = patchwork.load(tmp_path, "layer_00")
    cell = known.cells[0]
    with Image.open(tmp_path / "0.png") as tile:
        own = np.asarray(tile)[20:, : cell.width, :3]
    drawn = drawing.draw(patchwork.read(tmp_path / "wavelets" / cell.file), cell.width, cell.height)
    assert psnr(drawn[20:, : own.shape[1]], own) > psnr(np.full_like(own, 1) * own.mean((0, 1)).astype(np.uint8), own)
    assert not (tmp_path / "wavelets" / "layer_01.json").exists()


def test_the_command_fits_plates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    painted(tmp_path)
    assert main(["gabor", "plates", str(tmp_path), "--wavelets", "60"]) == 0
    assert patchwork.load(tmp_path, "layer_01").cells == ()
    assert len(patchwork.load(tmp_path, "layer_00").cells) > 1
    assert "Build the scene again" in capsys.readouterr().out
    assert main(["gabor", "plates", str(tmp_path), "--layer", "4"]) == 2
    assert "layer is 4" in capsys.readouterr().err
    assert main(["gabor", "plates", str(tmp_path / "none")]) != 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[jobs.Server]:
    """A server of this environment, which has torch."""
    command = (sys.executable, "-m", "infinite_parallax.inpaint_server")
    yield jobs.Server(url="", token="", command=command, stores=tmp_path / "jobs")
    local_server.stop()


def test_a_server_fits_the_same_wavelets(tmp_path: Path, server: jobs.Server) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    wish = (Shimmer(layer=0, wavelets=200),)
    for folder in (here, there):
        folder.mkdir()
        painted(folder)
    parts = fit_plates(here, plate_files.load(here), wish, wavelet_fits.fitter("cpu"))
    told: list[jobs.Message] = []
    assert jobs.fit_wavelets(server, there, wish, told.append) == jobs.Fitted(parts)
    files = sorted(path.name for path in (here / "wavelets").iterdir())
    assert files == sorted(path.name for path in (there / "wavelets").iterdir())
    for name in files:
        assert (here / "wavelets" / name).read_bytes() == (there / "wavelets" / name).read_bytes()
    assert told[0] == jobs.Progress("part", 0, parts)
    assert told[-1] == jobs.Progress("part", parts, parts)


def test_a_server_refuses_what_is_no_cell(tmp_path: Path, server: jobs.Server) -> None:
    painted(tmp_path)
    tile = (tmp_path / "0.png").read_bytes()
    cell = CellWish(0, 5, 40, 40, wavelets=8, tiles=((0, 5),))
    with jobs.connected(server) as client:
        assert len(from_text(client.wavelets([tile], cell))) == 8
        assert client.wavelets([tile], replace(cell, y=500)) == "", "nothing is seen there"
        assert client.wavelets([tile], replace(cell, x=-500)) == ""
        with pytest.raises(UsageError, match=r"cell\.width is 0"):
            client.wavelets([tile], replace(cell, width=0))
        with pytest.raises(UsageError, match="is empty"):
            client.wavelets([], replace(cell, tiles=()))
        with pytest.raises(UsageError, match=r"no file 'tile\.1'"):
            client.wavelets([tile], replace(cell, tiles=((0, 5), (9, 9))))
        with pytest.raises(UsageError):
            client.wavelets([b"no picture"], cell)


def test_in_the_dark_no_clouds_of_light_run_over_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = np.mgrid[0:96, 0:96]
    dark = np.full((96, 96, 4), 255, np.uint8)
    dark[..., :3] = (14 + 6 * np.sin(x / 5) * np.cos(y / 7))[..., None]

    def change() -> float:
        wavelets = from_text(cells.fit_cell([dark], CellWish(0, 0, 96, 96, wavelets=40, tiles=((0, 0),))))
        waving = shimmer.basis(wavelets, shimmer.turns(len(wavelets)), 96, 96, level=True)
        return float(np.sqrt(np.mean([(127.5 * shimmer.change(*waving, t)) ** 2 for t in (0.2, 0.4, 0.6)])))

    own = change()
    assert 1 < own < 3 * dark[..., 0].std()
    monkeypatch.setattr(cells, "_detail", lambda colours, alpha: colours)  # noqa: ARG005
    assert change() > 2 * own, "fitted whole, strong wavelets come apart"
