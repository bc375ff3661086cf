"""The sound of a scene as one file: what `preview` lays under its video, and what a Blender without sound lacks.

The arithmetic is `shared/soundtrack.py`'s; here files are decoded and the mix is written.
"""

from pathlib import Path

from ..inpaint_server.sound_files import load_sound
from ..shared.ambience import RATE, Samples, write_blocks
from ..shared.scene import SceneSpec
from ..shared.soundtrack import mixed

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
    return load_sound(Path(name), RATE)
