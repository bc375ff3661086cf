"""Where another server is and who we are there: what a project may say about it.

Address and login come with the project, and a project may have been made by somebody else. Only http and https are
spoken, and a login is only taken from an environment variable that was named for this purpose, so that no project can
read files or carry other secrets away. A list of allowed addresses on the server was the other road: the person who
renders a project would have to write into it what stands in the project already.
"""

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...shared.errors import UsageError

LOGIN = re.compile(r"INFINITE_PARALLAX_[A-Z0-9_]+")


@dataclass(frozen=True)
class Kind:
    """What kind of server it is: the engine's name, what people call it, and how it is made to run."""

    engine: str
    title: str
    start: str


def checked_url(url: str, kind: Kind) -> str:
    """An address without a slash at its end; UsageError for one that is none, or not one for a server to be asked."""
    setting = f"{kind.engine}.url"
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or parts.query or parts.fragment:
        raise UsageError(f"{setting} is {url[:200]!r}, which is no address.", "Write it as http://127.0.0.1:7860.")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{setting} holds a name or a password.", f"Leave it out and use {kind.engine}.login.")
    return url.strip().rstrip("/")


def read_login(variable: str, kind: Kind) -> tuple[str, str] | None:
    """Name and password out of an environment variable; None if none is named."""
    if not variable:
        return None
    setting = f"{kind.engine}.login"
    if not LOGIN.fullmatch(variable):
        raise UsageError(
            f"{setting} is {variable[:80]!r}, but only variables INFINITE_PARALLAX_... are read.",
            "Use such a name, with letters A to Z, digits and _, so that no project can send other secrets away.",
        )
    name, colon, password = os.environ.get(variable, "").partition(":")
    if not colon:
        raise UsageError(
            f"The environment variable {variable}, which {setting} names, holds no name:password.",
            "Set it where the inpaint server is started.",
        )
    return name, password
