"""`listen`: what is heard in a sound, as a table or as JSON; and the sounds that drive a project, decoded.

The figures are those that drives go by (`shared/listening/`); here a file is read and they are printed.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..inpaint_server.limits import Limits
from ..inpaint_server.pictures import read_picture
from ..inpaint_server.sound_files import load_sound
from ..shared import driving
from ..shared.errors import UsageError
from ..shared.listening.following import FASTEST_BPM, SLOWEST_BPM, Heard
from ..shared.listening.sections import Section, sections
from ..shared.listening.spectrum import ANALYSIS_RATE, Samples
from ..shared.painting import Painted
from ..shared.scene import SceneSpec

SHOWN = 8
"""Beats and onsets that the table shows, of each."""


def samples(name: str) -> Samples:
    """The samples of a sound file at the rate that is listened to, mono: float32 [n, 1]."""
    return load_sound(Path(name), ANALYSIS_RATE, 1)


def grey(name: str, what: str = "mask") -> NDArray[np.uint8]:
    """A mask or depth map as grey uint8 [H, W]."""
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"There is no {what} at {path}.", "Check the path.")
    return np.asarray(read_picture(path.read_bytes(), Limits()).max(axis=2), np.uint8)


def build(painted: Painted) -> SceneSpec:
    """The scene of painted plates, moved by the sounds that drive it."""
    return driving.build(painted.project, painted.manifest, samples, grey)


def listen(args: argparse.Namespace) -> int:
    """Print what is heard."""
    heard = beaten(Heard.of(samples(str(args.sound))), args.tempo)
    found = sections(heard.samples)
    print(json.dumps(as_json(heard, found), indent=1) if args.json else as_table(args.sound, heard, found))
    return 0


def beaten(heard: Heard, tempo: str | None) -> Heard:
    """What is heard, beaten at a tempo: beats per minute, or x2 or /2 of what it has by itself."""
    if tempo is None:
        return heard
    times = {"x": 1, "/": -1}.get(tempo[:1])
    try:
        value = float(tempo if times is None else tempo[1:])
        if times is not None:
            return heard.retimed(value**times)
    except (ValueError, ZeroDivisionError, OverflowError) as e:
        raise UsageError(f"--tempo is {tempo[:40]}, which is no tempo.", "Give beats per minute, x2 or /2.") from e
    if not SLOWEST_BPM <= value <= FASTEST_BPM:
        raise UsageError(f"--tempo is {value:g}, but must be 20 to 400.", "Give beats per minute.")
    return replace(heard, given_bpm=value)


def as_json(heard: Heard, found: list[Section]) -> dict[str, Any]:
    """What is heard as a document; all times in seconds."""
    return {
        "seconds": round(heard.seconds, 3),
        "tempo_bpm": None if heard.tempo_bpm is None else round(heard.tempo_bpm, 2),
        "beats_s": [round(float(at), 3) for at in heard.beats],
        "bars_s": [round(float(at), 3) for at in heard.bars],
        "onsets_s": [round(float(at), 3) for at in heard.onsets],
        "sections": [{"start_s": s.start_s, "end_s": s.end_s, "level_db": s.level_db} for s in found],
    }


def as_table(name: Path, heard: Heard, found: list[Section]) -> str:
    """What is heard, for people."""
    tempo = "no tempo" if heard.tempo_bpm is None else f"{heard.tempo_bpm:.1f} beats per minute"
    lines = [f"{name}: {heard.seconds:.1f} s, {tempo}"]
    for title, moments in (("beats", heard.beats), ("onsets", heard.onsets)):
        first = ", ".join(f"{at:.2f}" for at in moments[:SHOWN])
        lines.append(f"{len(moments):5d} {title:8}{first}{', ...' if len(moments) > SHOWN else ''}")
    lines += [f"{len(found):5d} sections"]
    lines += [f"      {s.start_s:8.1f} to {s.end_s:6.1f} s {s.level_db:7.1f} dB" for s in found]
    return "\n".join(lines)
