"""What is written, and where: file formats of an output, and paths beside the saved file."""

from typing import Any

import bpy


def image_output(image_settings: Any, file_format: str) -> None:
    """Set the file format of an output: `FFMPEG` for video, `PNG` or `OPEN_EXR` for a file per frame."""
    if hasattr(image_settings, "media_type"):
        image_settings.media_type = "VIDEO" if file_format == "FFMPEG" else "IMAGE"
    image_settings.file_format = file_format


def make_paths_relative() -> None:
    """Let the saved file find its pictures and sounds from where it lies."""
    bpy.ops.file.make_paths_relative()


def path_words(subtype: str) -> dict[str, Any]:
    """What declares a property that holds a path, beside the saved file too; newer Blenders want to be told so."""
    asked = "is_path_supports_blend_relative" in bpy.types.StringProperty.bl_rna.properties
    return {"subtype": subtype, "options": {"ANIMATABLE", *(("PATH_SUPPORTS_BLEND_RELATIVE",) if asked else ())}}
