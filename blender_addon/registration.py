"""Everything that Blender is given when the extension is enabled, in order, and taken from it when it is disabled.

One explicit list, undone backwards; a part that cannot be registered undoes what came before it and is not hidden.
"""

from pathlib import Path
from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import (
    asking,
    block,
    borders,
    cli_command,
    dreaming,
    exporting,
    finding,
    generating,
    layer_operators,
    list_operators,
    listening,
    local_server,
    menus,
    operators,
    panels,
    picture_sources,
    preferences,
    properties,
    proxies,
    refusals,
    server_operators,
    speed_presets,
    thumbnails,
    wavelet_fitting,
)

CLASSES: tuple[type[Any], ...] = (
    *properties.CLASSES,
    *preferences.CLASSES,
    *operators.CLASSES,
    *picture_sources.CLASSES,
    *layer_operators.CLASSES,
    *finding.CLASSES,
    *list_operators.CLASSES,
    *server_operators.CLASSES,
    *speed_presets.CLASSES,
    *listening.CLASSES,
    *borders.CLASSES,
    *block.CLASSES,
    *proxies.CLASSES,
    *generating.CLASSES,
    *wavelet_fitting.CLASSES,
    *dreaming.CLASSES,
    *exporting.CLASSES,
    *panels.CLASSES,
    *menus.CLASSES,
)
PRESETS = str(Path(__file__).resolve().parent)


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
    bpy.utils.register_preset_path(PRESETS)
    borders.register()
    menus.register()
    bpy.app.handlers.load_pre.append(let_go)
    cli_command.register()


def unregister() -> None:
    """Take all of it back; a running job is let go of."""
    cli_command.unregister()
    bpy.app.handlers.load_pre.remove(let_go)
    let_go()
    local_server.stop()
    menus.unregister()
    borders.unregister()
    bpy.utils.unregister_preset_path(PRESETS)
    thumbnails.free()
    del bpy.types.WindowManager.infinite_parallax
    del bpy.types.Scene.infinite_parallax
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)


@persistent
def let_go(*_: Any) -> None:
    """Let go of all that is under way; also before another file is opened, whose scenes it is not meant for."""
    exporting.let_go()
    generating.forget()
    asking.let_go()
    refusals.forget()
