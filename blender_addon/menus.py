"""Render ▸ Infinite Parallax: everything that the panels do, in one menu.

Blender's search (F3) finds what stands in a menu, and those of the top bar from every editor; operators that are only
buttons of a panel it would not find. What works in one editor only is grey in the others and says why.
"""

from typing import Any

import bpy

ENTRIES: tuple[tuple[str, ...], ...] = (
    ("picture_from_image", "picture_from_strip", "picture_paste", "show_picture"),
    ("suggest_layers", "layer_add", "layer_merge", "layer_remove", "layer_mute"),
    ("edit_borders", "hint_box", "hint_stroke"),
    ("generate", "redo", "cancel"),
    ("build_scene", "select_strips", "move", "speed_preset"),
    ("import_project", "export_project", "export"),
)
"""The operators, in groups."""


class INFINITE_PARALLAX_MT_render(bpy.types.Menu):
    """From a still picture to a video that travels through it"""

    bl_label = "Infinite Parallax"

    def draw(self, _context: Any) -> None:
        """Draw the menu."""
        for number, group in enumerate(ENTRIES):
            if number:
                self.layout.separator()
            for name in group:
                if name == "speed_preset":
                    self.layout.operator_menu_enum(f"infinite_parallax.{name}", "preset")
                else:
                    self.layout.operator(f"infinite_parallax.{name}")


def draw_entry(self: Any, _context: Any) -> None:
    """The entry in Blender's own menu."""
    self.layout.menu(INFINITE_PARALLAX_MT_render.__name__)


def register() -> None:
    """Put the menu into Blender's."""
    bpy.types.TOPBAR_MT_render.append(draw_entry)


def unregister() -> None:
    """Take it out again."""
    bpy.types.TOPBAR_MT_render.remove(draw_entry)


CLASSES = (INFINITE_PARALLAX_MT_render,)
