"""Overlays: weather, light and film as sheets, each a picture that slides, sways and flickers over the frame.

A sheet is plain data (`sheet.py`): which picture, and formulas of the frame's number for place and opacity.
`recipes.py` makes the sheets of an overlay, `pictures.py` draws a sheet's picture, and everybody who shows them,
Blender's strips as much as the arithmetic frames, follows the same formulas. A picture for every frame was the other
road: gigabytes of rain, and nothing left to move on the timeline.
"""

from .pictures import draw
from .recipes import sheets
from .sheet import Sheet, tints

__all__ = ["FILM", "Sheet", "draw", "sheets", "tints"]

FILM = ("grain", "vignette", "letterbox")
"""Kinds that belong to the film and not to what is filmed."""
