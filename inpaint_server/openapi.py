"""The OpenAPI 3.1 description of the HTTP surface, built from the very declarations that the code works with.

The project's schema comes from the settings, the caps from `Limits`, the kinds and states from the wire format; what
is written here by hand is what exists nowhere else. A YAML file beside the code would have been wrong within a week;
a test compares this document with the routes and with real answers.
"""

from typing import Any

from ..shared import project as projects
from ..shared import settings, wire
from ..shared.wire import API
from .limits import Limits

Node = dict[str, Any]

TEXT: Node = {"type": "string"}
COUNT: Node = {"type": "integer", "minimum": 0}
FLAG: Node = {"type": "boolean"}
MOMENT: Node = {"type": "string", "format": "date-time"}
BYTES: Node = {"type": "string", "format": "binary"}


def _ref(name: str) -> Node:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: Node, optional: Node | None = None) -> Node:
    properties = required | (optional or {})
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Node) -> Node:
    return {"type": "array", "items": items}


def _null_or(node: Node) -> Node:
    return {"anyOf": [node, {"type": "null"}]}


def _schemas() -> Node:
    project = {k: v for k, v in projects.json_schema().items() if k != "$schema"}
    limits = settings.json_schema(Limits)
    limits["required"] = list(limits["properties"])
    pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    layer = {
        "index": COUNT,
        "name": TEXT,
        "top": COUNT,
        "height": COUNT,
        "distance": _null_or({"type": "number"}),
        "ratio": _null_or({"type": "number"}),
        "velocity": pair,
        "steps": _null_or(COUNT),
        "overlap_px": COUNT,
        "ramp": _null_or({"type": "number"}),
    }
    tile = {
        "file": {"type": "string", "pattern": "^plates/[^/]+$"},
        "first": COUNT,
        "last": COUNT,
        "x": {"type": "integer"},
        "y": {"type": "integer"},
        "width": COUNT,
        "height": COUNT,
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "opacity": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "ramp": {"type": ["object", "null"]},
        "home_px": {"type": "number"},
    }
    thing = {"name": TEXT, "layer": COUNT, "velocity": pair, "scale": {"type": "number"}, "tile": _object(tile)}
    size = {"width": COUNT, "height": COUNT}
    return {
        "Error": _object({"error": TEXT, "hint": TEXT, "code": TEXT}),
        "Project": project,
        "Limits": limits,
        "Job": _object(_job(size)),
        "Jobs": _object({"jobs": _list(_ref("Job")), "damaged": _list(_object({"id": TEXT, "reason": TEXT}))}),
        "Health": _object(_health()),
        "Plan": _object(
            size
            | {"layers": _list(_object(layer)), "steps": COUNT, "seconds_per_step": {"type": "number"}}
            | {
                "loop": {"type": "boolean"},
                "fps": {"type": "number"},
                "tile_px": COUNT,
                "duration_s": {"type": "number"},
                "frames": COUNT,
            }
            | {"disk_bytes": COUNT}
        ),
        "Manifest": _object(
            {"schema": TEXT, "version": COUNT}
            | size
            | {"steps": COUNT, "done": COUNT}
            | {"plates": _list(_object({"index": COUNT, "name": TEXT, "tiles": _list(_object(tile))}))}
            | {"objects": _list(_object(thing))}
        ),
        "Settled": _object({"project": _ref("Project"), "notes": _list(TEXT)}),
        "Report": _report(size, pair),
        "Progress": _object({"step": COUNT, "steps": COUNT}),
        "Preview": _object({"step": COUNT, "url": TEXT}),
        "Warning": _object({"message": TEXT, "step": COUNT}),
    }


def _report(size: Node, pair: Node) -> Node:
    number: Node = {"type": "number"}
    measured = _null_or(number)
    figures = _object(dict.fromkeys(("gx", "w1", "coh", "comp", "seam", "rep", "mir"), measured))
    layer = _object(
        {"index": {"type": "integer", "minimum": -1}, "name": TEXT, "top": COUNT, "bottom": COUNT, "velocity": pair}
        | {"painted_px": COUNT, "figures": figures, "own_mirror": measured}
        | {"drift": _list(_object({"gx": measured, "w1": measured}))}
    )
    borders = _object(dict.fromkeys(("join", "excess", "broken", "halo"), measured))
    rigidity = _object(dict.fromkeys(("median", "worst", "contrast"), number) | {"windows": COUNT})
    missed = _object({"bar": TEXT, "where": TEXT, "value": number, "limit": number, "sentence": TEXT})
    return _object(
        {"schema": TEXT, "version": COUNT, "passed": FLAG, "digest": TEXT}
        | size
        | {"steps": COUNT, "cut": {"enum": ["straight", "contour"]}}
        | {"layers": _list(layer), "mean": figures, "frames": layer}
        | {"borders": _by_number(borders), "rigidity": _by_number(rigidity)}
        | {"repeats": _by_number({"type": "array", "items": measured, "minItems": 2, "maxItems": 2})}
        | {"holes": _object({"pixels": COUNT, "steps": _list(COUNT), "looked_at": COUNT})}
        | {"first_frame": _object({"differing": COUNT, "greatest": COUNT})}
        | {"closure": _null_or(_object(dict.fromkeys(("joint", "typical", "ratio"), number)))}
        | {"missed": _list(missed)}
    )


def _by_number(node: Node) -> Node:
    """A mapping whose keys are whole numbers, as steps and layers are in JSON."""
    return {"type": "object", "patternProperties": {"^[0-9]+$": node}, "additionalProperties": False}


def _job(size: Node) -> Node:
    return {
        "id": TEXT,
        "state": {"enum": list(wire.STATES)},
        "name": TEXT,
        **size,
        "step": COUNT,
        "steps": COUNT,
        "created_at": MOMENT,
        "started_at": _null_or(MOMENT),
        "finished_at": _null_or(MOMENT),
        "cancelling": FLAG,
        "error": _null_or(_ref("Error")),
        "warnings": _list(TEXT),
        "project": _ref("Project"),
    }


def _health() -> Node:
    return {
        "version": TEXT,
        "state": {"enum": ["ready", "busy"]},
        "queued": COUNT,
        "default_engine": TEXT,
        "engines": {"type": "object", "additionalProperties": _object({"available": FLAG, "reason": TEXT})},
        "limits": _ref("Limits"),
    }


def _answer(schema: str | None, words: str, media: str = "application/json") -> Node:
    """A response; `schema` None means bytes or text of that media type."""
    return {"description": words, "content": {media: {"schema": _ref(schema) if schema else BYTES}}}


def _operation(name: str, words: str, answers: Node, errors: str, **rest: Any) -> Node:
    shown = {status: _answer("Error", "Refused; the sentence says why.") for status in errors.split()}
    return {"operationId": name, "summary": words, "responses": answers | shown, **rest}


def _form(required: Node, optional: Node) -> Node:
    schema = {"type": "object", "properties": required | optional, "required": list(required)}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _json(schema: Node) -> Node:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, place: str, words: str, schema: Node) -> Node:
    return {"name": name, "in": place, "description": words, "required": place == "path", "schema": schema}


JOB_ID = _parameter(
    "job_id", "path", "Id of the job.", {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}
)
JOB_FORM = _form(
    {"picture": BYTES | {"description": "PNG, JPEG, WebP, TIFF, BMP, GIF or AVIF."}},
    {"project": {"type": "string", "contentMediaType": "application/json", "description": "The project; {} is one."}},
)
GUARDED = "401 403"
SENDING = f"400 {GUARDED} 409 413 429 507"


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
    redo = _json(_object({"from_step": {"type": "integer", "minimum": 1}}, {"project": _null_or(_ref("Project"))}))
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
        f"{one}/resume": {"parameters": [JOB_ID], "post": _operation("resume_job", "Go on", job, f"{known} 409")},
        f"{one}/redo": {
            "parameters": [JOB_ID],
            "post": _operation("redo_job", "Paint again from a step on", job, f"400 {known} 409", requestBody=redo),
        },
    }


def _result_paths() -> Node:
    one, known = f"{API}/jobs/{{job_id}}", f"{GUARDED} 404"
    words = "Events state (Job), progress (Progress), preview (Preview), warning (Warning), until the job ends."
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
        {"engine": TEXT, "prompt": TEXT, "negative_prompt": TEXT, "seed": {"type": "integer", "minimum": 0}},
    )
    painted = {"200": _answer(None, "The painted picture.", "image/png")}
    side = {"type": "integer", "minimum": 1}
    size = _json(_object({"width": side, "height": side}, {"project": _ref("Project")}))
    made = {"200": _answer("Plan", "What follows by arithmetic.")}
    wish = _form({"picture": BYTES}, {"project": _ref("Project")})
    settled = {"200": _answer("Settled", "The settled project, and why.")}
    return {
        f"{API}/suggest": {
            "post": _operation("suggest", "Suggest layers", settled, f"400 {GUARDED} 413", requestBody=wish)
        },
        f"{API}/inpaint": {
            "post": _operation("inpaint", "Paint one picture", painted, f"400 {GUARDED} 413 503", requestBody=form)
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
        "paths": _about_paths() | _job_paths() | _result_paths() | _single_paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
