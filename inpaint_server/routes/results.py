"""Routes that show what a job does and what it has made."""

import hashlib
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request, send_file

from ...shared import plates
from ...shared.attachments import attached
from ...shared.dream_document import PICTURE, SOUND
from ...shared.errors import ParallaxError, UsageError
from ...shared.wire import API, DREAM, PROGRESS, STAGE, STATE, WARNING
from .. import pictures
from ..context import context
from ..refusals import nothing_yet
from . import received

PNG_MARK = b"\x89PNG\r\n\x1a\n"
routes = Blueprint("results", __name__, url_prefix=f"{API}/jobs/<job_id>")


@routes.get("/events")
def events(job_id: str) -> Response:
    """Server-sent events until the job ends; Last-Event-ID goes on after an event."""
    parts = context()
    worker = parts.worker
    worker.job(job_id)

    def snapshot() -> list[tuple[str, dict[str, Any]]]:
        info = worker.job(job_id).info()
        warnings = [(WARNING, {"message": message, "step": info.step}) for message in info.warnings]
        progress = [(PROGRESS, {"step": info.step, "steps": info.steps})] if info.steps else []
        stage = [(STAGE, {"message": info.stage})] if info.stage else []
        return [*warnings, *progress, *stage, (STATE, info.to_json())]

    stream = parts.events.stream(job_id, request.headers.get("Last-Event-ID"), snapshot)
    return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


@routes.get("/manifest")
def manifest(job_id: str) -> Response:
    """The tiles that are finished so far."""
    path = _inside(job_id, "manifest.json", "no tile is finished yet")
    try:
        data = path.read_bytes()
    except FileNotFoundError as e:
        raise nothing_yet("the tiles are being painted again") from e
    response = Response(data, mimetype="application/json")
    response.set_etag(hashlib.sha256(data).hexdigest())
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug's stub names its own base class


@routes.get("/tiles/<name>")
def tile(job_id: str, name: str) -> Response:
    """One tile of the manifest, a PNG with alpha. Ranges and conditions are honoured."""
    listed = _inside(job_id, "manifest.json", "no tile is finished yet")
    try:
        made = plates.load(listed.parent)
    except ParallaxError as e:
        if not listed.exists():  # a redo took it away since we looked
            raise nothing_yet("the tiles are being painted again") from e
        raise
    found = [t for t in made.files if t.file == f"plates/{name}"]
    if not found:
        raise nothing_yet(f"there is no tile {name[:80]!r} in its manifest")
    path = _inside(job_id, found[0].file, "the tile is being painted again")
    try:
        return send_file(path, mimetype="image/png", etag=found[0].sha256, conditional=True)
    except FileNotFoundError as e:
        raise nothing_yet("the tile is being painted again") from e


@routes.get("/attached/<part>")
def attached_picture(job_id: str, part: str) -> Response:
    """A picture that the job's project names beside its own, as it was sent or found: `segmentation`, `object.0` ..."""
    parts = context()
    job = parts.worker.job(job_id)
    named: tuple[str, ...] = SOUND, PICTURE
    if job.kind == DREAM:
        found = parts.store.source(job_id) if part == SOUND else parts.store.attachment(job_id, PICTURE)
    else:
        named = tuple(attached(job.parsed_project()))
        found = parts.store.attachments(job_id, job.parsed_project()).get(part)
    if found is None or part not in named:
        raise nothing_yet(f"its project names no picture {part[:80]!r}")
    kind = "image/png" if found.startswith(PNG_MARK) else "application/octet-stream"
    return Response(found, mimetype=kind)


@routes.get("/preview")
def preview(job_id: str) -> Response:
    """The canvas as it was last seen; `width` scales it down, `format` is png or jpeg."""
    canvas = context().worker.preview(job_id)
    if "width" in request.args:
        canvas = pictures.narrow(canvas, received.whole_number(request.args["width"], "width", 1, 16384))
    kind = request.args.get("format", "png")
    if kind not in ("png", "jpeg"):
        raise UsageError(f"format is {kind[:40]!r}, which is neither png nor jpeg.", "Choose one of them.")
    data = pictures.encode_png(canvas) if kind == "png" else pictures.encode_jpeg(canvas)
    return Response(data, mimetype=f"image/{kind}")


def _inside(job_id: str, file: str, missing: str) -> Path:
    """A file of a job's run that is really in the store; links are not followed out of it."""
    parts = context()
    parts.worker.job(job_id)
    path = parts.store.near(job_id, f"run/{file}")
    if not path.is_file() or not path.resolve().is_relative_to(parts.store.root.resolve()):
        raise nothing_yet(missing)
    return path.resolve()
