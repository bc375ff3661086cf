"""Sound files of any format as samples: decoded and resampled by ffmpeg, the sound of a film too.

libsndfile (soundfile) was the other road: it is lighter to call, but knows neither AAC nor films, does not resample,
and would be one package more beside the ffmpeg that writes the videos.
"""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from ..shared.ambience import Samples
from ..shared.errors import ParallaxError, UsageError
from ..shared.ffmpeg_words import last_words
from .ffmpeg import ffmpeg


def read_sound(data: bytes, rate: int, most_s: float) -> Samples:
    """The samples of a sound file's bytes, as `load_sound`; of a longer one the first `most_s` seconds."""
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder:
        path = Path(folder) / "sound"
        path.write_bytes(data)
        try:
            return load_sound(path, rate, most_s=most_s)
        except ParallaxError as e:
            # its name here says nothing to whoever sent it
            raise UsageError("The file for sound cannot be read as a sound.", "Send WAV, FLAC, OGG or MP3.") from e


def load_sound(path: Path, rate: int, channels: int | None = None, most_s: float | None = None) -> Samples:
    """The samples of a sound file or of a film's first sound, float32 [n, channels] within -1..1, at `rate` per second.

    With `most_s` only so many seconds are read. With `channels` 1 or 2 it is mixed to that many; None leaves up to 2 as
    they are and mixes more to 2. ParallaxError for a file that is not there, holds no sound, or cannot be read.
    """
    if not path.is_file():
        raise ParallaxError(f"There is no sound file at {path}.", "Check --sound, sound.file and cues in the project.")
    own = _channels(path)
    # of floats ffmpeg would add channels up beyond full scale
    fold = ["-af", "aresample=out_chlayout=stereo:rematrix_maxval=1"] if own > 2 else []
    length = [] if most_s is None else ["-t", f"{most_s:.6f}"]
    done = _run(path, "-vn", *length, *fold, "-ar", str(rate), "-f", "f32le", "-c:a", "pcm_f32le", "-")
    samples = np.frombuffer(done, "<f4").reshape(-1, min(2, own))
    if not len(samples):
        raise ParallaxError(f"The file {path} holds no sound.", "Choose another.")
    if channels == 1:
        samples = samples.mean(axis=1, keepdims=True)
    elif channels == 2 and samples.shape[1] == 1:
        samples = np.repeat(samples, 2, axis=1)
    # a lossy codec may overshoot, and a float file may hold anything
    return np.asarray(np.clip(np.nan_to_num(samples), -1, 1), np.float32)


def _channels(path: Path) -> int:
    """How many channels a file has: the header of its first decoded instant as WAV says it."""
    header = _run(path, "-vn", "-t", "0.1", "-f", "wav", "-c:a", "pcm_s16le", "-")
    return max(1, int.from_bytes(header[22:24], "little"))


def _run(path: Path, *arguments: str) -> bytes:
    # a playlist must not lead to other files, or out into the net
    source = ["-protocol_whitelist", "file,pipe", "-i", f"file:{path}"]
    command = [ffmpeg(), "-v", "error", "-nostdin", *source, *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip()
        if "does not contain any stream" in words or "matches no streams" in words:
            raise ParallaxError(f"The file {path} holds no sound.", "Choose another.")
        raise ParallaxError(
            f"ffmpeg could not read the sound {path}: {last_words(words)}",
            "Check --sound, sound.file and cues in the project.",
        )
    return done.stdout
