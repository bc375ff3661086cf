"""The add-on's preferences: which server paints, and where plates are kept.

Without an address the add-on starts a server for each job and ends it with the job; the program for that is found on
the PATH or named here. Blender's own Python never becomes the server's environment: their numpy versions differ.
"""

import shlex
import shutil
import tempfile
from pathlib import Path
from typing import Any

import bpy

from ..shared.client import read_token
from ..shared.errors import UsageError
from .jobs import Server

PACKAGE = __package__.rpartition(".")[0]
PROGRAM = "infinite-parallax"


class INFINITE_PARALLAX_AP_preferences(bpy.types.AddonPreferences):
    """Shown under Edit, Preferences, Add-ons."""

    bl_idname = PACKAGE

    __annotations__ = {
        "url": bpy.props.StringProperty(
            name="Server",
            description="Address of a running inpaint server; empty: one is started for each job",
        ),
        "token": bpy.props.StringProperty(name="Token", description="The server's token", subtype="PASSWORD"),
        "token_file": bpy.props.StringProperty(
            name="Token file", description="File that holds the server's token", subtype="FILE_PATH"
        ),
        "command": bpy.props.StringProperty(
            name="Server command",
            description=f"Command that starts a server; empty: {PROGRAM} serve, from the PATH",
        ),
        "cache": bpy.props.StringProperty(
            name="Cache folder",
            description="Where plates and jobs are kept; empty: in the add-on's own folder",
            subtype="DIR_PATH",
        ),
    }

    def draw(self, _context: Any) -> None:
        """Draw the preferences."""
        column = self.layout.column()
        column.use_property_split = True
        column.prop(self, "url")
        if self.url:
            column.prop(self, "token")
            column.prop(self, "token_file")
        else:
            column.prop(self, "command")
        column.prop(self, "cache")


CLASSES = (INFINITE_PARALLAX_AP_preferences,)


def preferences() -> Any | None:
    """Our preferences; None while the add-on is registered without being an enabled one."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


def cache_folder() -> Path:
    """Where plates and jobs are kept."""
    chosen = preferences()
    if chosen is not None and chosen.cache:
        return Path(bpy.path.abspath(chosen.cache))
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="cache", create=True))
    except ValueError:  # not installed as an extension
        return Path(tempfile.gettempdir()) / "infinite_parallax"


def server(url: str = "", token_file: Path | None = None, command: str = "") -> Server:
    """The server to paint with: as given, else as the preferences say, else a program on the PATH."""
    chosen = preferences()
    url = url or (chosen.url.strip() if chosen and not command else "")
    stores = cache_folder() / "jobs"
    if url:
        return Server(url, _token(chosen, token_file), (), stores)
    words = shlex.split(command or (chosen.command if chosen else ""))
    if not words:
        program = shutil.which(PROGRAM)
        if program is None:
            raise UsageError(
                f"No server is set, and the program {PROGRAM} is not on the PATH.",
                "Give the address of a server or the command that starts one in the add-on's preferences.",
            )
        words = [program, "serve"]
    return Server("", "", tuple(words), stores)


def _token(chosen: Any, token_file: Path | None) -> str:
    if token_file is not None:
        return read_token(token_file)
    if chosen is None:
        return ""
    if chosen.token_file:
        return read_token(Path(bpy.path.abspath(chosen.token_file)))
    return str(chosen.token).strip()
