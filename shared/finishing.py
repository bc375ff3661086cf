"""The settings of what happens once the plates are there: sound and the finished video.

They are apart from the sections that decide how plates are painted (`sections.py`): a change here never needs a new
job, only a scene built again.
"""

from dataclasses import dataclass

from .settings import setting

BUILT_IN_SOUNDS = ("wind", "rain", "water", "crickets", "room_tone", "footsteps", "birds")
"""The sounds that the project makes itself (`ambience.py`)."""


@dataclass(frozen=True)
class Sound:
    """The bed of sound under the whole picture, and how the sounds of `cues` are heard in space."""

    ambience: str = setting("wind", "Sound made by the project.", choices=("none", *BUILT_IN_SOUNDS), flag="ambience")
    volume: float = setting(0.6, "Level of the ambient sound.", low=0, high=4)
    file: str = setting(
        "", "A sound file of your own, laid under the video as well; in a project file relative to it.", flag="sound"
    )
    metres_per_unit: float = setting(
        8.0, "Metres to the nearest layer; a layer half as fast is twice as far.", above=0, high=100000, unit="m"
    )
    falloff_db: float = setting(
        6.0,
        "How much quieter a cue is at twice the distance; 6 is that of free air.",
        low=0,
        high=24,
        unit="dB",
        advanced=True,
    )
    view_deg: float = setting(
        60.0,
        "Angle that the picture's width fills for the ear: the narrower, the less its sides are farther away.",
        low=5,
        high=150,
        unit="degrees",
        advanced=True,
    )


@dataclass(frozen=True)
class SoundCue:
    """A sound that belongs to a layer and moves with it, or to the whole picture."""

    name: str = setting("", "A name to find the cue by.")
    kind: str = setting(
        "effects",
        "What it is to the film; an ambience is repeated, the others sound once. Strips are coloured by it.",
        choices=("foley", "music", "effects", "ambience", "voice"),
    )
    sound: str = setting("wind", "A sound made by the project.", choices=BUILT_IN_SOUNDS)
    file: str = setting("", "A file of your own (WAV, FLAC, OGG, MP3) instead; in a project file relative to it.")
    layer: int | None = setting(
        None, "The layer that it sounds from, counted from 0. Empty: the whole picture.", low=0, high=63
    )
    place: tuple[float, float] | None = setting(
        None,
        "Where it is in the picture at the beginning, [x, y] in px. Empty: the middle of its layer.",
        low=-100000,
        high=100000,
        unit="px",
    )
    start_s: float = setting(0.0, "When it begins.", low=0, high=100000, unit="s")
    volume: float = setting(
        1.0, "Its level; for a cue on a layer that at the distance of the nearest one.", low=0, high=16
    )
    play: str = setting("auto", "Once, or repeated to the end; auto: by its kind.", choices=("auto", "once", "loop"))
    fade_in_s: float = setting(0.0, "Seconds in which it comes up.", low=0, high=600, unit="s")
    fade_out_s: float = setting(0.0, "Seconds in which it goes down at its end.", low=0, high=600, unit="s")
    seed: int = setting(0, "Same seed, same sound, of those made by the project.", low=0, high=2**31 - 1, advanced=True)


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
