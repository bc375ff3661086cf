"""The sound files of cues in Blender: found, measured, and made where a strip alone cannot say what is heard.

Blender's own sound system reads every format that its ffmpeg does, so nothing else is needed. A file is named by what
it was made of: what has not changed is not made again, and what has is not mixed up with what Blender holds open.
"""

import hashlib
import math
import wave
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..shared import soundtrack
from ..shared.ambience import RATE, Samples, write_blocks
from ..shared.cues import Cue
from ..shared.errors import ParallaxError
from ..shared.scene import SceneSpec
from ..shared.soundtrack import BLOCK_S, Dry


def found(cue: Cue) -> Cue:
    """A cue with the whole path of its file, which is there."""
    path = Path(bpy.path.abspath(cue.file))
    if not path.is_file():
        raise ParallaxError(f"There is no sound file at {path}.", "Check sound.file and cues in the project.")
    return replace(cue, file=str(path))


def missing(name: str) -> str:
    """A sentence about a sound file that is named and not there; empty for one that is, and where no sound is laid."""
    path = bpy.path.abspath(name)
    if not name or Path(path).is_file() or not bpy.app.build_options.audaspace:
        return ""
    return f"There is no sound file at {path}"


def missing_of(scene: Any) -> str:
    """The sentence about the first sound file of a scene's settings that is not there; empty if all are."""
    group = scene.infinite_parallax
    return next((said for sound in (group.sound, *group.cues) if (said := missing(sound.file))), "")


def read(name: str, rate: int = RATE) -> Samples:
    """The samples of a sound file at a rate: float32 [n, channels]."""
    sound, _ = _opened(name)
    return np.asarray(sound.resample(rate, True).data(), np.float32)


def frames_of(path: Path, fps: float) -> int:
    """Whole frames that a sound file lasts."""
    return math.floor(_opened(str(path))[1] * fps + 1e-6)


def _opened(name: str) -> tuple[Any, float]:
    """A sound file, and the seconds that it lasts."""
    import aud  # exists only in a Blender with sound

    sound = aud.Sound.file(name)
    try:
        # asked first: what cannot be read would end Blender itself where its samples are asked for
        return sound, sound.length / sound.specs[0]
    except aud.error as e:
        raise ParallaxError(f"Blender cannot read the sound {name}: {e}", "Give it another file.") from e


def holds(path: Path, samples: int) -> bool:
    """Whether a WAV file of that many samples is there already."""
    try:
        with wave.open(str(path)) as file:
            return (file.getframerate(), file.getnframes()) == (RATE, samples)
    except (OSError, EOFError, wave.Error):
        return False


def made(cue: Cue, spec: SceneSpec, folder: Path) -> tuple[Path, int, int]:
    """The WAV of a cue as it is heard, without level and side: its path, its first frame, and that of its end."""
    dry = soundtrack.dry(cue, spec, read)
    begin, end = soundtrack.first_frame(cue, spec), soundtrack.last_frame(cue, dry, spec)
    count = max(1, round((end - begin) / spec.fps * RATE))
    # level and side are keys of the strip, and no reason to make the sound again
    facts = asdict(replace(cue, name="", kind="", level=(), pan=())), spec.frames, spec.fps, spec.loop, cue.spatial
    changed = Path(cue.file).stat().st_mtime_ns if cue.file else 0
    digest = hashlib.sha256(repr((facts, changed)).encode()).hexdigest()[:12]
    stem = f"{' '.join(cue.name.split()[:2])}-"
    path = folder / f"{stem}{digest}.wav"
    if not holds(path, count):
        folder.mkdir(parents=True, exist_ok=True)
        for older in folder.glob(f"{stem}*.wav"):
            older.unlink(missing_ok=True)
        write_blocks(path, _blocks(cue, dry, spec, begin, count), dry.samples.shape[1], RATE)
    return path, begin, end


def _blocks(cue: Cue, dry: Dry, spec: SceneSpec, begin: int, count: int) -> Iterator[Samples]:
    block, offset = round(BLOCK_S * RATE), begin / spec.fps * RATE
    for start in range(0, count, block):
        moments = offset + np.arange(start, min(start + block, count))
        yield soundtrack.heard(cue, dry, spec, moments).astype(np.float32)
