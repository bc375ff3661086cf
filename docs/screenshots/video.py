"""What is wrong with the exported video of the tour, and a sheet of its frames.

A loop is judged by its own motion: the way from the last frame to the first must be hardly farther than the two beside
it. A threshold in levels was the other road; it depends on the picture and on the speed.
"""

import json
import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = (320, 200)
COLUMNS, GAP_PX = 3, 4
JUMP = 1.5
SILENT_DB = -60.0
QUALITY = 85


def frames(path: Path) -> NDArray[np.uint8]:
    """All frames, small, as (n, height, width, 3)."""
    width, height = SIZE
    program = imageio_ffmpeg.get_ffmpeg_exe()
    words = ["-v", "error", "-i", str(path), "-vf", f"scale={width}:{height}", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    out = subprocess.run([program, *words, "-"], check=True, capture_output=True).stdout
    return np.frombuffer(out, np.uint8).reshape(-1, height, width, 3)


def loudness_db(path: Path) -> float:
    """The mean level of the sound; minus infinity where there is none."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    words = ["-i", str(path), "-map", "0:a:0?", "-af", "volumedetect", "-f", "null", "-"]
    said = subprocess.run([program, *words], check=False, capture_output=True, text=True).stderr
    found = re.search(r"mean_volume: (-?[\d.]+) dB", said)
    return float(found[1]) if found else -np.inf


def judge(path: Path, sheet: Path) -> list[str]:
    """What is wrong, in sentences; writes the sheet: five frames and, last, what follows the last one."""
    if not path.exists():
        return [f"{path.name} was not exported."]
    pictures = frames(path)
    steps = np.abs(np.diff(pictures.astype(np.int16), axis=0)).mean((1, 2, 3))
    home = float(np.abs(pictures[-1].astype(np.int16) - pictures[0]).mean())
    level = loudness_db(path)
    beside = float(max(steps[0], steps[-1]))
    said = {"frames": len(pictures), "step": [round(float(v), 2) for v in (steps.min(), np.median(steps), steps.max())]}
    print("VIDEO", json.dumps(said | {"home": round(home, 2), "beside": round(beside, 2), "loudness_db": level}))
    shown = [pictures[i * (len(pictures) - 1) // 4] for i in range(5)] + [pictures[0]]
    width, height = SIZE
    page = np.full((2 * height + GAP_PX, COLUMNS * (width + GAP_PX) - GAP_PX, 3), 255, np.uint8)
    for i, picture in enumerate(shown):
        y, x = i // COLUMNS * (height + GAP_PX), i % COLUMNS * (width + GAP_PX)
        page[y : y + height, x : x + width] = picture
    Image.fromarray(page).save(sheet, quality=QUALITY)
    faults = []
    if home > JUMP * beside:
        faults.append(f"The last frame does not flow into the first: {home:.2f} levels, beside it {beside:.2f}.")
    if level < SILENT_DB:
        faults.append(f"The video has no sound: {level} dB.")
    return faults
