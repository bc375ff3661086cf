"""What a scene is built as: strips in the sequencer, nodes in the compositor, or planes before a camera.

Changing the target takes away what the others made, and only that. Sound is strips in the sequencer whatever the
target: Blender mixes it into the video, and takes the picture from the scene itself as long as the sequencer shows no
picture of its own. A scene of its own for the picture, shown by a scene strip, was the other road: it would let strips
lie above, at the price of a second scene to find one's way in.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ..shared import living_building
from ..shared.scene import SceneSpec
from . import (
    bars,
    compat,
    compositor,
    drawn_scenes,
    export,
    grade_groups,
    held,
    output_settings,
    planes,
    renumbering,
    shimmer_nodes,
    sound_strips,
    textured,
    timeline,
    unused,
    vse,
)
from .plate_files import check_files
from .scene_settings import set_colours, set_output

HIDDEN = "The sequencer shows strips of your own in place of the picture. Mute them, or choose the target vse."


@dataclass(frozen=True)
class Built:
    """What a build made: how many strips are ours, whether the spec's sound is there, and sentences for a person."""

    strips: int
    sound: bool
    notes: tuple[str, ...]


def build(scene: bpy.types.Scene, spec: SceneSpec, plates_folder: Path, sounds_folder: Path) -> Built:
    """Build a spec in a scene as its target says, or bring what was built there before up to date.

    Raises ParallaxError when a plate or a sound file is missing, or something that the target cannot show; the scene
    is then as it was.
    """
    spec, unfitted = shimmer_nodes.settled(spec, plates_folder)
    check(spec, plates_folder)
    pieces, notes = sound_strips.pieces(spec, sounds_folder)
    notes = (*unfitted, *notes)
    first = timeline.first_frame(scene)
    drawn_scenes.note()
    renumbering.name_layers(scene, spec.planes)
    # before anything is laid: Blender counts the frames of a sound by the rate that is set
    set_output(scene, spec, first)
    set_colours(scene)
    scene[export.LOOP] = spec.loop
    notes += output_settings.settle(scene, spec.export, bpy.path.clean_name(scene.name))
    scene.render.use_compositing = spec.target != "vse"
    if spec.target != "compositor":
        compositor.remove(scene)
    if spec.target != "planes":
        planes.remove(scene)
    timed = spec if spec.target == "vse" else replace(spec, planes=(), window=None, sheets=(), grades=())
    held.hold(scene, spec, first)
    strips = vse.build(scene, timed, plates_folder, pieces, first, sounds_folder)
    drawn_scenes.note()
    if spec.target != "vse":
        with_bars = replace(spec, planes=(*spec.planes, *bars.planes(spec)))
        builder = compositor if spec.target == "compositor" else planes
        builder.build(scene, with_bars, plates_folder, first, sounds_folder)
    grade_groups.tidy(scene)
    unused.remove_empty_action(scene)
    if spec.target != "vse" and _hidden(scene):
        notes = (*notes, HIDDEN)
    notes = (*notes, *living_building.lowered([life for plane in spec.planes for life in plane.lives]))
    return Built(strips, not spec.cues or bool(pieces), notes)


def check(spec: SceneSpec, folder: Path) -> None:
    """Raise ParallaxError when a plate is missing, or something that a spec's target needs."""
    check_files(spec, folder)
    in_nodes = spec.target == "compositor"
    if spec.target == "planes" or any(p.bends or (in_nodes and compositor.draws(p)) for p in spec.planes):
        textured.check()


def _hidden(scene: bpy.types.Scene) -> bool:
    """Whether the sequencer shows a picture, which would be rendered in place of the scene's."""
    return any(strip.type != "SOUND" and not strip.mute for strip in compat.strips(scene.sequence_editor))
