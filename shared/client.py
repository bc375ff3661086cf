"""The client of the inpaint server, for the command line and for Blender alike.

Everything comes back as the dataclasses of `shared`, and everything that goes wrong as a ParallaxError with the
server's own sentence or one about the way to it. Built on requests because Blender ships it; a generated client would
have been dozens of files for a handful of calls.
"""

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from . import downloads, event_stream, found, plates, settings, wire
from .attachments import form
from .connection import CONNECT_S, Connection
from .dream_document import PICTURE, SOUND, DreamDocument
from .errors import Cancelled, ParallaxError, UsageError
from .event_stream import PATIENCE_S
from .found import Find, Suggestion
from .gabor.plate_fitting import CellWish
from .model_settings import Caption, Depth, Segment
from .plates import Manifest
from .pointing import Touch
from .project import Project
from .wire import Event, JobInfo

MODEL_S = 1800.0
"""How long a model may work on one picture, with its download."""
DEPTH, SEGMENT, CAPTION = Depth(), Segment(), Caption()


def read_token(path: Path) -> str:
    """The token out of the file that the server names when it is ready."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise ParallaxError(
            f"The token file {path} cannot be read: {e}.", "Give the file that the server names at its start."
        ) from e


class Client:
    """A connection to a server, such as `Client("http://127.0.0.1:5000", token)`; close it or use it with `with`.

    One thread at a time.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self._way = Connection(url, token)

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._way.url

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._way.close()

    def health(self) -> dict[str, Any]:
        """Version, engines, caps, and whether the server is busy. Needs no token."""
        return self._way.ask("GET", "/health")

    def plan(self, project: Project, width: int, height: int) -> dict[str, Any]:
        """The plan as the server computes it, with the disk that a job would need."""
        body = {"project": project.to_json(), "width": width, "height": height}
        return self._way.ask("POST", "/plan", json=body)

    def suggest(self, project: Project, picture: bytes, attachments: Mapping[str, bytes] | None = None) -> Suggestion:
        """The project as a job would settle it for a picture, why, and the pictures that were found for it."""
        parts = form(project, picture, attachments)
        return found.suggestion(self._way.ask("POST", "/suggest", files=parts, timeout=(CONNECT_S, MODEL_S)))

    def find(self, picture: bytes, words: str, wish: Segment = SEGMENT) -> list[Find]:
        """What a picture (a file's bytes) shows of `words`, the surest first, by the engine that `wish` names."""
        return self._segment(picture, wish, {"words": words})

    def outline(self, picture: bytes, touch: Touch, wish: Segment = SEGMENT) -> Find:
        """The thing in a picture (a file's bytes) that somebody points at."""
        return self._segment(picture, wish, {"touch": json.dumps(settings.write(touch))})[0]

    def _segment(self, picture: bytes, wish: Segment, fields: dict[str, str]) -> list[Find]:
        fields |= {"settings": json.dumps(settings.write(wish))}
        parts = {"picture": ("picture", picture)}
        answer = self._way.ask("POST", "/segment", data=fields, files=parts, timeout=(CONNECT_S, MODEL_S))
        return found.finds(answer)

    def create_job(
        self, project: Project, picture: bytes, job_id: str = "", attachments: Mapping[str, bytes] | None = None
    ) -> JobInfo:
        """Queue a job. `picture` is a file's bytes, `attachments` are those of the other pictures that it names.

        With an id of your own, sending twice makes one job.
        """
        parts = form(project, picture, attachments)
        if job_id:
            return wire.job_info(self._way.ask("PUT", self._path(job_id), files=parts))
        return wire.job_info(self._way.ask("POST", "/jobs", files=parts))

    def jobs(self) -> list[JobInfo]:
        """All jobs, the oldest first."""
        return [wire.job_info(data) for data in self._way.ask("GET", "/jobs")["jobs"]]

    def job(self, job_id: str) -> JobInfo:
        """One job."""
        return wire.job_info(self._way.ask("GET", self._path(job_id)))

    def cancel(self, job_id: str) -> JobInfo:
        """Stop a job; a running one ends after its step."""
        return wire.job_info(self._way.ask("POST", self._path(job_id, "cancel")))

    def resume(self, job_id: str) -> JobInfo:
        """Go on with a cancelled or failed job."""
        return wire.job_info(self._way.ask("POST", self._path(job_id, "resume")))

    def create_dream(
        self, document: DreamDocument, sound: bytes, picture: bytes | None = None, job_id: str = ""
    ) -> JobInfo:
        """Queue a dream of a sound (a file's bytes), out of a picture if there is one; the id as in `create_job`."""
        parts: dict[str, tuple[str | None, str | bytes]] = {
            "dream": (None, json.dumps(document.to_json())),
            SOUND: (SOUND, sound),
        }
        parts |= {} if picture is None else {PICTURE: (PICTURE, picture)}
        if job_id:
            return wire.job_info(self._way.ask("PUT", self._path(job_id).replace("/jobs", "/dreams", 1), files=parts))
        return wire.job_info(self._way.ask("POST", "/dreams", files=parts))

    def redo(self, job_id: str, from_step: int, project: Project | DreamDocument | None = None) -> JobInfo:
        """Paint again from a step on, with other settings if a project, or the document of a dream, is given."""
        body = {"from_step": from_step, "project": project.to_json() if project else None}
        return wire.job_info(self._way.ask("POST", self._path(job_id, "redo"), json=body))

    def delete(self, job_id: str) -> None:
        """Delete a job and everything it made."""
        self._way.send("DELETE", self._path(job_id)).close()

    def preview(self, job_id: str, width: int | None = None, kind: str = "png") -> bytes:
        """The canvas as it was last seen, as a PNG or JPEG file's bytes."""
        query = {"format": kind} | ({"width": str(width)} if width else {})
        return self._way.send("GET", self._path(job_id, "preview"), params=query).content

    def inpaint(self, picture: bytes, mask: bytes, engine: str, prompt: str = "", seed: int = 0) -> bytes:
        """Paint one picture (files' bytes; not black in the mask = paint); a PNG file's bytes."""
        fields = {"engine": engine, "prompt": prompt, "seed": str(seed)}
        files = {"picture": ("picture", picture), "mask": ("mask", mask)}
        return self._way.send("POST", "/inpaint", data=fields, files=files, timeout=(CONNECT_S, MODEL_S)).content

    def depth(self, picture: bytes, wish: Depth = DEPTH, bits: int = 16) -> bytes:
        """The depth map of a picture (a file's bytes) by the engine that `wish` names; a grey PNG, white is near."""
        fields = {"settings": json.dumps(settings.write(wish)), "bits": str(bits)}
        files = {"picture": ("picture", picture)}
        return self._way.send("POST", "/depth", data=fields, files=files, timeout=(CONNECT_S, MODEL_S)).content

    def caption(self, picture: bytes, wish: Caption = CAPTION) -> str:
        """What a picture (a file's bytes) shows, by the engine that `wish` names."""
        fields, files = {"settings": json.dumps(settings.write(wish))}, {"picture": ("picture", picture)}
        return str(self._way.ask("POST", "/caption", data=fields, files=files, timeout=(CONNECT_S, MODEL_S))["caption"])

    def wavelets(self, tiles: Sequence[bytes], wish: CellWish) -> str:
        """Wavelets fitted to a cell of a plate, from the PNG files of the tiles that reach into it: a text file."""
        files = {f"tile.{number}": ("tile.png", tile) for number, tile in enumerate(tiles)}
        fields = {"cell": json.dumps(settings.write(wish))}
        return self._way.send("POST", "/wavelets", data=fields, files=files, timeout=(CONNECT_S, MODEL_S)).text

    def manifest(self, job_id: str) -> Manifest:
        """The tiles that are finished."""
        return plates.from_json(self._way.ask("GET", self._path(job_id, "manifest")))

    def report(self, job_id: str) -> dict[str, Any]:
        """The quality report of a finished job; the server takes some seconds to make it."""
        return self._way.ask("GET", self._path(job_id, "report"))

    def attached(self, job_id: str, part: str) -> bytes:
        """A picture that a job's project names beside its own, sent with it or found: a file's bytes."""
        return self._way.send("GET", self._path(job_id, "attached", part)).content

    def events(
        self,
        job_id: str,
        stop: Callable[[], bool] = lambda: False,
        patience_s: float = PATIENCE_S,
    ) -> Iterator[Event]:
        """The events of a job until it ends; the last one is its `state`.

        A lost connection is taken up again where it broke, for up to `patience_s` without a word from the server;
        then ParallaxError. `stop` is looked at every few seconds at least and ends the iteration.
        """
        yield from event_stream.follow(self._way, self._path(job_id, "events"), stop, patience_s)

    def wait(self, job_id: str, progress: Callable[[int, int], None] = lambda step, steps: None) -> JobInfo:  # noqa: ARG005
        """Follow a job to its end; `progress` is told step and steps. A failed or cancelled job is raised."""
        for event in self.events(job_id):
            if event.kind == wire.PROGRESS:
                progress(event.data["step"], event.data["steps"])
        job = self.job(job_id)
        if job.state == wire.CANCELLED:
            raise Cancelled()
        if job.error:
            raise ParallaxError(job.error["error"], job.error["hint"], job.error["code"])
        return job

    def download_plates(
        self,
        job_id: str,
        folder: Path,
        progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
    ) -> Manifest:
        """Fetch the manifest and all its tiles into `folder`; `progress` is told tiles done and in all.

        Tiles that are there with the right content are not fetched again. Each appears under its name only when it is
        whole; the manifest comes last.
        """
        manifest = self.manifest(job_id)
        downloads.fetch_plates(self._way, functools.partial(self._path, job_id), manifest, folder, progress)
        return manifest

    def frame(self, job_id: str, number: int) -> bytes:
        """A painted frame of a dream, counted from 1: a PNG file's bytes."""
        return self._way.send("GET", self._path(job_id, "frames", str(number))).content

    def download_frame(self, job_id: str, number: int, path: Path) -> None:
        """Fetch a painted frame of a dream, counted from 1, as a PNG file."""
        downloads.fetch(self._way, self._path(job_id, "frames", str(number)), path)

    def download_video(self, job_id: str, path: Path) -> None:
        """Fetch the video of a finished dream; it appears under its name only when it is whole."""
        downloads.fetch(self._way, self._path(job_id, "video"), path)

    def _path(self, job_id: str, *rest: str) -> str:
        if not wire.is_job_id(job_id):
            raise UsageError(
                f"{job_id[:80]!r} cannot be the id of a job.",
                "Use 1 to 64 letters, digits, - and _, not beginning with a sign.",
                "bad_id",
            )
        return "/".join(["/jobs", *(quote(part, safe="") for part in (job_id, *rest))])
