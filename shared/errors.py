"""The one kind of error that is shown to a person: a sentence about what is wrong, and a sentence about the way out.

Everything else that is raised is a defect and keeps its traceback. A tree of many exception types was not built:
callers act on `code`, people read `message` and `hint`.

    ParallaxError            exit code 1, HTTP 4xx/5xx, an operator's report
    ├── UsageError           the request itself is wrong: exit code 2, HTTP 400
    └── Cancelled            somebody asked for the stop; not a failure
"""


class ParallaxError(Exception):
    """A sentence for a person. `code` is a word for programs, `hint` says what to do next."""

    code = "failed"
    status = 500

    def __init__(self, message: str, hint: str = "", code: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).code
        self.status = status or type(self).status

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def to_json(self) -> dict[str, str]:
        """The one error shape of the HTTP surface."""
        return {"error": self.message, "hint": self.hint, "code": self.code}


class UsageError(ParallaxError):
    """What was asked for cannot be: an unknown field, a value out of its limits, a picture that is none."""

    code = "bad_request"
    status = 400


class Cancelled(ParallaxError):
    """The work was stopped because somebody asked for it."""

    code = "cancelled"
    status = 409

    def __init__(self, message: str = "The job was cancelled.", hint: str = "Resume it to go on.") -> None:
        super().__init__(message, hint)
