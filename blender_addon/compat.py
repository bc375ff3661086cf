"""What differs between Blender 4.2, 4.5, 5.0 and 5.2, each difference behind one function that says what is meant.

Differences are found by asking Blender for the attribute, not by its version number, wherever it can be asked: such
code also serves the versions between. A branch per version through the builders was the other road.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from ..shared.pace import corners

MIX, MATH = (
    ours if hasattr(bpy.types, ours) else others
    for ours, others in (("CompositorNodeMixRGB", "ShaderNodeMix"), ("CompositorNodeMath", "ShaderNodeMath"))
)
"""Kinds of nodes that the compositor has of its own up to 4.5, and shares with materials since 5.0."""
LONGEST_EXPRESSION = 255
NEAR = 1 / 4096
"""How far the keys of colours may leave what they stand for: a sixteenth of a level."""
Triple = tuple[float, ...]
Control = tuple[str, Any, str, float]
"""A variable of a driver: its name, the datablock and the path of what it reads, and what counts where nothing lies
there, as in a Blender without the add-on."""


def strips(editor: Any) -> Any:
    """The collection of a sequence editor's strips. An empty one is falsy, hence no `or`."""
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def all_strips(editor: Any) -> Any:
    """All strips, those inside meta strips too."""
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def length(strip: Any) -> int:
    """Frames that a strip is on show."""
    return int(strip.duration if _has_handles(strip) else strip.frame_final_duration)


def set_length(strip: Any, frames: int) -> None:
    """Let a strip end `frames` frames after its start."""
    if _has_handles(strip):
        strip.duration = frames
    else:
        strip.frame_final_duration = frames


def start(strip: Any) -> int:
    """The first frame on which a strip is on show."""
    return int(strip.left_handle if _has_handles(strip) else strip.frame_final_start)


def set_handles(strip: Any, first: int, end: int) -> None:
    """Show a strip on frames `first`..`end` - 1, its content staying where it is."""
    if _has_handles(strip):
        strip.right_handle, strip.left_handle = end, first
    else:
        strip.frame_final_end, strip.frame_final_start = end, first


def move(strip: Any, frames: int) -> None:
    """Move a strip with its keys, those inside a meta strip too."""
    if _has_handles(strip):
        strip.content_start += frames
    else:
        strip.frame_start += frames


def place(strip: Any, first: int, frames: int, skipped: int = 0) -> None:
    """Put a strip on frames `first`..`first + frames - 1`, its content beginning `skipped` frames before it."""
    if _has_handles(strip):
        strip.content_start = first - skipped
        strip.left_handle = first
    else:
        strip.frame_start = first - skipped
        strip.frame_final_start = first
    set_length(strip, frames)


def content_start(strip: Any) -> int:
    """The frame on which a strip's content begins, trimmed or not; a still picture's goes along with its trimming."""
    return int(strip.content_start if _has_handles(strip) else strip.frame_start)


def content_length(strip: Any) -> int:
    """Frames of a sound's or movie's content."""
    return int(strip.content_duration if _has_handles(strip) else strip.frame_duration)


def new_effect(home: Any, name: str, kind: str, channel: int, first: int, frames: int) -> Any:
    """A new effect strip without inputs."""
    new = strips(home).new_effect
    takes_length = "length" in strips(home).bl_rna.functions["new_effect"].parameters
    end = {"length": frames} if takes_length else {"frame_end": first + frames}
    return new(name=name, type=kind, channel=channel, frame_start=first, **end)


def set_image(strip: Any, path: Path) -> None:
    """Let an image strip show another file."""
    strip.directory = f"{path.parent}/"
    strip.elements[0].filename = path.name


def remove(editor: Any, strip: Any) -> None:
    """Take a strip away, with its F-curves and its drivers; Blender itself leaves those of its transform."""
    data, path = editor.id_data.animation_data, strip.path_from_id()
    for driver in [d for d in data.drivers if d.data_path.startswith(f"{path}.")] if data else ():
        data.drivers.remove(driver)
    strips(editor).remove(strip)


def _has_handles(strip: Any) -> bool:
    # 5.2 warns when the old names are read, 6.0 takes them away
    return hasattr(strip, "left_handle")


def f_curve(struct: Any, prop: str, index: int = 0) -> Any | None:
    """The F-curve of a property, or of one of its numbers; None if it has none."""
    path = _path(struct, prop)
    found = (c for c in curves(struct.id_data) if c.data_path == path and c.array_index == index)
    return next(found, None)


def _path(struct: Any, prop: str) -> str:
    """The path of a property from its datablock; one in brackets and quotes is the datablock's own."""
    return prop if prop.startswith("[") else str(struct.path_from_id(prop))


def key_series(struct: Any, prop: str, parts: Sequence[Sequence[float]], first: int, near: float) -> None:
    """Let each number of a property, or its only one, be what its part is at frame `first` and those after it, with as
    few keys as come near; what stays the same is not keyed."""
    for index, values in enumerate(parts):
        if min(values) == max(values):
            remove_curve(struct, prop, index)
        else:
            key_linear(struct, prop, [(first + n, values[n]) for n in corners(values, near)], index)


def set_series(struct: Any, prop: str, values: Sequence[Any], first: int) -> None:
    """Set a property to a value, a number or several, or to one for frame `first` and each after it."""
    setattr(struct, prop, values[0])
    several = isinstance(values[0], tuple)
    parts = list(zip(*values, strict=True)) if several else [values]
    key_series(struct, prop, parts, first, NEAR)


def key_linear(struct: Any, prop: str, keys: Sequence[tuple[float, float]], index: int = 0) -> None:
    """Animate a property by `keys`, (frame, value) each, linear between them and held outside."""
    _key(struct, prop, keys, index, "LINEAR")


def key_steps(struct: Any, prop: str, keys: Sequence[tuple[float, float]], index: int = 0) -> None:
    """Animate a property by `keys`, (frame, value) each, every value held until the next."""
    _key(struct, prop, keys, index, "CONSTANT")


def _key(struct: Any, prop: str, keys: Sequence[tuple[float, float]], index: int, interpolation: str) -> None:
    curve = f_curve(struct, prop, index) or _new_curve(struct.id_data, _path(struct, prop), index)
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys))
    for point, at in zip(points, keys, strict=True):
        point.co = at
        point.interpolation = interpolation
    curve.extrapolation = "CONSTANT"
    curve.update()


def remove_curve(struct: Any, prop: str, index: int = 0) -> None:
    """Take the F-curve of a property away, if it has one."""
    curve = f_curve(struct, prop, index)
    if curve is not None:
        curves(struct.id_data).remove(curve)


def set_still(struct: Any, prop: str, value: float, index: int | None = None) -> None:
    """Give a property, or one of its numbers, one value for all frames."""
    remove_curve(struct, prop, index or 0)
    if index is None:
        setattr(struct, prop, value)
    else:
        getattr(struct, prop)[index] = value


PLACES_ARE_THE_SCENE_S = bpy.app.version < (5, 2, 0)
"""Whether the place of a strip counts as a setting of its scene, so that driving it by another one is a cycle."""


def drive(struct: Any, prop: str, expression: str, controls: Sequence[Control], index: int | None = None) -> None:
    """Let an expression set a property, or one of its numbers; those controls become its variables whose names occur
    in it."""
    if len(expression) > LONGEST_EXPRESSION:
        raise ValueError(f"{len(expression)} characters: Blender would cut {expression}")
    remove_curve(struct, prop, index or 0)
    at = () if index is None else (index,)
    struct.driver_remove(prop, *at)
    driver = struct.driver_add(prop, *at).driver
    for name, owner, path, value in (control for control in controls if control[0] in expression):
        variable = driver.variables.new()
        variable.name = name
        target = variable.targets[0]
        target.id_type, target.id, target.data_path = owner.id_type, owner, path
        target.use_fallback_value, target.fallback_value = True, value
    driver.type, driver.expression = "SCRIPTED", expression


def curves(datablock: Any) -> Any:
    """The collection of a datablock's F-curves: its action's own, or since 4.4 a channel bag's; () without any."""
    data = datablock.animation_data
    if data is None or data.action is None:
        return ()
    if not hasattr(data.action, "layers"):
        return data.action.fcurves
    bags = (s.channelbag(data.action_slot) for layer in data.action.layers for s in layer.strips if data.action_slot)
    return next((bag.fcurves for bag in bags if bag is not None), ())


def action_curves(action: Any) -> Iterator[Any]:
    """All F-curves of an action, whatever they animate."""
    if not hasattr(action, "layers"):
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                yield from bag.fcurves


def _new_curve(datablock: Any, path: str, index: int) -> Any:
    data = datablock.animation_data or datablock.animation_data_create()
    if data.action is None:
        data.action = bpy.data.actions.new(f"{datablock.name} motion")
    if hasattr(data.action, "fcurve_ensure_for_datablock"):
        return data.action.fcurve_ensure_for_datablock(datablock, path, index=index)
    return data.action.fcurves.new(path, index=index)


def compositor_tree_there(scene: Any) -> Any | None:
    """A scene's compositor tree, if it has one that is in use."""
    if hasattr(scene, "compositing_node_group"):
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def compositor_tree(scene: Any) -> tuple[Any, bool]:
    """A scene's compositor tree, and whether it had to be made or was out of use."""
    found = compositor_tree_there(scene)
    if found is not None:
        return found, False
    if not hasattr(scene, "compositing_node_group"):
        scene.use_nodes = True
        return scene.node_tree, True
    tree = bpy.data.node_groups.new(f"{scene.name} compositing", "CompositorNodeTree")
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    scene.compositing_node_group = tree
    return tree, True


def compositor_output(tree: Any) -> Any:
    """The output node of a scene's compositor tree; made if there is none."""
    grouped = "compositing_node_group" in bpy.types.Scene.bl_rna.properties
    kind = "NodeGroupOutput" if grouped else "CompositorNodeComposite"
    return next((node for node in tree.nodes if node.bl_idname == kind), None) or tree.nodes.new(kind)


def remove_compositor_tree(scene: Any) -> None:
    """Take a scene's compositor tree away."""
    if hasattr(scene, "compositing_node_group"):
        bpy.data.node_groups.remove(scene.compositing_node_group)
        return
    scene.node_tree.nodes.clear()
    scene.use_nodes = False


def set_choice(node: Any, attribute: str, socket: str, choice: str) -> None:
    """Set one of a node's choices, which is an attribute, spelt in any case, or since 5.0 an input."""
    if hasattr(node, attribute):
        items = node.bl_rna.properties[attribute].enum_items
        setattr(node, attribute, next(i.identifier for i in items if i.identifier.lower() == choice.lower()))
    elif socket in node.inputs:
        node.inputs[socket].default_value = choice


def set_balance(
    node: Any, offsets: Sequence[Triple], powers: Sequence[Triple], slopes: Sequence[Triple], first: int
) -> None:
    """Let the compositor's Color Balance make (colour * slope + offset) ^ power, each of them by channel, and for one
    frame or for frame `first` and each after it."""
    basis = min(0.0, *(min(offset) for offset in offsets))  # the colour of an offset cannot be below 0
    colours = [tuple(part - basis for part in offset) for offset in offsets]
    if hasattr(node, "correction_method"):
        node.correction_method, node.offset_basis = "OFFSET_POWER_SLOPE", basis
        for prop, values in (("offset", colours), ("power", powers), ("slope", slopes)):
            set_series(node, prop, values, first)
        return
    set_menu(node.inputs["Type"], ("Offset/Power/Slope (ASC-CDL)", "Offset/Power/Slope"))
    sockets = {socket.identifier: socket for socket in node.inputs}
    sockets["Base Offset"].default_value = basis
    for name, values in (("Offset", colours), ("Power", powers), ("Slope", slopes)):
        set_series(sockets[f"Color {name}"], "default_value", [(*value, 1.0) for value in values], first)


def strength(node: Any) -> Any:
    """The input of a node that says how much of it there is."""
    return next(node.inputs[name] for name in ("Fac", "Factor") if name in node.inputs)


def set_menu(socket: Any, spellings: Sequence[str]) -> None:
    """Set a menu of a node to an item, which is spelt in one of these ways: a socket does not say what it takes."""
    for spelling in spellings:
        try:
            socket.default_value = spelling
            return
        except TypeError:
            continue
    raise ValueError(f"{socket.name} takes none of {spellings}")


class Mix(NamedTuple):
    """The sockets of a node that mixes colours."""

    factor: Any
    below: Any
    above: Any
    mixed: Any


def mix(node: Any, blend: str, cut: bool = False) -> Mix:
    """Let a node of the kind `MIX` blend in a way, its result cut to 0..1 if asked for; its sockets."""
    if node.bl_idname == "ShaderNodeMix":
        node.data_type, node.clamp_result = "RGBA", cut
    else:
        node.use_clamp = cut
    node.blend_type = blend
    factor = next(socket for socket in node.inputs if socket.enabled and socket.type == "VALUE")
    below, above = (socket for socket in node.inputs if socket.enabled and socket.type == "RGBA")
    return Mix(factor, below, above, next(socket for socket in node.outputs if socket.enabled))


def image_output(image_settings: Any, file_format: str) -> None:
    """Set the file format of an output: `FFMPEG` for video, `PNG` or `OPEN_EXR` for a file per frame."""
    if hasattr(image_settings, "media_type"):
        image_settings.media_type = "VIDEO" if file_format == "FFMPEG" else "IMAGE"
    image_settings.file_format = file_format


def show_in_sequencer(scene: Any) -> None:
    """Let every window show a scene, and since 5.0 every workspace edit it in its sequencer."""
    for window in bpy.context.window_manager.windows:
        window.scene = scene
    for workspace in bpy.data.workspaces:
        if hasattr(workspace, "sequencer_scene"):
            workspace.sequencer_scene = scene


def offer_to_sequencer(scene: Any) -> None:
    """Let the sequencer of every workspace that shows no scene yet show this one: since 5.0 it is empty at first."""
    for workspace in bpy.data.workspaces:
        if getattr(workspace, "sequencer_scene", scene) is None:
            workspace.sequencer_scene = scene


def in_sequencer(scene: Any) -> dict[str, Any]:
    """What `temp_override` needs where a strip gets or loses a modifier: 5.0 crashes with no scene in the sequencer."""
    return {"sequencer_scene": scene} if "sequencer_scene" in bpy.types.WorkSpace.bl_rna.properties else {}


def make_paths_relative() -> None:
    """Let the saved file find its pictures and sounds from where it lies."""
    bpy.ops.file.make_paths_relative()


def path_words(subtype: str) -> dict[str, Any]:
    """What declares a property that holds a path, beside the saved file too; newer Blenders want to be told so."""
    asked = "is_path_supports_blend_relative" in bpy.types.StringProperty.bl_rna.properties
    return {"subtype": subtype, "options": {"ANIMATABLE", *(("PATH_SUPPORTS_BLEND_RELATIVE",) if asked else ())}}
