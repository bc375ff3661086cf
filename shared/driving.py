"""A scene that is built with its drives, by who has no panel: `preview`, `render`, and Blender's own command line.

The curves are made anew at every run, out of the project and its sounds alone, and win over keys of the same settings.
Writing them into the project's file was the other road: it says what is wanted, and nothing that follows from it.
"""

from dataclasses import replace

from . import drives, living_masks, scene_building
from . import plan as plans
from .living_masks import Look
from .plates import Manifest
from .project import Project
from .scene import SceneSpec


def build(project: Project, manifest: Manifest, read: drives.Read, look: Look) -> SceneSpec:
    """The scene of finished plates, moved by the sounds that drive it, whose samples `read` gives; `look` gives the
    masks and depth maps of living layers."""
    plan, masks = plans.plan(project, manifest.width, manifest.height), living_masks.read(project, look)
    if not project.drives:
        return scene_building.build(project, plan, manifest, masks)
    driven = drives.driven(project, plan, read)
    if driven.pace is not None:
        project = replace(project, motion=replace(project.motion, pace=driven.pace))
        plan = plans.plan(project, manifest.width, manifest.height)
    project = drives.poked(drives.applied(project, plan, driven.curves), driven.pokes)
    return scene_building.build(project, plan, manifest, masks)
