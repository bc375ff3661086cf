"""Taking away what nothing uses any more: pictures, and the actions of what is removed.

Blender keeps them in the file until it is saved and opened again, so a scene that was built a hundred times would hold
a hundred of each.
"""

from typing import Any

import bpy

from . import compat


def remove_picture(image: bpy.types.Image | None) -> None:
    """Remove a picture that nothing shows any more."""
    if image is not None and not image.users:
        bpy.data.images.remove(image)


def remove_actions(*datablocks: Any) -> None:
    """Remove the actions of datablocks that are about to be removed, where nothing else uses them."""
    for datablock in datablocks:
        data = datablock.animation_data if datablock is not None else None
        if data is not None and data.action is not None and data.action.users <= 1:
            bpy.data.actions.remove(data.action)


def remove_empty_action(datablock: Any) -> None:
    """Remove the action of a datablock when nothing is keyed in it any more."""
    if datablock.animation_data is not None and not len(compat.curves(datablock)):
        remove_actions(datablock)
