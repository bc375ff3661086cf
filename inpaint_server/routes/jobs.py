"""Routes that make, list, steer and delete jobs."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, jsonify

from ...shared import pointing, words
from ...shared import project as projects
from ...shared.dream_document import DreamDocument
from ...shared.errors import UsageError
from ...shared.identity import nameless
from ...shared.plan import plan
from ...shared.project import Project
from ...shared.settings import describe
from ...shared.wire import API, DREAM
from .. import attached, limits, settling
from ..context import context
from ..fingerprint import geometry
from ..jobs import Job
from ..pictures import encode_png, read_picture
from ..refusals import conflict
from . import dreams, received

routes = Blueprint("jobs", __name__, url_prefix=f"{API}/jobs")


@routes.post("")
def create() -> tuple[Response, int]:
    """Queue a job under an id of the server's."""
    return _submit(secrets.token_hex(8))


@routes.put("/<job_id>")
def put(job_id: str) -> tuple[Response, int]:
    """Queue a job under an id of the client's; the same request again changes nothing."""
    return _submit(job_id)


def _submit(job_id: str) -> tuple[Response, int]:
    parts = context()
    parts.store.folder(job_id)
    data = projects.parse(received.form_text("project", "{}"))
    wish = projects.from_json(data)
    source, attachments = received.file("picture"), received.attachments(wish)
    digest = _digest(wish, source, attachments)
    known = parts.worker.known(job_id, digest)
    if known is not None:
        return _shown(known), 200
    limits.check_steps(wish, parts.limits)
    received.check_engine(wish.inpaint.engine, wish)
    settling.check_engines(wish)
    parts.worker.check_room()
    with parts.looking.turn(received.LOOKING):
        picture = read_picture(source, parts.limits)
        height, width = picture.shape[:2]
        if settling.must_look(wish):
            # that may take minutes, which nobody waits for a request: it is done when the job has its turn
            attached.decode(wish, attachments, width, height, parts.limits)
            pointing.check(wish, width, height)
            fresh = Job(job_id, wish.to_json(), width, height, 0, digest, order=0)
        else:
            settled = settling.settle(wish, picture, attachments, parts.limits)
            steps = settling.checked_steps(settled.project, width, height, parts.store.root, parts.limits)
            notes = list(settled.notes)
            fresh = Job(job_id, settled.project.to_json(), width, height, steps, digest, order=0, notes=notes)
        png = encode_png(picture)
    job, new = parts.worker.submit(fresh, source, png, attachments)
    return _shown(job), 201 if new else 200


def _digest(wish: Project, source: bytes, attachments: Mapping[str, bytes]) -> str:
    """What tells two requests apart; that layers have other names does not."""
    whole = hashlib.sha256(source + json.dumps(nameless(wish).to_json(), sort_keys=True).encode())
    for part, data in sorted(attachments.items()):
        whole.update(part.encode() + hashlib.sha256(data).digest())
    return whole.hexdigest()


def _shown(job: Job) -> Response:
    return jsonify(job.info().to_json())


@routes.get("")
def list_jobs() -> Response:
    """All jobs, the oldest first, and the folders of the store that cannot be read."""
    worker = context().worker
    damaged = [{"id": name, "reason": reason} for name, reason in sorted(worker.damaged.items())]
    return jsonify(jobs=[job.info().to_json() for job in worker.jobs()], damaged=damaged)


@routes.get("/<job_id>")
def show(job_id: str) -> Response:
    """One job."""
    return _shown(context().worker.job(job_id))


@routes.post("/<job_id>/cancel")
def cancel(job_id: str) -> Response:
    """Stop a job. What is painted is kept."""
    return _shown(context().worker.cancel(job_id))


@routes.post("/<job_id>/resume")
def resume(job_id: str) -> Response:
    """Go on with a cancelled or failed job."""
    return _shown(context().worker.resume(job_id))


@routes.post("/<job_id>/redo")
def redo(job_id: str) -> Response:
    """Paint again from a step on, with other settings if a project, or a dream's document, is given."""
    parts = context()
    job = parts.worker.job(job_id)
    data = received.body(("from_step", "project"))
    step = data.get("from_step")
    if isinstance(step, bool) or not isinstance(step, int):
        raise UsageError(f"from_step must be a whole number, not {describe(step)}.", "Steps count from 1.")
    project: Project | DreamDocument | None = None
    if job.kind == DREAM:
        project = None if data.get("project") is None else dreams.same_shape(job, data["project"])
    elif data.get("project") is not None:
        project = _settled_like(job, projects.from_json(data["project"]))
        _check_same_geometry(job, project)
        limits.checked_plan(project, job.width, job.height, parts.limits)
        received.check_engine(project.inpaint.engine, project)
        settling.check_engines(project)
    return _shown(parts.worker.redo(job_id, step, project.to_json() if project else None))


def _settled_like(job: Job, wish: Project) -> Project:
    """A wish with what it leaves open as it was settled for the job; a redo looks at no picture again."""
    known = job.parsed_project()
    if words.to_find(wish):
        wish = _found_like(known, wish)
    if settling.must_look(wish):
        wish = replace(wish, cut=replace(wish.cut, depth=known.cut.depth))
    if not wish.layers:
        wish = replace(wish, layers=known.layers, speed=known.speed)
    if wish.cut.mode == "auto":
        wish = replace(wish, cut=replace(wish.cut, mode=known.cut.mode))
    return wish


def _found_like(known: Project, wish: Project) -> Project:
    """A wish with the layers and objects that were found by words for the job; its own settings of objects stay."""
    cut = wish.cut if wish.cut.segmentation else replace(wish.cut, segmentation=known.cut.segmentation)
    segment = replace(wish.segment, layers=known.segment.layers, objects=known.segment.objects)
    return replace(wish, cut=cut, segment=segment, objects=wish.objects + known.objects[len(wish.objects) :])


def _check_same_geometry(job: Job, project: Project) -> None:
    """Refuse a project under which the steps that are kept would lie elsewhere."""
    old = job.parsed_project()
    before = geometry(old, plan(old, job.width, job.height))
    after = geometry(project, plan(project, job.width, job.height))
    changed = [name for name, value in before.items() if after[name] != value]
    if changed:
        raise conflict(
            f"A redo keeps the geometry, but the new project changes {', '.join(changed)}.",
            "Send the changed project as a new job.",
        )


@routes.delete("/<job_id>")
def delete(job_id: str) -> tuple[str, int]:
    """Delete a job and everything it made."""
    context().worker.delete(job_id)
    return "", 204
