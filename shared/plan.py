"""The plan: everything that follows from a project and the size of a picture by arithmetic alone.

Layers with their rows and velocities, the number of steps, the duration; `tiling.py` says where tiles lie. Nothing
is painted and nothing is read from disk, so the interface can show the plan while a slider moves, and the server,
the command line and Blender all compute the same one. Sending the numbers along instead would let them disagree.
"""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from . import geometry, loop_plan, speeds
from . import pace as paces
from .errors import UsageError
from .project import Project
from .ramp import Ramp
from .sections import Layer

DEFAULT_LAYERS = (
    ("sky", 0.34, 220.0),
    ("horizon", 0.16, 330.0),
    ("middle", 0.24, 520.0),
    ("foreground", 0.26, 800.0),
)


@dataclass(frozen=True)
class LayerPlan:
    """One layer, far to near. Rows `top`..`top + height` of the source; `velocity` in px per step, y down."""

    index: int
    name: str
    top: int
    height: int
    distance: float | None
    ratio: float | None
    velocity: tuple[float, float]
    steps: int | None
    overlap_px: int
    ramp: Ramp | None = None

    def position(self, step: int) -> tuple[int, int]:
        """Integer position at step k."""
        return geometry.position(self.velocity, step)

    def skyline(self, step: int) -> int | None:
        """The canvas row where the layer's body begins at step k; None for the farthest, which has no upper end."""
        return None if self.index == 0 else self.top + self.position(step)[1]


@dataclass(frozen=True)
class Plan:
    """A whole plan for a picture of `width` x `height` px."""

    width: int
    height: int
    layers: tuple[LayerPlan, ...]
    steps: int
    seconds_per_step: float
    fps: float
    tile_px: int
    loop: bool = False
    pace: paces.Points = ()

    @cached_property
    def duration_s(self) -> float:
        """Length of the video in seconds: that of the journey, unless it has a pace."""
        way = self.steps * geometry.exact(self.seconds_per_step)
        return paces.seconds_needed(self.pace, way, geometry.exact(self.fps))

    @cached_property
    def frames(self) -> int:
        """Number of frames of the video; frame n is at n / fps seconds."""
        frames, curve = max(1, round(self.duration_s * self.fps)), self._curve
        while curve is not None and not curve.way(frames / geometry.exact(self.fps)):
            frames += 1
        return frames

    @property
    def _curve(self) -> paces.Pace | None:
        return paces.pace(self.pace)

    def step_at(self, frame: int) -> Fraction:
        """The step that the journey has reached at a frame, whole or not.

        With a pace the whole journey is travelled at frame number `frames`, the one after the last, exactly: so a
        loop closes. The factors are bent for that by what half a frame makes of the whole, at most. A pace that leads
        back beyond the beginning, where nothing is painted, waits there.
        """
        curve, fps = self._curve, geometry.exact(self.fps)
        if curve is None:
            return Fraction(frame) / self.frames_per_step
        step = self.steps * curve.way(frame / fps) / curve.way(self.frames / fps)
        return min(max(step, Fraction(0)), Fraction(self.steps)) if curve.turns else step

    @cached_property
    def _reached(self) -> tuple[Fraction, ...]:
        """The steps at all frames, for a journey that turns back."""
        return tuple(self.step_at(frame) for frame in range(self.frames))

    def first_frame_at(self, step: Fraction | int) -> int:
        """The first frame at which the journey has reached a step."""
        if self._curve is None:
            return math.ceil(step * self.frames_per_step)
        if self._curve.turns:
            return next((n for n, reached in enumerate(self._reached) if reached >= step), self.frames)
        return bisect.bisect_left(range(self.frames), Fraction(step), key=self.step_at)

    def between(self, first: Fraction | int, last: Fraction | int) -> list[tuple[int, int]]:
        """The stretches of frames, from..to, in which the journey is between two steps, without the second unless it
        is the end: one, but for a journey that turns back."""
        if self._curve is None or not self._curve.turns:
            start, end = (min(self.frames, self.first_frame_at(k)) for k in (first, last))
            end = self.frames if last == self.steps else end
            return [(start, end)] if start < end else []
        inside = [first <= step and (step < last or last == self.steps) for step in self._reached]
        edges = [n for n in range(len(inside) + 1) if (n > 0 and inside[n - 1]) != (n < len(inside) and inside[n])]
        return list(zip(edges[::2], edges[1::2], strict=True))

    def key_frames(self, start: int, end: int, tolerance_steps: float) -> list[int]:
        """Frames, `start` and `end` among them, between which the journey is linear to within a part of a step."""
        if self._curve is None or tolerance_steps == math.inf:
            return [start, end]
        values = [float(self.step_at(frame)) for frame in range(start, end + 1)]
        return [start + i for i in paces.corners(values, tolerance_steps)]

    @property
    def vertical(self) -> bool:
        """Whether some layer moves up or down."""
        return any(layer.velocity[1] for layer in self.layers)

    @property
    def frames_per_step(self) -> Fraction:
        """Frames that one step lasts at full pace, exactly."""
        return geometry.exact(self.seconds_per_step) * geometry.exact(self.fps)

    def circumference(self, index: int) -> int | None:
        """Px after which the plate of a layer repeats; None without a loop and for a layer at rest."""
        return loop_plan.circumference(self.layers[index].velocity, self.steps) if self.loop else None

    def rows(self, index: int, step: int) -> tuple[int | None, int | None]:
        """Canvas rows from..to that show layer `index` at step k; None means without end on that side.

        A layer's body reaches from its own skyline down, behind every nearer layer.
        """
        below = [s for layer in self.layers[index + 1 :] if (s := layer.skyline(step)) is not None]
        return self.layers[index].skyline(step), min(below, default=None)


def plan(project: Project, width: int, height: int) -> Plan:
    """The plan of a project for a picture of `width` x `height` px; what cannot be is refused with a sentence."""
    if width < 1 or height < 1:
        raise UsageError(f"The picture is {width}x{height} px.", "Give a picture with at least one pixel.")
    given = project.layers or default_layers(height)
    heights = _heights(given, height)
    velocities = speeds.velocities(project, given)
    steps = _steps(project, given, velocities, width, height)
    tops = [sum(heights[:i]) for i in range(len(heights))]
    ratios = speeds.ratios(project, given)
    layers = tuple(
        LayerPlan(
            index=i,
            name=_name(layer, i),
            top=tops[i],
            height=heights[i],
            distance=speeds.distance(project, layer),
            ratio=ratios[i],
            velocity=velocities[i],
            steps=geometry.steps_to_leave(velocities[i], width, height),
            overlap_px=min(project.plates.overlap_px, tops[i]),
            ramp=_ramp(project, layer, velocities[i], i, range(tops[i], tops[i] + heights[i]), steps),
        )
        for i, layer in enumerate(given)
    )
    motion, tile_px = project.motion, project.plates.tile_px
    made = Plan(width, height, layers, steps, motion.seconds_per_step, motion.fps, tile_px, motion.loop, motion.pace)
    made.duration_s  # noqa: B018 asked for now, so that a pace that never arrives is refused here
    return made


def default_layers(height: int) -> tuple[Layer, ...]:
    """The cut for a project that names no layers: four bands, or fewer when the picture has fewer rows."""
    rows = DEFAULT_LAYERS[-min(len(DEFAULT_LAYERS), height) :]
    share = sum(part for _, part, _ in rows)
    ends: list[int] = []
    for i in range(len(rows)):
        wanted = round(height * sum(part for _, part, _ in rows[: i + 1]) / share)
        least, most = (ends[-1] if ends else 0) + 1, height - (len(rows) - 1 - i)
        ends.append(min(max(wanted, least), most))
    heights = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return tuple(Layer(name=n, height=h, distance=d) for (n, _, d), h in zip(rows, heights, strict=True))


def _heights(layers: Sequence[Layer], height: int) -> list[int]:
    """Heights of all layers in rows; the last one is what remains."""
    for i, layer in enumerate(layers[:-1]):
        if layer.height is None:
            raise UsageError(f"layers.{i}.height is missing.", "Only the last layer may leave its height away.")
    upper = [layer.height or 0 for layer in layers[:-1]]
    rest = height - sum(upper)
    if rest < 1:
        raise UsageError(
            f"layers: the first {len(upper)} heights sum to {sum(upper)} rows, but the picture has {height}, "
            "so nothing remains for the last layer.",
            f"Lower them by at least {1 - rest} rows in all.",
        )
    last = layers[-1].height
    if last is not None and last != rest:
        raise UsageError(
            f"layers.{len(upper)}.height is {last}, but {rest} rows remain of the picture's {height}.",
            f"Write {rest}, or leave the last height away.",
        )
    return [*upper, rest]


def _ramp(
    project: Project, layer: Layer, velocity: geometry.Velocity, index: int, rows: range, steps: int
) -> Ramp | None:
    """The ramp of a layer over its rows; None where all of them move as one. Refused where it cannot be."""
    if layer.ramp is None or layer.ramp == 1 or not any(velocity):
        return None
    if velocity[1]:
        raise UsageError(f"layers.{index}.ramp needs a layer that moves sideways.", "Choose the direction 0 or 180.")
    if project.cut.mode == "straight":
        raise UsageError(f"layers.{index}.ramp needs layers with contours.", "Cut along contours, or take it away.")
    around = loop_plan.circumference(velocity, steps) if project.motion.loop else None
    return Ramp(layer.ramp, rows[0], rows[-1], around)


def _steps(
    project: Project, layers: Sequence[Layer], velocities: Sequence[tuple[float, float]], width: int, height: int
) -> int:
    """The steps of the layer that needs most, unless the project gives them; for a loop those that close it."""
    for i, (vx, vy) in enumerate(velocities):
        # positions are rounded: a move of nearly the whole width would be one of all of it
        if (vx and abs(vx) > width - 1) or (vy and abs(vy) > height - 1):
            raise UsageError(
                f"layers.{i} moves {vx:g}, {vy:g} px per step, which leaves nothing of the picture ({width}x{height}).",
                "Raise the smoothness or lower step_px, so that each step still sees what it continues.",
            )
    needs = [n for v in velocities if (n := geometry.steps_to_leave(v, width, height)) is not None]
    if not needs:
        raise UsageError(
            "Nothing moves: every layer's velocity rounds to zero.",
            "Lower the smoothness, raise step_px, or give a layer a velocity by hand.",
        )
    motion = project.motion
    if motion.loop:
        per_step = geometry.exact(motion.seconds_per_step) * geometry.exact(motion.fps)
        names = [_name(layer, i) for i, layer in enumerate(layers)]
        ramps = [layer.ramp for layer in layers]
        return loop_plan.loop_steps(velocities, names, width, per_step, motion.steps, ramps)
    return motion.steps or max(needs)


def _name(layer: Layer, index: int) -> str:
    return layer.name or f"layer {index}"
