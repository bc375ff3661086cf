"""Where the picture lies on the screen: in the image editor, and in the sequencer's preview where that shows it.

The preview shows the picture itself on the first frame of what was built, and wherever a still strip of a person's has
its file. On later frames the layers have gone on, each by its own way; borders moved along with them were the other
road, but a border is the picture's, and what would be dragged there is not what is seen.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ...shared.border_editing import Point
from ...shared.errors import ParallaxError
from ...shared.framing import framing
from .. import compat, picture_sources, properties, scene_project, timeline


@dataclass(frozen=True)
class View:
    """The picture of `size` px in a region: its middle and its scale in the region's own coordinates, y up."""

    region: Any
    size: tuple[int, int]
    middle: Point
    scale: Point

    def to_region(self, at: Point) -> tuple[float, float]:
        """Px of the picture to px of the region."""
        u = self.middle[0] + (at[0] - self.size[0] / 2) * self.scale[0]
        v = self.middle[1] - (at[1] - self.size[1] / 2) * self.scale[1]
        x, y = self.region.view2d.view_to_region(u, v, clip=False)
        return float(x), float(y)

    def to_picture(self, x: float, y: float) -> Point:
        """Px of the region to px of the picture."""
        u, v = self.region.view2d.region_to_view(x, y)
        return (
            (u - self.middle[0]) / self.scale[0] + self.size[0] / 2,
            (self.middle[1] - v) / self.scale[1] + self.size[1] / 2,
        )


def view_of(context: Any, first_only: bool = True) -> View | None:
    """Where the scene's picture is seen in the context's area; None where it is not. On later frames than the first
    it is the frame itself that is seen."""
    space = context.space_data
    if space is None or context.area is None:
        return None
    if space.type == "IMAGE_EDITOR":
        image = space.image
        if image is None or image != picture_sources.image_of(context.scene) or not all(image.size):
            return None
        width, height = image.size
        return View(_region(context.area, "WINDOW"), (width, height), (0.5, 0.5), (1 / width, 1 / height))
    if space.type == "SEQUENCE_EDITOR" and space.view_type != "SEQUENCER" and space.display_mode == "IMAGE":
        return _in_preview(context, first_only)
    return None


def _region(area: Any, kind: str) -> Any:
    return next(region for region in area.regions if region.type == kind)


def _in_preview(context: Any, first_only: bool) -> View | None:
    scene = context.scene
    # since 5.0 the sequencer may show another scene than the window
    if getattr(context, "sequencer_scene", scene) != scene or scene.sequence_editor is None:
        return None
    try:
        path = scene_project.picture_path(scene)
        size = scene_project.picture_size(path)
        lies = _built(scene, size, first_only) or _by_hand(scene, path)
    except ParallaxError:
        return None
    return View(_region(context.area, "PREVIEW"), size, *lies) if lies is not None else None


def _built(scene: Any, size: tuple[int, int], first_only: bool) -> tuple[Point, Point] | None:
    """Middle and scale of the picture on the first frame of what was built of it, or on all; None on any other."""
    if not timeline.mine(scene) or (first_only and scene.frame_current != timeline.first_frame(scene)):
        return None
    frame = framing(properties.project(scene).output, *size)
    x = frame.x + (size[0] * frame.scale - frame.width) / 2
    y = frame.y + (size[1] * frame.scale - frame.height) / 2
    return (x, -y), (frame.scale, frame.scale)


def _by_hand(scene: Any, path: Path) -> tuple[Point, Point] | None:
    """Middle and scale of the topmost strip that a person has of the picture at this frame; None without one."""
    for strip in sorted(compat.all_strips(scene.sequence_editor), key=lambda s: -s.channel):
        if strip.type != "IMAGE" or strip.mute or timeline.TAG in strip or strip.transform.rotation:
            continue
        if not 0 <= scene.frame_current - compat.start(strip) < compat.length(strip):
            continue
        file = Path(bpy.path.abspath(strip.directory)) / strip.elements[0].filename
        if file == path:
            move = strip.transform
            return (move.offset_x, move.offset_y), (move.scale_x, move.scale_y)
    return None
