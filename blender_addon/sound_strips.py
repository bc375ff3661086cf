"""Sound cues as strips, with their level and their side as keys on the strip, so that all of it can still be moved.

A bed made by the project is a loop of a whole number of frames laid end to end, so that its repetitions meet without
a gap or a click; a file of one's own that sounds once is shown as it is. What is heard from a place, or a file that
repeats, plays a WAV made for it (`sound_files.py`), which holds the delay between two frames and its change. Mixing
one long file beforehand was the other road: nothing would be left to move on the timeline.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..shared import soundtrack
from ..shared.ambience import RATE, REPEATED_S, ambience, divisor, write_wav
from ..shared.cues import Cue
from ..shared.errors import ParallaxError
from ..shared.hearing import Keys
from ..shared.scene import SceneSpec
from . import compat, sound_files
from .timeline import TAG, Place

NO_SOUND = "This Blender was built without sound, so the scene is silent; another Blender can build it with sound."
COLOURS = {"foley": "COLOR_02", "music": "COLOR_05", "effects": "COLOR_03", "ambience": "COLOR_04", "voice": "COLOR_01"}
"""The colour tag of a strip by the kind of its cue."""


@dataclass(frozen=True)
class Piece:
    """One sound strip: `path` on frames `start`..`end` - 1 of the spec; `volume` and `pan` keys are (frame, value).

    The first `skipped` frames of the file are not played.
    """

    name: str
    path: Path
    channel: int
    start: int
    end: int
    volume: Keys
    pan: Keys = ()
    skipped: int = 0
    kind: str = "ambience"


def pieces(spec: SceneSpec, folder: Path) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
    """The sound strips of a spec and sentences about what is not possible; sounds are written into `folder`."""
    if not spec.cues:
        return (), ()
    if not bpy.app.build_options.audaspace:
        return (), (NO_SOUND,)
    found: list[Piece] = []
    for number, cue in enumerate(spec.cues, 1):
        bed = cue.sound and cue.repeat and not cue.spatial and cue.start == 0
        found += _bed(cue, spec, folder, number) if bed else _laid(cue, spec, folder, number)
    return tuple(found), ()


def _bed(cue: Cue, spec: SceneSpec, folder: Path, channel: int) -> Iterator[Piece]:
    loop = divisor(cue.end - cue.start, spec.fps) if spec.loop else max(1, round(REPEATED_S * spec.fps))
    path = folder / (f"{cue.sound}.wav" if cue.seed == 0 else f"{cue.sound} {cue.seed}.wav")
    if not sound_files.holds(path, round(loop / spec.fps * RATE)):
        folder.mkdir(parents=True, exist_ok=True)
        write_wav(path, ambience(cue.sound, loop / spec.fps, RATE, cue.seed), RATE)
    for number, start in enumerate(range(cue.start, cue.end, loop)):
        end = min(start + loop, cue.end)
        yield Piece(f"{cue.name} {number:03d}", path, channel, start, end, cue.keys(start, end, cue.end), kind=cue.kind)


def _laid(cue: Cue, spec: SceneSpec, folder: Path, channel: int) -> Iterator[Piece]:
    """A cue that plays one file: its own, or one made for it."""
    if cue.file:
        cue = sound_files.found(cue)
    if cue.file and not cue.spatial and not cue.repeat:
        path, begin = Path(cue.file), cue.start
        end = cue.start + sound_files.frames_of(path, spec.fps)
    else:
        path, begin, end = sound_files.made(cue, spec, folder)
    for part in soundtrack.parts(cue, spec, end):
        # its end in a loop sounds while it does itself, so it needs a channel of its own, above those of all cues
        above = len(spec.cues) if part.turned else 0
        skipped = (spec.frames if part.turned else part.start) - begin
        pan = tuple((n, value) for n, value in cue.pan)
        name = f"{cue.name} end" if part.turned else cue.name
        yield Piece(name, path, channel + above, part.start, part.end, part.level, pan, skipped, cue.kind)


def lay(home: Any, piece: Piece, strip: Any, place: Place, first: int) -> Any:
    """Make or update the strip of a piece at a place, frame 0 of the spec being frame `first`; the strip.

    Keys that a person changed stay until the cue itself changes; they move with the strip.
    """
    if strip is None:
        strip = compat.strips(home).new_sound(piece.name, str(piece.path.resolve()), place.channel, place.first)
        strip.color_tag = COLOURS[piece.kind]
    elif Path(bpy.path.abspath(strip.sound.filepath)).resolve() != piece.path.resolve():
        before, strip.sound = strip.sound, bpy.data.sounds.load(str(piece.path.resolve()), check_existing=True)
        remove_unused(before)
    skipped = piece.skipped + place.first - (piece.start + first)
    length = min(place.frames, compat.content_length(strip) - skipped)
    if length < 1:
        raise ParallaxError(f"The sound {piece.path} is shorter than it was.", "Build the scene again.")
    compat.place(strip, place.first, length, skipped)
    strip.channel = place.channel
    for prop, keys in (("volume", piece.volume), ("pan", piece.pan)):
        built = f"{TAG}_{prop}"
        if strip.get(built, "()") != repr(keys):
            _key(strip, prop, tuple((frame + first, value) for frame, value in keys))
            strip[built] = repr(keys)
    return strip


def _key(strip: Any, prop: str, keys: Keys) -> None:
    if prop == "pan":
        # Blender turns only a sound of one channel to a side
        strip.sound.use_mono = bool(keys)
    if keys:
        compat.key_linear(strip, prop, keys)
    else:
        compat.set_still(strip, prop, 0.0)


def remove_unused(sound: Any) -> None:
    """Remove a sound that no strip plays any more."""
    if sound is not None and not sound.users:
        bpy.data.sounds.remove(sound)
