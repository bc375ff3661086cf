"""Who may speak to the server: the token, and the Host and Origin of a request.

The server listens on loopback, but every web page that a person opens can send requests there too, and by rebinding
a name of its own to 127.0.0.1 (DNS rebinding) a page can even read the answers. So the Host must be a name of this
machine that we know, an Origin must be our own, and everything that works or shows a picture asks for the token.
A password chosen by a person was the other road; a file that only the same user can read needs nobody to choose.
"""

import base64
import binascii
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from ..shared.errors import ParallaxError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,512}")


def read_or_make_token(path: Path) -> str:
    """The token in a private file (mode 0600); made at the first start."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_token(path)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Give another --store.") from e
    token = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token


def _read_token(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise ParallaxError(f"The token file {path} cannot be read: {e}.", "Delete it; a new one is made.") from e
    if not _TOKEN.fullmatch(token):
        raise ParallaxError(
            f"The token file {path} holds no token.",
            "Delete it, a new one is made; or write 16 or more letters, digits, - and _ into it.",
        )
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return token


def host_name(netloc: str) -> str:
    """The name in a Host header, without port and brackets, in lower case; '' if it is none."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


class Access:
    """The check of one request. `hosts` are names allowed besides loopback, `origins` foreign pages let in."""

    def __init__(self, token: str, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._token = token
        self.hosts = LOOPBACK | {host.lower() for host in hosts}
        self.origins = frozenset(origin.lower().rstrip("/") for origin in origins)

    def check_host(self, host: str) -> None:
        """Refuse a Host header that names another machine."""
        if host_name(host) not in self.hosts:
            raise ParallaxError(
                f"This server does not answer to the name {host[:100]!r}.",
                "Use 127.0.0.1, or start it with --allow-host NAME.",
                "foreign_host",
                403,
            )

    def check_origin(self, origin: str | None, scheme: str, host: str) -> None:
        """Refuse a request that another site's page sends; programs send no Origin."""
        if origin is None:
            return
        plain = origin.lower().rstrip("/")
        if plain != f"{scheme}://{host}".lower() and plain not in self.origins:
            raise ParallaxError(
                f"Pages of {origin[:100]!r} may not use this server.",
                "Start it with --allow-origin if you trust that page.",
                "foreign_origin",
                403,
            )

    def check_token(self, authorization: str | None, basic: bool = False) -> None:
        """Refuse a request without the token, in a time that does not depend on how wrong it is.

        With `basic` it may be the password of HTTP Basic (RFC 7617), whatever the name: other programs' clients know
        nothing else.
        """
        scheme, _, given = (authorization or "").partition(" ")
        if basic and scheme.lower() == "basic":
            scheme, given = "bearer", _password(given)
        known = hmac.compare_digest(given.strip().encode(), self._token.encode())
        if scheme.lower() != "bearer" or not known:
            way = "as the password of HTTP Basic, or " if basic else ""
            raise ParallaxError(
                "The token is missing or wrong." if authorization else "This needs the server's token.",
                f"Send it {way}as 'Authorization: Bearer TOKEN'; it is in the file that the server names at its start.",
                "unauthorized",
                401,
            )


def _password(given: str) -> str:
    try:
        return base64.b64decode(given.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
