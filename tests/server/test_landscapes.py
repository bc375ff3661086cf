"""The pure parts of fetching landscapes: a Debian package is taken apart, an index is read."""

import io
import lzma
import tarfile

import pytest
from infinite_parallax.benchmarks import landscapes
from infinite_parallax.shared.errors import ParallaxError

INDEX = """Package: wallpapers-extra
Version: 9
Filename: pool/main/w/wallpapers-extra_9_all.deb
SHA256: 00

Package: wallpapers
Version: 4:5.27.5-2
Description: pictures
 of mountains: high ones
 Version: not a field
Filename: pool/main/w/wallpapers_5.27.5-2_all.deb
SHA256: ABCDEF

Package: wallpapers
Version: 1
Filename: pool/main/w/wallpapers_1_all.deb
SHA256: 11
"""


def ar(*members: tuple[str, bytes]) -> bytes:
    """An ar archive."""
    out = b"!<arch>\n"
    for name, content in members:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content
        out += b"\n" * (len(content) % 2)
    return out


def deb(files: dict[str, bytes], data: str = "data.tar.xz") -> bytes:
    """A Debian package that holds `files`."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        folder = tarfile.TarInfo("./usr")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("./usr/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    # an odd length must be padded
    return ar(("debian-binary", b"2.0"), ("control.tar.xz", b"control"), (f"{data}/", lzma.compress(raw.getvalue())))


def test_files_come_out_of_a_package() -> None:
    """Whole, by their path, with and without the leading ./; what is missing or no file is left away."""
    package = deb({"./usr/share/a.png": b"picture a", "usr/b.jpg": b"b" * 100_001, "./usr/c.txt": b"c"})
    wanted = ["usr/share/a.png", "usr/b.jpg", "usr/none.png", "usr/link.png", "usr"]
    assert landscapes.unpack(package, wanted) == {"usr/share/a.png": b"picture a", "usr/b.jpg": b"b" * 100_001}


def test_members_of_an_archive() -> None:
    """In order, with names as deb(5) and as GNU's ar writes them."""
    members = list(landscapes.archive_members(deb({}, "data.tar.xz")))
    assert [name for name, _ in members] == ["debian-binary", "control.tar.xz", "data.tar.xz"]
    assert members[0][1] == b"2.0"


def test_a_damaged_package_is_refused() -> None:
    """And not half unpacked."""
    package = deb({"./usr/a": b"a"})
    for damaged in (b"x" + package, package[:-3], package.replace(b"`\n", b"??"), package[:70]):
        with pytest.raises(ParallaxError):
            landscapes.unpack(damaged, ["usr/a"])


def test_another_compression_is_refused() -> None:
    """With a sentence, not a KeyError."""
    with pytest.raises(ParallaxError, match=r"data\.tar\.xz"):
        landscapes.unpack(deb({}, "data.tar.zst"), ["usr/a"])


def test_an_entry_of_the_index() -> None:
    """The first of that very name, without what stands in continued lines."""
    entry = landscapes.find_entry(INDEX, "wallpapers")
    assert entry == landscapes.Entry("wallpapers", "4:5.27.5-2", "pool/main/w/wallpapers_5.27.5-2_all.deb", "abcdef")


@pytest.mark.parametrize("index", ["", "Package: wallpapers\nVersion: 1\n"])
def test_a_package_that_is_not_in_the_index(index: str) -> None:
    """Neither one without a sum."""
    with pytest.raises(ParallaxError, match="no wallpapers"):
        landscapes.find_entry(index, "wallpapers")


def test_both_halves_are_apart() -> None:
    """No picture serves for tuning and for judging, and every wallpaper is in one half."""
    assert not set(landscapes.TUNING) & set(landscapes.HELD_OUT)
    assert set(landscapes.WALLPAPERS) <= {*landscapes.TUNING, *landscapes.HELD_OUT}
    assert set(landscapes.OBJECTS) <= {*landscapes.TUNING, *landscapes.HELD_OUT}
