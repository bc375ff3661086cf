"""How fast a picture that lives is warped, and how near it comes to splatting every pixel forwards.

One thread, the processor's time, the fastest of a few runs, so that other work on the machine says little. Frames of
the whole chain, from the spectral volume to RGBA pixels, stand beside other ways to draw the same displacement: forward
splatting, which needs no inversion, OpenCV's remap with every pixel's own way, and torch's grid_sample where torch is
installed. PSNR is against splatting, where it left no hole. The contact sheet is the better judge.
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from ..inpaint_server.motion import animation
from ..inpaint_server.motion.splat import splat
from ..inpaint_server.motion.warp import Warp, premultiplied
from ..shared.example_picture import paint
from ..shared.spectral import folding, procedural
from ..shared.spectral.volume import SpectralVolume, Swing

SIZES = ((512, 288), (1920, 1080))
TIMES_S = (0.4, 1.1, 2.3, 3.9)
RUNS = 5
BAR_DB = 36.0


def spent_ms(work: Callable[[], Any], runs: int = RUNS) -> float:
    """The processor's time of the fastest of some runs, in ms."""
    work()
    found = []
    for _ in range(runs):
        begin = time.process_time()
        work()
        found.append(1000 * (time.process_time() - begin))
    return min(found)


def whole(moved: np.ndarray[Any, Any], width: int, height: int) -> np.ndarray[Any, Any]:
    """A displacement on the coarse grid as one of every pixel, float32 [2, H, W]."""
    return np.stack([cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in moved])


def measure(picture: np.ndarray[Any, Any], volume: SpectralVolume) -> list[str]:
    """The rows of the table for one picture, RGB uint8 [H, W, 3]."""
    height, width = picture.shape[:2]
    layer, swing, warp = premultiplied(picture), Swing(volume), Warp(width, height)
    moved = swing.at(TIMES_S[0])
    full = whole(moved, width, height)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    ways: dict[str, Callable[[], Any]] = {
        "the whole frame: sum of swings, inversion, warp": lambda: warp(layer, swing.at(TIMES_S[0])),
        "inversion and warp alone": lambda: warp(layer, moved),
        "OpenCV remap, RGB, no inversion": lambda: cv2.remap(picture, x - full[0], y - full[1], cv2.INTER_LINEAR),
        "OpenCV remap, RGB cubic, no inversion": lambda: cv2.remap(picture, x - full[0], y - full[1], cv2.INTER_CUBIC),
        "forward splatting, numpy": lambda: splat(picture, full),
    }
    if find_spec("torch") is not None:
        ways["torch grid_sample, RGB float32, no inversion"] = torch_way(picture, full)
    out = []
    for name, way in ways.items():
        cost = spent_ms(way, 2 if "splat" in name else RUNS)
        out.append(f"| {width}x{height} | {name} | {cost:.1f} | {1000 / cost:.0f} |")
    return out


def torch_way(picture: np.ndarray[Any, Any], full: np.ndarray[Any, Any]) -> Callable[[], Any]:
    """The same warp by torch, on one thread."""
    import torch

    torch.set_num_threads(1)
    height, width = picture.shape[:2]
    seen = torch.from_numpy(picture.transpose(2, 0, 1)[None].astype(np.float32))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    places = np.stack([(2 * (x - full[0]) + 1) / width - 1, (2 * (y - full[1]) + 1) / height - 1], axis=-1)
    grid = torch.from_numpy(places[None].astype(np.float32))
    return lambda: torch.nn.functional.grid_sample(seen, grid, padding_mode="reflection", align_corners=False)


def likeness_db(picture: np.ndarray[Any, Any], volume: SpectralVolume) -> float:
    """The least PSNR of the warp against splatting, at some moments, where splatting left no hole."""
    height, width = picture.shape[:2]
    swing, warp, least = Swing(volume), Warp(width, height), np.inf
    for time_s in TIMES_S:
        moved = swing.at(time_s)
        thrown, there = splat(picture, whole(moved, width, height))
        rim = max(4, int(np.abs(moved).max()) + 1)
        inner = np.zeros_like(there)
        inner[rim:-rim, rim:-rim] = there[rim:-rim, rim:-rim]
        off = warp(premultiplied(picture), moved)[..., :3].astype(float) - thrown
        least = min(least, 10 * np.log10(255**2 / np.mean(off[inner] ** 2)))
    return float(least)


def main() -> None:
    """Print the tables; write the contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="*", type=Path, help="pictures to warp beside the example")
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="where contact sheets are written")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    print("| size | way | ms, one core | frames/s |\n|---|---|---|---|")
    for width, height in SIZES:
        print("\n".join(measure(paint(width, height), moving(width, height, "vegetation"))))
    print(
        "\n| picture | preset | gain that nothing folds at | PSNR against splatting, dB | bar |\n|---|---|---|---|---|"
    )
    shown = {"example": paint(960, 540)}
    for path in args.pictures:
        with Image.open(path) as image:
            image.thumbnail((960, 960))
            shown[path.stem] = np.asarray(image.convert("RGB"))
    for name, picture in shown.items():
        height, width = picture.shape[:2]
        for preset in procedural.MATERIALS:
            volume = moving(width, height, preset)
            found = likeness_db(picture, volume)
            gain = folding.guarded(moving(width, height, preset, 20.0))[1] * 20
            print(f"| {name} | {preset} | {gain:.1f} | {found:.1f} | {'met' if found >= BAR_DB else 'missed'} |")
            if args.sheets is not None:
                contact(picture, volume, args.sheets / f"living_{name}_{preset}.jpg")


def moving(width: int, height: int, preset: str, gain: float = 1.0) -> SpectralVolume:
    """The motion of a whole picture, as far as nothing folds where the gain is 1."""
    mask = np.ones(animation.grid(width, height), np.float32)
    made = procedural.volume(mask, width, height, preset, gain=gain)
    return folding.guarded(made)[0] if gain == 1 else made


def contact(picture: np.ndarray[Any, Any], volume: SpectralVolume, path: Path) -> None:
    """Four moments of a picture below each other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    swing, warp = Swing(volume), Warp(picture.shape[1], picture.shape[0])
    rows = [warp(premultiplied(picture), swing.at(time_s))[..., :3] for time_s in TIMES_S]
    Image.fromarray(np.vstack([np.hstack(rows[:2]), np.hstack(rows[2:])])).save(path, quality=85)


if __name__ == "__main__":
    main()
