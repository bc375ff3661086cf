"""What goes over the wire between the server and its clients, as small dataclasses with their JSON.

The project, the plan and the manifest travel as their own documents; here is what is left: the state of a job, the
events of a job and the form of an event stream (server-sent events, https://html.spec.whatwg.org/#server-sent-events).
Both ends use the same code, so that they cannot drift apart. WebSockets were the other road: they would need a
library on both sides, and nothing here is ever sent upwards.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .errors import ParallaxError

API = "/api/v1"

QUEUED = "queued"
RUNNING = "running"
SUCCEEDED = "succeeded"
FAILED = "failed"
CANCELLED = "cancelled"
STATES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
ENDED = frozenset({SUCCEEDED, FAILED, CANCELLED})

JOURNEY = "journey"
DREAM = "dream"
KINDS = (JOURNEY, DREAM)
"""What a job makes: the plates of a journey through a picture, or the video of a dream."""

STATE = "state"
STAGE = "stage"
PROGRESS = "progress"
PREVIEW = "preview"
WARNING = "warning"

_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def is_job_id(text: str) -> bool:
    """Whether `text` may be the id of a job: 1 to 64 letters, digits, `-` and `_`, beginning with neither sign."""
    return _JOB_ID.fullmatch(text) is not None


@dataclass(frozen=True)
class JobInfo:
    """One job as clients see it.

    `width` x `height` is the source in px; `step` of `steps` are painted. Times are UTC, ISO 8601, or None. `error`
    is the one error shape (`error`, `hint`, `code`) of a failed job. `cancelling` is true from the request to cancel
    until the step loop has let go. `project` is the project document. `stage` says what a running job is preparing, in
    a sentence; once it paints it is empty. Of a job of the `kind` dream, `project` is the dream's document, a step is
    a painted frame, and the size is that of its frames.
    """

    id: str
    state: str
    name: str
    width: int
    height: int
    step: int
    steps: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    cancelling: bool
    error: dict[str, str] | None
    warnings: tuple[str, ...]
    project: dict[str, Any]
    stage: str = ""
    kind: str = JOURNEY

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self.state in ENDED

    def to_json(self) -> dict[str, Any]:
        """The JSON object of the job."""
        return asdict(self) | {"warnings": list(self.warnings)}


def job_info(data: Any) -> JobInfo:
    """A job out of its JSON object; keys that a newer server adds are left out."""
    if not isinstance(data, Mapping) or data.get("state") not in STATES:
        raise ParallaxError("The server's answer is not a job.", "Update the older of the two programs.", "protocol")
    known = {f.name: data[f.name] for f in fields(JobInfo) if f.name in data}
    try:
        return JobInfo(**known | {"warnings": tuple(data.get("warnings", ()))})
    except TypeError as e:
        raise ParallaxError(
            f"The server's answer lacks a part of a job: {e}.", "Update the older of the two programs.", "protocol"
        ) from e


@dataclass(frozen=True)
class Event:
    """One event of a job. `id` resumes the stream after it, unless it is empty; `data` depends on the kind:

    state: the job's JSON · stage: `message` · progress: `step`, `steps` · preview: `step`, `url` · warning: `message`,
    `step`.
    """

    id: str
    kind: str
    data: dict[str, Any]

    def encode(self) -> bytes:
        """The event in the form of a stream of server-sent events."""
        head = f"id: {self.id}\n" if self.id else ""
        return f"{head}event: {self.kind}\ndata: {json.dumps(self.data)}\n\n".encode()


HEARTBEAT = b": alive\n\n"


def decode_events(lines: Iterable[str]) -> Iterator[Event | None]:
    """Events out of the lines of a stream; None for every comment (heartbeat), so that a caller can look up."""
    event_id, kind, data = "", "message", []
    for line in lines:
        if line.startswith(":"):
            yield None
        elif line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                event_id = value
            elif name == "event":
                kind = value
            elif name == "data":
                data.append(value)
        elif data:
            yield Event(event_id, kind, _object("\n".join(data)))
            kind, data = "message", []


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as e:
        raise ParallaxError(
            "The server's event is not JSON.", "Update the older of the two programs.", "protocol"
        ) from e
    return value if isinstance(value, dict) else {"value": value}
