"""Everything that Blender is given when the extension is enabled, in order, and taken from it when it is disabled.

One explicit list, undone backwards; a part that cannot be registered undoes what came before it and is not hidden.
"""

from typing import Any

import bpy

from . import (
    cli_command,
    exporting,
    generating,
    operators,
    panels,
    preferences,
    properties,
    speed_presets,
)

CLASSES: tuple[type[Any], ...] = (
    *properties.CLASSES,
    *preferences.CLASSES,
    *operators.CLASSES,
    *speed_presets.CLASSES,
    *generating.CLASSES,
    *exporting.CLASSES,
    *panels.CLASSES,
)


def register() -> None:
    """Give Blender our classes, properties and command."""
    done: list[type[Any]] = []
    try:
        for cls in CLASSES:
            bpy.utils.register_class(cls)
            done.append(cls)
    except BaseException:
        for cls in reversed(done):
            bpy.utils.unregister_class(cls)
        raise
    bpy.types.Scene.infinite_parallax = bpy.props.PointerProperty(type=properties.INFINITE_PARALLAX_PG_project)
    bpy.types.WindowManager.infinite_parallax = bpy.props.PointerProperty(type=properties.INFINITE_PARALLAX_PG_job)
    cli_command.register()


def unregister() -> None:
    """Take all of it back; a running job is let go of."""
    cli_command.unregister()
    exporting.let_go()
    generating.forget()
    del bpy.types.WindowManager.infinite_parallax
    del bpy.types.Scene.infinite_parallax
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
