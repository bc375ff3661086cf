"""Fitting wavelets: slopes against finite differences, pictures found again, files, weights, calm videos."""

import hashlib
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from infinite_parallax.cli.main import main
from infinite_parallax.inpaint_server.gabor import losses, schedule
from infinite_parallax.inpaint_server.gabor.fitting import Fit
from infinite_parallax.inpaint_server.gabor.losses import Terms
from infinite_parallax.inpaint_server.gabor.plates import fit_plates
from infinite_parallax.inpaint_server.gabor.schedule import Course
from infinite_parallax.inpaint_server.gabor.slopes import slopes
from infinite_parallax.shared import plates as plate_files
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.finishing import Shimmer
from infinite_parallax.shared.gabor import Wavelets, drawing, patchwork
from infinite_parallax.shared.gabor.wavelets import from_text, to_text
from infinite_parallax.shared.plates import Manifest, Plate, Tile
from PIL import Image

WIDTH, HEIGHT = 60, 44


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10((((a.astype(float) - b) / 255) ** 2).mean()))


def opened(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def begun(terms: Terms | None = None, weight: torch.Tensor | None = None) -> Fit:
    """Seven wavelets over a picture, in double precision where it counts."""
    random = torch.Generator().manual_seed(1)
    target = torch.rand(3, HEIGHT, WIDTH, generator=random) * 2 - 1
    fit = Fit(target, weight, terms)
    n = torch.rand(7, 6, generator=random)
    numbers = torch.stack(
        [n[:, 0] - 0.5, n[:, 1] - 0.5, n[:, 2] * 3, -1.2 + 0.3 * n[:, 3], -1.0 + 0.3 * n[:, 4], 0.5 + n[:, 5]], 1
    )
    fit.append(numbers, torch.rand(7, 3, 2, generator=random) * 0.8 - 0.4)
    return fit


@pytest.mark.parametrize("terms", [Terms(), Terms(l1=0.5), Terms(gradient=0.7, sobel=0.4)])
def test_slopes_are_those_of_finite_differences(terms: Terms) -> None:
    weight = losses.weights(torch.linspace(0.2, 1, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH))
    fit = begun(terms, weight)
    shapes, tiles = fit.shapes(), fit.tiles
    waves = tiles.waves(shapes)

    def error(numbers: torch.Tensor, weights: torch.Tensor) -> float:
        moved = fit.shapes(numbers)
        again = tiles.waves(moved)
        drawn = tiles.joined(tiles.summed(again, weights))
        return float(losses.error(drawn.double(), fit.target.double(), weight.double(), terms))

    _, of_pixels = losses.towards(tiles.joined(tiles.summed(waves, fit.weights)), fit.target, weight, terms)
    found = slopes(tiles, shapes, fit.weights, waves, tiles.cut(of_pixels))
    step = 2e-3
    # numbers hold k sigma: at a fixed sigma, k changes with it
    columns = {0: found.u, 1: found.v, 2: found.theta, 4: found.log_gamma, 5: found.k / shapes.sigma}
    columns[3] = found.log_sigma - shapes.k * found.k
    scale = max(float(column.abs().max()) for column in columns.values())
    for column, slope in columns.items():
        for i in range(len(fit)):
            up, down = fit.numbers.clone(), fit.numbers.clone()
            up[i, column] += step
            down[i, column] -= step
            measured = (error(up, fit.weights) - error(down, fit.weights)) / (2 * step)
            assert float(slope[i]) == pytest.approx(measured, abs=0.02 * scale), (column, i)
    for i, c, part in ((0, 0, 0), (3, 2, 1), (6, 1, 0)):
        up, down = fit.weights.clone(), fit.weights.clone()
        up[i, c, part] += step
        down[i, c, part] -= step
        measured = (error(fit.numbers, up) - error(fit.numbers, down)) / (2 * step)
        assert float(found.weights[i, c, part]) == pytest.approx(measured, rel=0.03, abs=1e-5)


def test_solving_finds_colours_that_no_step_betters() -> None:
    fit = begun()
    before = fit.psnr()
    fit.solve(30)
    solved = fit.psnr()
    assert solved > before
    fit.solve(30)
    assert fit.psnr() == pytest.approx(solved, abs=0.01)


def drawn_by_three() -> tuple[Wavelets, np.ndarray]:
    rows = np.array(
        [
            [-0.4, -0.2, 0.10, 0.35, 0.30, math.log(0.5), 0.1, 0.1, 0.1, 0.5, 0.3, 0.2],
            [0.4, 0.3, 0.30, 0.30, 0.25, math.log(0.4), 0.0, 0.2, 0.4, 0.2, 0.5, 0.4],
            [0.1, 0.0, 0.00, 0.80, 0.90, 3.0, 0.0, 0.0, 0.0, 0.4, 0.3, 0.1],
        ]
    )
    wavelets = Wavelets(rows)
    return wavelets, drawing.draw(wavelets, 64, 48)


def test_a_picture_made_of_wavelets_is_found_again() -> None:
    _, picture = drawn_by_three()
    fit = schedule.fit_picture(picture, Course(wavelets=24, iterations=60, iter_multiple=0.5, rescales=1))
    assert fit.psnr() > 38


def test_a_photograph_is_fitted_within_its_format_and_the_file_shows_it() -> None:
    picture = paint(96, 64)
    fit = schedule.fit_picture(picture, Course(wavelets=100, iterations=15, iter_multiple=0.5))
    wavelets = schedule.wavelets_of(fit)
    assert len(wavelets) == 100
    np.testing.assert_array_equal(wavelets.rows, wavelets.limited.rows)
    shown = psnr(drawing.draw(from_text(to_text(wavelets)), 96, 64), picture)
    assert shown == pytest.approx(fit.psnr(), abs=0.1)
    assert shown > psnr(np.full_like(picture, 1) * picture.mean((0, 1)).astype(np.uint8), picture) + 6


def test_same_seed_same_wavelets() -> None:
    picture, course = paint(64, 48), Course(wavelets=40, iterations=8, iter_multiple=0.5, mutation=0.2)
    first, second = (schedule.wavelets_of(schedule.fit_picture(picture, course)).rows for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_weight_map_says_where_it_matters() -> None:
    picture = paint(96, 64)
    weight = np.zeros((64, 96), np.uint8)
    weight[:, :48] = 255
    course = Course(wavelets=60, iterations=30, iter_multiple=0.5)

    def left(weighted: np.ndarray | None) -> float:
        drawn = drawing.draw(schedule.wavelets_of(schedule.fit_picture(picture, course, weighted)), 96, 64)
        return psnr(drawn[:, :48], picture[:, :48])

    assert left(weight) > left(None) + 0.5


def test_wavelets_are_gone_on_from() -> None:
    picture = paint(64, 48)
    rough = schedule.fit_picture(picture, Course(wavelets=50, iterations=2, rescales=0))
    known = schedule.wavelets_of(rough)
    resumed = schedule.resumed(known, schedule.as_target(picture), Course())
    assert resumed.psnr() == pytest.approx(rough.psnr(), abs=0.01)
    better = schedule.fit_picture(picture, Course(wavelets=50, iterations=25), first=known)
    assert better.psnr() > rough.psnr() + 0.5


def slid(by: float) -> np.ndarray:
    y, x = np.mgrid[0:48, 0:64].astype(float)
    waves = 120 + 60 * np.sin((x - by) / 6)[..., None] * np.cos(y / 9)[..., None] * [1.0, 0.7, 0.4]
    bump = 50 * np.exp(-((x - 32 - by) ** 2 + (y - 20) ** 2) / 60)
    return np.rint(waves + bump[..., None]).astype(np.uint8)


def test_a_video_flickers_less_than_a_fifth_of_single_fits_and_key_frames_are_not_seen() -> None:
    frames = [slid(0.5 * n) for n in range(7)]
    course = Course(wavelets=24, iterations=16, iter_multiple=0.5, rescales=1, keyframes=3)
    fit = schedule.fit_picture(frames[0], course)
    calm = [fit.drawn().numpy()]
    for number, frame in enumerate(frames[1:], 1):
        calm.append(schedule.fit_frame(fit, frame, course, number=number).drawn().numpy())
    single = [
        schedule.fit_picture(f, Course(wavelets=24, iterations=16, iter_multiple=0.5, rescales=1, seed=n))
        .drawn()
        .numpy()
        for n, f in enumerate(frames)
    ]
    true = [schedule.as_target(frame).numpy() for frame in frames]

    def flicker(shown: list[np.ndarray]) -> np.ndarray:
        """Change of the error from frame to frame: what is seen beside the true motion."""
        off = [a - b for a, b in zip(shown, true, strict=True)]
        return np.array([((b - a) ** 2).mean() for a, b in itertools.pairwise(off)])

    assert flicker(single).mean() > 5 * flicker(calm).mean()
    assert flicker(calm)[[2, 5]].max() < 3 * np.median(flicker(calm))


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(UsageError, match="weight map is black"):
        schedule.fit_picture(paint(32, 32), Course(wavelets=4), np.zeros((32, 32), np.uint8))
    with pytest.raises(UsageError, match="wavelets is 0"):
        Course(wavelets=0)
    with pytest.raises(UsageError, match="sobel is -1"):
        Terms(sobel=-1)
    fit = schedule.fit_picture(paint(32, 24), Course(wavelets=4, iterations=1))
    with pytest.raises(UsageError, match="frames differ in size"):
        schedule.fit_frame(fit, paint(24, 32), Course())
    with pytest.raises(Cancelled):
        schedule.fit_picture(paint(32, 32), Course(wavelets=4), cancelled=lambda: True)


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
        Image.fromarray(slid(float(n))).save(film / f"frame{n}.png")
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
        return fit_plates(tmp_path, manifest, wish, lambda *at: told.append(at), lambda: len(told) > stop_after)

    with pytest.raises(Cancelled):
        fit(1)
    begun = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "wavelets").glob("*.txt")}
    assert len(begun) == 1
    cells = fit()
    assert cells > 1
    assert told[-1] == (cells, cells)
    after = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "wavelets").glob("*.txt")}
    assert len(after) == cells
    assert begun.items() <= after.items()
    assert fit() == cells
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
