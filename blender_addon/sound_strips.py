"""Sound cues as strips: ambience laid end to end, a file of one's own once, faded in and out by volume keyframes.

The ambient loop is made as long as a whole number of frames, so that its repetitions meet without a gap or a click;
a loop of a round number of seconds would not at 29.97 frames per second. Mixing one long file beforehand was the
other road: minutes of sound in a file of its own for every video, and nothing left to move on the timeline.

Under a loop nothing fades in or out: ambience lasts a whole part of the video, and of a file that is longer than the
video a second strip plays what follows its end over its beginning, one rising while the other falls.
"""

import math
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..shared.ambience import CROSSFADE_S, RATE, REPEATED_S, ambience, divisor, write_wav
from ..shared.errors import ParallaxError
from ..shared.scene import Cue, SceneSpec
from . import compat
from .timeline import TAG, Place

CURVE_KEYS = 9
"""Keys that draw a quarter of a sine with straight lines to within half a percent."""
VOLUME = f"{TAG}_volume"
"""On a strip: the volume keys that it was given."""
NO_SOUND = "This Blender was built without sound, so the scene is silent; another Blender can build it with sound."


@dataclass(frozen=True)
class Piece:
    """One sound strip: `path` on frames `start`..`end` - 1 of the spec; `volume` keys are (frame, level).

    The first `skipped` frames of the file are not played.
    """

    name: str
    path: Path
    channel: int
    start: int
    end: int
    volume: tuple[tuple[float, float], ...]
    skipped: int = 0


def pieces(spec: SceneSpec, folder: Path) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """The sound strips of a spec and sentences about what is not possible; ambience is written into `folder`."""
    if not spec.cues:
        return (), ()
    if not bpy.app.build_options.audaspace:
        return (), (NO_SOUND,)
    found: list[Piece] = []
    for number, cue in enumerate(spec.cues, 1):
        found += _ambient(cue, spec, folder, number) if cue.ambience else _own(cue, spec, number)
    return tuple(found), ()


def _ambient(cue: Cue, spec: SceneSpec, folder: Path, channel: int) -> Iterator[Piece]:
    loop = divisor(cue.end - cue.start, spec.fps) if spec.loop else max(1, round(REPEATED_S * spec.fps))
    path = folder / f"{cue.ambience}.wav"
    samples = round(loop / spec.fps * RATE)
    if not _holds(path, samples):
        folder.mkdir(parents=True, exist_ok=True)
        write_wav(path, ambience(cue.ambience, loop / spec.fps, RATE), RATE)
    for number, start in enumerate(range(cue.start, cue.end, loop)):
        end = min(start + loop, cue.end)
        yield Piece(f"{cue.name} {number:03d}", path, channel, start, end, _keys(cue, start, end))


def _own(cue: Cue, spec: SceneSpec, channel: int) -> Iterator[Piece]:
    path = Path(bpy.path.abspath(cue.file))
    if not path.is_file():
        raise ParallaxError(f"There is no sound file at {path}.", "Check sound.file in the project.")
    over = _beyond(path, cue, spec.fps) if spec.loop else 0
    if over == 0:
        yield Piece(cue.name, path, channel, cue.start, cue.end, _keys(cue, cue.start, cue.end))
        return
    curve = [(over * k / (CURVE_KEYS - 1), math.sin(math.pi / 2 * k / (CURVE_KEYS - 1))) for k in range(CURVE_KEYS)]
    rise = tuple((cue.start + at, cue.volume * level) for at, level in curve)
    fall = tuple((cue.start + at, cue.volume * math.sqrt(1 - min(1.0, level) ** 2)) for at, level in curve)
    yield Piece(cue.name, path, channel, cue.start, cue.end, rise)
    # it sounds while the first one does, so it needs a channel of its own, above those of all cues
    tail = f"{cue.name} end"
    yield Piece(tail, path, channel + len(spec.cues), cue.start, cue.start + over, fall, cue.end - cue.start)


def _beyond(path: Path, cue: Cue, fps: float) -> int:
    """Frames that a file goes on after the end of its cue, as many as are faded over its beginning."""
    import aud  # exists only in a Blender with sound

    sound = aud.Sound.file(str(path))
    frames = cue.end - cue.start
    beyond = math.floor(sound.length / sound.specs[0] * fps) - frames
    return max(0, min(beyond, round(CROSSFADE_S * fps), frames // 2))


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


def _keys(cue: Cue, start: int, end: int) -> tuple[tuple[float, float], ...]:
    """Keys of the part start..end of a cue: its ends and the corners of the fades within."""
    corners = {cue.start + cue.fade_frames, cue.end - cue.fade_frames}
    frames = sorted({start, end} | {c for c in corners if start < c < end})
    return tuple((frame, level(cue, frame)) for frame in frames)


def lay(home: Any, piece: Piece, strip: Any, place: Place, first: int) -> Any:
    """Make or update the strip of a piece at a place, frame 0 of the spec being frame `first`; the strip.

    Volume keys that a person changed stay until the cue itself changes; they move with the strip.
    """
    if strip is None:
        strip = compat.strips(home).new_sound(piece.name, str(piece.path.resolve()), place.channel, place.first)
    elif Path(bpy.path.abspath(strip.sound.filepath)).resolve() != piece.path.resolve():
        strip.sound = bpy.data.sounds.load(str(piece.path.resolve()), check_existing=True)
    skipped = piece.skipped + place.first - (piece.start + first)
    compat.place(strip, place.first, min(place.frames, compat.content_length(strip) - skipped), skipped)
    strip.channel = place.channel
    if strip.get(VOLUME) != repr(piece.volume):
        compat.key_linear(strip, "volume", [(frame + first, value) for frame, value in piece.volume])
        strip[VOLUME] = repr(piece.volume)
    return strip
