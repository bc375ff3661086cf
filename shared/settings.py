"""A setting is declared once: a dataclass field with default, limits and one line of help.

From that one declaration come the validation of a project file, its JSON Schema (`json_schemas.py`), the command line's
flags, Blender's properties and the table in the docs. A separate schema file beside the dataclasses would have been a
second truth; a validation library would have to exist inside Blender, which ships none.
"""

import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from .errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """What a value may be. `low` and `high` are included, `above` is not; `flag` is the command line's short name.

    `advanced` settings are rarely needed: Blender shows them apart. Those that are `keyed` may change while the film
    runs: the curves in `keys` of the same entry name them.
    """

    help: str
    low: float | None = None
    high: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    flag: str = ""
    unit: str = ""
    advanced: bool = False
    keyed: bool = False


@dataclass(frozen=True)
class Curve:
    """What a setting is over time: [second, value] points, or [second, red, green, blue] of a colour; the seconds rise,
    and the first and the last value are held before and after them."""

    setting: str
    points: tuple[tuple[float, ...], ...]


Keys = tuple[Curve, ...]
"""The curves of an entry's settings; as JSON an object with a list of points for each."""


def setting(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    choices: tuple[str, ...] = (),
    flag: str = "",
    unit: str = "",
    advanced: bool = False,
    keyed: bool = False,
) -> Any:
    """Declare a field of a settings dataclass."""
    limits = Limits(help, low, high, above, choices, flag, unit, advanced, keyed)
    return field(default=default, metadata={"limits": limits})


@dataclass(frozen=True)
class Declared:
    """One declared setting; `optional` allows null.

    `kind` is bool, int, float, str, pair (x, y), triple (red, green, blue), box (left, top, right, bottom), points
    (pairs), rows (of numbers, however many) or keys (curves of the settings beside it).
    """

    name: str
    kind: str
    optional: bool
    default: Any
    limits: Limits


_KINDS = {bool: "bool", int: "int", float: "float", str: "str"}
_TUPLES = {2: "pair", 3: "triple", 4: "box"}
SHAPES = {
    "pair": (2, "a pair of numbers", "[x, y]"),
    "triple": (3, "three numbers", "[red, green, blue]"),
    "box": (4, "four numbers", "[left, top, right, bottom]"),
}
MOST_POINTS = 4096
MOST_SECONDS = 1e6
"""How late a point of a curve may be."""


def _kind(annotation: Any) -> tuple[str, bool]:
    """The kind of a field and whether null is allowed, read from its type annotation."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        inner = [a for a in typing.get_args(annotation) if a is not type(None)]
        return _kind(inner[0])[0], True
    if typing.get_origin(annotation) is tuple:
        parts = typing.get_args(annotation)
        if parts[0] is Curve:
            return "keys", False
        if parts[-1] is Ellipsis:
            return "rows" if typing.get_args(parts[0])[-1] is Ellipsis else "points", False
        return _TUPLES[len(parts)], False
    return _KINDS[annotation], False


_declared: dict[type[Any], tuple[Declared, ...]] = {}
"""What was read from annotations once: panels ask for it at every redraw."""


def declared(cls: type[Any]) -> tuple[Declared, ...]:
    """The settings of a dataclass, in the order of its fields; fields declared without `setting` are left out."""
    if cls not in _declared:
        hints, found = typing.get_type_hints(cls), []
        for f in fields(cls):
            if "limits" in f.metadata:
                kind, optional = _kind(hints[f.name])
                found.append(Declared(f.name, kind, optional, f.default, f.metadata["limits"]))
        _declared[cls] = tuple(found)
    return _declared[cls]


def _bounds(limits: Limits) -> str:
    parts = []
    if limits.above is not None:
        parts.append(f"above {limits.above:g}")
    if limits.low is not None:
        parts.append(f"at least {limits.low:g}")
    if limits.high is not None:
        parts.append(f"at most {limits.high:g}")
    return " and ".join(parts)


def _number(value: Any, want: Declared, path: str) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{path} must be a number, not {describe(value)}.", "Write it without quotes.")
    if not _finite(value):
        raise UsageError(f"{path} is not a number that one can compute with.", "Give a finite number.")
    if want.kind == "int" and value != int(value):
        raise UsageError(f"{path} must be a whole number, not {value}.", "Leave the fraction away.")
    limits = want.limits
    low_ok = limits.low is None or value >= limits.low
    high_ok = limits.high is None or value <= limits.high
    above_ok = limits.above is None or value > limits.above
    if not (low_ok and high_ok and above_ok):
        raise UsageError(f"{path} is {value:g}, but must be {_bounds(limits)}.", limits.help)
    return int(value) if want.kind == "int" else float(value)


def _finite(value: float | int) -> bool:
    """Whether a number fits into a float; whole numbers in JSON may have any number of digits."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def describe(value: Any) -> str:
    """A JSON value in the words of a person: 'text', 'a list', 'null' ..."""
    words = {dict: "an object", list: "a list", str: f"the text {str(value)[:40]!r}", bool: str(value).lower()}
    return "null" if value is None else words.get(type(value), str(value))


def _numbers(value: Any, want: Declared, path: str) -> tuple[float | int, ...]:
    count, words, form = SHAPES[want.kind]
    if not isinstance(value, list | tuple) or len(value) != count:
        raise UsageError(f"{path} must be {words}, not {describe(value)}.", f"Write it as {form}.")
    part = Declared(want.name, "float", False, None, want.limits)
    return tuple(_number(v, part, f"{path}.{i}") for i, v in enumerate(value))


def _rows(value: Any, want: Declared, path: str) -> tuple[tuple[float | int, ...], ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST_POINTS:
        raise UsageError(f"{path} must be a list of lists, not {describe(value)}.", "Write it as [[1, 2, 3], ...].")
    part, out = Declared(want.name, "float", False, None, want.limits), []
    for i, row in enumerate(value):
        if not isinstance(row, list | tuple):
            raise UsageError(f"{path}.{i} must be a list of numbers, not {describe(row)}.", "Write it as [1, 2, 3].")
        out.append(tuple(_number(v, part, f"{path}.{i}.{j}") for j, v in enumerate(row)))
    return tuple(out)


def check(value: Any, want: Declared, path: str) -> Any:
    """`value` as the declared type, or a UsageError that names `path` and what would be right."""
    if value is None:
        if want.optional:
            return None
        raise UsageError(f"{path} must not be null.", f"Leave the line away to get {want.default!r}.")
    if want.kind == "points":
        if not isinstance(value, list | tuple) or len(value) > MOST_POINTS:
            raise UsageError(f"{path} must be a list of points, not {describe(value)}.", "Write it as [[x, y], ...].")
        return tuple(_numbers(v, replace(want, kind="pair"), f"{path}.{i}") for i, v in enumerate(value))
    if want.kind == "rows":
        return _rows(value, want, path)
    if want.kind in SHAPES:
        return _numbers(value, want, path)
    if want.kind in ("int", "float"):
        return _number(value, want, path)
    if want.kind == "bool":
        if not isinstance(value, bool):
            raise UsageError(f"{path} must be true or false, not {describe(value)}.", want.limits.help)
        return value
    if not isinstance(value, str):
        raise UsageError(f"{path} must be text, not {describe(value)}.", "Put it in quotes.")
    if want.limits.choices and value not in want.limits.choices:
        known = ", ".join(want.limits.choices)
        raise UsageError(f"{path} is {value!r}, which is none of: {known}.", "Choose one of them.")
    return value


def read(cls: type[T], data: Any, path: str) -> T:
    """A settings dataclass out of a JSON object; every key is checked, unknown keys are refused with their path."""
    assert is_dataclass(cls)
    if not isinstance(data, Mapping):
        raise UsageError(f"{path or 'The project'} must be an object, not {describe(data)}.", "Write it in braces.")
    known = {d.name: d for d in declared(cls)}
    for key in data:
        if key not in known:
            names = ", ".join(known)
            raise UsageError(f"{join(path, str(key))} is not a setting.", f"Known here: {names}.")
    values = {
        k: _keys(v, known, join(path, k)) if known[k].kind == "keys" else check(v, known[k], join(path, k))
        for k, v in data.items()
    }
    missing = [k for k, d in known.items() if d.default is MISSING and k not in values]
    if missing:
        raise UsageError(f"{join(path, missing[0])} is missing.", known[missing[0]].limits.help)
    return typing.cast(T, cls(**values))


def _keys(value: Any, known: Mapping[str, Declared], path: str) -> Keys:
    """The curves of those settings beside them that may change over time."""
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{path} must be an object, not {describe(value)}.", "Write it as {setting: [[second, value]]}."
        )
    can = [name for name, d in known.items() if d.limits.keyed]
    for name in value:
        if name not in can:
            raise UsageError(f"{join(path, str(name))} cannot change over time.", f"These can: {', '.join(can)}.")
    return tuple(Curve(k, _curve(value[k], known[k], join(path, k))) for k in can if k in value)


def _curve(value: Any, want: Declared, path: str) -> tuple[tuple[float, ...], ...]:
    wide = SHAPES[want.kind][0] if want.kind in SHAPES else 1
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MOST_POINTS:
        raise UsageError(f"{path} must be a list of 1 to {MOST_POINTS} points.", "Write it as [[second, value], ...].")
    second = Declared("second", "float", False, None, Limits("Seconds of the video.", 0, MOST_SECONDS))
    out: list[tuple[float, ...]] = []
    for i, point in enumerate(value):
        if not isinstance(point, list | tuple) or len(point) != 1 + wide:
            raise UsageError(f"{path}.{i} must be a list of {1 + wide} numbers.", "The second comes first.")
        at = _number(point[0], second, f"{path}.{i}.0")
        if out and at <= out[-1][0]:
            raise UsageError(f"{path}.{i} is not later than the point before it.", "Write them in the order of time.")
        part = replace(want, kind="float" if want.kind in SHAPES else want.kind)
        out.append((at, *(_number(v, part, f"{path}.{i}.{n}") for n, v in enumerate(point[1:], 1))))
    return tuple(out)


def join(path: str, name: str) -> str:
    """`motion` and `fps` make `motion.fps`."""
    return f"{path}.{name}" if path else name


def write(value: Any) -> dict[str, Any]:
    """The JSON object of a settings dataclass; every setting is written, so that a saved file explains itself."""
    out: dict[str, Any] = {}
    for d in declared(type(value)):
        v = getattr(value, d.name)
        out[d.name] = {c.setting: plain(c.points) for c in v} if d.kind == "keys" else plain(v)
    return out


def plain(value: Any) -> Any:
    """Tuples as lists, as JSON has them."""
    return [plain(v) for v in value] if isinstance(value, tuple) else value
