"""What the panels draw with: a setting, a sentence that wraps, a section's settings.

Everything follows from the declarations of the settings; a panel names only its section and where it stands.
"""

from collections.abc import Callable, Iterable
from typing import Any

import bpy

from ...shared import settings
from .. import properties

NARROWEST = 20
PX_PER_CHARACTER = 6.6  # of the interface's font, at a scale of 1
WIDTH_PX = 300  # where no region says how wide it is


def placeholders() -> bool:
    """Whether a field can show a text while it is empty."""
    return "placeholder" in bpy.types.UILayout.bl_rna.functions["prop"].parameters


def characters(context: Any, less_px: int = 44) -> int:
    """How many characters of a sentence fit on a line of the region, beside `less_px` of margins and icon."""
    region = getattr(context, "region", None)
    width = region.width if region is not None and region.width > 1 else WIDTH_PX
    scale = context.preferences.system.ui_scale or 1
    return max(NARROWEST, int((width / scale - less_px) / PX_PER_CHARACTER))


def draw_sentence(context: Any, layout: Any, text: str, icon: str = "NONE") -> None:
    """A sentence on as many lines as it needs; Blender's labels do not wrap."""
    column = layout.column(align=True)
    column.scale_y = 0.8
    most, line = characters(context, 60 if icon != "NONE" else 44), ""
    for word in text.split():
        if line and len(line) + len(word) >= most:
            column.label(text=line, icon=icon)
            line, icon = "", "BLANK1" if icon != "NONE" else icon
        line = f"{line} {word}".strip()
    column.label(text=line, icon=icon)


def split(column: Any) -> Any:
    """Names on the left, values on the right, as in Blender's own panels."""
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def draw_setting(layout: Any, group: Any, d: settings.Declared) -> None:
    """One setting; with its tick box where it may be empty."""
    if properties.dial(d):
        layout.prop(group, properties.dial(d))
        return
    if not properties.switched(d):
        layout.prop(group, d.name)
        return
    row = layout.row(heading=properties.label(d.name))
    row.prop(group, properties.switch(d.name), text="")
    value = row.row()
    value.enabled = getattr(group, properties.switch(d.name))
    value.prop(group, d.name, text="")


def draw_settings(
    layout: Any, group: Any, declared: Iterable[settings.Declared], instead: dict[str, Callable[[Any], None]]
) -> None:
    """Settings one under the other; `instead` draws those that need more than a field."""
    column = split(layout.column())
    for d in declared:
        if d.name in instead:
            instead[d.name](column)
        else:
            draw_setting(column, group, d)


def main_settings(cls: type[Any]) -> list[settings.Declared]:
    """The settings of a section that are shown first."""
    return [d for d in properties.generated(cls) if not d.limits.advanced]


def advanced_settings(cls: type[Any]) -> list[settings.Declared]:
    """The settings of a section that are shown apart."""
    return [d for d in properties.generated(cls) if d.limits.advanced]
