"""Borders, hints and objects over the picture: drawn by a handler, edited by modal operators.

The image editor shows the picture, and so does the sequencer's preview on the first frame (`views.py`).

What is drawn and what a drag does is arithmetic (`shared/overlay_shapes.py`, `shared/border_editing.py`); here is only
what touches Blender.
"""

from . import drawing, editing, marking, pushing

CLASSES = (*editing.CLASSES, *marking.CLASSES, *pushing.CLASSES)


def register() -> None:
    """Begin to draw."""
    drawing.register()


def unregister() -> None:
    """Draw no longer."""
    drawing.unregister()
