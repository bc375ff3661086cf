"""Fit Wavelets: the server fits wavelets to the plates of a scene for the layers that shimmer, and the scene is built.

It needs torch, which Blender's Python has not; the server may. Parts that are fitted already are passed over, so the
button is for a first fit, for one that was stopped, and for plates that have changed. Doing it after every Generate was
the other road: it takes longer than painting, and a person may only want to see the journey.
"""

from functools import partial
from typing import Any, ClassVar

import bpy

from ..shared import plates as plate_files
from ..shared.errors import UsageError
from ..shared.gabor.plate_fitting import wanted
from . import generating, preferences, properties, scene_project
from .generating import Job, Working
from .jobs import Fitted, fit_wavelets
from .refusals import job_state
from .targets import Built


class Fitting(Job):
    """Wavelets that are being fitted."""

    button = "Fit Wavelets"

    def __init__(self, scene: Any) -> None:
        shimmers, folder = properties.project(scene).shimmers, scene_project.painted_folder(scene)
        if not list(wanted(plate_files.load(folder), shimmers)):
            raise UsageError("No painted layer shimmers.", "Give a shimmer a strength and a layer that is painted.")
        super().__init__(scene, partial(fit_wavelets, preferences.server(), folder, shimmers))

    def build(self, scene: Any, message: Fitted) -> Built:
        """Build the scene again, with the wavelets that are there now."""
        built = scene_project.build_again(scene)
        job_state().status = f"Done: wavelets for {message.parts} parts of the plates"
        return built


class INFINITE_PARALLAX_OT_fit_wavelets(Working, bpy.types.Operator):
    """Fit wavelets to the plates of the layers that shimmer, and build the scene; you can go on working meanwhile"""

    bl_idname = "infinite_parallax.fit_wavelets"
    bl_label = "Fit Wavelets"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with plates and a shimmer, one job at a time."""
        if not generating.free(cls):
            return False
        group = properties.of_scene(context.scene)
        cls.poll_message_set("Add a shimmer first" if group.plates_folder else "Generate first: there are no plates")
        return bool(group.plates_folder) and len(group.shimmers) > 0

    def begin(self, context: Any) -> Job:
        """The fit of what shimmers."""
        return Fitting(context.scene)


CLASSES = (INFINITE_PARALLAX_OT_fit_wavelets,)
