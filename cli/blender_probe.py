"""Run inside a Blender by `infinite-parallax doctor`: renders one small frame and prints what this Blender can do.

A Blender that starts may still be unable to render (no sequencer output, no place to write); only a frame that comes
back with its colour shows that the road is open. It imports nothing of this package, so that a fault here is
Blender's.
"""

import importlib.util
import json
import os
import shutil
import sys
import tempfile

import bpy

SIZE_PX = 32
COLOUR = (1.0, 0.5, 0.0)
PACKAGES = ("numpy", "requests")


def render(path: str) -> None:
    """Render one frame of a single colour through the sequencer into the PNG `path`."""
    scene = bpy.context.scene
    scene.render.resolution_x = scene.render.resolution_y = SIZE_PX
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "Standard"
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = "PNG"
    scene.render.use_sequencer = True
    scene.render.filepath = path
    scene.sequence_editor_create()
    editor = scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    parameters = strips.bl_rna.functions["new_effect"].parameters
    end = {"length": 2} if "length" in parameters else {"frame_end": 3}
    strips.new_effect(name="colour", type="COLOR", channel=1, frame_start=1, **end).color = COLOUR
    scene.frame_set(1)
    bpy.ops.render.render(write_still=True)


def main() -> int:
    """Print one line of JSON: version, packages that are lacking, whether sound works, the colour that was rendered."""
    folder = tempfile.mkdtemp(prefix="infinite-parallax-doctor-")
    try:
        path = os.path.join(folder, "frame.png")
        render(path)
        image = bpy.data.images.load(path)
        answer = {
            "version": bpy.app.version_string,
            "lacking": [name for name in PACKAGES if importlib.util.find_spec(name) is None],
            "audaspace": bool(bpy.app.build_options.audaspace),
            "colour": [round(value, 3) for value in image.pixels[:3]],
            "expected": list(COLOUR),
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("PROBE " + json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    CODE = 1
    try:
        CODE = main()
    finally:
        shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
        sys.stdout.flush()
        sys.stderr.flush()
        if CODE == 0:
            os._exit(0)  # Blender's own teardown is none of the doctor's business, and not without faults
