"""One way to a server: requests sent, answers read, and every failure a ParallaxError with a sentence.

What a server refuses comes with its own sentence; what never reached it, or came from something else, gets one here.
Letting the exceptions of requests through was the other road: every caller would have to know a dozen of them.
"""

from typing import Any

import requests

from .errors import ParallaxError, UsageError
from .wire import API

CONNECT_S = 5.0
ANSWER_S = 120.0


class Connection:
    """The way to the server at `url`, with its token. One thread at a time."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        # proxies and .netrc of the environment are meant for other machines; the token must not reach them
        self._session.trust_env = False
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request under /api/v1; anything but success is a ParallaxError with the server's sentence.

        What the server finds wrong in the request itself, its status 400, is a UsageError.
        """
        options.setdefault("timeout", (CONNECT_S, ANSWER_S))
        try:
            answer = self._session.request(method, f"{self.url}{API}{path}", allow_redirects=False, **options)
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ReadTimeout) as e:
            raise no_answer(self.url) from e
        except requests.ConnectionError as e:
            raise ParallaxError(
                f"No server answers at {self.url}.", "Start it with: infinite-parallax serve", "no_server", 503
            ) from e
        except requests.RequestException as e:
            raise UsageError(
                f"{self.url} cannot be asked: {e}.", "Write the address as http://127.0.0.1:PORT.", "bad_url"
            ) from e
        if not answer.ok or answer.is_redirect:
            raise self._refusal(answer)
        return answer

    def _refusal(self, answer: requests.Response) -> ParallaxError:
        with answer:
            try:
                data = answer.json()
                kind = UsageError if answer.status_code == UsageError.status else ParallaxError
                return kind(str(data["error"]), str(data["hint"]), str(data["code"]), status=answer.status_code)
            except (requests.RequestException, ValueError, KeyError, TypeError):
                return _stranger(self.url, answer.status_code)

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Send a request like `send`; the JSON object in the answer."""
        answer = self.send(method, path, **options)
        try:
            data = answer.json()
        except requests.RequestException as e:
            raise _stranger(self.url, answer.status_code) from e
        if not isinstance(data, dict):
            raise _stranger(self.url, answer.status_code)
        return data


def no_answer(url: str) -> ParallaxError:
    """The refusal for a server that says nothing."""
    return ParallaxError(
        f"The server at {url} does not answer.", "Look at its log, or start it again.", "no_answer", 504
    )


def _stranger(url: str, status: int) -> ParallaxError:
    return ParallaxError(
        f"What answers at {url} is not this program's server (status {status}).", "Check the port.", "protocol", 502
    )
