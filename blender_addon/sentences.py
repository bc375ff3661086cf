"""Sentences in Blender's interface, on as many lines as they need: its labels do not wrap."""

from collections.abc import Iterable
from typing import Any

import bpy

NARROWEST = 14
NARROW = 25  # characters
PX_PER_CHARACTER = 6.6  # of the interface's font, at a scale of 1
WIDTH_PX = 300  # where no region says how wide it is
SHARE, MOST_SHARE = 0.4, 0.6
LINE_LESS_PX = 60  # tabs, margins, and a panel below another
PLAIN_LESS_PX, ICON_LESS_PX = 60, 84  # and a box; with an icon before the text


def placeholder(text: str) -> dict[str, str]:
    """What a field shows while it is empty, where this Blender can."""
    known = "placeholder" in bpy.types.UILayout.bl_rna.functions["prop"].parameters
    return {"placeholder": text} if known else {}


def characters(context: Any, less_px: int = PLAIN_LESS_PX) -> int:
    """How many characters of a sentence fit on a line of the region, beside `less_px` of margins and icon."""
    region = getattr(context, "region", None)
    width = region.width if region is not None and region.width > 1 else WIDTH_PX
    scale = context.preferences.system.ui_scale or 1
    return max(NARROWEST, int((width / scale - less_px) / PX_PER_CHARACTER))


def draw_sentence(context: Any, layout: Any, text: str, icon: str = "NONE") -> None:
    """Draw a sentence, wrapped at the width of the region."""
    column = layout.column(align=True)
    column.scale_y = 0.8
    most, line = characters(context, ICON_LESS_PX if icon != "NONE" else PLAIN_LESS_PX), ""
    for word in text.split():
        if line and len(line) + len(word) >= most:
            column.label(text=line, icon=icon)
            line, icon = "", "BLANK1" if icon != "NONE" else icon
        line = f"{line} {word}".strip()
    column.label(text=line, icon=icon)


def narrow(context: Any) -> bool:
    """Whether the region is too narrow for texts beside icons."""
    return characters(context) < NARROW


def share_of_names(context: Any, names: Iterable[str]) -> float:
    """The share of a line that names beside their values take: as much as Blender gives them, more where one is cut."""
    longest = max(map(len, names), default=0)
    return min(MOST_SHARE, max(SHARE, longest / characters(context, LINE_LESS_PX)))
