"""The schemas of what goes over HTTP: JSON Schema nodes, built from the very declarations that the code works with.

The project's schema comes from the settings, the caps from `Limits`, the states from the wire format; what is written
by hand is what exists nowhere else. `openapi` says which route takes and gives which.
"""

from typing import Any

from ..shared import dream_document, json_schemas, wire
from ..shared import project as projects
from .limits import Limits

Node = dict[str, Any]

TEXT: Node = {"type": "string"}
COUNT: Node = {"type": "integer", "minimum": 0}
FLAG: Node = {"type": "boolean"}
MOMENT: Node = {"type": "string", "format": "date-time"}
BYTES: Node = {"type": "string", "format": "binary"}
BASE64: Node = {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}


def ref(name: str) -> Node:
    """A schema of `schemas` by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(required: Node, optional: Node | None = None) -> Node:
    """An object with these keys and no others."""
    properties = required | (optional or {})
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def array(items: Node) -> Node:
    """A list of such items."""
    return {"type": "array", "items": items}


def nullable(node: Node) -> Node:
    """Such a value, or null."""
    return {"anyOf": [node, {"type": "null"}]}


def schemas() -> Node:
    """All schemas by their names, for the components of the document."""
    project = {k: v for k, v in projects.json_schema().items() if k != "$schema"}
    limits = json_schemas.of(Limits)
    limits["required"] = list(limits["properties"])
    pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    layer = {
        "index": COUNT,
        "name": TEXT,
        "top": COUNT,
        "height": COUNT,
        "distance": nullable({"type": "number"}),
        "ratio": nullable({"type": "number"}),
        "velocity": pair,
        "steps": nullable(COUNT),
        "overlap_px": COUNT,
        "ramp": nullable({"type": "number"}),
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
        "colours": {"type": "string", "contentEncoding": "base64"},
    }
    thing = {"name": TEXT, "layer": COUNT, "velocity": pair, "scale": {"type": "number"}, "tile": record(tile)}
    size = {"width": COUNT, "height": COUNT}
    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
    find = {"words": TEXT, "score": {"type": "number"}, "box": box, "mask": BASE64}
    return {
        "Error": record({"error": TEXT, "hint": TEXT, "code": TEXT}),
        "Project": project,
        "Dream": dream_document.json_schema(),
        "Limits": limits,
        "Job": record(_job(size)),
        "Jobs": record({"jobs": array(ref("Job")), "damaged": array(record({"id": TEXT, "reason": TEXT}))}),
        "Health": record(_health()),
        "Plan": record(
            size
            | {"layers": array(record(layer)), "steps": COUNT, "seconds_per_step": {"type": "number"}}
            | {
                "loop": FLAG,
                "pace": array(pair),
                "fps": {"type": "number"},
                "tile_px": COUNT,
                "duration_s": {"type": "number"},
                "frames": COUNT,
            }
            | {"disk_bytes": COUNT}
        ),
        "Manifest": record(
            {"schema": TEXT, "version": COUNT}
            | size
            | {"steps": COUNT, "done": COUNT}
            | {"plates": array(record({"index": COUNT, "name": TEXT, "tiles": array(record(tile))}))}
            | {"objects": array(record(thing))}
        ),
        "Caption": record({"engine": TEXT, "caption": TEXT}),
        "Settled": record(
            {"project": ref("Project"), "notes": array(TEXT)}
            | {"pictures": {"type": "object", "additionalProperties": BASE64}}
        ),
        "Found": record(size | {"engine": TEXT, "found": array(record(find))}),
        "Report": _report(size, pair),
        "Stage": record({"message": TEXT}),
        "Progress": record({"step": COUNT, "steps": COUNT}),
        "Preview": record({"step": COUNT, "url": TEXT}),
        "Warning": record({"message": TEXT, "step": COUNT}),
    }


def _report(size: Node, pair: Node) -> Node:
    number: Node = {"type": "number"}
    measured = nullable(number)
    two = {"type": "array", "items": measured, "minItems": 2, "maxItems": 2}
    figures = record(dict.fromkeys(("gx", "w1", "coh", "comp", "seam", "rep", "mir", "upright"), measured))
    layer = record(
        {"index": {"type": "integer", "minimum": -1}, "name": TEXT, "top": COUNT, "bottom": COUNT, "velocity": pair}
        | {"painted_px": COUNT, "figures": figures, "own_mirror": measured, "own": two}
        | {"drift": array(record({"gx": measured, "w1": measured}))}
    )
    borders = record(dict.fromkeys(("join", "excess", "broken", "halo"), measured))
    rigidity = record(dict.fromkeys(("median", "worst", "contrast"), number) | {"windows": COUNT})
    missed = record({"bar": TEXT, "where": TEXT, "value": number, "limit": number, "sentence": TEXT})
    return record(
        {"schema": TEXT, "version": COUNT, "passed": FLAG, "digest": TEXT}
        | size
        | {"steps": COUNT, "cut": {"enum": ["straight", "contour"]}}
        | {"layers": array(layer), "mean": figures, "frames": layer}
        | {"borders": _by_number(borders), "rigidity": _by_number(rigidity)}
        | {"repeats": _by_number(two)}
        | {"holes": record({"pixels": COUNT, "steps": array(COUNT), "looked_at": COUNT})}
        | {"first_frame": record({"differing": COUNT, "greatest": COUNT})}
        | {"closure": nullable(record(dict.fromkeys(("joint", "typical", "ratio"), number)))}
        | {"missed": array(missed)}
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
        "started_at": nullable(MOMENT),
        "finished_at": nullable(MOMENT),
        "cancelling": FLAG,
        "error": nullable(ref("Error")),
        "warnings": array(TEXT),
        "project": {"anyOf": [ref("Project"), ref("Dream")]},
        "stage": TEXT,
        "kind": {"enum": list(wire.KINDS)},
    }


def _health() -> Node:
    return {
        "version": TEXT,
        "state": {"enum": ["ready", "busy"]},
        "queued": COUNT,
        "default_engine": TEXT,
        "engines": {"type": "object", "additionalProperties": record({"available": FLAG, "reason": TEXT})},
        "looking": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": record({"available": FLAG, "reason": TEXT}),
            },
        },
        "limits": ref("Limits"),
    }
