"""Blender's front door: the repository root is both the extension and the Python package `infinite_parallax`.

Blender imports this file as `bl_ext.<repository>.infinite_parallax`; pip, pytest and the command line import it as
`infinite_parallax`. Nothing heavy is imported here, and `bpy` only once Blender calls `register()`, so the same
folder serves the server's environment, which has no Blender, and Blender's, which has no Flask. The other road, an
add-on folder with a copy of the shared code inside, would need a build step before anything could be tried.
"""

__version__ = "0.1.0"


def register() -> None:
    """Called by Blender when the extension is enabled."""
    from . import blender_addon

    blender_addon.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled; leaves nothing behind."""
    from . import blender_addon

    blender_addon.unregister()
