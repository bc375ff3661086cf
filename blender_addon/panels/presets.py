"""Presets of the motion and of everything else but picture and layers, in Blender's own preset system.

Those of a person lie among Blender's presets, ours are small scripts beside this package (`presets/`). A menu of our
own would have spared a few lines and been the only one in Blender that works differently.
"""

from pathlib import Path
from typing import Any, ClassVar

import bpy
from bl_operators.presets import AddPresetBase
from bl_ui.utils import PresetPanel

from ...shared import project as projects
from .. import declared

SUBFOLDER = "infinite_parallax"
ROOT = "bpy.context.scene.infinite_parallax"


def preset_values() -> list[str]:
    """The paths of everything that a preset holds."""
    found = []
    for section, cls in projects.SECTIONS.items():
        for d in declared.generated(cls):
            if declared.switched(d):
                found.append(f"{ROOT}.{section}.{declared.switch(d.name)}")
            found.append(f"{ROOT}.{section}.{d.name}")
    return found


def find(name: str) -> str:
    """The file of a preset by the name that the menu shows; empty if there is none."""
    files = [path for folder in bpy.utils.preset_paths(SUBFOLDER) for path in Path(folder).glob("*.py")]
    wanted = name.casefold()
    return next((str(path) for path in files if bpy.path.display_name(path.name).casefold() == wanted), "")


class INFINITE_PARALLAX_MT_presets(bpy.types.Menu):
    """Settings to begin with"""

    bl_label = "Presets"
    preset_subdir = SUBFOLDER
    preset_operator = "infinite_parallax.apply_preset"
    draw = bpy.types.Menu.draw_preset


class INFINITE_PARALLAX_PT_presets(PresetPanel, bpy.types.Panel):
    """Choose, save and remove presets"""

    bl_label = "Parallax Presets"
    preset_subdir = SUBFOLDER
    preset_operator = "infinite_parallax.apply_preset"
    preset_add_operator = "infinite_parallax.preset_add"


class INFINITE_PARALLAX_OT_preset_add(AddPresetBase, bpy.types.Operator):
    """Save the settings, but for picture and layers, as a preset, or remove one"""

    bl_idname = "infinite_parallax.preset_add"
    bl_label = "Save Preset"
    preset_menu = "INFINITE_PARALLAX_MT_presets"
    preset_subdir = SUBFOLDER
    preset_values: ClassVar[list[str]] = preset_values()


class INFINITE_PARALLAX_OT_apply_preset(bpy.types.Operator):
    """Take over the settings of a preset"""

    bl_idname = "infinite_parallax.apply_preset"
    bl_label = "Apply Preset"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    __annotations__ = {
        "filepath": bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"}),
        "name": bpy.props.StringProperty(name="Name", description="Name of a preset, in place of its file"),
    }

    def execute(self, _context: Any) -> set[str]:
        """Run the preset's script, as Blender does with its own."""
        path = self.filepath or find(self.name)
        if not path:
            self.report({"ERROR"}, f"There is no preset {self.name!r}. Choose one from the menu of presets.")
            return {"CANCELLED"}
        bpy.utils.execfile(path)

        return {"FINISHED"}


def draw_preset_header(_context: Any, layout: Any) -> None:
    """The button of the presets in a panel's header."""
    INFINITE_PARALLAX_PT_presets.draw_panel_header(layout)


CLASSES = (
    INFINITE_PARALLAX_MT_presets,
    INFINITE_PARALLAX_PT_presets,
    INFINITE_PARALLAX_OT_preset_add,
    INFINITE_PARALLAX_OT_apply_preset,
)
