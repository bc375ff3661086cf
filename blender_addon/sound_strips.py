"""Sound cues as strips: ambience laid end to end, a file of one's own once, faded in and out by volume keyframes.

The ambient loop is made as long as a whole number of frames, so that its repetitions meet without a gap or a click;
a loop of a round number of seconds would not at 29.97 frames per second. Mixing one long file beforehand was the
other road: minutes of sound in a file of its own for every video, and nothing left to move on the timeline.
"""

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..shared.ambience import RATE, REPEATED_S, ambience, write_wav
from ..shared.errors import ParallaxError
from ..shared.scene import Cue, SceneSpec
from . import compat

NO_SOUND = "This Blender was built without sound, so the scene is silent; another Blender can build it with sound."


@dataclass(frozen=True)
class Piece:
    """One sound strip: `path` on frames `start`..`end` - 1 of the spec; `volume` keys are (frame, level)."""

    name: str
    path: Path
    channel: int
    start: int
    end: int
    volume: tuple[tuple[int, float], ...]


def pieces(spec: SceneSpec, folder: Path) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """The sound strips of a spec and sentences about what is not possible; ambience is written into `folder`."""
    if not spec.cues:
        return (), ()
    if not bpy.app.build_options.audaspace:
        return (), (NO_SOUND,)
    found: list[Piece] = []
    for number, cue in enumerate(spec.cues, 1):
        found += _ambient(cue, spec, folder, number) if cue.ambience else _own(cue, number)
    return tuple(found), ()


def _ambient(cue: Cue, spec: SceneSpec, folder: Path, channel: int) -> Iterator[Piece]:
    loop = max(1, round(REPEATED_S * spec.fps))
    path = folder / f"{cue.ambience}.wav"
    samples = round(loop / spec.fps * RATE)
    if not _holds(path, samples):
        folder.mkdir(parents=True, exist_ok=True)
        write_wav(path, ambience(cue.ambience, loop / spec.fps, RATE), RATE)
    for number, start in enumerate(range(cue.start, cue.end, loop)):
        end = min(start + loop, cue.end)
        yield Piece(f"{cue.name} {number:03d}", path, channel, start, end, _keys(cue, start, end))


def _own(cue: Cue, channel: int) -> Iterator[Piece]:
    path = Path(bpy.path.abspath(cue.file))
    if not path.is_file():
        raise ParallaxError(f"There is no sound file at {path}.", "Check sound.file in the project.")
    yield Piece(cue.name, path, channel, cue.start, cue.end, _keys(cue, cue.start, cue.end))


def _holds(path: Path, samples: int) -> bool:
    """Whether a WAV file of that many samples is there already."""
    try:
        with wave.open(str(path)) as file:
            return (file.getframerate(), file.getnframes()) == (RATE, samples)
    except (OSError, EOFError, wave.Error):
        return False


def level(cue: Cue, frame: int) -> float:
    """Volume of a cue at a frame: up from silence over `fade_frames`, down to it over as many."""
    inside = min(frame - cue.start, cue.end - frame)
    return cue.volume * (min(1.0, max(0, inside) / cue.fade_frames) if cue.fade_frames else 1.0)


def _keys(cue: Cue, start: int, end: int) -> tuple[tuple[int, float], ...]:
    """Keys of the part start..end of a cue: its ends and the corners of the fades within."""
    corners = {cue.start + cue.fade_frames, cue.end - cue.fade_frames}
    frames = sorted({start, end} | {c for c in corners if start < c < end})
    return tuple((frame, level(cue, frame)) for frame in frames)


def lay(editor: Any, piece: Piece, strip: Any, base: int, tag: str) -> None:
    """Make or update the strip of a piece. Volume keys that a person changed stay until the cue itself changes."""
    first = piece.start + 1
    if strip is None:
        strip = compat.strips(editor).new_sound(piece.name, str(piece.path.resolve()), base + piece.channel, first)
        strip[tag] = piece.name
    elif Path(bpy.path.abspath(strip.sound.filepath)).resolve() != piece.path.resolve():
        strip.sound = bpy.data.sounds.load(str(piece.path.resolve()), check_existing=True)
    compat.place(strip, first, min(piece.end - piece.start, compat.content_length(strip)))
    strip.channel = base + piece.channel
    built = f"{tag}_volume"
    if strip.get(built) != repr(piece.volume):
        compat.key_linear(strip, "volume", [(frame + 1, value) for frame, value in piece.volume])
        strip[built] = repr(piece.volume)
