"""Where results go, looked at before the painting: hours of work must not end at a name that cannot be written.

What will be done later is tried rather than asked for: the folder is made, and a file in it. Reading the rights was
the other road; they say little to a superuser, on a network drive or on a system folder.
"""

import tempfile
from pathlib import Path

from .errors import ParallaxError, UsageError


def check_file(path: Path, suffix: str = "") -> None:
    """Refuse, with a UsageError, a file that cannot be written or whose name does not end in `suffix` (`.mp4`).

    The file's folder is made.
    """
    if suffix and path.suffix.lower() != suffix:
        raise UsageError(f"The name {path} does not end in {suffix}.", f"Name it {path.stem or 'out'}{suffix}.")
    check_folder(path.parent)
    if path.is_dir():
        raise UsageError(f"{path} is a folder, not a file.", "Name a file in it.")


def check_folder(path: Path) -> None:
    """Make a folder; a UsageError if it is something else, or if nothing can be written into it."""
    try:
        if path.is_file():
            raise UsageError(f"{path} is a file, not a folder.", "Name a folder.")
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as e:
        raise UsageError(f"Nothing can be written into {path}: {e.strerror}.", "Choose another folder.") from e


def refused(error: OSError) -> ParallaxError:
    """What the operating system has refused, as a sentence that names the path."""
    paths = " to ".join(str(path) for path in (error.filename, error.filename2) if path is not None)
    return ParallaxError(
        f"{paths}: {error.strerror}." if paths else f"The system refuses: {error.strerror or error}.",
        "Check that path, who may write there, and the room on the disk.",
        "system",
    )
