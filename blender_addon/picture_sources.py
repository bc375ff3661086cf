"""The picture from wherever it is: a file, an image in the .blend, a strip on the timeline, the clipboard.

A project names a file, because the server is sent one; what lives only inside Blender is written beside the plates.
A packed file is written as it is, byte for byte; what was painted or generated becomes an 8-bit PNG.
"""

from pathlib import Path
from typing import Any, ClassVar

import bpy
import numpy as np

from ..shared.errors import ParallaxError, UsageError
from . import compat, properties, scene_project
from .operator_parts import UNDOABLE, OnPicture, active_strip
from .refusals import reported


def choose(scene: Any, path: Path) -> None:
    """Make a file the scene's picture; relative to a saved .blend."""
    scene_project.picture_size(path)
    properties.of_scene(scene).picture = scene_project.stored(path)


def file_of(scene: Any, image: Any) -> Path:
    """The file of an image; one that has none, or was changed since, is written beside the plates."""
    path = Path(bpy.path.abspath(image.filepath_from_user() or image.filepath, library=image.library))
    if image.source == "FILE" and not image.packed_file and not image.is_dirty and path.is_file():
        return path
    if image.source not in ("FILE", "GENERATED"):
        raise UsageError(f"{image.name} is not a still picture.", "Choose one, or save a frame of it as a picture.")
    folder = scene_project.plates_folder(scene)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        packed = image.packed_file is not None and not image.is_dirty
        suffix = (path.suffix.lower() if packed else "") or ".png"
        out = folder / f"{bpy.path.clean_name(Path(image.name).stem)}{suffix}"
        if packed:
            out.write_bytes(image.packed_file.data)
        else:
            _write_png(image, out)
    except (OSError, RuntimeError) as e:
        raise ParallaxError(f"{image.name} cannot be written to {folder}: {e}.", "Save the file elsewhere.") from e
    return out


def _write_png(image: Any, out: Path) -> None:
    """Write an image's pixels without changing what the file holds of it."""
    width, height = image.size
    if not width or not height:
        raise UsageError(f"{image.name} holds no picture.", "Choose another.")
    # a copy of the image would be generated anew, without what was painted on it
    copy = bpy.data.images.new("picture", width, height, alpha=True, float_buffer=image.is_float)
    try:
        copy.colorspace_settings.name = image.colorspace_settings.name
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
        copy.pixels.foreach_set(pixels)
        copy.update()
        copy.filepath_raw, copy.file_format = str(out), "PNG"
        copy.save()
    finally:
        bpy.data.images.remove(copy)


def current_image(context: Any) -> Any:
    """The image that the image editor shows; None elsewhere."""
    space = context.space_data
    return space.image if space is not None and space.type == "IMAGE_EDITOR" else None


def _images(_self: Any, _context: Any) -> list[tuple[str, str, str]]:
    _images.kept = [(image.name, image.name, "") for image in bpy.data.images if image.source in ("FILE", "GENERATED")]
    # Blender does not keep the texts of a list that is made while it asks; somebody has to
    return _images.kept or [("", "No image in this file", "")]


class INFINITE_PARALLAX_OT_picture_from_image(bpy.types.Operator):
    """Take an image of this file, in the image editor the one that is shown"""

    bl_idname = "infinite_parallax.picture_from_image"
    bl_label = "Picture from Image"
    bl_options: ClassVar[set[str]] = UNDOABLE
    bl_property = "choice"
    __annotations__ = {
        "image": bpy.props.StringProperty(name="Image", description="Name of the image in this file"),
        "choice": bpy.props.EnumProperty(name="Image", items=_images, options={"HIDDEN", "SKIP_SAVE"}),
    }

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Possible with an image."""
        cls.poll_message_set("There is no image in this file")
        return len(bpy.data.images) > 0

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Take the one that is shown, else let one be chosen."""
        shown = current_image(context)
        if shown is not None:
            self.image = shown.name
            return self.execute(context)
        context.window_manager.invoke_search_popup(self)
        return {"FINISHED"}

    def execute(self, context: Any) -> set[str]:
        """Take it."""
        with reported(self):
            name = self.image or self.choice
            image = bpy.data.images.get(name)
            if image is None:
                raise UsageError(f"There is no image {name!r} in this file.", "Choose another.")
            choose(context.scene, file_of(context.scene, image))
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_picture_from_strip(bpy.types.Operator):
    """Take the picture of the sequencer's active image strip"""

    bl_idname = "infinite_parallax.picture_from_strip"
    bl_label = "Picture from Strip"
    bl_options: ClassVar[set[str]] = UNDOABLE

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with an active image strip."""
        cls.poll_message_set("Select an image strip in the sequencer")
        return active_strip(context.scene, "IMAGE") is not None

    def execute(self, context: Any) -> set[str]:
        """Take it."""
        with reported(self):
            strip: Any = active_strip(context.scene, "IMAGE")
            at = min(max(context.scene.frame_current - compat.start(strip), 0), len(strip.elements) - 1)
            path = Path(bpy.path.abspath(strip.directory)) / strip.elements[at].filename
            if not path.is_file():
                raise UsageError(f"There is no picture at {path}.", "Choose another strip.")
            choose(context.scene, path)
            return {"FINISHED"}
        return {"CANCELLED"}


def image_editor(context: Any) -> dict[str, Any] | None:
    """What `temp_override` needs for an image editor, the only place where Blender reads a picture from the clipboard;
    None where none is open."""
    if context.space_data is not None and context.space_data.type == "IMAGE_EDITOR":
        return {}
    areas = context.window.screen.areas if context.window is not None else ()
    return next(({"area": area} for area in areas if area.type == "IMAGE_EDITOR"), None)


def clipboard_holds_picture() -> bool:
    """Whether there is a picture that this Blender can paste, asked in an image editor."""
    return bool(bpy.ops.image.clipboard_paste.poll())


def paste() -> Any:
    """The image that Blender makes of the clipboard, in an image editor. Raises ParallaxError where it makes none."""
    before = set(bpy.data.images)
    try:
        bpy.ops.image.clipboard_paste()
    except RuntimeError as e:
        raise ParallaxError(f"The clipboard cannot be read: {e}.", "Save the picture as a file.") from e
    new = [image for image in bpy.data.images if image not in before]
    if not new:
        raise ParallaxError("The clipboard holds no picture.", "Copy one, or save it as a file.")
    return new[0]


class INFINITE_PARALLAX_OT_picture_paste(bpy.types.Operator):
    """Take the picture in the clipboard"""

    bl_idname = "infinite_parallax.picture_paste"
    bl_label = "Paste Picture"
    bl_options: ClassVar[set[str]] = UNDOABLE

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible where Blender reads pictures from the clipboard, and there is one."""
        where = image_editor(context)
        if where is None:
            cls.poll_message_set("Open an image editor: Blender reads pictures from the clipboard only there")
            return False
        with context.temp_override(**where):
            possible = clipboard_holds_picture()
        cls.poll_message_set("No picture is in the clipboard, or this Blender cannot read it from there")
        return possible

    def execute(self, context: Any) -> set[str]:
        """Take it."""
        with reported(self):
            with context.temp_override(**image_editor(context)):
                space = context.space_data
                shown, image = space.image, paste()
                try:
                    choose(context.scene, file_of(context.scene, image))
                finally:
                    bpy.data.images.remove(image)
                    space.image = shown
            return {"FINISHED"}
        return {"CANCELLED"}


def image_of(scene: Any) -> Any:
    """The image of the scene's picture, if this file has it."""
    name = properties.of_scene(scene).picture
    if not name:
        return None
    path = bpy.path.abspath(name)
    return next((image for image in bpy.data.images if image.filepath and _same(image, path)), None)


def _same(image: Any, path: str) -> bool:
    return bool(bpy.path.abspath(image.filepath, library=image.library) == path)


class INFINITE_PARALLAX_OT_show_picture(OnPicture, bpy.types.Operator):
    """Show the picture in the image editor, where its borders can be drawn"""

    bl_idname = "infinite_parallax.show_picture"
    bl_label = "Show the Picture"
    bl_options: ClassVar[set[str]] = UNDOABLE

    def execute(self, context: Any) -> set[str]:
        """Show it, in this editor or in the first image editor of the window."""
        with reported(self):
            path = scene_project.picture_path(context.scene)
            scene_project.picture_size(path)
            image = image_of(context.scene) or bpy.data.images.load(str(path), check_existing=True)
            areas = [context.area] if context.area is not None else []
            areas += list(context.window.screen.areas) if context.window is not None else []
            spaces = [area.spaces.active for area in areas if area.type == "IMAGE_EDITOR"]
            if not spaces:
                raise UsageError("No image editor is open.", "Turn an area into an Image Editor.")
            spaces[0].image = image
            return {"FINISHED"}
        return {"CANCELLED"}


CLASSES = (
    INFINITE_PARALLAX_OT_picture_from_image,
    INFINITE_PARALLAX_OT_picture_from_strip,
    INFINITE_PARALLAX_OT_picture_paste,
    INFINITE_PARALLAX_OT_show_picture,
)
