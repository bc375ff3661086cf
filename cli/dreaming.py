"""What the command `dream` does: a sound decoded, frames painted to it and kept, a video with that sound written.

The frames of a dream lie in a folder named after what is dreamt, so that the same command, run again after Ctrl-C or a
power cut, goes on where it was; when the video is there they go, unless a folder was named.
"""

import argparse
import math
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..inpaint_server.diffusion.dreaming import dreamer
from ..inpaint_server.dreams.between import Between
from ..inpaint_server.dreams.chain import Chain, Wish
from ..inpaint_server.dreams.slices import Slices, mono
from ..inpaint_server.engines.diffusers_engine import missing
from ..inpaint_server.limits import Limits
from ..inpaint_server.pictures import read_picture
from ..inpaint_server.sound_files import load_sound
from ..shared import flags, settings
from ..shared.ambience import RATE, Samples, write_wav
from ..shared.dream_settings import Dream
from ..shared.errors import UsageError
from ..shared.finishing import Output
from ..shared.flags import given
from ..shared.formats import Export, check_suffix, export
from ..shared.outputs import check_file
from ..shared.scene import SceneSpec
from ..shared.sections import Prompt
from .encoding import encode
from .environments import user_data_folder
from .progress import bar

RGB = NDArray[np.uint8]


def dream(args: argparse.Namespace) -> int:
    """Dream a sound; the exit code."""
    out = export(replace(Output(), **given(args, "output")))
    check_file(args.out, out.kind.suffix)
    check_suffix(args.out, out)
    wish, samples = wish_of(args)
    if reason := missing():
        raise UsageError(f"The command dream needs diffusion models: {reason}", "", "engine_unavailable")
    folder = args.frames or user_data_folder() / "dreams" / wish.identity()
    chain = Chain(folder, wish)
    _paint(chain, wish)
    spec = _video(chain, wish, samples, out, args.out)
    if args.frames is None:
        shutil.rmtree(folder, ignore_errors=True)
    painted = f"{chain.count} of them painted" if chain.count < spec.frames else "all painted"
    print(f"Wrote {args.out}: {spec.frames} frames, {painted}, {spec.width}x{spec.height} px.")
    return 0


def wish_of(args: argparse.Namespace) -> tuple[Wish, Samples]:
    """What the arguments ask for, and the stretch of the sound that is dreamt, float32 [n, channels] at RATE."""
    wish = settings.read(Dream, given(args, "dream"), "dream")
    model = settings.write(flags.section_from_args(args, "diffusers"))
    samples = stretch(load_sound(args.sound, RATE), wish)
    picture = None if args.picture is None else _picture(args.picture)
    prompts = tuple(_prompt(text) for text in args.then)
    return Wish(wish, Slices(mono(samples), RATE, wish.painted_fps), prompts, picture, model), samples


def stretch(samples: Samples, wish: Dream) -> Samples:
    """The part of a sound that is dreamt; UsageError where it holds nothing."""
    start = round(wish.start_s * RATE)
    end = None if wish.length_s is None else start + max(1, round(wish.length_s * RATE))
    part = samples[start:end]
    if not len(part):
        raise UsageError(
            f"The sound lasts {len(samples) / RATE:.1f} s, and --start is {wish.start_s:g}.", "Begin sooner."
        )
    return part


def _paint(chain: Chain, wish: Wish) -> None:
    """Paint the frames that are missing; the model is loaded only if there are any."""
    done = chain.done()
    if done == chain.count:
        return
    with bar("dream", chain.count, "frame") as shown:
        shown.update(done)
        with dreamer(wish.model, _tell, lambda: False) as painter:
            chain.paint(painter, lambda _done, _of: shown.update(1), lambda: False)


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _video(chain: Chain, wish: Wish, samples: Samples, out: Export, path: Path) -> SceneSpec:
    """Write the video with its sound, exactly as long as each other."""
    height, width = chain.frame(0).shape[:2]
    frames = max(1, math.ceil(len(samples) * wish.dream.fps / RATE - 1e-9))
    spec = SceneSpec("dream", width, height, wish.dream.fps, frames, (), (), out)
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder, bar("encode", frames, "frame") as shown:
        sound = Path(folder) / "sound.wav"
        silence = np.zeros((max(0, round(frames / spec.fps * RATE) - len(samples)), samples.shape[1]), np.float32)
        write_wav(sound, np.concatenate([samples, silence]), RATE)
        encode(spec, joined(chain, wish.dream, frames, shown), sound, path)
    return spec


def joined(chain: Chain, wish: Dream, frames: int, progress: Any) -> Iterator[RGB]:
    """Every frame of the video: painted ones at their seconds, and what lies between."""
    between = Between(wish.between)
    at = 0
    pair = _pair(chain, at)
    for n in range(frames):
        moment = n * wish.painted_fps / wish.fps
        if int(moment + 1e-9) != at:
            at = int(moment + 1e-9)
            pair = _pair(chain, at)
        yield between.at(*pair, max(0.0, moment - at))
        progress.update(1)


def _pair(chain: Chain, index: int) -> tuple[RGB, RGB]:
    """A painted frame and the next; after the last one comes itself."""
    before = chain.frame(min(index, chain.count - 1))
    return before, chain.frame(index + 1) if index + 1 < chain.count else before


def _prompt(text: str) -> Prompt:
    second, _colon, words = text.partition(":")
    try:
        return settings.read(Prompt, {"at_s": float(second), "prompt": words.strip()}, "--then")
    except ValueError as e:
        raise UsageError(f"--then {text[:40]} does not begin with a second.", "Write it as 4.5:a storm.") from e


def _picture(path: Path) -> RGB:
    if not path.is_file():
        raise UsageError(f"There is no picture at {path}.", "Check the path.")
    return read_picture(path.read_bytes(), Limits())
