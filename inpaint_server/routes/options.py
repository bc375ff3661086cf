"""The settings of an engine, out of the fields of another program's request."""

from collections.abc import Mapping
from typing import Any

from ...shared.project import SECTIONS
from ...shared.settings import declared


def options_for(engine: str, names: Mapping[str, str], data: Mapping[str, Any], wish: Any) -> dict[str, Any]:
    """The settings that the client gives; what it leaves open is the engine's own matter.

    `names` are settings and the fields that stand for them, `data` the request, `wish` the same checked.
    """
    known = {d.name for d in declared(SECTIONS[engine])} if engine in SECTIONS else set()
    return {
        option: getattr(wish, field)
        for option, field in names.items()
        if option in known and data.get(field) is not None
    }
