"""What a scene is built as: strips in the sequencer, nodes in the compositor, or planes before a camera.

Each target is a module that can `check`, `build` and `remove_planes`. Changing the target takes away what the others
made, and only that. Sound is strips in the sequencer whatever the target: Blender mixes it into the video and takes
the picture from the scene itself as long as the sequencer shows no picture of its own.
"""

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..shared.scene import SceneSpec
from . import export, output_settings, sound_strips, timeline, vse
from .scene_settings import set_colours, set_output


@dataclass(frozen=True)
class Built:
    """What a build made: how many strips are ours, whether the spec's sound is there, and sentences for a person."""

    strips: int
    sound: bool
    notes: tuple[str, ...]


def build(scene: bpy.types.Scene, spec: SceneSpec, plates_folder: Path, sounds_folder: Path) -> Built:
    """Build a spec in a scene, or bring what was built there before up to date.

    Raises ParallaxError when a plate or a sound file is missing, or something that the target cannot show; the scene
    is then as it was.
    """
    vse.check(spec, plates_folder)
    pieces, notes = sound_strips.pieces(spec, sounds_folder)
    first = timeline.first_frame(scene)
    # before anything is laid: Blender counts the frames of a sound by the rate that is set
    set_output(scene, spec, first)
    set_colours(scene)
    scene[export.LOOP] = spec.loop
    notes += output_settings.settle(scene, spec.export, bpy.path.clean_name(scene.name))
    strips = vse.build(scene, spec, plates_folder, pieces, first)
    return Built(strips, not spec.cues or bool(pieces), notes)
