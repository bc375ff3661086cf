"""Materials of Cycles that show a picture as it is: as light of its own colours, as a glow, and marks hardly seen.

Their light is the picture's and never a lamp's, so a frame is what the file says. The Principled shader was the other
road: it lights what it shows, and a picture under a lamp is another picture.
"""

from pathlib import Path
from typing import Any

import bpy

from . import grade_groups, grade_nodes, shimmer_nodes, unused
from .timeline import TAG


def tile(
    name: str, path: Path, colours: str = "sRGB", beyond: str = "EXTEND", grade: Any = None, values: bool = False
) -> bpy.types.Material:
    """The tile as light of its own colour, through which one sees where it is transparent.

    `colours` is the colour space that its file is read in, `beyond` what is shown outside of it, `grade` the node group
    that it goes through, in the values of the file; with `values` those are wanted in any case. How opaque all of it is
    can be set (`opacity`).
    """
    made = _empty_material(name)
    tree: Any = made.node_tree
    texture, light, clear, shown, mix, output = (
        tree.nodes.new(f"ShaderNode{kind}")
        for kind in ("TexImage", "Emission", "BsdfTransparent", "Math", "MixShader", "OutputMaterial")
    )
    for number, node in enumerate((texture, light, clear, shown, mix, output)):
        node.location = (250 * number, 0)
    texture[TAG], shown[TAG] = "tile", "opacity"
    values = values or grade is not None
    set_picture(made, path, "Non-Color" if values else colours)
    texture.interpolation, texture.extension = "Linear", beyond
    shown.operation, shown.label = "MULTIPLY", "Opacity"
    shown.inputs[1].default_value = 1
    light_of = texture.outputs["Color"]
    if values and colours == "sRGB":
        chain = grade_nodes.Chain(tree, light_of, 0)
        chain.label = "To linear light"
        chain.to_linear()
        light_of = chain.end
    tree.links.new(light_of, light.inputs["Color"])
    grade_groups.put_behind(texture.outputs["Color"], grade)
    tree.links.new(texture.outputs["Alpha"], shown.inputs[0])
    tree.links.new(shown.outputs[0], mix.inputs[0])
    tree.links.new(clear.outputs[0], mix.inputs[1])
    tree.links.new(light.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])
    made.cycles.emission_sampling = "NONE"
    return made


def glow(name: str, path: Path, colours: str) -> bpy.types.Material:
    """A picture's values as light that is screened over what is behind it: below + light (1 - below)."""
    made = _empty_material(name)
    tree: Any = made.node_tree
    texture, shown, rest, light, clear, both, output = (
        tree.nodes.new(f"ShaderNode{kind}")
        for kind in (
            "TexImage",
            "VectorMath",
            "VectorMath",
            "Emission",
            "BsdfTransparent",
            "AddShader",
            "OutputMaterial",
        )
    )
    for number, node in enumerate((texture, shown, rest, light, clear, both, output)):
        node.location = (250 * number, 0)
    texture[TAG], shown[TAG] = "tile", "opacity"
    texture.extension = "EXTEND"
    set_picture(made, path, colours)
    shown.operation, shown.label, rest.operation = "SCALE", "Opacity", "SUBTRACT"
    rest.inputs[0].default_value = (1, 1, 1)
    tree.links.new(texture.outputs["Color"], shown.inputs[0])
    tree.links.new(shown.outputs[0], light.inputs["Color"])
    tree.links.new(shown.outputs[0], rest.inputs[1])
    tree.links.new(rest.outputs[0], clear.inputs["Color"])
    for number, shader in enumerate((light, clear)):
        tree.links.new(shader.outputs[0], both.inputs[number])
    tree.links.new(both.outputs[0], output.inputs["Surface"])
    made.cycles.emission_sampling = "NONE"
    return made


def faint(name: str, strength: float) -> bpy.types.Material:
    """A material that one sees through unchanged, and that gives a little white light besides."""
    made = _empty_material(name)
    tree: Any = made.node_tree
    light, clear, both, output = (
        tree.nodes.new(f"ShaderNode{kind}") for kind in ("Emission", "BsdfTransparent", "AddShader", "OutputMaterial")
    )
    light.inputs["Strength"].default_value = strength
    for shader in (light, clear):
        shader.inputs["Color"].default_value = (1, 1, 1, 1)
    for number, shader in enumerate((light, clear)):
        tree.links.new(shader.outputs[0], both.inputs[number])
    tree.links.new(both.outputs[0], output.inputs["Surface"])
    made.cycles.emission_sampling = "NONE"
    return made


def _empty_material(name: str) -> bpy.types.Material:
    made = bpy.data.materials.new(name)
    if made.node_tree is None:  # always there since 5.0, where asking for it is deprecated
        made.use_nodes = True
    made.node_tree.nodes.clear()
    return made


def set_grade(material: bpy.types.Material, grade: Any | None, beyond: str) -> None:
    """Let a material of ours go through a node group or none, and show its picture so outside of it."""
    texture = _tagged(material, "tile")
    if texture is not None:
        texture.extension = beyond
        grade_groups.put_behind(shimmer_nodes.source(material), grade)


def set_picture(material: bpy.types.Material, path: Path, colours: str) -> None:
    """Let a material of ours show a file; its node may have been removed by a person."""
    texture = _tagged(material, "tile")
    if texture is None:
        return
    image = texture.image
    if image is None or Path(bpy.path.abspath(image.filepath)).resolve() != path:
        texture.image = bpy.data.images.load(str(path), check_existing=True)
        unused.remove_picture(image)
    else:
        image.reload()
    texture.image.colorspace_settings.name = colours
    texture.image.alpha_mode = "CHANNEL_PACKED"


def opacity(material: bpy.types.Material) -> Any | None:
    """The input of a material of ours that its alpha or its light is multiplied by, if it is still there."""
    shown = _tagged(material, "opacity")
    if shown is None:
        return None
    return shown.inputs["Scale" if shown.bl_idname == "ShaderNodeVectorMath" else 1]


def _tagged(material: bpy.types.Material, tag: str) -> Any | None:
    return next((node for node in material.node_tree.nodes if node.get(TAG) == tag), None)
