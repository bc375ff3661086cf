"""Building the scene spec: where the plates of a job lie at which frame, with what belongs over and under them.

The plan says how far every layer has gone at a frame; here that becomes planes with keys, and channels are numbered
from far to near. It is apart from the spec (`scene.py`), which is only data and is read by those who never build it.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from . import colour_match, cues, drives, geometry, grading, living_building, over_time, overlays, poking, shimmering
from .errors import ParallaxError
from .formats import export
from .framing import Framing, framing
from .grading import Graded
from .living_masks import Masks
from .over_time import OverTime
from .overlays import Sheet, sheet
from .plan import Plan
from .plates import Manifest, ObjectPlate, Plate, Tile
from .pointing import check_layer
from .project import Project
from .ramp import Slide, travel
from .scene import Key, Plane, SceneSpec
from .spectral import clips
from .sway import sways
from .visits import visits

NEAR_PX = 1 / 8
"""How far a plane's keys may leave the curve that its pace asks for."""
LEVELS = 256
"""Of opacity: its keys leave the curve by one of them at most."""


def build(project: Project, plan: Plan, manifest: Manifest, masks: Masks | None = None) -> SceneSpec:
    """The scene of finished plates. A living layer that names a mask or a depth map stays still if it is not among
    the `masks`."""
    if (manifest.width, manifest.height, manifest.steps) != (plan.width, plan.height, plan.steps):
        raise ParallaxError(
            f"The plates are for {manifest.width}x{manifest.height} px and {manifest.steps} steps, "
            f"the project asks for {plan.width}x{plan.height} px and {plan.steps} steps.",
            "Make the plates again with this project.",
        )
    if not manifest.complete:
        raise ParallaxError(
            f"The plates are painted up to step {manifest.done} of {manifest.steps}.", "Resume the job first."
        )
    check(project, plan)
    frame = framing(project.output, plan.width, plan.height)
    planes, sheets, grades = _laid(project, plan, manifest, frame, over_time.read(project, plan), masks or {})
    return SceneSpec(
        name=project.name,
        width=frame.width,
        height=frame.height,
        fps=plan.fps,
        frames=plan.frames,
        planes=planes,
        cues=cues.build(project, plan),
        export=export(project.output),
        loop=plan.loop,
        window=frame.window,
        target=project.output.target,
        proxies=project.output.proxies,
        sheets=sheets,
        grades=grades,
    )


def check(project: Project, plan: Plan) -> None:
    """Raise UsageError for what `build` would refuse of a project, whatever its plates: to be asked before painting."""
    keyed = over_time.read(project, plan)
    for kind in ("overlays", "distortions", "living", "shimmers", "grades"):
        for number, entry in enumerate(getattr(project, kind)):
            check_layer(entry.layer, f"{kind}.{number}", len(plan.layers))
    for layer in plan.layers:
        for _ in sways(project.distortions, layer.index, 1.0, plan.fps, plan.frames, plan.loop, keyed.distortions):
            pass
        shimmering.check(project.shimmers, layer)
        living_building.check(
            project.living, layer.index, shimmering.wish_of(project.shimmers, layer.index) is not None
        )
    poking.check(project.living)
    for wish in project.living:
        if wish.motion:
            clips.kept(wish.motion)
    cues.build(project, plan)
    drives.check(project)
    export(project.output)


def _laid(
    project: Project, plan: Plan, manifest: Manifest, frame: Framing, keyed: OverTime, masks: Masks
) -> tuple[tuple[Plane, ...], tuple[Sheet, ...], tuple[Graded, ...]]:
    """All planes, the sheets of the overlays and the grades, the channels numbered as they come, from far to near.

    Grades of the whole lie over weather and light, and below what belongs to the film: grain, vignette, letterbox.
    """
    stage = sheet.Stage(frame.width, frame.height, plan.fps, plan.frames, plan.loop)
    waiting = list(overlays.sheets(project.overlays, stage, keyed.overlays))
    channels = itertools.count(1)
    alive_most = living_building.greatest(project.living, keyed.living, masks)
    planes: list[Plane] = []
    sheets: list[Sheet] = []
    for plate in manifest.plates:
        wanted = project.distortions, plate.index, frame.scale, plan.fps, plan.frames, plan.loop, keyed.distortions
        swaying, moving = tuple(sways(*wanted)), tuple(living_building.bodies(alive_most, plan, plate))
        wish = shimmering.of_layer(project.shimmers, plate.index, plan.fps, plan.frames, plan.loop, keyed.shimmers)
        alive = living_building.lives(alive_most, moving, plan, plate, frame.scale, keyed.living, masks)
        planes += (
            replace(p, sways=swaying, lives=alive.get(p.file, ()), shimmer=shimmering.on(wish, p.file, manifest))
            for p in _planes(plan, plate, manifest, frame, channels)
        )
        sheets += _over(channels, (s for s in waiting if s.layer == plate.index))
    over_all = [s for s in waiting if s.layer is None]
    sheets += _over(channels, (s for s in over_all if s.kind not in overlays.FILM))
    grades = tuple(
        grade if grade.layer is not None else replace(grade, channel=next(channels))
        for grade in grading.graded(project.grades, plan.frames, keyed.grades, colour_match.drifts(plan, manifest))
    )
    sheets += _over(channels, (s for s in over_all if s.kind in overlays.FILM))
    return tuple(_opened(planes, frame)), tuple(sheets), grades


def _opened(planes: Sequence[Plane], frame: Framing) -> Iterator[Plane]:
    """The planes, those going on below their last row that end where a nearer one, which lives, may open what lies
    behind it."""
    for plane in planes:
        foot = min(key.y for key in plane.keys) + plane.height * plane.scale
        nearer = (
            sum(life.reach[1] for life in one.lives)
            for one in planes
            if one.layer > plane.layer and one.start < plane.end and plane.start < one.end
            if foot < frame.height and min(key.y for key in one.keys) <= foot + plane.scale
        )
        opened = max(nearer, default=0.0)
        yield replace(plane, opened_px=opened) if opened else plane


def _over(channels: Iterator[int], sheets: Iterable[Sheet]) -> Iterator[Sheet]:
    """Sheets on the next channels; those that take over from each other, where a seed changes, share one."""
    taken: dict[tuple[int, int], int] = {}
    for s in sheets:
        place = s.overlay, s.part
        taken[place] = taken.get(place) or next(channels)
        yield replace(s, channel=taken[place])


def _planes(plan: Plan, plate: Plate, manifest: Manifest, frame: Framing, channels: Iterator[int]) -> Iterator[Plane]:
    """The planes of a layer and of the objects directly before it, far to near."""
    layer = plan.layers[plate.index]
    # as the layer is called now, not as it was when it was painted
    name, velocity = f"{plate.index:02d} {layer.name}", layer.velocity
    channel = next(channels)
    for number, tile in enumerate(plate.body):
        yield from _tile_plane(plan, plate.index, velocity, tile, frame, f"{name} {number:03d}", channel)
    channel = next(channels) if plate.covers else channel
    for number, tile in enumerate(plate.covers):
        yield from _tile_plane(plan, plate.index, velocity, tile, frame, f"{name} cover {number}", channel)
    for number, thing in enumerate(manifest.objects):
        if thing.layer == plate.index:
            yield from _object_planes(plan, thing, frame, f"object {number} {thing.name}", next(channels))


def _tile_plane(
    plan: Plan, layer: int, velocity: geometry.Velocity, tile: Tile, frame: Framing, name: str, channel: int
) -> Iterator[Plane]:
    """The plane of a tile of a layer, and of a journey that turns back one for each time that it comes by; none if it
    is on show for less than a frame."""
    for number, (start, end) in enumerate(plan.between(tile.first, tile.last)):
        again = f" again {number}" if number else ""
        fading = (tile.last - tile.first) / LEVELS if tile.is_cover else math.inf
        at = plan.key_frames(start, end, min(fading, _tolerance_steps(velocity, frame.scale)))
        keys = tuple(_key(plan, velocity, tile, frame, n) for n in at)
        shown = tuple(_opacity(plan, tile, n) for n in at)
        size = tile.width, tile.height
        slide = _slide(plan, velocity, tile, at)
        yield Plane(f"{name}{again}", layer, channel, tile.file, *size, start, end, frame.scale, keys, shown, slide)


def _object_planes(plan: Plan, thing: ObjectPlate, frame: Framing, name: str, channel: int) -> Iterator[Plane]:
    """A plane for every visit of an object to the frame."""
    for number, visit in enumerate(visits(plan, thing)):
        size, scale = (thing.tile.width, thing.tile.height), frame.scale * thing.scale
        keys = []
        for n in plan.key_frames(visit.start, visit.end, _tolerance_steps(visit.velocity, frame.scale)):
            x, y = visit.corner(plan.step_at(n))
            keys.append(Key(n, x * frame.scale + frame.x, y * frame.scale + frame.y))
        yield Plane(
            f"{name} {number}",
            thing.layer,
            channel,
            thing.tile.file,
            *size,
            visit.start,
            visit.end,
            scale,
            tuple(keys),
            (1.0,) * len(keys),
        )


def _tolerance_steps(velocity: geometry.Velocity, scale: float) -> float:
    """Part of a step in which something moves by an eighth of a px of the output."""
    speed = math.hypot(*velocity) * scale
    return NEAR_PX / speed if speed else math.inf


def _key(plan: Plan, velocity: geometry.Velocity, tile: Tile, frame: Framing, n: int) -> Key:
    steps = plan.step_at(n)
    x, y = (o + float(geometry.exact(v) * steps) for o, v in zip((tile.x, tile.y), velocity, strict=True))
    return Key(n, x * frame.scale + frame.x, y * frame.scale + frame.y)


def _slide(plan: Plan, velocity: geometry.Velocity, tile: Tile, at: Sequence[int]) -> Slide | None:
    """How the rows of a tile slide apart, told at some frames, if they do."""
    if tile.ramp is None:
        return None
    return Slide(tile.ramp.raised(tile.y), tile.home_px, tuple(travel(velocity, plan.step_at(n)) for n in at))


def _opacity(plan: Plan, tile: Tile, n: int) -> float:
    """How opaque a tile is at a frame; a frame may lie a little beyond the tile's last step."""
    first, last = tile.opacity
    share = (plan.step_at(n) - tile.first) / (tile.last - tile.first)
    return first + (last - first) * float(min(max(share, Fraction(0)), Fraction(1)))
