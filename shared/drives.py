"""Drives: what a sound does to the speed of the journey and to settings, as curves over the frames.

Out of a project, its plan and what is heard come plain curves: those of settings as they are at every frame, and the
pace of the journey. Whoever builds a scene without keys in a panel (`preview`) takes them as they are; in Blender they
become keyframes that a person goes on editing. Drivers that listen while the film runs were the other road: a film
that is rendered has no present, and nothing would be left to move by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import over_time, poking, settings, turning
from .errors import UsageError
from .finishing import Distortion, Grade, LivingLayer, Overlay, Shimmer
from .listening.following import Heard, followed
from .listening.spectrum import Samples, Values
from .pace import Points, corners
from .plan import Plan
from .poking import Poke
from .project import Project
from .settings import MOST_POINTS, Curve, Declared
from .sound_settings import DRIVEN, Drive

SLOWEST = 0.01
"""The least speed, in parts of the mean: a journey that stands still at its end would be taken to end there."""
NEAR = 0.02
"""How far the pace may leave its curve, in parts of the mean speed."""
TOLERANCE = 0.01
"""How far keys may leave a curve of a setting, in parts of its whole range."""
DIRECTION = "direction"
AT_REST = dict.fromkeys(("speed", "saturation", "shadows", "midtones", "lights"), 1.0)
"""What is driven is in silence, where that is not 0."""
PULSES = "onsets", "beats", "bars"
"""What comes at moments, and so may poke."""
SHORTEST_S = 0.1
"""A sound that is shorter moves nothing."""

Place = tuple[str, int, str]
"""A setting of an entry: the list of the project, the number in it, its name."""
Read = Callable[[str], Samples]
"""Gives the samples of a sound file at ANALYSIS_RATE: float32 [n, channels]."""
KINDS: dict[str, type[Any]] = {
    "overlays": Overlay,
    "distortions": Distortion,
    "living": LivingLayer,
    "shimmers": Shimmer,
    "grades": Grade,
}


@dataclass(frozen=True)
class Driven:
    """What drives make: the `pace` of the journey, None where nothing drives it, settings at frames 0, 1, 2 ... up
    to the one after the last, and the pokes of living layers by their numbers."""

    pace: Points | None
    curves: dict[Place, Values]
    heard: dict[int | None, Heard]
    pokes: dict[int, list[Poke]] = field(default_factory=dict)


def check(project: Project) -> None:
    """Raise UsageError for a drive that listens to nothing, or moves what is not there."""
    for i, drive in enumerate(project.drives):
        place = DRIVEN[drive.target]
        if place is not None and drive.number >= len(entries := getattr(project, place[0])):
            there = f"has {len(entries)}, counted from 0" if entries else "has none"
            raise UsageError(
                f"drives.{i} moves entry {drive.number} of {place[0]}, but the project {there}.",
                f"Add one to {place[0]}, or give another number.",
            )
        if drive.target == "poke" and drive.feature not in PULSES:
            raise UsageError(
                f"drives.{i}: {drive.feature} has no moments that could poke.", f"Choose {' or '.join(PULSES)}."
            )
        sound_of(project, drive.cue, f"drives.{i}")
    if sum(drive.target == DIRECTION for drive in project.drives) > 1:
        raise UsageError("Several drives cut the direction, and one is all that can.", "Leave the others away.")


def sound_of(project: Project, cue: int | None, path: str = "Listening") -> str:
    """The sound file that is listened to; UsageError where there is none."""
    if cue is None:
        if project.sound.file:
            return project.sound.file
        raise UsageError(f"{path} needs a sound file, but sound.file is empty.", "Choose a sound file.")
    if cue >= len(project.cues):
        raise UsageError(
            f"{path} listens to cue {cue}, but the project has {len(project.cues)} cues, counted from 0.",
            "Give the number of a cue.",
        )
    if project.cues[cue].file:
        return project.cues[cue].file
    raise UsageError(f"{path} listens to cue {cue}, which has no sound file.", "Give the cue a file.")


def unpaced(project: Project, plan: Plan) -> Plan:
    """The plan over whose frames the drives go: a speed that they make replaces the pace that there was."""
    return replace(plan, pace=()) if drives_pace(project) else plan


def drives_pace(project: Project) -> bool:
    """Whether something drives the speed of the journey, or its direction."""
    return any(DRIVEN[drive.target] is None for drive in project.drives)


def driven(project: Project, plan: Plan, read: Read) -> Driven:
    """What a project's drives make of its plan and of its sounds."""
    check(project)
    plan = unpaced(project, plan)
    heard = {cue: listened(project, cue, read) for cue in dict.fromkeys(drive.cue for drive in project.drives)}
    sums: dict[tuple[str, int], list[tuple[Drive, Values]]] = {}
    pokes: dict[int, list[Poke]] = {}
    for drive in project.drives:
        if drive.target == "poke":
            pokes.setdefault(drive.number, []).extend(_poked(project, plan, drive, heard[drive.cue]))
            continue
        if drive.target == DIRECTION:
            continue
        number = 0 if drive.target == "speed" else drive.number
        sums.setdefault((drive.target, number), []).append((drive, _value(project, plan, drive, heard[drive.cue])))
    pace, curves = None, {}
    turns = _turns(project, plan, heard)
    if turns is not None:
        sums.setdefault(("speed", 0), [])
    for (target, number), parts in sums.items():
        curve = _sum(target, parts) if parts else np.ones(plan.frames + 1)
        place = DRIVEN[target]
        if place is None:
            pace = pace_of(curve, plan, turns)
        else:
            curves[place[0], number, place[1]] = _within(curve, *place)
    return Driven(pace, curves, heard, pokes)


def listened(project: Project, cue: int | None, read: Read) -> Heard:
    """What is heard of sound.file, or of a cue; UsageError for a sound that is too short."""
    name = sound_of(project, cue)
    heard = Heard.of(read(name), project.sound.tempo_bpm, project.sound.beats_per_bar)
    if heard.seconds < SHORTEST_S:
        raise UsageError(
            f"The sound {name} lasts {heard.seconds:.3f} s, too short to move anything.", "Choose another."
        )
    return heard


def poked(project: Project, pokes: Mapping[int, Sequence[Poke]]) -> Project:
    """The project with pokes of its living layers in place of those that it has without a place, which a sound made
    before."""
    living = list(project.living)
    for number, found in pokes.items():
        by_hand = [poke for poke in poking.pokes(living[number]) if poke[2] is not None]
        rows = (poking.row(poke) for poke in sorted([*by_hand, *found], key=lambda poke: poke[0]))
        living[number] = replace(living[number], pokes=tuple(rows))
    return replace(project, living=tuple(living))


def _poked(project: Project, plan: Plan, drive: Drive, heard: Heard) -> list[Poke]:
    """A poke along the wind wherever the feature of a drive has a pulse, as strong as that is."""
    values, wish = heard.feature(drive.feature, _moments(project, plan, drive), plan.fps), project.living[drive.number]
    found = ((n, poking.along(wish.wind_deg, drive.amount * float(values[n]))) for n in np.flatnonzero(values))
    return [(round(n / plan.fps, 6), push, None) for n, push in found if any(push)]


def _value(project: Project, plan: Plan, drive: Drive, heard: Heard) -> Values:
    """A drive's feature, smoothed, 0 to 1 at frames 0..n; in a loop the last is the first."""
    values = heard.feature(drive.feature, _moments(project, plan, drive), plan.fps)
    values = followed(1 - values if drive.invert else values, plan.fps, drive.attack_s, drive.release_s, plan.loop)
    return np.append(values, values[0]) if plan.loop else values


def _turns(project: Project, plan: Plan, heard: dict[int | None, Heard]) -> tuple[list[int], int] | None:
    """The frames at which the journey may turn, and how many stretches go forth for one back; None if nothing says."""
    drive = next((drive for drive in project.drives if drive.target == DIRECTION), None)
    if drive is None:
        return None
    values = heard[drive.cue].feature(drive.feature, _moments(project, plan, drive), plan.fps)
    return turning.marks(1 - values if drive.invert else values), max(1, round(drive.amount))


def _moments(project: Project, plan: Plan, drive: Drive) -> Values:
    """The seconds of a drive's sound at frames 0..n of the plan; in a loop up to the last but one."""
    start_s = 0.0 if drive.cue is None else project.cues[drive.cue].start_s
    return np.asarray(np.arange(plan.frames + (not plan.loop)) / plan.fps - start_s, np.float64)


def _sum(target: str, parts: Sequence[tuple[Drive, Values]]) -> Values:
    """All drives of one setting together: what they are in silence, and what each adds."""
    offsets = [drive.offset for drive, _ in parts if drive.offset is not None]
    rest = sum(offsets) if offsets else AT_REST.get(target, 0.0)
    return np.asarray(rest + sum(drive.amount * values for drive, values in parts))


def _within(curve: Values, kind: str, name: str) -> Values:
    limits = _declared(kind, name).limits
    return np.asarray(np.round(np.clip(curve, limits.low, limits.high), 6), np.float64)


def _declared(kind: str, name: str) -> Declared:
    return next(d for d in settings.declared(KINDS[kind]) if d.name == name)


def told(place: Place, value: float) -> tuple[float, ...]:
    """A value of a driven setting as the numbers that the setting has: all channels of a colour alike."""
    return (value,) * (3 if _declared(place[0], place[2]).kind == "triple" else 1)


def pace_of(curve: Values, plan: Plan, turns: tuple[list[int], int] | None = None) -> Points:
    """A speed at frames 0..n as the pace of a plan without one: [second, factor] points whose mean is 1, so that the
    journey lasts as long as planned and ends where it is to end. UsageError for a speed that is 0 throughout.

    With `turns`, the frames at which it may turn and how many stretches go forth for one back, it is as much faster as
    it goes back.
    """
    speed = np.maximum(curve, 0)
    mean = float(np.mean((speed[1:] + speed[:-1]) / 2))
    if mean <= 0:
        raise UsageError("The drives let the journey stand still.", "Raise the offset or the amount of one.")
    speed, near = np.maximum(speed / mean, SLOWEST), NEAR
    if turns is not None:
        speed = speed * turning.signs(*turns, speed)
        # what the lines leave out must not add up to an end that is reached too early
        near *= float(turning.way(speed)[-1] / turning.way(np.abs(speed))[-1]) / 2
    values = speed.tolist()
    while len(at := corners(values, near)) > MOST_POINTS:
        near *= 2
    seconds, factors = np.array(at) / plan.fps, speed[at]
    way = float(((factors[1:] + factors[:-1]) / 2 * np.diff(seconds)).sum())
    factors = factors * (float(seconds[-1]) / way)
    return tuple((round(float(s), 6), round(float(f), 6)) for s, f in zip(seconds, factors, strict=True))


def keys(curve: Values) -> list[tuple[int, float]]:
    """A curve as (frame, value) with straight lines between, as few as come near it."""
    values = curve.tolist()
    return [(n, values[n]) for n in corners(values, TOLERANCE * (max(values) - min(values)))]


def applied(project: Project, plan: Plan, curves: dict[Place, Values]) -> Project:
    """A project whose entries are keyed by curves, over what keys they had of the same settings."""
    found = {kind: list(getattr(project, kind)) for kind in KINDS}
    for (kind, number, name), curve in curves.items():
        values = (told((kind, number, name), value) for value in curve[: plan.frames].tolist())
        points = tuple((n / plan.fps, *value) for n, value in enumerate(values))
        found[kind][number] = over_time.with_curve(found[kind][number], Curve(name, points))
    lists: dict[str, Any] = {kind: tuple(entries) for kind, entries in found.items()}
    return replace(project, **lists)
