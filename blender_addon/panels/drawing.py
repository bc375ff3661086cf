"""What the panels draw with: a setting, and the settings of a section.

Everything follows from the declarations of the settings; a panel names only its section and where it stands.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from ...shared import settings
from .. import declared, sound_files
from ..sentences import LINE_LESS_PX, characters, draw_sentence, share_of_names

TICK_CHARACTERS = 3
WIDE_SHARE = 0.1
SHORT = re.compile(r"Empty: ([^.]{1,18})\.")


def named(column: Any, name: str, share: float) -> Any:
    """A line with a name on the left, in its share of the width, and the row for its value."""
    parts = column.split(factor=share)
    left = parts.row()
    left.alignment = "RIGHT"
    left.label(text=name)
    return parts.row(align=True)


def draw_setting(row: Any, group: Any, d: settings.Declared, most: int = 99) -> None:
    """The value of one setting, `most` characters long; with its tick box where it may be empty."""
    if declared.switched(d):
        row.prop(group, declared.switch(d.name), text="")
        if not getattr(group, declared.switch(d.name)):
            row.label(text=when_empty(d, most))
            return
    # two numbers beside each other would be cut
    place = row.column(align=True) if d.kind == "pair" else row
    place.prop(group, declared.dial(d) or d.name, text=declared.label(d.name) if d.kind == "bool" else "")


def when_empty(d: settings.Declared, most: int = 99) -> str:
    """What an empty value means, as its help says, if that is short enough for the panel."""
    said = SHORT.search(d.limits.help)
    return next((text for text in (said[1] if said else "", "automatic") if 0 < len(text) <= most), "auto")


def draw_settings(
    context: Any,
    layout: Any,
    group: Any,
    those: Sequence[settings.Declared],
    instead: dict[str, Callable[[Any], None]] | None = None,
) -> float:
    """Settings one under the other; `instead` draws the values that need more than a field. The share of the names.

    Names that do not fit into what Blender's own panels give them (`use_property_split`) get more.
    """
    column = layout.column()
    share = share_of_names(context, (declared.label(d.name) for d in those))
    most = int((1 - share) * characters(context, LINE_LESS_PX)) - TICK_CHARACTERS
    for d in those:
        ticked = d.kind == "bool" and not declared.switched(d)
        wide = ticked and len(declared.label(d.name)) > most
        row = named(column, "" if ticked else declared.label(d.name), WIDE_SHARE if wide else share)
        if instead and d.name in instead:
            instead[d.name](row)
        else:
            draw_setting(row, group, d, most)
        if d.name == "file" and (said := sound_files.missing(group.file)):
            draw_warning(context, column, said)
    return share


def draw_warning(context: Any, layout: Any, text: str) -> None:
    """A sentence about what is wrong."""
    column = layout.column()
    column.alert = True
    draw_sentence(context, column, text, "ERROR")


def main_settings(cls: type[Any]) -> list[settings.Declared]:
    """The settings of a section that are shown first."""
    return [d for d in declared.generated(cls) if not d.limits.advanced]


def advanced_settings(cls: type[Any]) -> list[settings.Declared]:
    """The settings of a section that are shown apart."""
    return [d for d in declared.generated(cls) if d.limits.advanced]
