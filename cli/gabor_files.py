"""What `gabor` does with files: pictures and weight maps in, wavelets as text and pictures drawn from them out.

Frames are taken in the order of the numbers in their names. A video is fitted frame by frame, each written before the
next is begun; started again, it goes on after the last that is there.
"""

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..inpaint_server.limits import Limits
from ..inpaint_server.pictures import encode_png, read_picture
from ..inpaint_server.wavelet_fits import check_torch, device_of
from ..shared.errors import UsageError
from ..shared.gabor import Wavelets, drawing, shimmer
from ..shared.gabor.wavelets import from_text, to_text
from ..shared.outputs import check_file, check_folder
from .progress import bar

if TYPE_CHECKING:
    from ..inpaint_server.gabor.schedule import Course

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
LARGEST_PX, LARGEST_FITTED_PX = 16384, 8192


@dataclass(frozen=True)
class Task:
    """Pictures to be fitted one after the other, each with its weight map or None, and where the results go.

    A `film` carries its wavelets on from one to the next.
    """

    pictures: tuple[Path, ...]
    weights: tuple[Path | None, ...]
    out: Path
    film: bool


def fit(args: argparse.Namespace) -> int:
    """Fit wavelets to what `args.source` is; the exit code."""
    check_torch()
    course = _course(args)
    work = tasks(args.mode, args.source, args.weight, args.out)
    check_folder(args.out)
    done = 0
    with bar("fit", sum(len(task.pictures) for task in work), "picture") as shown:
        for task in work:
            for path, psnr in _fitted(task, course, args):
                done += 1
                shown.update(1)
                shown.set_postfix_str(f"{path.name} {psnr:.2f} dB")
    print(f"Wrote {done} file{'s' * (done != 1)} of {course.wavelets} wavelets, and as many pictures, to {args.out}.")
    return 0


def _course(args: argparse.Namespace) -> "Course":
    from ..inpaint_server.gabor.losses import Terms
    from ..inpaint_server.gabor.schedule import Course

    if not 8 <= args.size <= LARGEST_FITTED_PX:
        raise UsageError(f"--size is {args.size}.", f"Give 8 to {LARGEST_FITTED_PX} px; drawn it can be larger.")
    return Course(
        args.num_gabors,
        args.iterations,
        args.iter_multiple,
        args.rescales,
        args.global_lr,
        args.gamma,
        args.mutation_strength,
        Terms(args.l1, args.gradient, args.sobel),
        args.seed,
        args.keyframes,
        device_of(args.device),
    )


def tasks(mode: str, source: Path, weight: Path | None, out: Path) -> list[Task]:
    """What is to be fitted, by mode. UsageError where the source is not what the mode says."""
    if mode == "image":
        if not source.is_file():
            raise UsageError(f"There is no picture at {source}.", "Check the path, or choose another --mode.")
        return [Task((source,), (weight,), out, False)]
    if not source.is_dir():
        raise UsageError(f"There is no folder at {source}.", "Check the path, or choose --mode image.")
    if mode != "vm":
        pictures = numbered(source)
        return [Task(pictures, _by_name(pictures, weight), out, mode == "video")]
    films = [folder for folder in sorted(source.iterdir()) if (folder / "images").is_dir()]
    if not films:
        raise UsageError(f"No folder in {source} has a folder `images`.", "Lay frames into NAME/images.")
    found = []
    for folder in films:
        pictures, weights = numbered(folder / "images"), folder / "weights"
        found.append(
            Task(pictures, _by_name(pictures, weights if weights.is_dir() else weight), out / folder.name, True)
        )
    return found


def numbered(folder: Path) -> tuple[Path, ...]:
    """The pictures of a folder, by the first number in their names, then by name."""
    found = [path for path in folder.iterdir() if path.suffix.lower() in PICTURES]
    if not found:
        raise UsageError(f"There are no pictures in {folder}.", f"Their names end in {', '.join(PICTURES)}.")

    def order(path: Path) -> tuple[int, str]:
        number = re.search(r"\d+", path.stem)
        return int(number.group()) if number else 0, path.name

    return tuple(sorted(found, key=order))


def _by_name(pictures: tuple[Path, ...], weight: Path | None) -> tuple[Path | None, ...]:
    """The weight map of each picture: the one of its name in a folder, or one for all."""
    if weight is None or weight.is_file():
        return (weight,) * len(pictures)
    if not weight.is_dir():
        raise UsageError(f"There is no weight map at {weight}.", "Check the path.")
    by_stem = {path.stem: path for path in weight.iterdir() if path.suffix.lower() in PICTURES}
    if missing := [path.stem for path in pictures if path.stem not in by_stem]:
        raise UsageError(f"{weight} has no weight map {missing[0]}.", "Give each the name of its picture.")
    return tuple(by_stem[path.stem] for path in pictures)


def _fitted(task: Task, course: "Course", args: argparse.Namespace) -> Iterator[tuple[Path, float]]:
    """Fit and write the pictures of a task, and tell of each; frames of a film that are there are passed over."""
    from ..inpaint_server.gabor import schedule

    check_folder(task.out)
    there = _already(task) if task.film else 0
    known = read(args.init) if args.init else None
    before: schedule.Fit | None = None
    for number, (path, weight) in enumerate(zip(task.pictures, task.weights, strict=True)):
        if number < there:
            yield path, float("nan")
            continue
        picture = sized(path, args.size)
        share = None if weight is None else _weight(weight, picture)
        if number == there > 0:
            last = read(_text(task, there - 1))
            before = schedule.resumed(last, schedule.as_target(picture), course, schedule.as_weight(share))
        if before is None:
            fit = schedule.fit_picture(picture, course, share, first=known)
        else:
            fit = schedule.fit_frame(before, picture, course, share, number)
        _write(schedule.wavelets_of(fit), _text(task, number), picture.shape[1], picture.shape[0])
        yield path, fit.psnr()
        before = fit if task.film else None


def _already(task: Task) -> int:
    """How many frames of a film are fitted, from the first on without a gap."""
    for number in range(len(task.pictures)):
        if not _text(task, number).is_file():
            return number
    return len(task.pictures)


def _text(task: Task, number: int) -> Path:
    return task.out / f"{task.pictures[number].stem}.txt"


def _write(wavelets: Wavelets, path: Path, width: int, height: int) -> None:
    path.with_suffix(".png").write_bytes(encode_png(drawing.draw(wavelets, width, height)))
    part = path.with_suffix(".part")
    part.write_text(to_text(wavelets), encoding="utf-8")
    part.replace(path)


def read(path: Path) -> Wavelets:
    """The wavelets of a file."""
    try:
        return from_text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"{path} cannot be read: {e}.", "Give a file that `gabor fit` wrote.") from e


def sized(path: Path, size: int) -> NDArray[np.uint8]:
    """A picture with its longer side `size` px long, RGB uint8 [H, W, 3]."""
    if not path.is_file():
        raise UsageError(f"There is no picture at {path}.", "Check the path.")
    picture = read_picture(path.read_bytes(), Limits())
    height, width = picture.shape[:2]
    scale = size / max(width, height)
    wanted = max(2, round(width * scale)), max(2, round(height * scale))
    return np.asarray(Image.fromarray(picture).resize(wanted, Image.Resampling.LANCZOS))


def _weight(path: Path, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    found = sized(path, max(picture.shape[:2])).max(axis=2)
    if found.shape != picture.shape[:2]:
        raise UsageError(f"The weight map {path.name} has other proportions.", "Give one of the picture's shape.")
    return found


def render(args: argparse.Namespace) -> int:
    """Draw a file of wavelets; the exit code."""
    width, height = _size(args.size)
    check_file(args.out, ".png")
    wavelets = read(args.file)
    if args.shimmer is None:
        args.out.write_bytes(encode_png(drawing.draw(wavelets, width, height)))
        print(f"Wrote {args.out}: {len(wavelets)} wavelets, {width}x{height} px.")
        return 0
    if not 1 <= args.shimmer <= 100_000 or not 0 <= args.strength <= 1:
        raise UsageError("--shimmer counts frames from 1, --strength goes from 0 to 1.", "Try --shimmer 120.")
    basis = shimmer.basis(wavelets, shimmer.turns(len(wavelets), seed=args.seed), width, height)
    for n in range(args.shimmer):
        picture = drawing.as_picture(shimmer.frame(*basis, n / args.shimmer, args.strength))
        args.out.with_name(f"{args.out.stem}_{n + 1:04d}.png").write_bytes(encode_png(picture))
    print(f"Wrote {args.shimmer} frames of {width}x{height} px beside {args.out}.")
    return 0


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    numbers = [int(part) for part in parts if part.isdecimal() and len(part) < 6]
    if len(numbers) != len(parts) or len(parts) not in (1, 2) or not all(2 <= n <= LARGEST_PX for n in numbers):
        raise UsageError(f"--size {text[:20]} is no size.", "Write it as 1920x1080, or 512 for a square.")
    return numbers[0], numbers[-1]
