"""Routes that make dreams and hand out what only they have; all else a dream shares with every job (`jobs`, `results`).

A dream is asked for by a sound and a document, and what cannot be is refused at once: the sound is decoded, and the
size and the number of its frames are known before anything waits for its turn.
"""

import secrets
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request, send_file

from ...shared import dream_document as documents
from ...shared import project as projects
from ...shared.dream_document import PICTURE, SOUND, DreamDocument
from ...shared.errors import UsageError
from ...shared.plate_sizes import gigabytes
from ...shared.wire import API, DREAM, SUCCEEDED
from .. import limits
from ..context import context
from ..dreams import job as dream_job
from ..dreams.chain import Chain
from ..engines.contract import RGB
from ..jobs import Job
from ..pictures import encode_png, read_picture
from ..refusals import conflict, nothing_yet
from . import received

routes = Blueprint("dreams", __name__, url_prefix=API)
MIMETYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm", ".gif": "image/gif"}


@routes.post("/dreams")
def create() -> tuple[Response, int]:
    """Queue a dream under an id of the server's."""
    return _submit(secrets.token_hex(8))


@routes.put("/dreams/<job_id>")
def put(job_id: str) -> tuple[Response, int]:
    """Queue a dream under an id of the client's; the same request again changes nothing."""
    return _submit(job_id)


def _submit(job_id: str) -> tuple[Response, int]:
    parts = context()
    parts.store.folder(job_id)
    document = documents.from_json(projects.parse(received.form_text("dream", "{}"), "the dream"))
    received.check_names(("dream", SOUND, PICTURE))
    sound = received.file(SOUND)
    sent = received.file(PICTURE) if PICTURE in request.files else None
    digest = documents.digest(document, sound, sent)
    known = parts.worker.known(job_id, digest)
    if known is not None:
        return jsonify(known.info().to_json()), 200
    dream_job.check_can(document)
    parts.worker.check_room()
    with parts.looking.turn(received.LOOKING):
        picture = None if sent is None else read_picture(sent, parts.limits)
        fresh, look = _settled(job_id, document, sound, picture, digest)
    beside = {} if sent is None else {PICTURE: sent}
    job, new = parts.worker.submit(fresh, sound, encode_png(look), beside)
    return jsonify(job.info().to_json()), 201 if new else 200


def _settled(job_id: str, document: DreamDocument, sound: bytes, picture: RGB | None, digest: str) -> tuple[Job, RGB]:
    """The job of a dream, and what there is to see before its first frame; refused if this server does not take it."""
    parts = context()
    wish, _ = dream_job.wish_of(document, sound, picture)
    frames, (width, height) = wish.sound.count, dream_job.size_of(document, picture)
    limits.check_count(frames, parts.limits, "Lower dream.painted_fps, or set dream.length_s.")
    # a PNG of a painting takes about half of its bytes; the video far less
    need = frames * width * height * 3
    if need > parts.limits.job_bytes:
        raise UsageError(
            f"The dream may need {gigabytes(need)} of disk; this server gives a job "
            f"{gigabytes(parts.limits.job_bytes)}.",
            "Ask for fewer or smaller frames.",
            "too_large",
        )
    limits.check_disk(parts.store.root, need, parts.limits)
    job = Job(job_id, document.to_json(), width, height, frames, digest, order=0, kind=DREAM)
    return job, dream_job.first_look(picture, width, height)


def same_shape(job: Job, data: Any) -> DreamDocument:
    """Another document for a redo of a dream; refused where the frames that are kept would not fit it."""
    document = documents.from_json(data)
    dream_job.check_can(document)
    parts = context()
    sent = parts.store.attachment(job.id, PICTURE)
    picture = None if sent is None else read_picture(sent, parts.limits)
    wish, _ = dream_job.wish_of(document, parts.store.source(job.id), picture)
    if (wish.sound.count, *dream_job.size_of(document, picture)) != (job.steps, job.width, job.height):
        raise conflict(
            "A redo keeps the frames, but the new dream changes their number or their size.",
            "Send the changed dream as a new job.",
        )
    return document


@routes.get("/jobs/<job_id>/video")
def video(job_id: str) -> Response:
    """The video of a finished dream, with its sound. Ranges and conditions are honoured."""
    job = _dream(job_id)
    if job.parsed_dream().dream.still:
        raise nothing_yet("it is one picture, frame 1")
    name = dream_job.video_file(Path(), job.parsed_dream()).name
    path = context().store.near(job_id, f"run/{name}")
    if job.state != SUCCEEDED or not path.is_file():
        raise nothing_yet("its video is not written yet")
    return send_file(path.resolve(), mimetype=MIMETYPES[path.suffix], conditional=True)


@routes.get("/jobs/<job_id>/frames/<int:number>")
def frame(job_id: str, number: int) -> Response:
    """One painted frame of a dream, counted from 1, a PNG."""
    _dream(job_id)
    name = Chain.file(Path(), number - 1).name
    path = context().store.near(job_id, f"run/{dream_job.FRAMES}/{name}")
    if not path.is_file():
        raise nothing_yet(f"frame {number} is not painted yet")
    return send_file(path.resolve(), mimetype="image/png", conditional=True)


def _dream(job_id: str) -> Job:
    job = context().worker.job(job_id)
    if job.kind != DREAM:
        raise nothing_yet("it is no dream")
    return job
