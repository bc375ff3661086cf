"""The way to another program's server that paints for us: requests, patience, cancelling, and sentences.

A painting server may be slow, busy, restarting or not there at all, and what stands at its address may be something
else. All of that is dealt with here, once, so that an engine is only what its server is asked and answers. A request
runs in a thread of its own and is waited for in short looks, so that a cancel is heard at once; an asynchronous HTTP
library would have been one more dependency for the same.

The address comes from the project (`remote_address`): redirects are not followed, and proxies and logins of the
environment are not used.
"""

import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from ...shared.errors import Cancelled, ParallaxError
from .remote_address import Kind, checked_url, read_login

LOOK_S = 0.2
"""Between two looks whether somebody wants to cancel."""
CONNECT_S = 10.0
QUICK_S = 20.0
"""Longest wait for an answer that takes no painting."""
BACK_OFF_S = (1.0, 2.0, 4.0, 8.0)
"""Waits before a request is sent again."""
PATIENT = len(BACK_OFF_S) + 1
"""How often a request is sent."""
LONGEST_BACK_OFF_S = 30.0
ANSWER_BYTES = 256 * 1024**2
PASSING = (429, 502, 503, 504)
"""Statuses that go by."""

Asked = Callable[[], bool]
"""Whether somebody wants to cancel."""
Pause = Callable[[float], None]


@dataclass(frozen=True)
class Answer:
    """What a server answered; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Service:
    """The server of a kind at an address. `pause` waits for some seconds; tests give one that does not."""

    def __init__(self, kind: Kind, url: str, login: str, timeout_s: float, pause: Pause = time.sleep) -> None:
        """Raises UsageError for an address or a login that cannot be used; sends nothing."""
        self.kind = kind
        self.url = checked_url(url, kind)
        self.timeout_s = timeout_s
        self._login = read_login(login, kind)
        self._pause = pause

    def json(self, method: str, path: str, asked: Asked, **options: Any) -> Any:
        """Ask as `send`; the JSON value in the answer."""
        answer = self.send(method, path, asked, **options)
        try:
            return json.loads(answer.body)
        except ValueError as e:
            raise self.stranger(f"to {path} with something that is not JSON") from e

    def send(
        self,
        method: str,
        path: str,
        asked: Asked,
        timeout_s: float = QUICK_S,
        tries: int = PATIENT,
        give_up: Callable[[], None] = lambda: None,
        **options: Any,
    ) -> Answer:
        """Send a request and wait for its answer; Cancelled as soon as somebody wants that.

        What passes by itself (no connection, busy) is tried again after a while; what is left is a ParallaxError.
        `give_up` is called when the server is at work on it and nobody waits any more. Requests must be such that
        sending them twice does no harm.
        """
        for attempt in range(tries):
            last = attempt == tries - 1
            wait_s = 0.0 if last else BACK_OFF_S[attempt]
            try:
                answer = self._in_a_thread(method, path, asked, timeout_s, give_up, options)
            except requests.ConnectionError as e:
                if last:
                    raise self._unreachable() from e
            except requests.RequestException as e:
                raise self.stranger(f"to {path} in a way that is not HTTP") from e
            else:
                if answer.status not in PASSING or last:
                    return self._judged(path, answer)
                wait_s = _retry_after(answer.headers) or wait_s
            self.wait(wait_s, asked)
        raise self._unreachable()

    def tell(self, method: str, path: str, **options: Any) -> None:
        """Send something whose answer does not matter, such as a wish to stop; failing does not matter either."""
        try:
            _request(method, self.url + path, self._login, 5.0, options)
        except requests.RequestException:
            return

    def wait(self, seconds: float, asked: Asked) -> None:
        """Wait, and look whether somebody wants to cancel."""
        left = seconds
        while left > 0:
            _check(asked)
            self._pause(min(left, LOOK_S))
            left -= LOOK_S
        _check(asked)

    def _in_a_thread(
        self,
        method: str,
        path: str,
        asked: Asked,
        timeout_s: float,
        give_up: Callable[[], None],
        options: dict[str, Any],
    ) -> Answer:
        outcome: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                outcome.put(_request(method, self.url + path, self._login, timeout_s, options))
            except Exception as e:  # handed over to the thread that waits, which knows what to do with it
                outcome.put(e)

        _check(asked)
        end = time.monotonic() + timeout_s
        threading.Thread(target=work, name=f"engine {self.kind.engine}", daemon=True).start()
        while True:
            try:
                found = outcome.get(timeout=LOOK_S)
            except queue.Empty:
                late = time.monotonic() > end
                if not late and not asked():
                    continue
                give_up()
                raise (self.too_slow(timeout_s) if late else Cancelled()) from None
            if isinstance(found, requests.Timeout) and not isinstance(found, requests.ConnectTimeout):
                give_up()
                raise self.too_slow(timeout_s) from found
            if isinstance(found, Exception):
                raise found
            return found

    def _judged(self, path: str, answer: Answer) -> Answer:
        """The answer if it is a good one; else what is wrong, in a sentence."""
        if 200 <= answer.status < 300:
            return answer
        if 300 <= answer.status < 400:
            where = answer.headers.get("location", "elsewhere")[:200]
            raise ParallaxError(
                f"{self._name()} sends us on to {where!r}.",
                f"If that is right, write it into {self.kind.engine}.url; redirects are not followed.",
                "engine_answer",
                502,
            )
        if answer.status in (401, 403):
            raise ParallaxError(
                f"{self._name()} does not let us in (status {answer.status}).",
                f"Put name:password into an environment variable INFINITE_PARALLAX_... of this server, and its name "
                f"into {self.kind.engine}.login.",
                "engine_login",
                502,
            )
        words = their_words(answer.body)
        if answer.status == 404 and words.lower() in ("", "not found"):
            raise ParallaxError(f"{self._name()} has nothing at {path}.", self.kind.start, "engine_answer", 502)
        if answer.status in PASSING:
            raise ParallaxError(
                f"{self._name()} is busy or starting (status {answer.status}).", "Try again later.", "engine_busy", 503
            )
        raise self.refused(words or f"status {answer.status}")

    def refused(self, words: str) -> ParallaxError:
        """The server understood us and said no."""
        plain = words.rstrip(".")
        return ParallaxError(
            f"{self._name()} refused: {plain}.", "Look at its log; check the settings.", "engine_refused", 502
        )

    def stranger(self, what: str) -> ParallaxError:
        """The server answered something that such a server does not answer."""
        return ParallaxError(
            f"{self._name()} answered {what}.",
            f"Check that {self.kind.title} runs there, and that it is up to date.",
            "engine_answer",
            502,
        )

    def _name(self) -> str:
        return f"The server at {self.url} ({self.kind.engine})"

    def _unreachable(self) -> ParallaxError:
        return ParallaxError(
            f"{self.kind.title} does not answer at {self.url}.",
            f"{self.kind.start} If it runs elsewhere, set {self.kind.engine}.url.",
            "engine_unreachable",
            503,
        )

    def too_slow(self, timeout_s: float) -> ParallaxError:
        """The server took longer than it was given."""
        return ParallaxError(
            f"{self._name()} did not answer within {timeout_s:g} s.",
            f"Look at its log; if it is only slow, raise {self.kind.engine}.timeout_s.",
            "engine_timeout",
            504,
        )


def _request(method: str, url: str, login: tuple[str, str] | None, timeout_s: float, options: dict[str, Any]) -> Answer:
    """One request from begin to end, in whatever thread this is."""
    with requests.Session() as session:
        # the environment's proxies and .netrc are meant for other machines
        session.trust_env = False
        timeout = (min(CONNECT_S, timeout_s), timeout_s)
        with session.request(
            method, url, auth=login, timeout=timeout, allow_redirects=False, stream=True, **options
        ) as answer:
            body = bytearray()
            for chunk in answer.iter_content(1 << 16):
                body += chunk
                if len(body) > ANSWER_BYTES:
                    raise requests.exceptions.ContentDecodingError("too long")
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status_code, headers, bytes(body))


def their_words(body: bytes) -> str:
    """What an error's body says, as one line; A1111, IOPaint and ComfyUI each say it in a place of its own."""
    try:
        data = json.loads(body)
    except ValueError:
        return ""
    found = [_text(data.get(key)) for key in ("detail", "errors", "error")] if isinstance(data, dict) else []
    return " ".join(next((text for text in found if text), "").split())[:400]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        parts = [value.get("message") or value.get("msg"), value.get("details")]
        return ": ".join(str(part) for part in parts if part)
    if isinstance(value, list):
        return "; ".join(filter(None, (_text(item) for item in value)))
    return value if isinstance(value, str) else ""


def _retry_after(headers: dict[str, str]) -> float | None:
    """The seconds after which a server wants to be asked again, as far as we would wait for it."""
    text = headers.get("retry-after", "")
    return min(float(text), LONGEST_BACK_OFF_S) if text.isascii() and text.isdecimal() else None


def never() -> bool:
    """For short questions that nobody cancels."""
    return False


def _check(asked: Asked) -> None:
    if asked():
        raise Cancelled
