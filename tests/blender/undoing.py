"""Calling an operator as a person does, so that it is one step of the undo stack, and going back over it and forth."""

from collections.abc import Callable
from typing import Any

import bpy
from infinite_parallax.blender_addon import compat, declared, properties, timeline
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.dream_settings import Dream


def whole() -> Any:
    """All that undo must bring back."""
    scene = bpy.context.scene
    group, editor = properties.of_scene(scene), scene.sequence_editor
    strips = compat.all_strips(editor) if editor else []
    laid = sorted((s.name, s.mute, s.select, s.channel, compat.start(s), str(s.get(timeline.TAG))) for s in strips)
    indices = [getattr(group, declared.index_name(name)) for name in projects.LISTS]
    held = [sorted(block.name for block in blocks) for blocks in (bpy.data.images, bpy.data.texts)]
    dream = group.dream_sound, group.dream_frame, properties.read_section(scene, "dream", Dream)
    shown = scene.frame_start, scene.frame_end, group.plates_folder
    return properties.document(scene), dream, indices, laid, held, shown


def undoable(call: Callable[..., set[str]], **words: Any) -> None:
    """Call an operator, go back over what it pushed onto the undo stack itself, and forth again."""
    bpy.ops.ed.undo_push(message="before")
    before = whole()
    # True: with undo, which Blender leaves out where a script calls
    assert call("EXEC_DEFAULT", True, **words) == {"FINISHED"}
    after = whole()
    assert after != before
    bpy.ops.ed.undo()
    assert whole() == before
    bpy.ops.ed.redo()
    assert whole() == after
