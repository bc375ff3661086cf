"""What the panels draw with: a setting, and the settings of a section.

Everything follows from the declarations of the settings; a panel names only its section and where it stands.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from ...shared import settings
from .. import declared

SHORT = re.compile(r"Empty: ([^.]{1,18})\.")


def split(column: Any) -> Any:
    """Names on the left, values on the right, as in Blender's own panels."""
    column.use_property_split = True
    column.use_property_decorate = False
    return column


def draw_setting(layout: Any, group: Any, d: settings.Declared) -> None:
    """One setting; with its tick box where it may be empty."""
    if declared.dial(d):
        layout.prop(group, declared.dial(d))
        return
    if not declared.switched(d):
        layout.prop(group, d.name)
        return
    row = layout.row(heading=declared.label(d.name))
    row.prop(group, declared.switch(d.name), text="")
    if getattr(group, declared.switch(d.name)):
        row.prop(group, d.name, text="")
    else:
        row.label(text=when_empty(d))


def when_empty(d: settings.Declared) -> str:
    """What an empty value means, as its help says, if that is short enough for a narrow panel."""
    said = SHORT.search(d.limits.help)
    return said[1] if said else "automatic"


def draw_settings(
    layout: Any, group: Any, those: Iterable[settings.Declared], instead: dict[str, Callable[[Any], None]]
) -> None:
    """Settings one under the other; `instead` draws those that need more than a field."""
    column = split(layout.column())
    for d in those:
        if d.name in instead:
            instead[d.name](column)
        else:
            draw_setting(column, group, d)


def main_settings(cls: type[Any]) -> list[settings.Declared]:
    """The settings of a section that are shown first."""
    return [d for d in declared.generated(cls) if not d.limits.advanced]


def advanced_settings(cls: type[Any]) -> list[settings.Declared]:
    """The settings of a section that are shown apart."""
    return [d for d in declared.generated(cls) if d.limits.advanced]
