"""A dream as a job of the store: what was sent becomes a wish, frames are painted, and the video is written.

    run/frames/    the chain: dream.json, frame_00000.png and so on
    run/video.mp4  the video with its sound, once every frame is painted

A step of such a job is a painted frame. To keep dreams in a store of their own was the other road: a second queue, a
second set of states, and a second way to resume after a kill.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...shared import settings
from ...shared.ambience import RATE, Samples
from ...shared.dream_document import DreamDocument
from ...shared.dream_settings import Dream
from ...shared.errors import Cancelled, UsageError
from ...shared.formats import export
from ..attached import MOST_SOUND_S
from ..diffusion import dreaming
from ..diffusion.options import settle_plain
from ..engines import diffusers_engine
from ..sound_files import read_sound
from ..step_loop import Progress
from . import video
from .chain import Chain, Wish, drop, fitted, frame_size
from .slices import Slices, mono

RGB = NDArray[np.uint8]
FRAMES, VIDEO = "frames", "video"
WRITING = "Writing the video"


def check_can(document: DreamDocument) -> None:
    """Refuse, before anything waits for it, what cannot be dreamt here, or is no video."""
    export(document.output)
    settle_plain(settings.write(document.diffusers))
    if reason := diffusers_engine.missing():
        raise UsageError(f"A dream needs diffusion models: {reason}", "", "engine_unavailable")


def wish_of(document: DreamDocument, sound: bytes, picture: RGB | None) -> tuple[Wish, Samples]:
    """What is dreamt, and the stretch of the sound (a file's bytes) for it, float32 [n, channels] at RATE."""
    dream = document.dream
    samples = stretch(sound, dream)
    model = settings.write(document.diffusers)
    fps = RATE / len(samples) if dream.still else dream.painted_fps
    return Wish(dream, Slices(mono(samples), RATE, fps), document.prompts, picture, model), samples


def stretch(sound: bytes, dream: Dream) -> Samples:
    """The part of a sound that is dreamt; UsageError where it holds nothing, or more than can be held in memory."""
    end_s = math.inf if dream.length_s is None else dream.start_s + dream.length_s
    # a second more than is wanted: how a decoder rounds an end is its own affair
    samples = read_sound(sound, RATE, min(end_s, MOST_SOUND_S) + 1)
    if end_s > MOST_SOUND_S and len(samples) > MOST_SOUND_S * RATE:
        raise UsageError(
            f"The sound is longer than the {MOST_SOUND_S / 60:g} minutes that are heard.",
            "Set dream.length_s, or cut the part that you want out of it.",
            "too_large",
        )
    start = round(dream.start_s * RATE)
    end = None if dream.length_s is None else start + max(1, round(dream.length_s * RATE))
    part = samples[start:end]
    if not len(part):
        raise UsageError(
            f"The sound lasts {len(samples) / RATE:.1f} s, and dream.start_s is {dream.start_s:g}.", "Begin sooner."
        )
    return part


def size_of(document: DreamDocument, picture: RGB | None) -> tuple[int, int]:
    """Width and height of the frames, without loading the model."""
    _, call = settle_plain(settings.write(document.diffusers))
    return frame_size(document.dream, picture, call.native_px, call.grid)


def first_look(picture: RGB | None, width: int, height: int) -> RGB:
    """What there is to see before the first frame: the user's picture as it fills the frame, else black."""
    return np.zeros((height, width, 3), np.uint8) if picture is None else fitted(picture, width, height)


def run(
    folder: Path,
    document: DreamDocument,
    sound: bytes,
    picture: RGB | None,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> None:
    """Dream in `folder`, going on from what lies there; Cancelled when stopped."""
    wish, samples = wish_of(document, sound, picture)
    chain = Chain(folder / FRAMES, wish)
    done = chain.done()

    def tell(done: int, count: int, stage: str = "") -> None:
        shown = max(0, done - 1)
        report(Progress(done, count, (), lambda: chain.frame(shown), stage))

    if done < chain.count:
        check_can(document)
        with dreaming.dreamer(wish.model, lambda sentence: tell(done, chain.count, sentence), cancelled) as painter:
            chain.paint(painter, tell, cancelled)
    else:
        tell(done, chain.count)
    path = video_file(folder, document)
    if not path.is_file() and not document.dream.still:
        if cancelled():
            raise Cancelled
        tell(chain.count, chain.count, WRITING)
        video.write(chain, wish.dream, samples, export(document.output), path, cancelled)


def video_file(folder: Path, document: DreamDocument) -> Path:
    """Where the video of a dream in `folder` lies."""
    return folder / f"{VIDEO}{export(document.output).kind.suffix}"


def redo(folder: Path, step: int) -> None:
    """Drop the video, and every frame from `step` on, counted from 1; beyond the last one only the video."""
    for path in folder.glob(f"{VIDEO}.*"):
        path.unlink()
    drop(folder / FRAMES, step - 1)
