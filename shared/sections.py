"""The sections of a project: every setting of the whole program, each declared once.

Small frozen dataclasses whose fields carry default, limits and one line of help (`settings.py`). They are apart from
the document that holds them (`project.py`), because this file and `finishing.py`, which declares what is done with the
plates once they are there, are what one reads and edits to add a setting.
"""

from dataclasses import dataclass
from typing import Any

from .finishing import Output
from .model_settings import MODEL_SECTIONS
from .settings import setting
from .sound_settings import Sound


@dataclass(frozen=True)
class Motion:
    """Where the picture travels and how fast."""

    direction_deg: float = setting(
        180.0, "Where the picture moves to: 0 right, 90 up, 180 left, 270 down.", flag="direction", unit="degrees"
    )
    smoothness: float | None = setting(
        None,
        "Smaller steps: step_px = int(1000 / smoothness). Empty: 16, or 80 for the law inverse.",
        low=0.01,
        high=100,
        flag="smoothness",
    )
    step_px: int | None = setting(
        None,
        "Pixels that a speed factor of 1 moves per step; wins over smoothness.",
        low=1,
        high=100000,
        flag="step-px",
        unit="px",
        advanced=True,
    )
    seconds_per_step: float = setting(
        1.0, "Seconds of video per step.", above=0, high=3600, flag="seconds-per-step", unit="s"
    )
    fps: float = setting(30.0, "Frames per second of the video.", low=1, high=240, flag="fps")
    loop: bool = setting(
        False, "The last frame flows into the first: every layer comes home by a way of its own.", flag="loop"
    )
    steps: int | None = setting(
        None,
        "Number of steps. Empty: until the whole original has left the frame.",
        low=1,
        high=1000000,
        flag="steps",
        advanced=True,
    )
    pace: tuple[tuple[float, float], ...] = setting(
        (),
        "Speed over time: [second, factor] points, linear between them, the last one held; below 0 it goes back over "
        "what it has passed. Empty: 1 throughout.",
        low=-1000000,
        high=1000000,
        flag="pace",
    )


@dataclass(frozen=True)
class Speed:
    """How a layer's distance becomes its speed."""

    law: str = setting(
        "weight",
        "weight: factor = ratio; inverse: factor = 1 / ratio; depth: factor = the layer's disparity.",
        choices=("weight", "inverse", "depth"),
        flag="law",
    )
    normalise: str = setting(
        "total",
        "Ratio of a distance to the sum of all (total), to the longest, or to three times the longest (third), so that "
        "the nearest of however many layers moves a third of step_px. A suggestion puts third in place of total.",
        choices=("total", "longest", "third"),
        flag="normalise",
        advanced=True,
    )
    preset_column: str = setting(
        "rounded",
        "Which column of the distance presets is used.",
        choices=("rounded", "accurate"),
        flag="preset-column",
        advanced=True,
    )


PRESETS: dict[str, dict[str, float]] = {
    "cloud": {"rounded": 280.0, "accurate": 16.18},
    "horizon": {"rounded": 50.0, "accurate": 0.15},
    "background": {"rounded": 690.0, "accurate": 689.0},
    "foreground": {"rounded": 800.0, "accurate": 800.0},
}


@dataclass(frozen=True)
class Cut:
    """How the picture is taken apart into layers."""

    mode: str = setting(
        "auto",
        "contour: along skylines, shores and ridges; straight: along rows; auto: contour where it is sure enough.",
        choices=("auto", "contour", "straight"),
        flag="cut",
    )
    layers: int | None = setting(
        None, "Number of layers to suggest when none are given. Empty: as many as the picture shows.", low=2, high=8
    )
    confidence: float = setting(0.5, "How sure auto must be of a contour to follow it.", low=0, high=1)
    reach: float = setting(
        0.22,
        "How far a contour may leave its wanted row, as a share of the picture's height.",
        above=0,
        high=1,
        advanced=True,
    )
    depth: str = setting(
        "", "A depth map to cut by, bright is near; in a project file relative to it.", flag="depth", advanced=True
    )
    segmentation: str = setting(
        "",
        "A picture whose value is the number of each pixel's layer, 0 the farthest; in a project file relative to it.",
        flag="segmentation",
        advanced=True,
    )


@dataclass(frozen=True)
class Hint:
    """A box round an object or a brush stroke over it, in px: the object belongs whole to a layer."""

    layer: int = setting(0, "The layer that the object stands on, counted from 0.", low=0, high=63)
    box: tuple[float, float, float, float] | None = setting(
        None, "A box round the object, [left, top, right, bottom].", low=-100000, high=100000, unit="px"
    )
    stroke: tuple[tuple[float, float], ...] = setting(
        (), "A brush stroke over the object, as points.", low=-100000, high=100000, unit="px"
    )
    stroke_px: int = setting(12, "Width of the brush.", low=1, high=1000, unit="px")


@dataclass(frozen=True)
class Object:
    """A thing that is lifted out of the picture; what was behind it is painted, and it is not continued."""

    name: str = setting("", "A name to find the object by.")
    layer: int = setting(
        0, "The layer that it rides and directly before which it lies, counted from 0.", low=0, high=63
    )
    box: tuple[float, float, float, float] | None = setting(
        None, "A box round the object, [left, top, right, bottom].", low=-100000, high=100000, unit="px"
    )
    stroke: tuple[tuple[float, float], ...] = setting(
        (),
        "A brush stroke over the object, as points.",
        low=-100000,
        high=100000,
        unit="px",
        advanced=True,
    )
    stroke_px: int = setting(12, "Width of the brush.", low=1, high=1000, unit="px", advanced=True)
    matte: str = setting("", "A picture that is white where the object is; wins over box and stroke.")
    velocity: tuple[float, float] | None = setting(
        None, "Velocity of its own, [x, y] in px per step, y down. Empty: its layer's.", low=-100000, high=100000
    )
    speed_factor: float = setting(1.0, "Factor on its layer's velocity, where it has none of its own.", low=0, high=100)
    scale: float = setting(1.0, "How large it is shown, about its foot.", low=0.05, high=20)


@dataclass(frozen=True)
class Layer:
    """One layer, a band of rows; the list runs from the top of the picture, and from far to near, down."""

    name: str = setting("", "A name to find the layer by.")
    height: int | None = setting(None, "Rows of the layer. Empty only for the last: it gets what remains.", low=1)
    distance: float | None = setting(None, "Distance; what it means depends on the law.", low=1e-6, high=1e9)
    preset: str | None = setting(None, "Distance by name.", choices=tuple(PRESETS))
    velocity: tuple[float, float] | None = setting(
        None, "Velocity by hand, [x, y] in px per step, y down; wins over everything.", low=-100000, high=100000
    )
    skyline: tuple[tuple[float, float], ...] = setting(
        (),
        "Where the upper border should run, as points [x, y] in px; empty: along the layer's first row.",
        low=-100000,
        high=100000,
        unit="px",
        advanced=True,
    )
    matte: str = setting(
        "",
        "An 8-bit picture, white where this layer or a nearer one is; wins over the contour; in a project file "
        "relative to it.",
        advanced=True,
    )
    ramp: float | None = setting(
        None,
        "Ground that recedes: speed of the layer's upper edge as a share of its lower edge's. Empty: none.",
        above=0.05,
        high=1,
        advanced=True,
    )
    disparity: float | None = setting(
        None,
        "Median disparity from a depth map, for the law depth: 0 at infinity, larger is nearer.",
        low=0,
        high=1e9,
        advanced=True,
    )


@dataclass(frozen=True)
class Inpaint:
    """Who paints the new picture, and with what words."""

    engine: str = setting("walk", "Engine that paints what opens.", flag="engine")
    prompt: str = setting("", "What to paint, for engines that read.", flag="prompt")
    negative_prompt: str = setting("", "What not to paint.", flag="negative-prompt")
    seed: int = setting(0, "Same seed, same result.", low=0, high=2**31 - 1, flag="seed")
    seed_policy: str = setting(
        "fixed",
        "fixed: the same seed at every step; per_step: seed + step. The engine walk plans ahead and takes the first.",
        choices=("fixed", "per_step"),
        advanced=True,
    )
    warn_divergence: float = setting(
        0.5,
        "Warn when sharpness or colour of new plate departs from the source by more than this share.",
        above=0,
        high=10,
        advanced=True,
    )


@dataclass(frozen=True)
class Prompt:
    """Other words from a second of the video on, until the next ones; for engines that read."""

    at_s: float = setting(0.0, "Second of the video from which on it holds.", low=0, high=1000000, unit="s")
    prompt: str = setting("", "What to paint from then on. Empty: the project's prompt.")
    negative_prompt: str = setting("", "What not to paint from then on. Empty: the project's.")


@dataclass(frozen=True)
class Walk:
    """The engine walk, which paints without weights."""

    mirror: bool = setting(True, "May mirrored picture be used; switch it off for lettering.", flag="")
    reuse: float = setting(
        7.0,
        "How much it costs to show again what was shown just now; more is more varied, and joins worse.",
        low=0,
        high=1000,
    )


@dataclass(frozen=True)
class MaskShape:
    """How the hole becomes the mask; the parts act in the order in which they stand here."""

    feather_px: int = setting(
        0, "Grow opposite to the velocity, and fade the grown part out linearly.", low=0, high=512, unit="px"
    )
    grow_px: int = setting(0, "Grow in all directions.", low=0, high=512, unit="px")
    taper_corners: bool = setting(True, "Cut the corners while growing, so that they come out slanted.", advanced=True)
    blur_px: float = setting(0.0, "Gaussian blur of the mask's edge (standard deviation).", low=0, high=256, unit="px")
    lerp_alpha: float = setting(
        1.0, "Share of this step's mask; the rest comes from the step before.", above=0, high=1, advanced=True
    )
    falloff: float = setting(
        0.0,
        "Share of the mask of the step before that is added, as a fading trail.",
        low=0,
        high=1,
        advanced=True,
    )


@dataclass(frozen=True)
class Plates:
    """How plates are cut and stored."""

    tile_px: int = setting(4096, "Longest side of a tile; at least a frame and a half.", low=64, high=16384, unit="px")
    overlap_px: int = setting(6, "Rows by which a layer fades over the one behind it.", low=0, high=256, unit="px")


SECTIONS: dict[str, type[Any]] = {
    "motion": Motion,
    "speed": Speed,
    "cut": Cut,
    "inpaint": Inpaint,
    "walk": Walk,
    **MODEL_SECTIONS,
    "mask": MaskShape,
    "plates": Plates,
    "sound": Sound,
    "output": Output,
}
