"""Operators that let the server look at the picture: layers and objects found, one object outlined anew.

What was found becomes files beside the plates that the lists name, so that a .blend keeps it and a person can paint
into it. Images packed into the .blend were the other road; the server is sent files.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..shared import found, pointing, settings
from ..shared.errors import UsageError
from ..shared.found import Find, Suggestion
from ..shared.painting import Wish
from ..shared.project import Project
from ..shared.sections import Object
from . import asking, jobs, preferences, properties, scene_project
from .operator_parts import UNDOABLE, OnPicture
from .refusals import job_state, reported

MOST_POINTS = 16
"""Points of a stroke that are shown to who outlines what is under it."""


def found_folder(scene: Any) -> Path:
    """Where the pictures lie that were found for a scene."""
    return scene_project.plates_folder(scene) / "found"


class Looking(OnPicture, asking.Asking):
    """The part of an operator that lets the server look at the picture, one question at a time."""

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a picture, one question at a time."""
        return super().poll(context) and asking.free(cls)

    def shown(self, scene: Any) -> tuple[Project, Path]:
        """The project and the picture that the question is about; the answer is for the same scene."""
        self._scene_name = scene.name
        return properties.project(scene), scene_project.picture_path(scene)

    def asked(self) -> Any:
        """The scene that the question was asked for."""
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            raise UsageError(f"The scene {self._scene_name} is gone.", "Ask again in another scene.")
        return scene


class INFINITE_PARALLAX_OT_suggest_layers(Looking, bpy.types.Operator):
    """Look at the picture and fill the lists: with what words name, else with layers along skylines and shores"""

    bl_idname = "infinite_parallax.suggest_layers"
    bl_label = "Suggest Layers"
    bl_options: ClassVar[set[str]] = UNDOABLE
    title = "Looking at the picture"

    def question(self, context: Any) -> Any:
        """What the server is asked; the layers in the list are not a wish here, they are what is to be replaced."""
        scene = context.scene
        project, picture = self.shown(scene)
        wanted = found.forgotten(scene_project.without_layers(project), found_folder(scene))
        server = preferences.server()

        def ask() -> Suggestion:
            wish = Wish.read(wanted, picture)
            with jobs.connected(server) as client:
                return client.suggest(wish.project, wish.picture, wish.attachments)

        return ask

    def answered(self, _context: Any, answer: Suggestion) -> None:
        """Fill the lists, and say how sure it is."""
        scene = self.asked()
        project = found.kept(answer, found_folder(scene))
        project = replace(project, cut=replace(project.cut, **_stored(project.cut)))
        if project.layers:
            properties.fill_cut(scene, project)
        # words of objects are done with: what they found is in the list
        properties.fill_section(scene, "segment", project.segment)
        for thing in project.objects:
            properties.add_entry(scene, "objects", replace(thing, matte=scene_project.stored(Path(thing.matte))))
        job_state().suggestion = " ".join(answer.notes)
        self.report({"INFO"}, job_state().suggestion)


def _stored(cut: Any) -> dict[str, str]:
    """The pictures of a cut as the scene names them."""
    return {
        name: scene_project.stored(Path(value))
        for name in ("depth", "segmentation")
        if (value := getattr(cut, name)) and not value.startswith("//")
    }


class INFINITE_PARALLAX_OT_refine_object(Looking, bpy.types.Operator):
    """Outline the selected object anew, by its box and stroke, and keep the outline as its matte"""

    bl_idname = "infinite_parallax.refine_object"
    bl_label = "Refine Object"
    bl_options: ClassVar[set[str]] = UNDOABLE
    title = "Outlining the object"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with an object that has a box or a stroke, one question at a time."""
        thing = properties.entry(context.scene, "objects")
        if thing is None or not (thing.box or thing.stroke):
            cls.poll_message_set("Select an object that has a box or a stroke")
            return False
        return super().poll(context)

    def question(self, context: Any) -> Any:
        """What the server is asked: the thing in the box and under the stroke."""
        scene = context.scene
        project, picture = self.shown(scene)
        self._index = properties.of_scene(scene).object_index
        touch = touch_of(project.objects[self._index], *scene_project.picture_size(picture))
        server = preferences.server()

        def ask() -> Find:
            with jobs.connected(server) as client:
                return client.outline(Wish.read(Project(), picture).picture, touch, project.segment)

        return ask

    def answered(self, _context: Any, answer: Find) -> None:
        """Give the object its matte."""
        scene = self.asked()
        objects = properties.of_scene(scene).objects
        if self._index >= len(objects):
            raise UsageError("The object is gone from the list.", "Select another one.")
        with reported(self):
            path = found.keep(answer.mask, found_folder(scene), "object")
            objects[self._index].matte = scene_project.stored(path)
            left, top, right, bottom = (round(value) for value in answer.box)
            self.report({"INFO"}, f"Outlined: columns {left} to {right}, rows {top} to {bottom}.")


def touch_of(thing: Object, width: int, height: int) -> pointing.Touch:
    """Where an object of a picture of `width` x `height` px points: its box, and points along its stroke."""
    inside = [(x, y) for x, y in thing.stroke if 0 <= x < width and 0 <= y < height]
    every = max(1, -(-len(inside) // MOST_POINTS))
    return settings.read(pointing.Touch, {"on": inside[::every], "box": thing.box}, "touch")


CLASSES = (INFINITE_PARALLAX_OT_suggest_layers, INFINITE_PARALLAX_OT_refine_object)
