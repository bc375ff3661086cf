"""The OpenAPI 3.1 description of the HTTP surface: its routes, what each takes, answers and refuses.

What the answers look like is built in `schemas` from the very declarations that the code works with; what is written
here by hand is what exists nowhere else. A YAML file beside the code would have been wrong within a week; a test
compares this document with the routes and with real answers.
"""

from typing import Any

from ..shared import json_schemas, wire
from ..shared.gabor.plate_fitting import CellWish
from ..shared.model_settings import Segment
from ..shared.pointing import Touch
from ..shared.wire import API
from .openapi_dialects import components, iopaint_paths, web_ui_paths
from .schemas import BYTES, TEXT, Node, record, ref, schemas

EVENTS = {
    wire.STATE: "Job",
    wire.STAGE: "Stage",
    wire.PROGRESS: "Progress",
    wire.PREVIEW: "Preview",
    wire.WARNING: "Warning",
}
"""The kinds of events of a job, and the schema of the data of each."""


def _answer(schema: str | None, words: str, media: str = "application/json") -> Node:
    """A response; `schema` None means bytes or text of that media type."""
    return {"description": words, "content": {media: {"schema": ref(schema) if schema else BYTES}}}


def _operation(name: str, words: str, answers: Node, errors: str, **rest: Any) -> Node:
    shown = {status: _answer("Error", "Refused; the sentence says why.") for status in errors.split()}
    return {"operationId": name, "summary": words, "responses": answers | shown, **rest}


def _form(required: Node, optional: Node) -> Node:
    schema = {"type": "object", "properties": required | optional, "required": list(required)}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _json(schema: Node) -> Node:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _described(schema: Node, words: str) -> Node:
    """A form's part that holds JSON."""
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": schema, "description": words}


def _parameter(name: str, place: str, words: str, schema: Node) -> Node:
    return {"name": name, "in": place, "description": words, "required": place == "path", "schema": schema}


JOB_ID = _parameter(
    "job_id", "path", "Id of the job.", {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}
)
JOB_FORM = _form(
    {"picture": BYTES | {"description": "PNG, JPEG, WebP, TIFF, BMP, GIF or AVIF."}},
    {"project": {"type": "string", "contentMediaType": "application/json", "description": "The project; {} is one."}},
)
DREAM_FORM = _form(
    {"sound": BYTES | {"description": "WAV, FLAC, OGG, MP3, or any other that ffmpeg reads; a film's sound too."}},
    {
        "dream": {"type": "string", "contentMediaType": "application/json", "contentSchema": ref("Dream")},
        "picture": BYTES | {"description": "The picture to begin with, in place of noise."},
    },
)
GUARDED = "401 403"
SINGLE = f"400 {GUARDED} 413 422 502 503 504"
PAINT = "Paint one picture; as JSON in IOPaint's dialect, refusals too (Refusal)"
DREAMING = f"400 {GUARDED} 409 413 429 503 507"
SENDING = f"400 {GUARDED} 409 413 429 502 503 504 507"


def _about_paths() -> Node:
    open_to_all: list[Node] = []
    health = _operation(
        "health", "Version, engines, caps, busy or ready", {"200": _answer("Health", "How it is.")}, "403"
    )
    text = {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}}
    document = _operation("openapi", "This document", text, "403")
    return {
        f"{API}/health": {"get": health | {"security": open_to_all}},
        f"{API}/openapi.json": {"get": document | {"security": open_to_all}},
    }


def _job_paths() -> Node:
    job = {"200": _answer("Job", "The job as it is now.")}
    known = f"{GUARDED} 404"
    created = {"201": _answer("Job", "Queued.")}
    document = {"anyOf": [ref("Project"), ref("Dream"), {"type": "null"}]}
    redo = _json(record({"from_step": {"type": "integer", "minimum": 1}}, {"project": document}))
    one = f"{API}/jobs/{{job_id}}"
    listing = {"200": _answer("Jobs", "The oldest first.")}
    deleted = {"204": {"description": "Deleted."}}
    again = created | {"200": _answer("Job", "The same request had been sent before.")}
    return {
        f"{API}/jobs": {
            "get": _operation("list_jobs", "All jobs", listing, GUARDED),
            "post": _operation("create_job", "Queue a job", created, SENDING, requestBody=JOB_FORM),
        },
        one: {
            "parameters": [JOB_ID],
            "get": _operation("show_job", "One job", job, f"{known} 500"),
            "put": _operation("put_job", "Queue a job, idempotently", again, SENDING, requestBody=JOB_FORM),
            "delete": _operation("delete_job", "Delete a job and what it made", deleted, known),
        },
        f"{one}/cancel": {"parameters": [JOB_ID], "post": _operation("cancel_job", "Stop a job", job, known)},
        f"{one}/resume": {"parameters": [JOB_ID], "post": _operation("resume_job", "Go on", job, known)},
        f"{one}/redo": {
            "parameters": [JOB_ID],
            "post": _operation(
                "redo_job", "Paint again from a step on", job, f"400 {known} 409 502 503 504", requestBody=redo
            ),
        },
    }


def _dream_paths() -> Node:
    known = f"{GUARDED} 404"
    created = {"201": _answer("Job", "Queued.")}
    again = created | {"200": _answer("Job", "The same request had been sent before.")}
    film = {"200": _answer(None, "The video.", "video/mp4"), "206": _answer(None, "The range asked for.", "video/mp4")}
    for kind in ("video/quicktime", "video/webm", "image/gif"):
        film["200"]["content"][kind] = {"schema": BYTES}
    png = {"200": _answer(None, "PNG, RGB.", "image/png")}
    unchanged = {"304": {"description": "Not changed since the given ETag."}}
    number = _parameter("number", "path", "Number of the frame, from 1.", {"type": "integer", "minimum": 1})
    one = f"{API}/jobs/{{job_id}}"
    return {
        f"{API}/dreams": {
            "post": _operation("create_dream", "Queue a dream", created, DREAMING, requestBody=DREAM_FORM)
        },
        f"{API}/dreams/{{job_id}}": {
            "parameters": [JOB_ID],
            "put": _operation("put_dream", "Queue a dream, idempotently", again, DREAMING, requestBody=DREAM_FORM),
        },
        f"{one}/video": {
            "parameters": [JOB_ID],
            "get": _operation("video", "The video of a dream", film | unchanged, f"{known} 416"),
        },
        f"{one}/frames/{{number}}": {
            "parameters": [JOB_ID, number],
            "get": _operation("frame", "A painted frame of a dream", png | unchanged, known),
        },
    }


def _result_paths() -> Node:
    one, known = f"{API}/jobs/{{job_id}}", f"{GUARDED} 404"
    kinds = ", ".join(f"{kind} ({schema})" for kind, schema in EVENTS.items())
    words = f"Events {kinds}, until the job ends."
    stream = {"200": {"description": words, "content": {"text/event-stream": {"schema": TEXT}}}}
    unchanged = {"304": {"description": "Not changed since the given ETag."}}
    manifest = {"200": _answer("Manifest", "What is finished.")} | unchanged
    png = {"200": _answer(None, "PNG, RGBA, straight alpha.", "image/png")} | unchanged
    part = {"206": _answer(None, "The range asked for.", "image/png")}
    report = {"200": _answer("Report", "Figures, bars, and a sentence for each that is missed.")}
    shown = {"200": {"description": "A page in one file.", "content": {"text/html": {"schema": TEXT}}}}
    look = _answer(None, "The canvas.", "image/png")
    look["content"]["image/jpeg"] = {"schema": BYTES}
    last = _parameter("Last-Event-ID", "header", "Go on after this event.", TEXT)
    queries = [
        _parameter(
            "width", "query", "Scale down to this many px.", {"type": "integer", "minimum": 1, "maximum": 16384}
        ),
        _parameter("format", "query", "Kind of file.", {"enum": ["png", "jpeg"], "default": "png"}),
        _parameter("step", "query", "Passed over; makes addresses differ from step to step.", TEXT),
    ]
    beside = {"200": _answer(None, "The file as it was sent or found.", "image/png")}
    beside["200"]["content"]["application/octet-stream"] = {"schema": BYTES}
    part_name = _parameter("part", "path", "Name of its part in the form, such as segmentation or object.0.", TEXT)
    name = _parameter("name", "path", "File name of the tile, without plates/.", TEXT)
    return {
        f"{one}/events": {
            "parameters": [JOB_ID],
            "get": _operation("events", "Follow a job", stream, f"{known} 503", parameters=[last]),
        },
        f"{one}/manifest": {"parameters": [JOB_ID], "get": _operation("manifest", "The tiles", manifest, known)},
        f"{one}/tiles/{{name}}": {
            "parameters": [JOB_ID, name],
            "get": _operation("tile", "One tile", png | part, f"{known} 416"),
        },
        f"{one}/attached/{{part}}": {
            "parameters": [JOB_ID, part_name],
            "get": _operation("attached", "A picture that the project names", beside, known),
        },
        f"{one}/report": {
            "parameters": [JOB_ID],
            "get": _operation("report", "How good the job is", report | unchanged, f"{known} 500 503"),
        },
        f"{one}/report.html": {
            "parameters": [JOB_ID],
            "get": _operation("report_page", "The same to look at", shown | unchanged, f"{known} 500 503"),
        },
        f"{one}/preview": {
            "parameters": [JOB_ID],
            "get": _operation("preview", "The canvas now", {"200": look}, f"400 {known}", parameters=queries),
        },
    }


def _single_paths() -> Node:
    form = _form(
        {"picture": BYTES, "mask": BYTES | {"description": "Not black = paint; the picture's size."}},
        {
            "engine": TEXT,
            "settings": TEXT | {"contentMediaType": "application/json", "description": "Settings of the engine."},
            "prompt": TEXT,
            "negative_prompt": TEXT,
            "seed": {"type": "integer", "minimum": 0},
            "depth_engine": TEXT | {"description": "Estimates the depth that a ControlNet is shown."},
        },
    )
    form["content"]["application/json"] = {"schema": ref("IOPaintInpaint")}
    painted = {"200": _answer(None, "The painted picture.", "image/png")}
    side = {"type": "integer", "minimum": 1}
    size = _json(record({"width": side, "height": side}, {"project": ref("Project")}))
    looked = {"200": _answer("Found", "What was found, the surest first; masks are PNG files of the picture's size.")}
    sought = _form(
        {"picture": BYTES},
        {
            "words": TEXT | {"description": "What to find, such as sky . mountains . river ."},
            "touch": _described(json_schemas.of(Touch), "In place of words: where somebody points."),
            "engine": TEXT,
            "settings": _described(json_schemas.of(Segment), "The project's section segment."),
        },
    )
    made = {"200": _answer("Plan", "What follows by arithmetic.")}
    eye = {"engine": TEXT, "settings": {"type": "string", "contentMediaType": "application/json"}}
    eye["settings"]["description"] = "The project's section for it."
    mapped = {"200": _answer(None, "The depth map, grey, white is near.", "image/png")}
    read = {"200": _answer("Caption", "What it shows.")}
    maps = _form({"picture": BYTES}, eye | {"bits": {"enum": ["16", "8"], "default": "16"}})
    reads = _form({"picture": BYTES}, eye | {"exclude": TEXT | {"description": "Words to leave out, by commas."}})
    wish = _form({"picture": BYTES}, {"project": ref("Project")})
    lines = {"description": "One wavelet a line.", "content": {"text/plain": {"schema": TEXT}}}
    tile = BYTES | {"description": "The PNG of the first tile; further ones are tile.1 and so on."}
    cell = _form({"cell": _described(json_schemas.of(CellWish), "A part of a plate."), "tile.0": tile}, {})
    fitted = {"200": lines}
    settled = {"200": _answer("Settled", "The settled project, and why.")}
    return {
        f"{API}/suggest": {
            "post": _operation("suggest", "Suggest layers", settled, f"400 {GUARDED} 413 503", requestBody=wish)
        },
        f"{API}/inpaint": {"post": _operation("inpaint", PAINT, painted, SINGLE, requestBody=form)},
        f"{API}/depth": {
            "post": _operation("depth", "Estimate depth", mapped, f"400 {GUARDED} 413 503", requestBody=maps)
        },
        f"{API}/caption": {
            "post": _operation("caption", "Say what is shown", read, f"400 {GUARDED} 413 503", requestBody=reads)
        },
        f"{API}/segment": {
            "post": _operation("segment", "Find things", looked, f"400 {GUARDED} 413 503", requestBody=sought)
        },
        f"{API}/wavelets": {
            "post": _operation("wavelets", "Fit wavelets", fitted, f"400 {GUARDED} 413 503", requestBody=cell)
        },
        f"{API}/plan": {"post": _operation("plan", "The plan of a project", made, f"400 {GUARDED}", requestBody=size)},
    }


def document(version: str) -> Node:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Infinite Parallax",
            "version": version,
            "description": "Jobs that turn a still picture into plates that travel for ever.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "security": [{"token": []}],
        "paths": _about_paths()
        | _job_paths()
        | _dream_paths()
        | _result_paths()
        | _single_paths()
        | web_ui_paths()
        | iopaint_paths(),
        "components": {
            "schemas": schemas() | components(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic"},
            },
        },
    }
