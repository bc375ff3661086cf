"""What is in a video file, asked of ffmpeg: its streams, its key frames, its frames."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Video:
    """`frames` RGB uint8 [n, h, w, 3]; `keys` the numbers of the key frames; `said` what ffmpeg says of the streams."""

    frames: Any
    keys: list[int]
    said: str


def decoded(ffmpeg: str, path: Path, width: int, height: int) -> Video:
    """Decode a whole video."""
    command = [ffmpeg, "-hide_banner", "-i", str(path), "-vf", "showinfo", "-fps_mode", "passthrough"]
    done = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    said = done.stderr.decode(errors="replace")
    keys = [int(number) for number, key in re.findall(r"n: *(\d+) .*?iskey:(\d)", said) if key == "1"]
    return Video(np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3), keys, said)


def loudness(ffmpeg: str, path: Path) -> Any:
    """The RMS of a file's sound in each tenth of a second, 0..1."""
    command = [ffmpeg, "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", "8000", "-"]
    samples = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.int16) / 32768
    whole = samples[: len(samples) // 800 * 800].reshape(-1, 800)
    return np.sqrt((whole**2).mean(axis=1))
