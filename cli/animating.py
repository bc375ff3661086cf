"""What the command `animate` does: motion by a rule or out of a clip, a layer cut by the mask, frames into a video.

The parts are those that the layers of a journey move by (`shared/spectral`, `inpaint_server/motion`).
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..inpaint_server import engines
from ..inpaint_server.attached import read_grey
from ..inpaint_server.encoding import encode
from ..inpaint_server.limits import Limits
from ..inpaint_server.motion import animation, diffusion, extract, transfer
from ..inpaint_server.motion.animation import Animation
from ..inpaint_server.motion.extract import Extracted
from ..inpaint_server.pictures import read_picture
from ..shared import poking, settings
from ..shared.errors import UsageError
from ..shared.finishing import Living, Output
from ..shared.flags import given
from ..shared.formats import Export, check_suffix, export
from ..shared.outputs import check_file
from ..shared.poking import Ringing
from ..shared.scene import SceneSpec
from ..shared.spectral import SpectralVolume, folding, modes, procedural, volume
from ..shared.spectral.fields import nearness
from ..shared.spectral.modes import Mode
from .progress import bar

REACH_SHARE = 0.01
MOST_CLIP_FRAMES = 600


def animate(args: argparse.Namespace) -> int:
    """Animate a picture; the exit code."""
    wish = _wish(args)
    out = export(replace(Output(), **given(args, "output")))
    check_file(args.out, out.kind.suffix)
    check_suffix(args.out, out)
    picture = _picture(args.picture, "picture")
    share = _share(wish.mask, picture)
    moving, notes = motion(wish, args, picture, share)
    near = _nearness(wish.depth, picture, share, moving)
    moving = moving if near is None else moving.shared(near)
    if args.save_motion:
        check_file(args.save_motion, ".npz")
        args.save_motion.write_bytes(volume.to_bytes(moving))
    spec = _spec(args, moving, picture, out)
    shapes = modes.modes(moving)
    ringing = _ringing(args, moving, shapes, wish.damping, spec)
    tame, ringing, lowered = _unfolded(moving, ringing, shapes)
    background = _background(picture, share, args.engine)
    shown = Animation(picture, tame, share, background, wish.drift, ringing, shapes, near)
    notes += lowered
    with bar("animate", spec.frames, "frame") as progress:
        encode(spec, _frames(shown, spec, progress), None, args.out)
    print("\n".join([*notes, f"Wrote {args.out}: {spec.frames} frames, {spec.width}x{spec.height} px."]))
    return 0


def motion(
    wish: Living, args: argparse.Namespace, picture: NDArray[np.uint8], share: NDArray[np.float32] | None
) -> tuple[SpectralVolume, list[str]]:
    """The motion that is asked for, and what is to be said about it."""
    height, width = picture.shape[:2]
    rows, columns = animation.grid(width, height)
    mask = np.ones((rows, columns), np.float32) if share is None else animation.coarse(share, rows, columns)
    if sum(bool(given) for given in (wish.motion, args.clip, args.model)) > 1:
        raise UsageError("--motion, --clip and --model each say how the picture moves.", "Give one of them.")
    if args.model is not None:
        made = diffusion.load(args.model)(picture, seed=wish.seed, frequencies=wish.frequencies)
        return made.scaled(wish.gain), []
    if wish.motion:
        return transfer.same_framing(volume.from_bytes(_bytes(Path(wish.motion))), width, height), []
    ruled = procedural.volume(
        mask,
        width,
        height,
        wish.preset,
        wind_deg=wish.wind_deg,
        gain=wish.gain,
        correlation=wish.correlation,
        seed=wish.seed,
        period_s=wish.period_s,
        frequencies=wish.frequencies,
    )
    if args.clip is None:
        return ruled, []
    found = from_clip(args.clip, wish.frequencies)
    return _transferred(found, ruled, mask, args, wish.gain), [_about(found)]


def _transferred(
    found: Extracted, ruled: SpectralVolume, mask: NDArray[np.float32], args: argparse.Namespace, gain: float
) -> SpectralVolume:
    if args.transfer == "statistics":
        return transfer.by_statistics(found.volume, found.confidence, ruled).scaled(gain)
    if args.transfer == "framing":
        return transfer.same_framing(found.volume, ruled.width, ruled.height).scaled(gain)
    source, target = _box(args.clip_box, "--clip-box"), _box(args.picture_box, "--picture-box")
    return transfer.box_to_box(found.volume, source, target, mask, ruled.width, ruled.height).scaled(gain)


def from_clip(path: Path, frequencies: int) -> Extracted:
    """The motion of a clip of any format that ffmpeg reads."""
    frames, fps = clip_frames(path)
    return extract.extract(frames, fps, frequencies)


def clip_frames(path: Path) -> tuple[list[NDArray[np.uint8]], float]:
    """The frames of a clip, RGB uint8 [H, W, 3], and how many there are per second."""
    if not path.is_file():
        raise UsageError(f"There is no clip at {path}.", "Check the path.")
    capture = cv2.VideoCapture(str(path))
    try:
        fps = float(capture.get(cv2.CAP_PROP_FPS))
        frames = []
        while len(frames) < MOST_CLIP_FRAMES:
            more, frame = capture.read()
            if not more:
                break
            frames.append(np.ascontiguousarray(frame[..., ::-1]))
    finally:
        capture.release()
    if not frames:
        raise UsageError(f"{path} holds no video.", "Give a short clip, such as an MP4 file.")
    return frames, fps


def _about(found: Extracted) -> str:
    best = modes.modes(found.volume, found.confidence, 3)
    shares = modes.power(found.volume, found.confidence)
    told = [
        f"{mode.frequency_hz:.2f} Hz ({100 * shares[round(mode.frequency_hz * found.volume.period_s) - 1]:.0f} %)"
        for mode in best
    ]
    return f"The clip swings most at {', '.join(told)}." if told else "Nothing moves in the clip."


def _wish(args: argparse.Namespace) -> Living:
    return settings.read(Living, given(args, "living"), "living")


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"There is no file at {path}.", "Check the path.")
    return path.read_bytes()


def _picture(path: Path, what: str) -> NDArray[np.uint8]:
    if not path.is_file():
        raise UsageError(f"There is no {what} at {path}.", "Check the path.")
    return read_picture(path.read_bytes(), Limits())


def _nearness(
    depth: str, picture: NDArray[np.uint8], share: NDArray[np.float32] | None, moving: SpectralVolume
) -> NDArray[np.float32] | None:
    """How far each place of a motion's grid moves by the depth map in a file, float32 [h, w]; None without one."""
    if not depth:
        return None
    if not Path(depth).is_file():
        raise UsageError(f"There is no depth map at {depth}.", "Check the path.")
    read, shape = read_grey(Path(depth).read_bytes(), Limits()), moving.fields.shape[2:]
    _check_proportions("depth map", read.shape, picture)
    mask = np.ones(shape, np.float32) if share is None else animation.coarse(share, *shape)
    return nearness(animation.coarse(read.astype(np.float32) / 65535, *shape), mask)


def _check_proportions(what: str, shape: tuple[int, ...], picture: NDArray[np.uint8]) -> None:
    height, width = picture.shape[:2]
    if abs(shape[1] / shape[0] - width / height) > 0.02 * width / height:
        raise UsageError(
            f"The {what} is {shape[1]}x{shape[0]} px, the picture {width}x{height}.",
            f"Give a {what} with the picture's proportions.",
        )


def _share(mask: str, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """How much of each pixel moves, 0 to 1; None for all."""
    if not mask:
        return None
    height, width = picture.shape[:2]
    read = _picture(Path(mask), "mask")
    _check_proportions("mask", read.shape, picture)
    share = cv2.resize(read.max(axis=2), (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
    if not share.any():
        raise UsageError("The mask is black: nothing would move.", "Paint white what is to move.")
    return share


def _background(picture: NDArray[np.uint8], share: NDArray[np.float32] | None, engine: str) -> NDArray[np.uint8] | None:
    if share is None:
        return None
    if (share > 0).all():
        return picture
    reach = max(2, round(REACH_SHARE * max(picture.shape)))
    return animation.behind(picture, share, reach, engines.load(engine))


def _ringing(
    args: argparse.Namespace, moving: SpectralVolume, shapes: Sequence[Mode], damping: float, spec: SceneSpec
) -> Ringing | None:
    """What is poked on the picture; in a video of one period it rings on at the beginning."""
    hits = [_hit(text, moving, spec.fps) for text in args.poke]
    return poking.rung(shapes, hits, damping, spec.fps, spec.frames, _is_period(spec, moving.period_s))


def _hit(text: str, moving: SpectralVolume, fps: float) -> poking.Hit:
    second, x, y, *push = _numbers(text, ":", 5, "--poke", "1.5:320:80:30:0")
    if not (0 <= x < moving.width and 0 <= y < moving.height):
        size = f"{moving.width}x{moving.height}"
        raise UsageError(f"The poke at ({x:g}, {y:g}) is outside the picture.", f"It has {size} px.")
    if second < 0:
        raise UsageError(f"--poke {text[:40]} comes before the video.", "Give a second from 0 on.")
    rows, columns = moving.fields.shape[2:]
    cell = int(y * rows / moving.height), int(x * columns / moving.width)
    return second * fps, (push[0], push[1]), cell


def _unfolded(
    moving: SpectralVolume, ringing: Ringing | None, shapes: Sequence[Mode]
) -> tuple[SpectralVolume, Ringing | None, list[str]]:
    """Motion and pokes so far lowered that nothing folds, and what is to be said about it."""
    falling = (1 - folding.least_stretch(moving)) / (1 - folding.LEAST_STRETCH)
    left, notes = 1.0, []
    if ringing is not None:
        rows, columns = moving.fields.shape[2:]
        cell = moving.width / columns, moving.height / rows
        ringing, left = poking.within(ringing, [float(modes.falls(mode, cell).max()) for mode in shapes], falling)
        if ringing.lowered < 1:
            notes.append(f"The pokes were lowered to {100 * ringing.lowered:.0f} %, so that nothing folds over itself.")
    if falling > left:
        gain = left / falling
        notes.append(f"The motion was lowered to {100 * gain:.0f} %, so that nothing folds over itself.")
        moving = moving.scaled(gain)
    return moving, ringing, notes


def _box(text: str | None, flag: str) -> transfer.Box:
    if text is None:
        raise UsageError(f"{flag} is missing.", "With --transfer boxes, give --clip-box and --picture-box.")
    left, top, right, bottom = _numbers(text, ",", 4, flag, "100,50,260,140")
    return left, top, right, bottom


def _numbers(text: str, between: str, count: int, flag: str, example: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(between)]
    except ValueError:
        numbers = []
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise UsageError(f"{flag} {text[:40]} is not {count} numbers.", f"Write it as {example}.")
    return numbers


def _spec(args: argparse.Namespace, moving: SpectralVolume, picture: NDArray[np.uint8], out: Export) -> SceneSpec:
    seconds = moving.period_s if args.seconds is None else args.seconds
    if not (np.isfinite(args.fps) and 1 <= args.fps <= 240):
        raise UsageError(f"--fps is {args.fps:g}.", "Give 1 to 240 frames per second.")
    if not (np.isfinite(seconds) and 0 < seconds <= 3600):
        raise UsageError(f"--seconds is {seconds:g}.", "Give a length above 0 and up to 3600 s.")
    height, width = (side - side % 2 for side in picture.shape[:2])  # yuv420p wants even sides
    return SceneSpec("animate", width, height, args.fps, max(1, round(seconds * args.fps)), (), (), out)


def _frames(shown: Animation, spec: SceneSpec, progress: Any) -> Iterator[NDArray[np.uint8]]:
    """Every frame; a video of one period closes exactly, whatever the frame rate."""
    period = shown.volume.period_s
    whole = _is_period(spec, period)
    for n in range(spec.frames):
        time_s = n / spec.frames * period if whole else n / spec.fps
        yield shown.frame(time_s)[: spec.height, : spec.width]
        progress.update(1)


def _is_period(spec: SceneSpec, period_s: float) -> bool:
    """Whether a video shows one period."""
    return abs(spec.frames / spec.fps - period_s) < 0.5 / spec.fps
