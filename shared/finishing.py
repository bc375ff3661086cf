"""The settings of what happens once the plates are there: sound and the finished video.

They are apart from the sections that decide how plates are painted (`sections.py`): a change here never needs a new
job, only a scene built again.
"""

from dataclasses import dataclass

from .settings import setting


@dataclass(frozen=True)
class Sound:
    """The ambient sound under the picture."""

    ambience: str = setting("wind", "Sound made by the project.", choices=("none", "wind", "water"), flag="ambience")
    volume: float = setting(0.6, "Level of the ambient sound.", low=0, high=4)
    file: str = setting(
        "", "A sound file of your own, laid under the video as well; in a project file relative to it.", flag="sound"
    )


@dataclass(frozen=True)
class Output:
    """The finished video."""

    width: int | None = setting(
        None, "Width of the video. Empty: the picture's.", low=16, high=16384, flag="width", unit="px"
    )
    height: int | None = setting(
        None, "Height of the video. Empty: the picture's.", low=16, high=16384, flag="height", unit="px"
    )
    crf: int = setting(
        20, "Constant quality of H.264, 0 best to 51 worst; bitrate_kbps wins over it.", low=0, high=51, flag="crf"
    )
    bitrate_kbps: int | None = setting(
        None, "Average bitrate in place of constant quality.", low=50, high=500000, flag="bitrate", unit="kb/s"
    )
    keyframe_group: int = setting(
        18, "Frames from one key frame to the next.", low=1, high=600, flag="gop", advanced=True
    )
    audio_kbps: int = setting(192, "Bitrate of the sound.", low=32, high=512, unit="kb/s", advanced=True)
