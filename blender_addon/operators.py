"""Operators over a scene's project: they gather, call a plain function, and report.

What they do, a script can do by the same call; `generating` and `exporting` hold the two that take long.
"""

import json
from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..shared.errors import ParallaxError
from . import properties, scene_project, sound_files
from .operator_parts import UNDOABLE
from .refusals import reported


def json_file_properties() -> dict[str, Any]:
    """What an operator needs to ask for a JSON file."""
    return {
        "filepath": bpy.props.StringProperty(subtype="FILE_PATH"),
        "filter_glob": bpy.props.StringProperty(default="*.json", options={"HIDDEN"}),
    }


class INFINITE_PARALLAX_OT_build_scene(bpy.types.Operator):
    """Build the timeline again from the plates that are there"""

    bl_idname = "infinite_parallax.build_scene"
    bl_label = "Build Scene"
    bl_options: ClassVar[set[str]] = UNDOABLE

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a folder of plates, and with the sounds that are named."""
        silent = sound_files.missing_of(context.scene)
        cls.poll_message_set(silent or "Generate first, or choose a folder of plates")
        return bool(properties.of_scene(context.scene).plates_folder) and not silent

    def execute(self, context: Any) -> set[str]:
        """Build."""
        with reported(self):
            for note in scene_project.build_again(context.scene).notes:
                self.report({"WARNING"}, note)
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_import_project(bpy.types.Operator):
    """Read a project file, of this program or of the original tool"""

    bl_idname = "infinite_parallax.import_project"
    bl_label = "Import Project"
    bl_options: ClassVar[set[str]] = UNDOABLE
    __annotations__ = json_file_properties()

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Read the file into the scene's settings."""
        with reported(self):
            project, notes = scene_project.read_project(Path(bpy.path.abspath(self.filepath)))
            properties.fill(context.scene, project)
            for note in notes:
                self.report({"WARNING"}, note)
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_export_project(bpy.types.Operator):
    """Write the settings as a project file, for the command line or another scene"""

    bl_idname = "infinite_parallax.export_project"
    bl_label = "Export Project"
    __annotations__ = json_file_properties()

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file's name."""
        self.filepath = self.filepath or bpy.path.ensure_ext(context.scene.name, ".json")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Write the file."""
        with reported(self):
            path = Path(bpy.path.abspath(bpy.path.ensure_ext(self.filepath, ".json")))
            text = json.dumps(properties.project(context.scene).to_json(), indent=1)
            try:
                path.write_text(f"{text}\n", encoding="utf-8")
            except OSError as e:
                raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Choose another folder.") from e
            return {"FINISHED"}
        return {"CANCELLED"}


CLASSES = (
    INFINITE_PARALLAX_OT_build_scene,
    INFINITE_PARALLAX_OT_import_project,
    INFINITE_PARALLAX_OT_export_project,
)
