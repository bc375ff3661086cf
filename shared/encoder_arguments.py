"""An export in ffmpeg's words: what the encoders of pictures and of sound are told.

Whoever starts ffmpeg (the command line for `preview`, the joining of what several Blenders rendered) says the same
with these, so that a format is the same whichever way it came about.
"""

from pathlib import Path

from .formats import AUDIO_ENCODERS, PALETTE, Export, fits_gif


def video_arguments(wish: Export, fps: float) -> list[str]:
    """Encoder arguments for RGB pictures at `fps`, converted to BT.709 and tagged so."""
    kind = wish.kind
    if wish.format == "gif":
        return ["-filter_complex", f"[0:v]fps={fits_gif(fps):g},{PALETTE}[v]", "-map", "[v]", "-loop", "0"]
    if kind.sequence:
        return ["-c:v", *kind.encoder, "-start_number", "1", "-f", "image2"]
    # set on the frames, not as encoder options: a filter's own answer would win over those
    tags = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    convert = ["-vf", f"scale=in_range=pc:out_range=tv:out_color_matrix=bt709,format={kind.pixels},{tags}"]
    return ["-c:v", *kind.encoder, *_rate(wish), *convert]


def _rate(wish: Export) -> list[str]:
    """Quality or bitrate, and key frames; ProRes has neither: each of its frames is one."""
    if wish.kind.worst_crf is None:
        return []
    rate = ["-b:v", f"{wish.bitrate_kbps}k"] if wish.bitrate_kbps else ["-crf", str(wish.crf)]
    constant = ["-b:v", "0"] if wish.format == "webm" and not wish.bitrate_kbps else []
    return [*rate, *constant, "-g", str(wish.keyframe_group)]


def audio_arguments(wish: Export, sound: Path | None) -> tuple[list[str], list[str]]:
    """Input arguments for the sound after one of pictures, and how it is encoded."""
    if sound is None or wish.audio == "none":
        return [], []
    rate = [] if wish.audio == "pcm" else ["-b:a", f"{wish.audio_kbps}k"]
    return ["-i", str(sound)], ["-map", "1:a", "-c:a", AUDIO_ENCODERS[wish.audio], *rate]
