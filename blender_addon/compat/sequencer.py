"""Strips and the sequencers that show them: names were changed in 4.5, 5.0 and 5.2.

A strip has handles since 5.2, which warns of the old names; before, the same are called final starts and ends.
"""

from pathlib import Path
from typing import Any

import bpy


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
