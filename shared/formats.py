"""What a finished video can be: container, codec, pixels and sound of each format, and how frames are blended.

Blender and ffmpeg call the same things by other names, so both names stand in one table, and what applies them stays
thin. A free choice of container and codec was the other road: most pairs play nowhere.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from .errors import UsageError
from .finishing import Output


@dataclass(frozen=True)
class Format:
    """One format. `container` and `codec` are Blender's names, `encoder` and `pixels` ffmpeg's.

    `audio` are the codecs that its container takes, the usual one first. `worst_crf` is the end of its scale of
    constant quality; None where it has none. A `sequence` is a file for every frame.
    """

    title: str
    suffix: str
    container: str
    codec: str
    encoder: tuple[str, ...]
    pixels: str
    audio: tuple[str, ...] = ()
    worst_crf: int | None = None
    sequence: bool = False


FORMATS: dict[str, Format] = {
    "h264": Format("H.264", ".mp4", "MPEG4", "H264", ("libx264", "-preset", "medium"), "yuv420p", ("aac",), 51),
    "h265": Format(
        "H.265",
        ".mp4",
        "MPEG4",
        "H265",
        ("libx265", "-preset", "medium", "-tag:v", "hvc1", "-x265-params", "log-level=error"),
        "yuv420p",
        ("aac",),
        51,
    ),
    "av1": Format("AV1", ".mp4", "MPEG4", "AV1", ("libsvtav1", "-preset", "7"), "yuv420p", ("aac", "opus"), 63),
    "prores": Format(
        "ProRes 422 HQ",
        ".mov",
        "QUICKTIME",
        "PRORES",
        ("prores_ks", "-profile:v", "hq", "-vendor", "apl0"),
        "yuv422p10le",
        ("pcm", "aac"),
    ),
    "webm": Format(
        "WebM (VP9)",
        ".webm",
        "WEBM",
        "WEBM",
        ("libvpx-vp9", "-deadline", "good", "-cpu-used", "4", "-row-mt", "1"),
        "yuv420p",
        ("opus",),
        63,
    ),
    "png": Format("PNG sequence", ".png", "", "PNG", ("png",), "rgb24", sequence=True),
    "exr": Format("OpenEXR sequence", ".exr", "", "OPEN_EXR", ("exr",), "gbrpf32le", sequence=True),
    "gif": Format("GIF", ".gif", "", "", ("gif",), "pal8"),
}

PALETTE = "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=sierra2_4a:diff_mode=rectangle"
"""ffmpeg's filters for a GIF: 256 colours chosen from the whole video, as most of its quality is their choice."""

AUDIO_ENCODERS = {"aac": "aac", "opus": "libopus", "pcm": "pcm_s16le"}
"""What ffmpeg calls them; Blender has the same names in capitals."""


@dataclass(frozen=True)
class Export:
    """How a video is written: a key of FORMATS, and of the audio codecs or none.

    With `bitrate_kbps` an average bitrate, else constant quality `crf`, where the format has either.
    """

    crf: int
    bitrate_kbps: int | None
    keyframe_group: int
    audio_kbps: int
    format: str = "h264"
    audio: str = "aac"
    blending: str = "none"
    samples: int = 1
    shutter: float = 0.5

    @property
    def kind(self) -> Format:
        """The format's own facts."""
        return FORMATS[self.format]

    def weights(self) -> tuple[tuple[float, float], ...]:
        """What a frame is mixed of: (frames from it, share) each, the shares summing to 1.

        Motion blur: `samples` moments of the time that the shutter is open, counted from the frame on. Cross-fade:
        half of itself, a quarter of each neighbour.
        """
        if self.blending == "motion_blur":
            return tuple((self.shutter * k / self.samples, 1 / self.samples) for k in range(self.samples))
        if self.blending == "cross_fade":
            return ((-1.0, 0.25), (0.0, 0.5), (1.0, 0.25))
        return ((0.0, 1.0),)


def export(output: Output) -> Export:
    """How the video of a project is written. UsageError for a sound that the format's container cannot hold."""
    kind = FORMATS[output.format]
    audio = output.audio
    if audio == "auto":
        audio = kind.audio[0] if kind.audio else "none"
    elif audio != "none" and audio not in kind.audio:
        can = f"Choose {' or '.join(kind.audio)}, or auto." if kind.audio else "Choose none, or auto."
        raise UsageError(f"output.audio is {audio}, which {kind.title} cannot hold.", can)
    crf = output.crf if kind.worst_crf is None else min(output.crf, kind.worst_crf)
    return Export(
        crf,
        output.bitrate_kbps,
        output.keyframe_group,
        output.audio_kbps,
        output.format,
        audio,
        output.blending,
        output.blend_samples,
        output.shutter,
    )


def unblended(wish: Export) -> Export:
    """The same for frames that are mixed already."""
    return replace(wish, blending="none")


def fits_gif(fps: float) -> float:
    """The rate of a GIF, which counts its time in hundredths of a second; players take fewer than two for ten."""
    return min(fps, 50.0)


def moment(frame: int, offset: float, frames: int, loop: bool) -> float:
    """The moment `offset` frames from a frame, from 0 to below `frames`: a loop goes on round, else the ends hold."""
    at = frame + offset
    if loop:
        return at % frames
    return max(at, 0.0) if at < frames else float(frame)


def check_suffix(path: Path, wish: Export) -> None:
    """Refuse a file whose name does not end as its format's do."""
    kind = wish.kind
    if path.suffix.lower() != kind.suffix:
        raise UsageError(
            f"{path.name} is not {kind.suffix}, as {kind.title} is.",
            f"Name it {path.stem}{kind.suffix}, or choose another output.format.",
        )


def numbered(path: Path, number: int) -> Path:
    """The file of one frame of a sequence, frames counted from 1: `out.png` is `out_0001.png`."""
    return path.with_name(f"{path.stem}_{number:04d}{path.suffix}")
