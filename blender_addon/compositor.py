"""The compositor builder: a scene spec becomes nodes, one chain for each row of tiles.

A chain is an Image node, a Translate node with keyed position, and an Alpha Over node that lays it on what is farther
away. The tiles of a layer are one image sequence: a keyed offset says which of them is on show, so that Blender works
on a layer once a frame, however many tiles it has. A node for every tile was the other road, and the cost of a frame
would grow with the length of the journey. All is computed in the values of the files, not in linear light, and
converted once at the end: so positions between pixels and soft rims come out as the arithmetic frames have them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..shared.errors import UsageError
from ..shared.frames import opacity, placed
from ..shared.scene import Plane, SceneSpec
from . import compat, compositing, textured
from .timeline import TAG

KIND = "compositor"
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


def chains(spec: SceneSpec) -> tuple[Chain, ...]:
    """The chains of a spec, far to near: the planes of a channel whose files are numbered alike."""
    found: dict[tuple[int, str], list[Plane]] = {}
    for plane in sorted(spec.planes, key=lambda p: p.channel):
        head, number = _numbered(plane.file)
        # bars have no file, and are on show side by side
        found.setdefault((plane.channel, f"{head}{'#' * len(number)}" or plane.name), []).append(plane)
    rows = [Chain(planes[0].name, tuple(sorted(planes, key=lambda p: p.start))) for planes in found.values()]
    return tuple(part for row in rows for part in _apart(row))


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


def check(spec: SceneSpec) -> None:
    """Raise UsageError for what nodes cannot show."""
    ground = next((plane for plane in spec.planes if plane.slide), None)
    if ground is not None:
        raise UsageError(
            f"The ground of {ground.name!r} recedes, and the compositor cannot shear a picture.",
            "Choose the target vse or planes, or take the layer's ramp away.",
        )
    if MARGIN_PX and any(plane.scale != 1 for plane in spec.planes):
        raise UsageError(
            "The compositor of this Blender scales pictures by parts of a px too much or too little.",
            "Leave the video's size empty and objects at scale 1, choose the target vse or planes, or use Blender 4.4.",
        )


def build(scene: bpy.types.Scene, spec: SceneSpec, folder: Path, first: int) -> None:
    """Build a spec's picture in a scene's compositor, from the plates in `folder`, its frame 0 on frame `first`."""
    fresh = compositing.group_of(scene, KIND) is None
    group = compositing.place(scene, KIND, with_input=False)
    if fresh:
        scene.render.compositor_device, scene.render.compositor_precision = "CPU", "FULL"
        _frame(group)
    _set_base(group, spec)
    wanted = chains(spec)
    names = [chain.name for chain in wanted]
    for name in [name for name in _there(group) if name not in names]:
        _take_out(group, name)
    if [name for name in names if name in _there(group)] != _there(group):
        for name in _there(group):
            _take_out(group, name)
    before = _tagged(group, "base")
    for number, chain in enumerate(wanted):
        over = _tagged(group, f"over {chain.name}") or _put_in(group, chain.name, before, number)
        _set(group, spec, chain, folder, first)
        before = over
    group["chains"] = names


def _there(group: Any) -> list[str]:
    """The names of the chains that are there, far to near."""
    return [name for name in group.get("chains", ()) if _tagged(group, f"over {name}") is not None]


def _tagged(group: Any, tag: str) -> Any | None:
    return next((node for node in group.nodes if node.get(TAG) == tag), None)


def _new(group: Any, kind: str, tag: str, x: float, y: float) -> Any:
    node = group.nodes.new(kind)
    node[TAG], node.location = tag, (x, y)
    return node


def _frame(group: Any) -> None:
    """What every group has: a black canvas behind everything, and the conversion at the end."""
    base = _new(group, "CompositorNodeImage", "base", -300, 0)
    base.image, base.label = _black(f"{group.name} canvas"), "Canvas"
    end = base.outputs["Image"]
    if MARGIN_PX:
        all_of_it = _new(group, "CompositorNodeDisplace", "all of it", 0, 0)
        group.links.new(end, all_of_it.inputs["Image"])
        end = all_of_it.outputs["Image"]
    compositing.to_linear(group, end)


def _black(name: str) -> bpy.types.Image:
    """A black picture without a file, still to be given its size."""
    picture = bpy.data.images.new(name, 8, 8)
    picture.generated_color = (0, 0, 0, 1)
    picture.colorspace_settings.name = "Non-Color"
    return picture


def _set_base(group: Any, spec: SceneSpec) -> None:
    picture = _tagged(group, "base").image
    picture.generated_width, picture.generated_height = spec.width + 2 * MARGIN_PX, spec.height + 2 * MARGIN_PX


def _put_in(group: Any, name: str, before: Any, number: int) -> Any:
    """Make the nodes of a chain and put it behind the node `before`, whose links it takes over; its last node."""
    image = _new(group, "CompositorNodeImage", f"image {name}", 300 * number, -400)
    size = _new(group, "CompositorNodeScale", f"size {name}", 300 * number, -650)
    move = _new(group, "CompositorNodeTranslate", f"move {name}", 300 * number, -800)
    over = _new(group, "CompositorNodeAlphaOver", f"over {name}", 300 * number + 150, -50)
    image.label = name
    for node in (size, move):
        compat.set_choice(node, "interpolation", "Interpolation", "Bilinear")
    if "Straight Alpha" in over.inputs:
        over.inputs["Straight Alpha"].default_value = True
    else:
        over.use_premultiply = True
    far, near = (socket for socket in over.inputs if socket.type == "RGBA")
    for link in list(before.outputs[0].links):
        group.links.new(over.outputs[0], link.to_socket)
    group.links.new(before.outputs[0], far)
    group.links.new(image.outputs["Image"], size.inputs["Image"])
    group.links.new(size.outputs["Image"], move.inputs["Image"])
    group.links.new(move.outputs["Image"], near)
    return over


def _take_out(group: Any, name: str) -> None:
    """Take a chain's nodes away; what lay behind it is linked to where it led."""
    over = _tagged(group, f"over {name}")
    far = next(socket for socket in over.inputs if socket.type == "RGBA")
    for link in list(over.outputs[0].links):
        if far.is_linked:
            group.links.new(far.links[0].from_socket, link.to_socket)
    for part in ("image", "size", "move", "over"):
        node = _tagged(group, f"{part} {name}")
        if node is None:
            continue
        picture = node.image if part == "image" else None
        for struct in (node, *node.inputs):
            for prop in ("frame_offset", "default_value"):
                if hasattr(struct, prop):
                    compat.remove_curve(struct, prop)
        group.nodes.remove(node)
        textured.remove_unused(picture)


def _set(group: Any, spec: SceneSpec, chain: Chain, folder: Path, first: int) -> None:
    """Bring a chain's picture, size, position and opacity up to date; nodes that a person removed stay away."""
    image, size, move, over = (_tagged(group, f"{part} {chain.name}") for part in ("image", "size", "move", "over"))
    if image is not None:
        _set_image(image, chain, folder, first)
    scale = chain.planes[0].scale
    if size is not None:
        size.mute = scale == 1
        size.inputs["X"].default_value = size.inputs["Y"].default_value = scale
    if move is not None:
        for axis, prop in enumerate("XY"):
            way = [(n + first, offset(spec, plane, n)[axis]) for plane in chain.planes for n in key_frames(plane)]
            compat.key_linear(move.inputs[prop], "default_value", way)
    if over is not None and (chain.comes_and_goes or chain.planes[0].start or chain.planes[-1].end < spec.frames):
        factor = next(socket for socket in over.inputs if socket.type == "VALUE")
        compat.key_linear(factor, "default_value", [(n + first, v) for n, v in _shown(chain.planes)])


def _set_image(node: Any, chain: Chain, folder: Path, first: int) -> None:
    """Show a chain's files: the one, or those of a sequence by their numbers; black where there is none."""
    if not chain.files[0]:
        node.image = node.image or _black(chain.name)
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
        at - (canvas - size * plane.scale) / 2 + _centring(canvas, size, plane.scale)
        for at, canvas, size in ((x, spec.width, plane.width), (bottom, spec.height, plane.height))
    )
    return across, up


def _centring(canvas: int, size: int, scale: float) -> float:
    """By how many px Blender puts a picture of `size` px left of, or below, the middle of the canvas.

    It centres by whole px: where picture and canvas differ by an odd number, the picture lies half a px of its own
    off, since 4.4 to the left and below, before that away from the middle.
    """
    odd = (canvas - size) % 2
    return -odd / 2 if MARGIN_PX and canvas + 2 * MARGIN_PX > size else odd * scale / 2


def remove(scene: bpy.types.Scene) -> None:
    """Take what was built here away."""
    if compositing.group_of(scene, KIND) is not None:
        compositing.remove(scene)
