"""Render ▸ Infinite Parallax: everything that the panels do, in one menu.

Blender's search (F3) finds what stands in a menu, and those of the top bar from every editor; operators that are only
buttons of a panel it would not find. What works in one editor only is grey in the others and says why.
"""

from typing import Any

import bpy

from ..shared import arrows
from . import declared
from .list_operators import PLAIN_LISTS

ENTRIES: tuple[tuple[str, ...], ...] = (
    ("picture_from_image", "picture_from_strip", "picture_paste", "show_picture"),
    ("suggest_layers", "layer_add", "layer_merge", "layer_remove", "layer_move", "layer_mute"),
    ("edit_borders", "hint_box", "hint_stroke", "refine_object"),
    ("generate", "redo", "fit_wavelets", "cancel"),
    ("dream", "dream_from_strip"),
    ("build_scene", "select_strips", "move", "show_proxies", "speed_preset", "listen", "poke"),
    ("import_project", "export_project", "export", "preset_add"),
)
"""The operators, in groups."""

CHOICES = {"speed_preset": "preset", "layer_move": "direction"}
"""Operators that ask what, each with a menu of its own."""

SERVER = ("test_server", "ask_engines", "start_server", "stop_server", "install_server", "show_log", "clear_cache")
SUBMENUS = (
    "INFINITE_PARALLAX_MT_direction",
    "INFINITE_PARALLAX_MT_lists",
    "INFINITE_PARALLAX_MT_presets",
    "INFINITE_PARALLAX_MT_engines",
    "INFINITE_PARALLAX_MT_depth_engines",
    "INFINITE_PARALLAX_MT_segment_engines",
    "INFINITE_PARALLAX_MT_caption_engines",
    "INFINITE_PARALLAX_MT_server",
)


class INFINITE_PARALLAX_MT_direction(bpy.types.Menu):
    """Where the picture moves to"""

    bl_label = "Direction"

    def draw(self, _context: Any) -> None:
        """The eight of the compass."""
        for degrees in range(0, 360, 45):
            text = f"Move to {arrows.sign(degrees)}"
            self.layout.operator("infinite_parallax.direction", text=text).degrees = degrees


class INFINITE_PARALLAX_MT_lists(bpy.types.Menu):
    """Add, remove and move the entries of every list: hints, objects, prompts, sounds, overlays and the others"""

    bl_label = "Lists"

    def draw(self, _context: Any) -> None:
        """The buttons beside every list."""
        for name in PLAIN_LISTS:
            title = declared.label(name)
            self.layout.operator("infinite_parallax.entry_add", text=f"{title}: Add").list = name
            self.layout.operator("infinite_parallax.entry_remove", text=f"{title}: Remove").list = name
            for direction in ("UP", "DOWN"):
                text = f"{title}: Move {direction.capitalize()}"
                button = self.layout.operator("infinite_parallax.entry_move", text=text)
                button.list, button.direction = name, direction


class INFINITE_PARALLAX_MT_server(bpy.types.Menu):
    """The program that paints"""

    bl_label = "Server"

    def draw(self, _context: Any) -> None:
        """What the preferences hold as buttons."""
        for name in SERVER:
            self.layout.operator(f"infinite_parallax.{name}")


class INFINITE_PARALLAX_MT_render(bpy.types.Menu):
    """From a still picture to a video that travels through it"""

    bl_label = "Infinite Parallax"

    def draw(self, _context: Any) -> None:
        """Draw the menu."""
        # from here a dialog opens where a button in a panel would open one
        self.layout.operator_context = "INVOKE_DEFAULT"
        for group in ENTRIES:
            for name in group:
                if name in CHOICES:
                    self.layout.operator_menu_enum(f"infinite_parallax.{name}", CHOICES[name])
                else:
                    self.layout.operator(f"infinite_parallax.{name}")
            self.layout.separator()
        for name in SUBMENUS:
            self.layout.menu(name)


def draw_entry(self: Any, _context: Any) -> None:
    """The entry in Blender's own menu."""
    self.layout.menu(INFINITE_PARALLAX_MT_render.__name__)


def register() -> None:
    """Put the menu into Blender's."""
    bpy.types.TOPBAR_MT_render.append(draw_entry)


def unregister() -> None:
    """Take it out again."""
    bpy.types.TOPBAR_MT_render.remove(draw_entry)


CLASSES = (
    INFINITE_PARALLAX_MT_direction,
    INFINITE_PARALLAX_MT_lists,
    INFINITE_PARALLAX_MT_server,
    INFINITE_PARALLAX_MT_render,
)
