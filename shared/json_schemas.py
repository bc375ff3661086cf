"""The JSON Schema (draft 2020-12) of declared settings, so that editors complete and check a project file.

It refuses what `settings.py` refuses, no more and no less; a test tries both on any value. Schemas written by hand were
the other road: a second truth beside the declarations.
"""

from dataclasses import MISSING
from typing import Any

from .settings import MOST_POINTS, MOST_SECONDS, SHAPES, Declared, declared, plain

_JSON_TYPES = {"bool": "boolean", "int": "integer", "float": "number", "str": "string"}


def of(cls: type[Any]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one settings dataclass."""
    properties: dict[str, Any] = {}
    for d in declared(cls):
        if d.kind == "keys":
            properties[d.name] = _keys_schema(cls, d.limits.help)
            continue
        node: dict[str, Any] = {"description": d.limits.help}
        numeric = _bounded(d)
        row = {"type": "array", "items": {"type": "number", **numeric}}
        if d.kind == "points":
            node |= {"type": "array", "items": row | {"minItems": 2, "maxItems": 2}, "maxItems": MOST_POINTS}
        elif d.kind == "rows":
            node |= {"type": "array", "items": row, "maxItems": MOST_POINTS}
        elif d.kind in SHAPES:
            node |= row | {"minItems": SHAPES[d.kind][0], "maxItems": SHAPES[d.kind][0]}
        else:
            node |= {"type": _JSON_TYPES[d.kind], **numeric}
        if d.limits.choices:
            node["enum"] = list(d.limits.choices)
        if d.optional:
            node["type"] = [node["type"], "null"]
            if "enum" in node:
                node["enum"].append(None)
        if d.default is not MISSING:
            node["default"] = plain(d.default)
        properties[d.name] = node
    required = [d.name for d in declared(cls) if d.default is MISSING]
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": required} if required else {})


def _bounded(d: Declared) -> dict[str, Any]:
    """The limits of a setting, as JSON Schema has them."""
    found = {"minimum": d.limits.low, "maximum": d.limits.high, "exclusiveMinimum": d.limits.above}
    return {word: limit for word, limit in found.items() if limit is not None}


def _keys_schema(cls: type[Any], help: str) -> dict[str, Any]:
    """The schema of the curves of settings that may change over time."""
    curves = {}
    for d in declared(cls):
        if d.limits.keyed:
            wide = SHAPES[d.kind][0] if d.kind in SHAPES else 1
            value = {"type": "integer" if d.kind == "int" else "number", **_bounded(d)}
            row = [{"type": "number", "minimum": 0, "maximum": MOST_SECONDS}, *([value] * wide)]
            point = {"type": "array", "prefixItems": row, "minItems": len(row), "maxItems": len(row)}
            curves[d.name] = {"type": "array", "items": point, "minItems": 1, "maxItems": MOST_POINTS}
    words = {"description": help, "default": {}}
    return {"type": "object", "properties": curves, "additionalProperties": False, **words}
