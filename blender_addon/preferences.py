"""The add-on's preferences: which server paints, and where plates are kept.

Without an address the add-on starts a server of its own, from an environment that it makes for it, from a command that
is named here, or from the program on the PATH. Blender's own Python never becomes the server's environment: their
numpy versions differ.
"""

import functools
import shlex
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import bpy

from ..shared.client import read_token
from ..shared.errors import UsageError
from ..shared.plate_sizes import gigabytes
from . import local_server, server_environment
from .jobs import Server
from .sentences import draw_sentence, placeholder

PACKAGE = __package__.rpartition(".")[0]
PROGRAM = "infinite-parallax"
LOOKED_AT_S = 10
NO_NETWORK = "Blender is set to stay offline: Edit, Preferences, System, Network, Allow Online Access."


class INFINITE_PARALLAX_AP_preferences(bpy.types.AddonPreferences):
    """Shown under Edit, Preferences, Add-ons."""

    bl_idname = PACKAGE

    __annotations__ = {
        "url": bpy.props.StringProperty(
            name="Server",
            description="Address of a running inpaint server; empty: one is started on this machine when it is needed",
        ),
        "token": bpy.props.StringProperty(name="Token", description="The server's token", subtype="PASSWORD"),
        "token_file": bpy.props.StringProperty(
            name="Token file", description="File that holds the server's token", subtype="FILE_PATH"
        ),
        "command": bpy.props.StringProperty(
            name="Server command",
            description=f"Command that starts a server; empty: the one installed here, else {PROGRAM} from the PATH",
        ),
        "cache": bpy.props.StringProperty(
            name="Cache folder",
            description="Where plates and jobs are kept; empty: in the add-on's own folder",
            subtype="DIR_PATH",
        ),
    }

    def draw(self, context: Any) -> None:
        """Draw the preferences."""
        box = self.layout.box()
        box.label(text="Server that paints", icon="NETWORK_DRIVE")
        column = box.column()
        column.use_property_split = True
        column.prop(self, "url", text="Address", **placeholder("empty: a server on this machine"))
        if self.url:
            column.prop(self, "token")
            column.prop(self, "token_file")
        else:
            column.prop(self, "command", text="Command", **placeholder("empty: the one installed below"))
            _draw_local(context, box)
        row = box.row()
        row.operator("infinite_parallax.test_server", icon="CHECKMARK")
        said = context.window_manager.infinite_parallax
        if said.asking or said.server:
            draw_sentence(context, box, f"{said.asking} ..." if said.asking else said.server, "INFO")
        if said.error:
            draw_sentence(context, box, f"{said.error} {said.hint}", "ERROR")
        box = self.layout.box()
        box.label(text="Plates and jobs", icon="DISK_DRIVE")
        column = box.column()
        column.use_property_split = True
        column.prop(self, "cache", text="Folder", **placeholder(str(cache_folder())))
        row = box.row()
        row.label(text=f"{gigabytes(_size(str(cache_folder()), int(time.monotonic() / LOOKED_AT_S)))} in use")
        row.operator("infinite_parallax.clear_cache", icon="TRASH")


def _draw_local(context: Any, box: Any) -> None:
    """The server on this machine: how it stands, and what can be done with it."""
    folder, running = environment_folder(), local_server.running()
    if server_environment.ready(folder):
        text, button = "Installed and up to date.", "Install Again"
    elif server_environment.installed(folder):
        text, button = "The installed server is of another version.", "Update"
    else:
        text, button = "Not installed here.", "Install"
    draw_sentence(context, box, f"{text} {status()}.", "CHECKBOX_HLT" if running else "CHECKBOX_DEHLT")
    row = box.row(align=True)
    row.operator("infinite_parallax.install_server", text=button, icon="IMPORT")
    if running:
        row.operator("infinite_parallax.stop_server", text="Stop", icon="CANCEL")
    else:
        row.operator("infinite_parallax.start_server", text="Start", icon="PLAY")
    row.operator("infinite_parallax.show_log", text="Log", icon="TEXT")
    if not bpy.app.online_access:
        draw_sentence(context, box, NO_NETWORK, "INTERNET_OFFLINE")


def status() -> str:
    """How the server on this machine stands."""
    running = local_server.running()
    if running:
        return f"Runs at {running.process.url}"
    if local_server.ended_by_itself():
        return "It has ended by itself; its log says why"
    return "Starts when it is needed"


@functools.lru_cache(maxsize=1)
def _size(folder: str, _when: int) -> int:
    """Bytes of a folder; looked at again after some seconds, since the panel asks at every redraw."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


CLASSES = (INFINITE_PARALLAX_AP_preferences,)


def preferences() -> Any | None:
    """Our preferences; None while the add-on is registered without being an enabled one."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


def own_folder(name: str) -> Path:
    """A folder of the add-on's own, which outlives its updates."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path=name, create=True))
    except ValueError:  # not installed as an extension
        return Path(tempfile.gettempdir()) / "infinite_parallax" / name


def cache_folder() -> Path:
    """Where plates and jobs are kept."""
    chosen = preferences()
    if chosen is not None and chosen.cache:
        return Path(bpy.path.abspath(chosen.cache))
    return own_folder("cache")


def environment_folder() -> Path:
    """Where the managed server's Python environment lies."""
    return own_folder("server")


def server(url: str = "", token_file: Path | None = None, command: str = "") -> Server:
    """The server to paint with: as given, else as the preferences say, else one installed here or on the PATH."""
    chosen = preferences()
    url = url or (chosen.url.strip() if chosen and not command else "")
    stores = cache_folder() / "jobs"
    if url:
        return Server(url, _token(chosen, token_file), (), stores)
    words = tuple(shlex.split(command or (chosen.command if chosen else "")))
    words = words or server_environment.command(environment_folder())
    if not words:
        program = shutil.which(PROGRAM)
        if program is None:
            raise UsageError(
                "There is no server yet.",
                "Edit, Preferences, Add-ons, Infinite Parallax: press Install, or give a server's address.",
            )
        words = (program, "serve")
    return Server("", "", words, stores)


def _token(chosen: Any, token_file: Path | None) -> str:
    if token_file is not None:
        return read_token(token_file)
    if chosen is None:
        return ""
    if chosen.token_file:
        return read_token(Path(bpy.path.abspath(chosen.token_file)))
    return str(chosen.token).strip()
