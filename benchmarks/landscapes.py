"""Landscapes to judge layers by: photographs and paintings that anyone with Debian's `apt-get` can have.

The pictures are those of three wallpaper packages, fetched by apt itself, which knows the mirror and checks signatures
and sums; without root and without installing anything. Which of them served while parameters were tuned, and which
were held out, is written down here, so that no later figure mixes the two. Pictures in the repository were the other
road; they weigh megabytes, and most of their licences ask for more than a line.
"""

import hashlib
import importlib
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..shared.errors import ParallaxError, UsageError

RGB = NDArray[np.uint8]
WIDTH_PX = 1600

_LOMIRI = ("lomiri-wallpapers-16.04", "usr/share/backgrounds/{}_by_Aitzol_Berasategi.jpg")
_PLASMA = ("plasma-workspace-wallpapers", "usr/share/wallpapers/{}")
_MATE = ("mate-backgrounds", "usr/share/backgrounds/mate/nature/{}.jpg")

WALLPAPERS: dict[str, tuple[str, str]] = {
    name: (package, path.format(what))
    for name, (package, path), what in (
        ("aitz", _LOMIRI, "aitzgorri"),
        ("picos", _LOMIRI, "picosdeeuropa"),
        ("sunset", _LOMIRI, "sunset"),
        ("life", _LOMIRI, "life"),
        ("rocket", _PLASMA, "SafeLanding/contents/images/5120x2880.jpg"),
        ("boats", _PLASMA, "EveningGlow/contents/images/2560x1600.jpg"),
        ("altai", _PLASMA, "Altai/contents/images/5120x2880.png"),
        ("summer", _PLASMA, "summer_1am/contents/images/2560x1600.jpg"),
        ("autumn", _PLASMA, "Autumn/contents/images/2560x1600.jpg"),
        ("path", _PLASMA, "Path/contents/images/2560x1600.jpg"),
        ("dune", _MATE, "Dune"),
        ("storm", _MATE, "Storm"),
    )
}
"""By name: Debian package and path in it, as of Debian 12."""

TUNING = ("dresden", "aitz", "picos", "rocket", "boats", "sunset")
"""Parameters were chosen while looking at these. `dresden` (J. C. Dahl, 1839) is given by its path."""
HELD_OUT = ("altai", "summer", "storm", "autumn", "path", "dune", "life", "china", "chelsea", "coffee", "launch")
"""Never to be tuned on."""

Outline = tuple[tuple[int, int], ...]
OBJECTS: dict[str, tuple[str, Outline]] = {
    "dresden": ("tower", ((1297, 290), (1305, 330), (1316, 420), (1322, 500), (1322, 560), (1282, 560), (1290, 330))),
    "aitz": ("conifer", ((1192, 435), (1220, 500), (1236, 560), (1232, 600), (1180, 670), (1140, 670), (1160, 560))),
    "picos": ("peak", ((760, 320), (850, 265), (920, 250), (1010, 300), (1060, 480), (1060, 620), (720, 620))),
    "rocket": ("rocket", ((512, 255), (535, 300), (590, 460), (575, 510), (470, 510), (455, 470), (490, 320))),
    "boats": ("fourth boat", ((715, 530), (800, 530), (890, 560), (965, 625), (955, 685), (900, 670), (740, 590))),
    "sunset": (
        "sundial",
        ((1010, 730), (1200, 710), (1440, 740), (1440, 790), (1300, 840), (1290, 1040), (1150, 1040), (1150, 830)),
    ),
    "altai": ("peak", ((1340, 90), (1440, 180), (1330, 300), (1340, 360), (1240, 440), (900, 500), (1290, 110))),
    "autumn": ("girl", ((495, 760), (512, 780), (512, 880), (495, 920), (475, 920), (465, 870), (480, 780))),
    "launch": ("rocket", ((322, 130), (331, 150), (333, 250), (333, 390), (312, 390), (312, 150))),
    "path": ("trunk", ((682, 300), (715, 300), (716, 480), (724, 640), (684, 640), (678, 480))),
    "china": (
        "pagoda",
        ((200, 70), (250, 105), (268, 130), (268, 180), (310, 300), (100, 300), (110, 180), (120, 120), (160, 100)),
    ),
}
"""Something that stands up in a picture and its outline in px, drawn by hand and inside the thing."""


@dataclass(frozen=True)
class Entry:
    """What a Packages index says of a package. `sha256` is of the .deb file."""

    package: str
    version: str
    file: str
    sha256: str


def find_entry(index: str, package: str) -> Entry:
    """The first entry of `package` in the text of a Packages index (Debian Policy 5.1, deb822).

    Raises:
        ParallaxError: there is none, or it lacks a field.
    """
    for paragraph in index.replace("\r\n", "\n").split("\n\n"):
        fields: dict[str, str] = {}
        for line in paragraph.splitlines():
            key, colon, value = line.partition(":")
            if colon and not line.startswith((" ", "\t")):
                fields[key.lower()] = value.strip()
        if fields.get("package") == package and {"version", "filename", "sha256"} <= fields.keys():
            return Entry(package, fields["version"], fields["filename"], fields["sha256"].lower())
    raise ParallaxError(
        f"Debian's index has no {package}.", "Run apt-get update, and see that main is among the sources."
    )


def archive_members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the members of an ar archive (deb(5)).

    Raises:
        ParallaxError: it is none, or it is cut off.
    """
    if not archive.startswith(b"!<arch>\n"):
        raise ParallaxError("This is no Debian package.", "Fetch it again.")
    at = 8
    while at < len(archive):
        head = archive[at : at + 60]
        if len(head) < 60 or head[58:] != b"`\n" or not head[48:58].strip().isdigit():
            raise ParallaxError("The Debian package is damaged.", "Fetch it again.")
        size = int(head[48:58])
        content = archive[at + 60 : at + 60 + size]
        if len(content) < size:
            raise ParallaxError("The Debian package is cut off.", "Fetch it again.")
        yield head[:16].decode("ascii", "replace").strip().rstrip("/"), content
        at += 60 + size + size % 2


def unpack(deb: bytes, paths: Sequence[str]) -> dict[str, bytes]:
    """The files at `paths` in a .deb; those that are not in it are not in the answer. Nothing is written."""
    data = dict(archive_members(deb)).get("data.tar.xz")
    if data is None:
        raise ParallaxError("The Debian package has no data.tar.xz.", "Its compression is another one.")
    found = {}
    with lzma.open(io.BytesIO(data)) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if name in paths and member.isfile():
                file = tar.extractfile(member)
                assert file is not None
                found[name] = file.read()
    return found


def fetch(package: str) -> bytes:
    """A Debian package's .deb, through apt, of the version in the index, its sum compared once more.

    Raises:
        ParallaxError: apt is not here or cannot fetch it.
    """
    entry = find_entry(_apt("apt-cache", "show", package), package)
    print(f"Fetching {package} {entry.version} ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        _apt("apt-get", "download", f"{package}={entry.version}", folder=folder)
        deb = next(Path(folder).glob("*.deb")).read_bytes()
    if hashlib.sha256(deb).hexdigest() != entry.sha256:
        raise ParallaxError(
            f"{package} does not have the sum that the index names.", "Run apt-get update and try again."
        )
    return deb


def cache_folder() -> Path:
    """Where fetched pictures are kept: in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "infinite-parallax" / "landscapes"


def scaled(picture: RGB) -> RGB:
    """A picture, RGB uint8 [H, W, 3], made 1600 px wide if it is wider."""
    height, width = picture.shape[:2]
    if width <= WIDTH_PX:
        return picture
    size = WIDTH_PX, round(height * WIDTH_PX / width)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def load(what: str) -> tuple[str, RGB]:
    """Name and picture, RGB uint8 [H, W, 3], of a landscape that is named or of a file at a path.

    Raises:
        UsageError: it is neither. ParallaxError: it cannot be fetched.
    """
    path = Path(what)
    if path.is_file():
        return path.stem, _read(path)
    if what in WALLPAPERS:
        return what, _read(_wallpaper(what))
    packaged = _packaged(what)
    if packaged is not None:
        return what, packaged
    raise UsageError(f"{what} is neither a file nor a landscape that is here.", f"Known: {', '.join(available())}.")


def available() -> list[str]:
    """The landscapes that can be had by name: wallpapers, and pictures of those packages that are installed."""
    return [*WALLPAPERS, *(name for name in HELD_OUT if name not in WALLPAPERS and _packaged(name) is not None)]


def _wallpaper(name: str) -> Path:
    kept = cache_folder() / f"{name}.png"
    if not kept.exists():
        package = WALLPAPERS[name][0]
        wanted = {path: other for other, (owner, path) in WALLPAPERS.items() if owner == package}
        kept.parent.mkdir(parents=True, exist_ok=True)
        for path, content in unpack(fetch(package), list(wanted)).items():
            half_written = kept.with_name(f"{wanted[path]}.new.png")
            Image.fromarray(scaled(_read(io.BytesIO(content)))).save(half_written)
            half_written.replace(kept.with_name(f"{wanted[path]}.png"))
    if not kept.exists():
        raise ParallaxError(f"{WALLPAPERS[name][0]} has no {WALLPAPERS[name][1]} here.", "Debian 12's package has it.")
    return kept


def _packaged(name: str) -> RGB | None:
    """A picture that comes inside scikit-learn or scikit-image, if that is installed."""
    try:
        if name == "china":
            module = importlib.import_module("sklearn.datasets")
            return _read(Path(str(module.__file__)).parent / "images" / "china.jpg")
        if name in ("chelsea", "coffee", "launch"):
            module = importlib.import_module("skimage.data")
            return np.asarray(getattr(module, "rocket" if name == "launch" else name)(), np.uint8)
    except ImportError:
        pass
    return None


def _read(file: Path | io.BytesIO) -> RGB:
    with Image.open(file) as picture:
        return scaled(np.asarray(picture.convert("RGB")))


def _apt(*command: str, folder: str | None = None) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}
        )
    except (OSError, subprocess.CalledProcessError) as e:
        said = (getattr(e, "stderr", "") or str(e)).strip()
        raise ParallaxError(f"{' '.join(command)}: {said}", "The wallpapers come through apt; on Debian 12.") from e
    return done.stdout
