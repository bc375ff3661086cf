"""Listen: what the project's sounds drive becomes keyframes, on the speed and on the settings of the panel.

They are keyframes like those that a person sets: they can be moved, deleted and smoothed, and stay as they are until
one listens again. Blender's own "Bake Sound to F-Curves" was the other road: it knows loudness alone, neither beats nor
the journey, whose length has to stay.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..shared import drives, poking
from ..shared import plan as plans
from ..shared.drives import Driven
from ..shared.errors import ParallaxError
from ..shared.listening.following import Heard
from ..shared.listening.spectrum import ANALYSIS_RATE, Samples
from ..shared.project import Project
from . import compat, pokes, properties, scene_project, sound_files, speed, timeline
from .refusals import job_state, reported


def samples(name: str) -> Samples:
    """The samples of a sound file at the rate that is listened to: float32 [n, channels]."""
    if not bpy.app.build_options.audaspace:
        raise ParallaxError(
            "This Blender was built without sound, so it cannot listen.",
            "Use another Blender; infinite-parallax preview and render listen by themselves.",
        )
    if not Path(name).is_file():
        raise ParallaxError(f"There is no sound file at {name}.", "Choose another.")
    return sound_files.read(name, ANALYSIS_RATE)


def heard_words(heard: Heard) -> str:
    """What was heard, for the panel."""
    tempo = "No tempo" if heard.tempo_bpm is None else f"{heard.tempo_bpm:.1f} BPM"
    return f"{tempo}, {len(heard.beats)} beats, {len(heard.onsets)} onsets"


def write(scene: Any, project: Project, driven: Driven) -> None:
    """Write the keyframes of what is driven; frame 0 of a curve is the first of the timeline."""
    group, first = properties.of_scene(scene), timeline.first_frame(scene)
    if driven.pace is not None:
        speed.write(scene, group, driven.pace, project.motion.fps)
    for (kind, number, name), curve in driven.curves.items():
        entry, keys = getattr(group, kind)[number], drives.keys(curve)
        now = drives.told((kind, number, name), keys[0][1])
        setattr(entry, name, now if len(now) > 1 else now[0])
        for index in range(len(now)):
            if curve.min() == curve.max():
                compat.remove_curve(entry, name, index)
            else:
                compat.key_linear(entry, name, [(first + n, value) for n, value in keys], index)
    living = drives.poked(project, driven.pokes).living
    for number in driven.pokes:
        pokes.write(scene, group.living[number], poking.pokes(living[number]), project.motion.fps)


class INFINITE_PARALLAX_OT_listen(bpy.types.Operator):
    """Listen to the sounds: tell tempo and beats, and write the keyframes of what they drive"""

    bl_idname = "infinite_parallax.listen"
    bl_label = "Listen"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    __annotations__ = {
        "times": bpy.props.FloatProperty(
            name="Tempo times",
            description="2 for twice the tempo that was heard, 0.5 for half of it",
            default=1.0,
            min=0.125,
            max=8.0,
        )
    }

    def execute(self, context: Any) -> set[str]:
        """Listen, and write."""
        with reported(self):
            scene = context.scene
            project = properties.project(scene)
            heard = drives.listened(project, next((drive.cue for drive in project.drives), None), samples)
            if self.times != 1:
                heard = heard.retimed(self.times)
                sound = properties.of_scene(scene).sound
                sound.use_tempo_bpm, sound.tempo_bpm = True, heard.given_bpm
            if project.drives:
                self._drive(scene)
            job_state().heard = heard_words(heard)
            return {"FINISHED"}
        return {"CANCELLED"}

    def _drive(self, scene: Any) -> None:
        project, size = scene_project.settled(scene)
        if drives.drives_pace(project):
            # the pace that is there may be one that never arrives
            project = replace(project, motion=replace(project.motion, pace=()))
        driven = drives.driven(project, plans.plan(project, *size), samples)
        write(scene, project, driven)


CLASSES = (INFINITE_PARALLAX_OT_listen,)
