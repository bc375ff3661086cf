"""The fields of a request in another dialect: declared like settings, read as leniently as those servers read them.

Unknown fields are passed over, null stands for the default, `1` for true and "5" for 5, because clients have grown
used to it; values out of their limits are refused with 422. Reading them as strictly as a project was the other road:
half of the clients would be sent away for fields that every one of them sends.
"""

from typing import Any, TypeVar

from ...shared import settings
from ...shared.errors import ParallaxError, UsageError
from ...shared.settings import Declared

T = TypeVar("T")


def unprocessable(message: str, hint: str = "") -> ParallaxError:
    """The refusal of a field."""
    return ParallaxError(message, hint, "unprocessable", 422)


def read(cls: type[T], data: dict[str, Any]) -> T:
    """The known fields of a request as a dataclass of `setting`s."""
    values: dict[str, Any] = {}
    for want in settings.declared(cls):
        value = data.get(want.name)
        if value is not None:
            try:
                values[want.name] = settings.check(_lenient(value, want), want, want.name)
            except UsageError as e:
                raise unprocessable(e.message, e.hint) from e
    return cls(**values)


_FLAGS = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}


def _lenient(value: Any, want: Declared) -> Any:
    """A value as those servers would take it; what cannot be understood stays as it is, to be refused."""
    if want.kind == "bool" and isinstance(value, int | str):
        return _FLAGS.get(value, value)
    if want.kind in ("int", "float") and isinstance(value, bool):
        return int(value)
    if want.kind in ("int", "float") and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
