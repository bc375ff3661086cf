"""The tiles of a layer as one row of nodes: picture, grade, scale, position, and Alpha Over.

The tiles are one image sequence: a keyed offset says which of them is on show, so that Blender works on a layer once a
frame, however many tiles it has. A node for every tile was the other road, and the cost of a frame would grow with the
length of the journey.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..shared.frames import opacity, placed
from ..shared.scene import Plane, SceneSpec
from . import compat, grade_groups, node_rows
from .node_rows import Site

JUMP_FRAMES = 1 / 64
"""How long before a tile gives way to the next its last key is: between frames, so that no frame shows the jump."""
MARGIN_PX = 16 if bpy.app.version < (4, 4, 0) else 0
"""Up to 4.3 a Translate node asks its input for too few columns when it moves by parts of a px. So there everything
is composed on a larger canvas, and a Displace node that displaces nothing asks for all of it at the end."""


@dataclass(frozen=True)
class Chain:
    """Planes that share a chain of nodes, in the order of time; one of them is on show at a time."""

    name: str
    planes: tuple[Plane, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Their files, each once."""
        return tuple(dict.fromkeys(plane.file for plane in self.planes))

    @property
    def comes_and_goes(self) -> bool:
        """Whether it is ever anything but wholly there between its first frame and its last."""
        ends = zip(self.planes, self.planes[1:], strict=False)
        return any(p.fades for p in self.planes) or any(a.end != b.start for a, b in ends)


def chains(planes: Sequence[Plane]) -> tuple[Chain, ...]:
    """The chains of planes, far to near: those of a channel whose files are numbered alike."""
    found: dict[tuple[int, str], list[Plane]] = {}
    for plane in planes:
        head, number = _numbered(plane.file)
        # bars have no file, and are on show side by side
        found.setdefault((plane.channel, f"{head}{'#' * len(number)}" or plane.name), []).append(plane)
    together = [Chain(same[0].name, tuple(sorted(same, key=lambda p: p.start))) for same in found.values()]
    return tuple(part for row in together for part in _apart(row))


def _apart(row: Chain) -> Iterator[Chain]:
    """A row as it is, or each plane by itself where two of them are on show at a time."""
    if all(a.end <= b.start for a, b in zip(row.planes, row.planes[1:], strict=False)):
        yield row
    else:
        yield from (Chain(plane.name, (plane,)) for plane in row.planes)


def _numbered(file: str) -> tuple[str, str]:
    """A file's name without its number, and the digits of that, with which it ends."""
    found = re.fullmatch(r"(.*?)(\d*)", Path(file).stem)
    assert found is not None
    return found[1], found[2]


@dataclass(frozen=True)
class ChainRow:
    """The row of a chain: its picture, graded if its layer is, scaled, put into place and laid over."""

    chain: Chain
    site: Site

    @property
    def name(self) -> str:
        """The chain's."""
        return self.chain.name

    def put_in(self, group: Any, number: int) -> Any:
        """Make the nodes."""
        name = self.name
        image = node_rows.new(group, "CompositorNodeImage", f"image {name}", 300 * number, -400)
        size = node_rows.new(group, "CompositorNodeScale", f"size {name}", 300 * number, -650)
        move = node_rows.new(group, "CompositorNodeTranslate", f"move {name}", 300 * number, -800)
        over, near = node_rows.alpha_over(group, name, number, straight=True)
        image.label = name
        for node in (size, move):
            compat.set_choice(node, "interpolation", "Interpolation", "Bilinear")
        group.links.new(image.outputs["Image"], size.inputs["Image"])
        group.links.new(size.outputs["Image"], move.inputs["Image"])
        group.links.new(move.outputs["Image"], near)
        return over

    def set(self, group: Any) -> None:
        """Picture, grade, size, position and opacity."""
        chain, spec, first = self.chain, self.site.spec, self.site.first
        tags = (f"{part} {chain.name}" for part in ("image", "size", "move", "over"))
        image, size, move, over = (node_rows.tagged(group, tag) for tag in tags)
        if image is not None:
            _set_image(image, chain, self.site.folder, first)
            layer, grades = chain.planes[0].layer, () if not chain.files[0] else spec.grades_of(chain.planes[0].layer)
            grade = grade_groups.of_layer(self.site.timeline, grade_groups.COMPOSITOR, layer, grades, first)
            grade_groups.put_behind(image.outputs["Image"], grade)
        scale = chain.planes[0].scale
        if size is not None:
            size.mute = scale == 1
            size.inputs["X"].default_value = size.inputs["Y"].default_value = scale
        if move is not None:
            for axis, prop in enumerate("XY"):
                way = [(n + first, offset(spec, plane, n)[axis]) for plane in chain.planes for n in key_frames(plane)]
                compat.key_linear(move.inputs[prop], "default_value", way)
        if chain.comes_and_goes or chain.planes[0].start or chain.planes[-1].end < spec.frames:
            shown = [(n + first, v) for n, v in _shown(chain.planes)]
            compat.key_linear(node_rows.opacity(over), "default_value", shown)


def black(name: str) -> bpy.types.Image:
    """A black picture without a file, still to be given its size."""
    picture = bpy.data.images.new(name, 8, 8)
    picture.generated_color = (0, 0, 0, 1)
    picture.colorspace_settings.name = "Non-Color"
    return picture


def _set_image(node: Any, chain: Chain, folder: Path, first: int) -> None:
    """Show a chain's files: the one, or those of a sequence by their numbers; black where there is none."""
    if not chain.files[0]:
        node.image = node.image or black(chain.name)
        node.image.generated_width, node.image.generated_height = chain.planes[0].width, chain.planes[0].height
        return
    path = str((folder / chain.files[0]).resolve())
    picture = node.image
    if picture is None:
        picture = node.image = bpy.data.images.load(path)
    else:
        picture.filepath = path
    picture.source = "FILE" if len(chain.files) == 1 else "SEQUENCE"
    picture.colorspace_settings.name, picture.alpha_mode = "Non-Color", "CHANNEL_PACKED"
    picture.reload()
    if picture.source == "SEQUENCE":
        # of a sequence of one frame Blender shows the file number 1 + offset at all times
        node.frame_start, node.frame_duration, node.use_auto_refresh = 1, 1, True
        numbers = [(plane.start + first, int(_numbered(plane.file)[1]) - 1) for plane in chain.planes]
        compat.key_steps(node, "frame_offset", numbers)
    else:
        compat.remove_curve(node, "frame_offset")


def key_frames(plane: Plane) -> list[float]:
    """The frames at which a plane is keyed: its keys, the last one just before it gives way to the next."""
    return [float(key.frame) for key in plane.keys[:-1]] + [plane.keys[-1].frame - JUMP_FRAMES]


def _shown(planes: Sequence[Plane]) -> Iterator[tuple[float, float]]:
    """(frame, opacity) of planes that follow each other: 0 before, between and after them."""
    gone = 0.0
    for plane in planes:
        if plane.start > gone:
            yield from ((gone, 0.0), (plane.start - JUMP_FRAMES, 0.0))
        yield from ((n, opacity(plane, n)) for n in key_frames(plane))
        gone = plane.end
    yield gone, 0.0


def offset(spec: SceneSpec, plane: Plane, frame: float) -> tuple[float, float]:
    """How far from the centre of the frame, in px, y up, a tile is translated at a frame."""
    x, y = placed(plane, frame)
    bottom = spec.height - y - plane.height * plane.scale
    across, up = (
        at - (canvas - size * plane.scale) / 2 + centring(canvas, size, plane.scale)
        for at, canvas, size in ((x, spec.width, plane.width), (bottom, spec.height, plane.height))
    )
    return across, up


def centring(canvas: int, size: int, scale: float) -> float:
    """By how many px Blender puts a picture of `size` px left of, or below, the middle of the canvas.

    It centres by whole px: where picture and canvas differ by an odd number, the picture lies half a px of its own
    off, since 4.4 to the left and below, before that away from the middle.
    """
    odd = (canvas - size) % 2
    return -odd / 2 if MARGIN_PX and canvas + 2 * MARGIN_PX > size else odd * scale / 2
