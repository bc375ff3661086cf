"""The sound of a scene as one file: what `preview` lays under its video, and what a Blender without sound lacks.

The arithmetic is `shared/soundtrack.py`'s; here files are decoded and the mix is written.
"""

import subprocess
import tempfile
from pathlib import Path

from ..shared.ambience import RATE, Samples, read_wav, write_blocks
from ..shared.errors import ParallaxError
from ..shared.scene import SceneSpec
from ..shared.soundtrack import mixed
from .ffmpeg import WORDS, ffmpeg

MIX_FILE = "sound.wav"


def mix(spec: SceneSpec, folder: Path) -> Path | None:
    """Mix the cues of a scene into a WAV file in `folder`, exactly as long as the video; None for a silent scene."""
    if not spec.cues:
        return None
    path = folder / MIX_FILE
    write_blocks(path, mixed(spec, decoded), 2, RATE)
    return path


def decoded(name: str) -> Samples:
    """The samples of a sound file of any format that ffmpeg knows, at RATE: float32 [n, channels]."""
    path = Path(name)
    if not path.is_file():
        raise ParallaxError(f"There is no sound file at {path}.", "Check sound.file and cues in the project.")
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder:
        wav = Path(folder) / "decoded.wav"
        command = [
            ffmpeg(),
            "-y",
            "-v",
            "error",
            "-i",
            str(path),
            "-vn",
            "-ar",
            str(RATE),
            "-c:a",
            "pcm_s16le",
            str(wav),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            words = done.stderr.strip()[-WORDS:]
            raise ParallaxError(
                f"ffmpeg could not read the sound {path}: {words}", "Check --sound, sound.file and cues in the project."
            )
        return read_wav(wav)
