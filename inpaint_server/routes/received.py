"""What a request carries: its multipart parts, JSON bodies, numbers.

Sending pictures as base64 inside JSON was the other road: a third more bytes, and all of it in memory twice.
"""

from typing import Any

from flask import request

from ...shared import project as projects
from ...shared.errors import UsageError
from ...shared.project import Project
from ...shared.settings import describe
from .. import attached, engines

PAINTING = "Other pictures are being painted."
"""Why a picture cannot be painted, or shown to a model, just now."""
LOOKING = "Other pictures are being looked at."
"""Why a picture cannot be decoded and looked at just now."""


def file(name: str) -> bytes:
    """The bytes of a file part of the form."""
    _check_single(name)
    part = request.files.get(name)
    if part is None:
        raise UsageError(f"The form has no file '{name}'.", f"Send multipart/form-data with a file named {name}.")
    data: bytes = part.read()
    return data


def attachments(project: Project) -> dict[str, bytes]:
    """The bytes of the other pictures that a project names; refused if one is missing or not named."""
    for name in request.files:
        _check_single(name)
    parts = {name: part.read() for name, part in request.files.items() if name not in ("picture", "project")}
    attached.check_parts(project, parts)
    return parts


def check_names(known: tuple[str, ...]) -> None:
    """Refuse a form with files that nobody asks for."""
    for name in request.files:
        if name not in known:
            raise UsageError(f"The form has a file '{name[:80]}' that nothing is made of.", "Leave it away.")


def _check_single(name: str) -> None:
    """Refuse two parts of one name: which of them is meant, nobody can tell."""
    count = len(request.files.getlist(name)) + len(request.form.getlist(name))
    if count > 1:
        raise UsageError(f"The form has {count} parts named '{name[:80]}'.", "Send only one of them.")


def form_text(name: str, default: str | None = None) -> str:
    """A text part of the form; it may be sent as a file too."""
    _check_single(name)
    if name in request.form:
        return str(request.form[name])
    if name in request.files:
        return _decoded(request.files[name].read(), f"'{name}'")
    if default is None:
        raise UsageError(f"The form has no part '{name}'.", f"Send multipart/form-data with a part named {name}.")
    return default


def whole_number(text: str, name: str, low: int, high: int) -> int:
    """A whole number in its limits, out of a form or a query."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and low <= int(text) <= high):
        raise UsageError(
            f"{name} is {text[:40]!r}, not a whole number from {low} to {high}.", "Leave it away, or mend it."
        )
    return int(text)


def body(known: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object in the body, with no other keys than the known ones."""
    data = projects.parse(_decoded(request.get_data(), "The request"), "The request")
    if not isinstance(data, dict):
        raise UsageError(f"The request must be a JSON object, not {describe(data)}.", f"Known: {', '.join(known)}.")
    for key in data:
        if key not in known:
            raise UsageError(f"{key[:80]} is not a part of this request.", f"Known here: {', '.join(known)}.")
    return data


def _decoded(raw: bytes, what: str) -> str:
    if len(raw) > (request.max_form_memory_size or len(raw)):
        raise UsageError(f"{what} is too large.", "Shorten the project.", "too_large")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as e:
        raise UsageError(f"{what} is not text in UTF-8.", "Save it as UTF-8.") from e


def check_engine(name: str, project: Project | None = None) -> None:
    """Refuse an engine that does not exist, cannot work here or not for a project, before anything waits for it.

    An engine that asks another server looks whether that one is there.
    """
    reasons = engines.available()
    usable = ", ".join(sorted(known for known, why in reasons.items() if not why))
    if name not in reasons:
        raise UsageError(f"There is no engine {name[:80]!r}.", f"Choose one of: {usable}.", "unknown_engine")
    if reasons[name]:
        raise UsageError(
            f"The engine {name!r} cannot work here: {reasons[name]}", f"Choose one of: {usable}.", "engine_unavailable"
        )
    if project is None:
        return
    engine = engines.load(name)
    engine.look(project.options_of(name))
