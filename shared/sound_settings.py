"""The settings of what is heard, and of what a sound moves: the bed, the cues in space, and drives.

Like those of what is seen (`finishing.py`) they never need a new job, only a scene built again.
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
    tempo_bpm: float | None = setting(
        None,
        "Beats per minute that drives by beats go by. Empty: as heard.",
        low=20,
        high=400,
        unit="bpm",
        advanced=True,
    )
    beats_per_bar: int = setting(
        4, "Beats of a bar, for drives by bars; the first is the strongest.", low=1, high=16, advanced=True
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
    layer: int | None = setting(None, "The layer that it sounds from, counted from 0. Empty: all.", low=0, high=63)
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


FEATURES = ("envelope", "onsets", "beats", "bars", "low", "mid", "high")
DRIVEN = {
    "speed": None,
    "direction": None,
    "overlay": ("overlays", "amount"),
    "distortion": ("distortions", "amplitude_px"),
    "living": ("living", "gain"),
    "poke": ("living", "pokes"),
    "shimmer": ("shimmers", "strength"),
    "shimmer_phase": ("shimmers", "phase"),
    "brightness": ("grades", "brightness"),
    "saturation": ("grades", "saturation"),
    "contrast": ("grades", "contrast"),
    "temperature": ("grades", "temperature"),
    "tint": ("grades", "tint"),
    "match": ("grades", "match"),
    "curve": ("grades", "curve_amount"),
    "shadows": ("grades", "lift"),
    "midtones": ("grades", "gamma"),
    "lights": ("grades", "gain"),
}
"""What a sound can drive: the list of the project and the setting of its entries; None for the journey itself."""


@dataclass(frozen=True)
class Drive:
    """A sound that moves a setting: offset + amount * v, where v is 0 to 1 as the sound goes."""

    feature: str = setting(
        "envelope",
        "What of the sound: loudness (envelope), beginnings (onsets), beats, the first of each bar (bars), or loudness "
        "below 200, up to 2000, above 2000 Hz (low, mid, high).",
        choices=FEATURES,
    )
    target: str = setting(
        "speed",
        "What it moves: the whole journey's speed; its direction, which turns at the pulses; or a setting; poke pushes "
        "a living layer, amount px along its wind.",
        choices=tuple(DRIVEN),
    )
    number: int = setting(
        0,
        "Which overlay, distortion, living layer, shimmer or grade, counted from 0; the journey itself has none.",
        low=0,
        high=63,
    )
    cue: int | None = setting(None, "The cue that is listened to, counted from 0. Empty: sound.file.", low=0, high=127)
    amount: float = setting(
        1.0,
        "What the loudest adds, in units of the setting; negative takes away. Of the direction: how many stretches go "
        "forth for one back.",
        low=-1000,
        high=1000,
    )
    offset: float | None = setting(
        None,
        "What it is in silence. Empty: 1 for speed, saturation, shadows, midtones and lights, 0 for the others.",
        low=-1000,
        high=1000,
    )
    invert: bool = setting(False, "Silence moves it, and what is loud leaves it.")
    attack_s: float = setting(0.02, "How fast it rises: seconds to two thirds of the way.", low=0, high=60, unit="s")
    release_s: float = setting(0.25, "How slowly it falls: seconds to two thirds of the way.", low=0, high=60, unit="s")
