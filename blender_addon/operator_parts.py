"""What several operators have in common: that they can be undone, and that they want a picture, or a strip.

A base class with all that any operator needs was the other road: most would inherit what they do not want.
"""

from typing import Any

from . import properties

UNDOABLE = {"REGISTER", "UNDO"}
"""The options of an operator that changes the file and can be repeated with other values."""


class OnPicture:
    """The part of an operator that is grey until a picture is chosen."""

    @classmethod
    def poll(cls: Any, context: Any) -> bool:
        """Possible with a picture."""
        cls.poll_message_set("Choose a picture first")
        return bool(properties.of_scene(context.scene).picture)


def active_strip(scene: Any, kind: str) -> Any | None:
    """The sequencer's active strip, if it is of a kind such as `SOUND`."""
    editor = scene.sequence_editor
    strip = None if editor is None else editor.active_strip
    return strip if strip is not None and strip.type == kind else None
