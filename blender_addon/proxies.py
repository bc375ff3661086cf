"""Proxies: small copies of large tiles, which the sequencer's preview shows in their place; a render never does.

Of a picture of 16000x9000 a preview would read and hold gigabytes to fill a window of a thousand pixels. Blender has
proxies for that, but writes those of pictures as JPEG, which knows no alpha: the nearest layer would hide all others.
It takes a file for what its first bytes say, though, and not its name, so the copies are PNG under the names where it
looks. Strips that show small tiles and are exchanged before a render were the other road; a render that is begun any
other way than by our buttons would have shown them.
"""

from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..shared.scene import Plane
from . import timeline

FOLDER = "proxies"
PERCENT = 25
LARGE_PX = 2**23
"""Pixels of a tile from which on it has a proxy by itself."""


def wanted(wish: str, plane: Plane) -> bool:
    """Whether a plane's strip is to have a proxy, by the setting `output.proxies`."""
    return wish == "on" or (wish == "auto" and plane.width * plane.height > LARGE_PX)


def offer(strip: Any, plate: Path, shown: Path) -> None:
    """Give an image strip the proxy of a plate; `shown` is the file that the strip shows."""
    folder = plate.parent / FOLDER
    path = copy_of(folder, shown)
    if not path.is_file() or path.stat().st_mtime_ns < plate.stat().st_mtime_ns:
        _write(path, plate)
    strip.use_proxy = True
    proxy = strip.proxy
    proxy.use_proxy_custom_directory = True
    proxy.directory = str(folder)
    for percent in (25, 50, 75, 100):
        setattr(proxy, f"build_{percent}", percent == PERCENT)


def withdraw(strip: Any) -> None:
    """Take our proxy from a strip; one that a person has made stays."""
    if is_ours(strip):
        strip.use_proxy = False


def is_ours(strip: Any) -> bool:
    """Whether a strip has a proxy of ours."""
    if strip.type != "IMAGE" or not strip.use_proxy or strip.proxy is None:
        return False
    return bool(strip.proxy.use_proxy_custom_directory and Path(strip.proxy.directory).name == FOLDER)


def copy_of(folder: Path, shown: Path) -> Path:
    """Where Blender looks for the proxy of a picture when `folder` is the strip's own folder of proxies."""
    return folder / "images" / str(PERCENT) / f"{shown.name}_proxy.jpg"


def _write(path: Path, plate: Path) -> None:
    """Write a small copy of a plate, PNG with straight alpha, whatever its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = bpy.data.images.load(str(plate), check_existing=False)
    part = path.with_name(f"{path.name}.part.png")
    try:
        image.colorspace_settings.name = "Non-Color"
        image.alpha_mode = "CHANNEL_PACKED"
        width, height = image.size
        image.scale(max(1, round(width * PERCENT / 100)), max(1, round(height * PERCENT / 100)))
        image.file_format = "PNG"
        image.filepath_raw = str(part)
        image.save()
    finally:
        bpy.data.images.remove(image)
    part.replace(path)


def show() -> int:
    """Let the previews of all open sequencers show proxies; how many there are."""
    spaces = [
        space
        for screen in bpy.data.screens
        for area in screen.areas
        for space in area.spaces
        if space.type == "SEQUENCE_EDITOR"
    ]
    for space in spaces:
        space.use_proxies = True
        space.proxy_render_size = f"PROXY_{PERCENT}"
    return len(spaces)


class INFINITE_PARALLAX_OT_show_proxies(bpy.types.Operator):
    """Let the sequencer's previews show small copies of large plates; what is rendered stays in full size"""

    bl_idname = "infinite_parallax.show_proxies"
    bl_label = "Preview with Proxies"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible where a strip of ours has a proxy."""
        cls.poll_message_set("The plates are small, or output.proxies is off")
        return any_ours(context.scene)

    def execute(self, _context: Any) -> set[str]:
        """Show them."""
        if not show():
            self.report({"WARNING"}, "No sequencer is open")
        return {"FINISHED"}


def any_ours(scene: Any) -> bool:
    """Whether a strip of ours has a proxy of ours."""
    return any(is_ours(strip) for strip in timeline.mine(scene))


CLASSES = (INFINITE_PARALLAX_OT_show_proxies,)
