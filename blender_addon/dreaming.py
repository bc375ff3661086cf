"""Dream: a sound of the timeline, or a file, becomes a video that a diffusion model paints to it, and is laid there.

The work is a job of the server as Generate's is, with the same two drivers; a dream wants neither a picture nor layers.
Its frames come at the rate of the scene, so that the strip plays in time.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..shared.dream_document import DreamDocument
from ..shared.dream_settings import Dream
from ..shared.errors import UsageError
from . import compat, dream_strips, preferences, properties, scene_project, sound_files
from .generating import Job, Working, free
from .jobs import Dreamt, DreamTask, dream
from .operator_parts import active_strip
from .refusals import job_state, reported
from .targets import Built

FOLDER = "dreams"
UNKNOWN_S = 5.0
"""How long one picture is shown in a Blender that hears nothing."""


def document(scene: Any) -> DreamDocument:
    """What the settings of a scene ask for, at the scene's own rate."""
    project, render = properties.project(scene), scene.render
    wish = replace(properties.read_section(scene, "dream", Dream), fps=round(render.fps / render.fps_base, 6))
    return DreamDocument(project.name, wish, project.prompts, project.diffusers)


def sound_path(scene: Any) -> Path:
    """The sound that is dreamt; UsageError where there is none."""
    return scene_project.chosen_file(properties.of_scene(scene).dream_sound, "sound file")


def task(scene: Any) -> DreamTask:
    """The work that the settings of a scene make; its video goes beside the saved .blend, else into the cache."""
    picture = scene_project.picture_path(scene) if properties.of_scene(scene).dream_picture else None
    folder = scene_project.plates_folder(scene)
    folder = folder.with_name(FOLDER) if bpy.data.filepath else folder.parent.with_name(FOLDER) / folder.name
    return DreamTask(document(scene), sound_path(scene), folder, picture)


class Dreaming(Job):
    """A running dream."""

    button = "Dream"

    def __init__(self, scene: Any) -> None:
        wish = task(scene)
        self._sound, self._frame = wish.sound, properties.of_scene(scene).dream_frame
        super().__init__(scene, partial(dream, preferences.server(), wish))

    def build(self, scene: Any, made: Dreamt) -> Built:
        """Lay the video."""
        heard = dream_strips.playing(scene, properties.of_scene(scene).dream_strip, self._sound)
        if made.path.suffix == ".png":
            dream_strips.lay_still(scene, made.path, self._frame, self._frames(scene))
            notes: tuple[str, ...] = ()
        else:
            notes = dream_strips.lay(scene, made.path, self._frame, heard is None)
        if bpy.data.filepath:
            compat.make_paths_relative()
        compat.offer_to_sequencer(scene)
        job_state().status = f"Done: {made.frames} frames painted"
        return Built(2 - len(notes), not notes, notes)

    def _frames(self, scene: Any) -> int:
        """How long one picture is shown: as long as what was heard for it, where that is known."""
        dream, fps = properties.of_scene(scene).dream, scene.render.fps / scene.render.fps_base
        if dream.use_length_s:
            return max(1, round(dream.length_s * fps))
        if not bpy.app.build_options.audaspace:
            return max(1, round(UNKNOWN_S * fps))
        return max(1, sound_files.frames_of(self._sound, fps) - round(dream.start_s * fps))


class INFINITE_PARALLAX_OT_dream(Working, bpy.types.Operator):
    """Let a diffusion model paint to a sound, and lay the video on the timeline; you can go on working meanwhile"""

    bl_idname = "infinite_parallax.dream"
    bl_label = "Dream"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a sound, one job at a time."""
        if not free(cls):
            return False
        name = properties.of_scene(context.scene).dream_sound
        there = bool(name) and Path(bpy.path.abspath(name)).is_file()
        cls.poll_message_set(f"There is no sound file at {name}" if name else "Choose a sound first")
        return there

    def begin(self, context: Any) -> Dreaming:
        """The dream that the settings make, or what there is of it."""
        return Dreaming(context.scene)


class INFINITE_PARALLAX_OT_dream_from_strip(bpy.types.Operator):
    """Dream the sequencer's active sound strip: its file, the part of it that is heard, and where it lies"""

    bl_idname = "infinite_parallax.dream_from_strip"
    bl_label = "Sound from Strip"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with an active sound strip."""
        cls.poll_message_set("Select a sound strip in the sequencer")
        return active_strip(context.scene, "SOUND") is not None

    def execute(self, context: Any) -> set[str]:
        """Take it."""
        with reported(self):
            scene = context.scene
            strip: Any = active_strip(scene, "SOUND")
            group = properties.of_scene(scene)
            path = Path(bpy.path.abspath(strip.sound.filepath))
            if strip.sound.packed_file or not path.is_file():
                raise UsageError(f"There is no sound file at {path}.", "Unpack it, or choose another strip.")
            fps = scene.render.fps / scene.render.fps_base
            group.dream_sound, group.dream_strip = scene_project.stored(path), strip.name
            group.dream_frame = compat.start(strip)
            group.dream.start_s = max(0.0, (compat.start(strip) - compat.content_start(strip)) / fps)
            group.dream.use_length_s = compat.length(strip) < sound_files.frames_of(path, fps)
            group.dream.length_s = compat.length(strip) / fps
            return {"FINISHED"}
        return {"CANCELLED"}


CLASSES = (INFINITE_PARALLAX_OT_dream, INFINITE_PARALLAX_OT_dream_from_strip)
