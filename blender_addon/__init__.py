"""Everything that runs inside Blender: builders, export, the panel, operators and the headless entries.

The builders (`vse`, `sound_strips`, `export`) only carry out a scene spec; the interface only gathers and shows. The
interface is imported when Blender enables the extension, not before, so that a headless build carries none of it.
"""


def register() -> None:
    """Called when Blender enables the extension."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Called when Blender disables the extension."""
    from . import registration

    registration.unregister()
