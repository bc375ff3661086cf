"""The panel of the picture: where it comes from, how it looks, what follows from it."""

from typing import Any

from ...shared.errors import ParallaxError
from .. import picture_sources, properties, scene_project, thumbnails
from ..sentences import draw_sentence, narrow

THUMBNAIL_SCALE = 5.0
SOURCES = (
    ("from_image", "Image", "IMAGE_DATA"),
    ("from_strip", "Strip", "SEQUENCE"),
    ("paste", "Paste", "PASTEDOWN"),
)


def draw(context: Any, layout: Any) -> None:
    """Draw the panel."""
    group = properties.of_scene(context.scene)
    layout.prop(group, "picture", text="")
    row = layout.row(align=True)
    for name, text, icon in SOURCES:
        row.operator(f"infinite_parallax.picture_{name}", text="" if narrow(context) else text, icon=icon)
    if not group.picture:
        draw_sentence(context, layout, "Choose a still picture: a file, an image or a strip.", "INFO")
        return
    try:
        path = scene_project.picture_path(context.scene)
        width, height = scene_project.picture_size(path)
    except ParallaxError as e:
        layout.alert = True
        draw_sentence(context, layout, str(e), "ERROR")
        return
    column = layout.column(align=True)
    column.template_icon(thumbnails.icon(thumbnails.SOURCE, path), scale=THUMBNAIL_SCALE)
    row = column.row()
    row.alignment = "CENTER"
    row.label(text=f"{width} x {height} px")
    _draw_over(context, layout, group)


def _draw_over(context: Any, layout: Any, group: Any) -> None:
    """In an editor that shows pictures: the picture itself, and what is drawn over it."""
    space = context.space_data
    if space is None or space.type not in ("IMAGE_EDITOR", "SEQUENCE_EDITOR"):
        return
    if space.type == "IMAGE_EDITOR" and (space.image is None or space.image != picture_sources.image_of(context.scene)):
        layout.operator("infinite_parallax.show_picture", icon="IMAGE_DATA")
        return
    row = layout.row(align=True)
    row.prop(group, "show_borders", text="Borders", icon="OVERLAY", toggle=True)
    row.prop(group, "show_mattes", text="Mattes", icon="MOD_MASK", toggle=True)
