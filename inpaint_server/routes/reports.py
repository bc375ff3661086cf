"""Routes to the quality report of a finished job, made when somebody first asks for it.

Judging takes some seconds and as much memory as a step, so one report is made at a time and kept in the job's folder.
Making it with the job itself was the other road: every job would end later, for a page that few open.
"""

from pathlib import Path

from flask import Blueprint, Response, request

from ...shared.errors import ParallaxError
from ...shared.wire import API, JOURNEY, SUCCEEDED
from ..context import Context, context
from ..quality import written
from ..quality.painted_job import open_job

routes = Blueprint("reports", __name__, url_prefix=f"{API}/jobs/<job_id>")

PAGE_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""The page holds its pictures and its style in itself; nothing else may be loaded, and no script runs."""


@routes.get("/report")
def report(job_id: str) -> Response:
    """The figures of a job, and the bars that it misses."""
    return _answer(_made(job_id) / written.JSON_FILE, "application/json")


@routes.get("/report.html")
def report_page(job_id: str) -> Response:
    """The same as a page with pictures."""
    response = _answer(_made(job_id) / written.PAGE_FILE, "text/html")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


def _made(job_id: str) -> Path:
    """The folder of a job in which its report lies, made now if there is none of the job as it is."""
    parts = context()
    _check_ended(parts, job_id)
    folder = parts.store.folder(job_id)
    with parts.painting.turn("Other pictures are being painted or judged."):
        try:
            parts.store.gather(job_id)
            job = open_job(folder)
            if written.current(job, folder) is None:
                written.write(job, folder)
        except ParallaxError:
            _check_ended(parts, job_id)  # its tiles may have been taken away by a redo
            raise
    return folder


def _check_ended(parts: Context, job_id: str) -> None:
    job = parts.worker.job(job_id)
    state = job.state
    if job.kind != JOURNEY:
        raise ParallaxError("A dream has no plates that could be judged.", "Look at its video.", "not_yet", 404)
    if state != SUCCEEDED:
        raise ParallaxError(f"The job cannot be judged: it is {state}.", "Wait until it has ended.", "not_yet", 404)


def _answer(path: Path, mimetype: str) -> Response:
    response = Response(path.read_bytes(), mimetype=mimetype)
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug's stub names its own base class
