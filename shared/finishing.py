"""The settings of what is seen once the plates are there: overlays, colour, what moves, and the finished video.

They are apart from the sections that decide how plates are painted (`sections.py`): a change here never needs a new
job, only a scene built again.
"""

from dataclasses import dataclass

from .settings import Curve, setting

KEYS = (
    "Settings that change over time: [second, value] points each, as many values as the setting has; straight between "
    "them, a seed held until the next."
)


@dataclass(frozen=True)
class Output:
    """The finished video."""

    target: str = setting(
        "vse",
        "What Blender builds: strips (vse), nodes (compositor), or planes before a camera (planes).",
        choices=("vse", "compositor", "planes"),
        flag="target",
    )
    format: str = setting(
        "h264",
        "h264, h265 and av1 in MP4, ProRes in MOV, VP9 in WebM, a PNG or EXR for each frame, or GIF.",
        choices=("h264", "h265", "av1", "prores", "webm", "png", "exr", "gif"),
        flag="format",
    )
    width: int | None = setting(
        None, "Width of the video. Empty: the picture's.", low=16, high=16384, flag="width", unit="px"
    )
    height: int | None = setting(
        None, "Height of the video. Empty: the picture's.", low=16, high=16384, flag="height", unit="px"
    )
    fit: str = setting(
        "crop",
        "Where width and height are not of the picture's shape: crop fills the frame, letterbox shows all of it.",
        choices=("crop", "letterbox"),
        flag="fit",
    )
    crf: int = setting(
        20,
        "Constant quality, 0 best to 51 worst (AV1 and VP9: 63); bitrate_kbps wins over it.",
        low=0,
        high=63,
        flag="crf",
    )
    bitrate_kbps: int | None = setting(
        None, "Average bitrate in place of constant quality.", low=50, high=500000, flag="bitrate", unit="kb/s"
    )
    keyframe_group: int = setting(
        18, "Frames from one key frame to the next.", low=1, high=600, flag="gop", advanced=True
    )
    proxies: str = setting(
        "auto",
        "Small copies of plates for the sequencer's preview; auto: of plates of more than 8 million pixels.",
        choices=("auto", "on", "off"),
        flag="proxies",
        advanced=True,
    )
    audio_kbps: int = setting(192, "Bitrate of the sound.", low=32, high=512, unit="kb/s", advanced=True)
    audio: str = setting(
        "auto",
        "Codec of the sound; auto: AAC in MP4, Opus in WebM, PCM in MOV.",
        choices=("auto", "aac", "opus", "pcm", "none"),
        flag="audio",
    )
    blending: str = setting(
        "none",
        "motion_blur: the mean of moments while the shutter is open; cross_fade: half the frame, half its neighbours.",
        choices=("none", "motion_blur", "cross_fade"),
        flag="blending",
    )
    blend_samples: int = setting(8, "Moments that motion blur is the mean of.", low=2, high=64, advanced=True)
    shutter: float = setting(
        0.5,
        "Share of a frame's time that the shutter is open for motion blur; 0.5 is 180 degrees.",
        above=0,
        high=1,
        advanced=True,
    )


KINDS = ("rain", "snow", "mist", "moonlight", "flicker", "grain", "vignette", "letterbox")


@dataclass(frozen=True)
class Overlay:
    """Weather, light or film over the picture, as strips of its own."""

    kind: str = setting("rain", "What is laid over the picture.", choices=KINDS)
    amount: float = setting(0.5, "How much of it: 0 none, 1 a lot.", low=0, high=1, keyed=True)
    speed: float = setting(1.0, "How fast it moves or flickers, 1 as in nature.", low=0, high=20, keyed=True)
    angle_deg: float = setting(
        -10.0,
        "How far rain, snow and beams lean from straight down; positive falls to the right.",
        low=-60,
        high=60,
        unit="°",
        keyed=True,
    )
    size: float = setting(1.0, "Size of drops, flakes, banks, beams, grain or the clear middle.", low=0.2, high=5)
    colour: tuple[float, float, float] | None = setting(None, "Its colour. Empty: its own.", low=0, high=1, keyed=True)
    seed: int = setting(0, "Same seed, same overlay.", low=0, high=2**31 - 1, keyed=True)
    place: tuple[float, float] | None = setting(
        None,
        "Where beams come from, mist lies or the vignette is clear, [x, y] as shares of the frame. Empty: its own.",
        low=-2,
        high=3,
        advanced=True,
    )
    ratio: float = setting(
        2.39, "Width to height of the picture between the bars of a letterbox.", low=0.2, high=10, advanced=True
    )
    layer: int | None = setting(
        None, "It lies directly before this layer, counted from 0, behind nearer ones. Empty: over all.", low=0, high=63
    )
    start_s: float = setting(0.0, "When it begins.", low=0, high=1e6, unit="s", advanced=True)
    end_s: float | None = setting(
        None, "When it ends. Empty: with the video.", low=0, high=1e6, unit="s", advanced=True
    )
    keys: tuple[Curve, ...] = setting((), KEYS)


@dataclass(frozen=True)
class Distortion:
    """Rows that sway like a picture seen through water or hot air: A sin(2 pi (y / wavelength - t / period))."""

    layer: int | None = setting(None, "The layer that sways, counted from 0. Empty: all.", low=0, high=63)
    amplitude_px: float = setting(3.0, "How far a row moves to either side.", low=0, high=500, unit="px", keyed=True)
    wavelength_px: float = setting(90.0, "Rows from one crest to the next.", low=2, high=100000, unit="px")
    period_s: float = setting(
        4.0, "Seconds from crest to crest; in a loop rounded to a whole part of it.", low=0.05, high=3600, unit="s"
    )
    direction: str = setting("x", "Whether rows move sideways or up and down.", choices=("x", "y"))
    keys: tuple[Curve, ...] = setting((), KEYS)


@dataclass(frozen=True)
class Shimmer:
    """A layer that shimmers: Gabor wavelets fitted to its plate change it as their phases turn."""

    layer: int | None = setting(None, "The layer that shimmers, counted from 0. Empty: all.", low=0, high=63)
    strength: float = setting(
        0.5, "How much it shimmers: 0 the plate as it is, 1 all of the wavelets.", low=0, high=1, keyed=True
    )
    period_s: float = setting(
        8.0, "Seconds until the shimmer repeats; in a loop rounded to a whole part of it.", low=0.2, high=3600, unit="s"
    )
    turns: int = setting(2, "How often phases turn in that time at most; each wavelet 0 times to this.", low=1, high=6)
    phase: float = setting(
        0.0, "How far it is turned on besides, in parts of that time.", low=-1000, high=1000, keyed=True
    )
    wavelets: int = setting(256, "How many wavelets are fitted to a square of 512 px.", low=8, high=8192)
    seed: int = setting(0, "Same seed, same wavelets and turns.", low=0, high=2**31 - 1, advanced=True)
    keys: tuple[Curve, ...] = setting((), KEYS)

    @property
    def ever(self) -> bool:
        """Whether it is ever seen."""
        curves = [curve.points for curve in self.keys if curve.setting == "strength"]
        return any(value > 0 for points in curves for _, value in points) if curves else self.strength > 0


@dataclass(frozen=True)
class Grade:
    """Colour correction of a layer or of the whole picture. What is left as it is costs nothing and changes nothing."""

    layer: int | None = setting(None, "The layer that is graded, counted from 0. Empty: all.", low=0, high=63)
    match: float = setting(
        0.0,
        "How far what is painted is brought back to the source's colours, channel by channel: 0 not, 1 wholly.",
        low=0,
        high=1,
        keyed=True,
    )
    temperature: float = setting(0.0, "White balance: -1 cold and blue to 1 warm.", low=-1, high=1, keyed=True)
    tint: float = setting(0.0, "White balance: -1 green to 1 magenta.", low=-1, high=1, keyed=True)
    lift: tuple[float, float, float] = setting(
        (1.0, 1.0, 1.0), "Shadows by channel; 1 leaves them.", low=0, high=2, keyed=True
    )
    gamma: tuple[float, float, float] = setting(
        (1.0, 1.0, 1.0), "Middle tones by channel.", low=0.1, high=2, keyed=True
    )
    gain: tuple[float, float, float] = setting((1.0, 1.0, 1.0), "Lights by channel.", low=0, high=2, keyed=True)
    saturation: float = setting(1.0, "0 grey, 1 as it is.", low=0, high=4, keyed=True)
    contrast: float = setting(0.0, "Contrast about middle grey, in percent.", low=-99, high=99, unit="%", keyed=True)
    brightness: float = setting(0.0, "Brightness, in percent of white.", low=-100, high=100, unit="%", keyed=True)
    curve: tuple[tuple[float, float], ...] = setting(
        (), "Tone curve through these points [in, out], 0 to 1; empty: none.", low=0, high=1
    )
    curve_amount: float = setting(1.0, "How much of the curve: 0 none, 1 all of it.", low=0, high=1, keyed=True)
    keys: tuple[Curve, ...] = setting((), KEYS)


@dataclass(frozen=True)
class Swinging:
    """What sways and ripples: swings at many frequencies that come back to their beginning exactly."""

    preset: str = setting("vegetation", "How it moves.", choices=("vegetation", "water", "cloth", "air"), flag="preset")
    gain: float = setting(
        1.0, "How far; too much is lowered to where nothing folds.", low=0, high=20, flag="gain", keyed=True
    )
    wind_deg: float = setting(0.0, "Where the wind blows to: 0 right, 90 up.", flag="wind", unit="degrees", keyed=True)
    correlation: float = setting(
        1.0, "How large the parts are that move as one; 1 is the preset's.", above=0, high=20, flag="correlation"
    )
    period_s: float = setting(
        5.0, "Seconds until the motion repeats itself.", low=0.2, high=600, flag="period", unit="s"
    )
    frequencies: int = setting(16, "How many swings are added up.", low=1, high=64, flag="frequencies", advanced=True)
    seed: int = setting(0, "Same seed, same motion.", low=0, high=2**31 - 1, flag="seed")
    drift: tuple[float, float] = setting(
        (0.0, 0.0),
        "Where it also moves on to without coming back, for clouds, water and smoke: [x, y] in px per second, y down.",
        low=-10000,
        high=10000,
        flag="drift",
    )
    depth: str = setting(
        "",
        "A depth map of the picture, white is near: what is near moves more than what is far, up to seven times, "
        "and on the whole as far as without. Empty: all alike.",
        flag="depth",
    )
    damping: float = setting(
        0.05,
        "How soon what is poked comes to rest: 0.01 rings long, 0.3 hardly at all.",
        low=0.001,
        high=0.9,
        flag="damping",
        advanced=True,
    )


@dataclass(frozen=True)
class LivingLayer(Swinging):
    """A layer of a journey that sways and ripples while it travels."""

    layer: int | None = setting(None, "The layer that lives, counted from 0. Empty: all.", low=0, high=63)
    mask: str = setting(
        "",
        "A picture, white where the layer moves, with the proportions of the source; where new picture was painted, "
        "what looks alike moves alike. Empty: all of it.",
    )
    motion: str = setting(
        "", "Motion of the source as `animate --save-motion` writes it, of a clip say, in place of the preset's."
    )
    speed: float = setting(
        1.0,
        "How fast it swings, 1 as its period says; where it changes, it goes on from where it is.",
        low=0,
        high=20,
        keyed=True,
    )
    frequencies: int = setting(8, "How many swings are added up.", low=1, high=64, advanced=True)
    pokes: tuple[tuple[float, ...], ...] = setting(
        (),
        "Pushes after which it rings out, each [second, x, y] px, y down, or [second, x, y, at x, at y] with the place "
        "of the frame that is pushed; without one it is where it swings farthest.",
        low=-100000,
        high=100000,
    )
    keys: tuple[Curve, ...] = setting((), KEYS)


@dataclass(frozen=True)
class Living(Swinging):
    """A still that sways and ripples."""

    mask: str = setting("", "A picture that is white where something moves. Empty: all of it.", flag="mask")
    motion: str = setting("", "Motion taken from a clip, as `animate --save-motion` writes it.", flag="motion")
