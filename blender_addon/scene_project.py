"""What a scene's project means on this machine: its picture, its plan, where its plates lie, building from them."""

import functools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from ..shared import legacy, living_masks, pointing, scene_building
from ..shared import plan as plans
from ..shared import plates as plate_files
from ..shared import project as projects
from ..shared.attachments import seen_from
from ..shared.errors import UsageError
from ..shared.painting import PROJECT_FILE
from ..shared.plan import Plan
from ..shared.project import Project
from ..shared.scene import SceneSpec
from ..shared.visits import check_ways
from . import compat, mask_pictures, overlay_pictures, preferences, properties, targets
from .targets import Built


def picture_path(scene: Any) -> Path:
    """The picture of a scene's project."""
    return chosen_file(properties.of_scene(scene).picture, "picture")


def chosen_file(name: str, what: str) -> Path:
    """The file of that name, which a scene's settings have as its picture or its sound file."""
    if not name:
        raise UsageError(f"No {what} is chosen.", "Choose one in the Parallax panel.")
    path = Path(bpy.path.abspath(name))
    if not path.is_file():
        raise UsageError(f"There is no {what} at {path}.", "Choose another.")
    return path


def stored(path: Path) -> str:
    """A file's path as a scene names it: relative to a saved .blend."""
    try:
        return str(bpy.path.relpath(str(path))) if bpy.data.filepath else str(path)
    except ValueError:  # on another drive
        return str(path)


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture in px, as Blender reads it."""
    return _size(str(path), path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _size(path: str, _changed: int) -> tuple[int, int]:
    # the panel asks at every redraw, and Blender would decode the whole picture each time
    unreadable = UsageError(f"{path} is not a picture that Blender can read.", "Choose another.")
    try:
        image = bpy.data.images.load(path, check_existing=False)
    except RuntimeError as e:
        raise unreadable from e
    try:
        width, height = image.size
    finally:
        bpy.data.images.remove(image)
    if not width or not height:
        raise unreadable
    return width, height


def plan_of(scene: Any) -> tuple[Project, Plan]:
    """A scene's project and what follows from it; what it points at in its picture is there."""
    project, size = properties.project(scene), picture_size(picture_path(scene))
    pointing.check(project, *size)
    plan = plans.plan(project, *size)
    if project.layers:
        check_ways(project.objects, plan)
    return project, plan


def without_layers(project: Project) -> Project:
    """The project as it was before anybody cut the picture: what a suggestion starts from."""
    cut = replace(project.cut, mode="auto") if project.cut.mode == "contour" else project.cut
    return replace(project, layers=(), hints=(), objects=(), cut=cut)


def plates_folder(scene: Any) -> Path:
    """Where a scene's plates go: beside the saved .blend, else into the cache."""
    name = bpy.path.clean_name(scene.name)
    if bpy.data.filepath:
        blend = Path(bpy.data.filepath)
        return blend.with_name(f"{blend.stem}_files") / name
    return preferences.cache_folder() / "plates" / name


def build(scene: Any, spec: SceneSpec, folder: Path) -> Built:
    """Build a spec in a scene from the plates in `folder`, and remember where they lie."""
    overlay_pictures.remember()
    built = targets.build(scene, spec, folder, folder)
    overlay_pictures.sweep(folder)
    saved = bool(bpy.data.filepath)
    if saved:
        compat.make_paths_relative()
    properties.of_scene(scene).plates_folder = bpy.path.relpath(str(folder)) if saved else str(folder)
    compat.offer_to_sequencer(scene)
    return built


def settled(scene: Any) -> tuple[Project, tuple[int, int]]:
    """A scene's project and the size of its picture: as its plates were painted if it has any, else as it is wished."""
    project = properties.project(scene)
    if not properties.of_scene(scene).plates_folder:
        return project, picture_size(picture_path(scene))
    folder = painted_folder(scene)
    if (folder / PROJECT_FILE).is_file():
        project = projects.settled(project, projects.load(folder / PROJECT_FILE).to_json())
    manifest = plate_files.load(folder)
    return project, (manifest.width, manifest.height)


def painted_folder(scene: Any) -> Path:
    """The folder of the plates that a scene has."""
    return Path(bpy.path.abspath(properties.of_scene(scene).plates_folder))


def build_painted(scene: Any, spec: SceneSpec, folder: Path) -> Built:
    """Build the spec of a job that has just been painted, and with what living layers name if there is any, which
    only Blender itself can read."""
    built = build(scene, spec, folder)
    return (
        build_again(scene) if any(entry.mask or entry.depth for entry in properties.of_scene(scene).living) else built
    )


def build_again(scene: Any) -> Built:
    """Build a scene from the plates that it has already, whose layers may have been suggested by the server."""
    project, size = settled(scene)
    folder = painted_folder(scene)
    plan = plans.plan(project, *size)
    masks = living_masks.read(project, lambda name, what: mask_pictures.grey(name, what, size))
    spec = scene_building.build(project, plan, plate_files.load(folder), masks)
    return build(scene, spec, folder)


def way_frames(scene: Any) -> Fraction:
    """Frames that a scene's journey takes as planned, whatever its pace."""
    project, size = settled(scene)
    plan = plans.plan(replace(project, motion=replace(project.motion, pace=())), *size)
    return plan.steps * plan.frames_per_step


def read_project(path: Path) -> tuple[Project, list[str]]:
    """The project in a file of ours or of the original tool, and notes; the files that it names lie beside it."""
    try:
        data = projects.parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"{path} cannot be read: {e}.", "Choose a project file.") from e
    project, notes = legacy.from_config(data) if legacy.looks_like(data) else (projects.from_json(data), [])
    document = project.to_json()
    seen_from(document, path.parent)
    return projects.from_json(document), notes
