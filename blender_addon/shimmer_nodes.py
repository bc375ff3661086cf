"""A shimmer as a node group behind a tile's texture: pairs of EXR pictures, each times a number that a driver sets.

The sum is taken in the values of the file, before any grade. The pictures are drawn from the fitted wavelets when the
scene is built and lie beside them; every frame, and the strength in the panel, then cost nothing but the sum. Muting
the node shows the plate. A sequence of drawn frames was the other road: as many files as frames, and again for every
change.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..shared import exr
from ..shared.errors import ParallaxError
from ..shared.gabor import patchwork
from ..shared.scene import Plane, SceneSpec
from . import compat, held, unused
from .grade_strips import MADE
from .timeline import TAG

NODE, DRIFT = "shimmer", "drift"
HALF = np.float32(0.5)
"""From -1..1 of the wavelets to 0..1 of a picture."""


def settled(spec: SceneSpec, folder: Path) -> tuple[SceneSpec, tuple[str, ...]]:
    """A spec whose planes shimmer only where wavelets were fitted, and a sentence about those that do not."""
    missing: set[int] = set()
    planes = []
    for plane in spec.planes:
        there = plane.shimmer is None or patchwork.index_of(folder, plane.shimmer.group).is_file()
        if not there:
            missing.add(plane.layer)
        planes.append(plane if there else replace(plane, shimmer=None))
    if not missing:
        return spec, ()
    layers = f"Layer{'s' * (len(missing) > 1)} {', '.join(map(str, sorted(missing)))}"
    note = f"{layers}: no wavelets yet, so nothing shimmers. Press Fit Wavelets below the list of shimmers."
    return replace(spec, planes=tuple(planes)), (note,)


def put_in(material: Any, plane: Plane, spec: SceneSpec, folder: Path, timeline: Any, first: int) -> None:
    """Let a material of ours shimmer as its plane does, or not. What a person changed in the group stays until the
    plane's shimmer changes."""
    texture = _tagged(material.node_tree, "tile")
    node = _tagged(material.node_tree, NODE)
    if plane.shimmer is None or texture is None:
        if node is not None:
            take_out(node, texture)
        return
    beyond = "MIRROR" if plane.mirrors else "EXTEND"
    pictures = _drawn(plane, folder)
    wanted = json.dumps(
        [asdict(plane.shimmer), [str(p) for pair in pictures for p in pair], beyond, first, spec.frames]
    )
    if node is None:
        node = insert(material, texture, f"Parallax shimmer {plane.name}", "Shimmer", NODE)
    group = node.node_tree
    if group is None or group.get(MADE) == wanted:
        return
    old = list(images(material.node_tree))
    group.nodes.clear()
    if group.animation_data is not None:
        group.animation_data_clear()
    _fill(group, plane, pictures, beyond, timeline, first)
    group[MADE] = wanted
    for image in old:
        unused.remove_picture(image)


def source(material: Any) -> Any | None:
    """The socket from which a material's colours come: the shimmer's, or its texture's; None where a person took both
    away."""
    node = _tagged(material.node_tree, NODE) or _tagged(material.node_tree, DRIFT)
    if node is not None:
        return node.outputs[0]
    texture = _tagged(material.node_tree, "tile")
    return texture.outputs["Color"] if texture is not None else None


def group_of(tree: Any) -> Any | None:
    """The node group by which a material shimmers, if it does."""
    node = _tagged(tree, NODE)
    return None if node is None else node.node_tree


def images(tree: Any) -> Iterator[Any]:
    """The pictures that a material's shimmer adds up."""
    node = _tagged(tree, NODE)
    if node is not None and node.node_tree is not None:
        yield from (n.image for n in node.node_tree.nodes if n.type == "TEX_IMAGE" and n.image is not None)


def remove(tree: Any) -> None:
    """Take the group of a material that is about to be removed away, with its pictures, unless used elsewhere."""
    for tag in (NODE, DRIFT):
        node = _tagged(tree, tag)
        if node is not None:
            _remove_group(node, list(images(tree)))


def _tagged(tree: Any, tag: str) -> Any | None:
    return next((node for node in tree.nodes if node.get(TAG) == tag), None)


def insert(material: Any, texture: Any, name: str, label: str, tag: str) -> Any:
    """A node with an empty group between the texture and whatever it leads to."""
    tree = material.node_tree
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    for way in ("INPUT", "OUTPUT"):
        group.interface.new_socket("Image", in_out=way, socket_type="NodeSocketColor")
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree, node.label, node[TAG] = group, label, tag
    node.location = (texture.location.x, texture.location.y + 250)
    # what is told of the grade behind a texture is told of it behind this
    node[MADE] = texture.get(MADE, "")
    targets = [link.to_socket for link in texture.outputs["Color"].links]
    for target in targets:
        tree.links.new(node.outputs[0], target)
    tree.links.new(texture.outputs["Color"], node.inputs[0])
    return node


def take_out(node: Any, texture: Any | None) -> None:
    tree = node.id_data
    if texture is not None:
        texture[MADE] = node.get(MADE, "")
        for link in list(node.outputs[0].links):
            tree.links.new(texture.outputs["Color"], link.to_socket)
    _remove_group(node, list(images(tree)))


def _remove_group(node: Any, shown: list[Any]) -> None:
    group, tree = node.node_tree, node.id_data
    tree.nodes.remove(node)
    if group is not None and not group.users:
        bpy.data.node_groups.remove(group)
    for image in shown:
        unused.remove_picture(image)


def _fill(group: Any, plane: Plane, pictures: list[tuple[Path, Path]], beyond: str, timeline: Any, first: int) -> None:
    wish = plane.shimmer
    assert wish is not None
    entrance = group.nodes.new("NodeGroupInput")
    end = entrance.outputs[0]
    per_frame = 2 * math.pi * wish.turns / wish.frames
    controls = [
        held.control(name, timeline, ("shimmers", wish.shimmer, setting), now, over_time)
        for name, setting, now, over_time in (
            ("STRENGTH", "strength", wish.strength, wish.strengths),
            ("PHASE", "phase", wish.phase, wish.phases),
        )
    ]
    for turns, pair in enumerate(pictures, 1):
        angle = f"({turns * per_frame:.12g}*(frame-{first})+{turns * 2 * math.pi:.12g}*PHASE)"
        for row, (path, of_time) in enumerate(zip(pair, (f"(cos({angle})-1)", f"sin({angle})"), strict=True)):
            texture, amount, added = (
                group.nodes.new(f"ShaderNode{kind}") for kind in ("TexImage", "Value", "VectorMath")
            )
            for column, node in enumerate((texture, amount, added)):
                node.location = (300 * (2 * turns + row), -300 * column)
            texture.image = bpy.data.images.load(str(path), check_existing=True)
            texture.image.colorspace_settings.name = "Non-Color"
            texture.interpolation, texture.extension = "Linear", beyond
            amount.label = f"{turns} turns {('cos', 'sin')[row]}"
            compat.drive(amount.outputs[0], "default_value", f"STRENGTH*{of_time}", controls)
            added.operation = "MULTIPLY_ADD"
            group.links.new(texture.outputs["Color"], added.inputs[0])
            group.links.new(amount.outputs[0], added.inputs[1])
            group.links.new(end, added.inputs[2])
            end = added.outputs[0]
    for operation, limit in (("MAXIMUM", 0.0), ("MINIMUM", 1.0)):
        cut = group.nodes.new("ShaderNodeVectorMath")
        cut.operation, cut.location = operation, (300 * len(group.nodes) / 3 + 600, 0)
        cut.inputs[1].default_value = (limit,) * 3
        group.links.new(end, cut.inputs[0])
        end = cut.outputs[0]
    leaving = group.nodes.new("NodeGroupOutput")
    leaving.location = (300 * len(group.nodes) / 3 + 900, 0)
    group.links.new(end, leaving.inputs[0])


def _drawn(plane: Plane, folder: Path) -> list[tuple[Path, Path]]:
    """The files of a plane's pairs of pictures, drawn where they are not there yet; older ones of its tile go."""
    wish, home = plane.shimmer, (folder / patchwork.FOLDER).resolve()
    assert wish is not None
    known = patchwork.load(folder, wish.group)
    place = wish.x, wish.y, plane.width, plane.height
    stem = f"{wish.group}_{wish.x}_{wish.y}_"
    name = stem + patchwork.key(known.digest, *place, wish.most, wish.seed)[:12]
    pairs = [(home / f"{name}_cos{j}.exr", home / f"{name}_sin{j}.exr") for j in range(1, wish.most + 1)]
    if all(path.is_file() for pair in pairs for path in pair):
        return pairs
    waving = known.waving(folder, *place, wish.most, wish.seed)
    for other in home.glob(f"{stem}*.exr"):
        other.unlink()
    try:
        for (cosine, sine), a, b in zip(pairs, waving.cosines[1:], waving.sines[1:], strict=True):
            for path, picture in ((cosine, a), (sine, b)):
                path.write_bytes(exr.encode(HALF * picture.transpose(1, 2, 0)))
    except OSError as e:
        raise ParallaxError(f"{home} cannot be written: {e}.", "Make room, or choose another folder.") from e
    return pairs
