"""The description against the routes, and against real answers."""

import argparse
import io
import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax import __version__
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.inpaint_server.openapi import EVENTS
from infinite_parallax.inpaint_server.openapi import document as describe
from infinite_parallax.inpaint_server.serve import add_arguments
from infinite_parallax.shared import wire
from jsonschema import Draft202012Validator

Serve = Callable[..., Any]
Document = Callable[..., dict[str, Any]]
DESCRIPTION = describe(__version__)


def validate(schema: dict[str, Any], data: Any) -> None:
    Draft202012Validator(schema | {"components": DESCRIPTION["components"]}).validate(data)


def schema_of(method: str, path: str, status: int, media: str = "application/json") -> dict[str, Any]:
    answer = DESCRIPTION["paths"][path][method.lower()]["responses"][str(status)]
    return dict(answer["content"][media]["schema"])


def test_every_route_is_described_and_nothing_else(serve: Serve) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in serve().app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, method) for path, node in DESCRIPTION["paths"].items() for method in node if method != "parameters"
    }
    assert routes == described


def test_path_parameters_are_described() -> None:
    for path, node in DESCRIPTION["paths"].items():
        named = {p["name"] for p in node.get("parameters", []) if p["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_all_schemas_are_schemas_and_all_references_lead_somewhere() -> None:
    for schema in DESCRIPTION["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DESCRIPTION)))
    assert references <= set(DESCRIPTION["components"]["schemas"])
    names = [op["operationId"] for node in DESCRIPTION["paths"].values() for op in node.values() if "operationId" in op]
    assert len(names) == len(set(names))


def test_real_answers_fit(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    form = {"project": json.dumps(document()), "picture": (io.BytesIO(picture), "p.png")}
    other = {"project": json.dumps(document(steps=7)), "picture": (io.BytesIO(picture), "p.png")}
    job = served.ask("POST", "/jobs", data=form).get_json()["id"]
    for _, kind, data in served.events(job):
        validate({"$ref": f"#/components/schemas/{EVENTS[kind]}"}, data)
    asked: list[tuple[str, str, str, dict[str, Any]]] = [
        ("GET", "/health", "/health", {}),
        ("GET", "/openapi.json", "/openapi.json", {}),
        ("GET", "/jobs", "/jobs", {}),
        ("GET", "/jobs/{job_id}", f"/jobs/{job}", {}),
        ("GET", "/jobs/{job_id}/manifest", f"/jobs/{job}/manifest", {}),
        ("POST", "/jobs/{job_id}/cancel", f"/jobs/{job}/cancel", {}),
        ("POST", "/jobs/{job_id}/resume", f"/jobs/{job}/resume", {}),
        ("PUT", "/jobs/{job_id}", f"/jobs/{job}", {"data": other}),
        ("POST", "/jobs/{job_id}/redo", f"/jobs/{job}/redo", {"json": {"from_step": 3}}),
        ("POST", "/jobs/{job_id}/redo", f"/jobs/{job}/redo", {"json": {"from_step": 0}}),
        ("PUT", "/jobs/{job_id}", "/jobs/other", {"data": {"project": "{}"}}),
        ("POST", "/plan", "/plan", {"json": {"project": document(), "width": 48, "height": 32}}),
        ("POST", "/plan", "/plan", {"json": {}}),
        ("POST", "/inpaint", "/inpaint", {}),
        ("GET", "/jobs/{job_id}/preview", f"/jobs/{job}/preview?width=0", {}),
        ("GET", "/jobs/{job_id}/tiles/{name}", f"/jobs/{job}/tiles/none.png", {}),
        ("DELETE", "/jobs/{job_id}", "/jobs/none", {}),
        ("GET", "/jobs/{job_id}/events", "/jobs/none/events", {}),
    ]
    statuses = set()
    for method, path, url, options in asked:
        answer = served.ask(method, url, **options)
        statuses.add(answer.status_code)
        validate(schema_of(method, f"{wire.API}{path}", answer.status_code), answer.get_json())
    assert statuses == {200, 400, 404, 409}


def test_a_failed_job_and_the_refusal_without_a_token_fit(serve: Serve, document: Document, picture: bytes) -> None:
    served = serve()
    job = served.create(document(), picture).get_json()["id"]
    served.finish(job)
    (served.store / "jobs" / job / "picture.png").write_bytes(b"damaged")
    served.ask("POST", f"/jobs/{job}/redo", json={"from_step": 1})
    done = served.finish(job)
    assert done["state"] == "failed"
    validate({"$ref": "#/components/schemas/Job"}, done)
    validate({"$ref": "#/components/schemas/Error"}, served.http.get("/api/v1/jobs").get_json())


@pytest.mark.parametrize("change", [{"state": "odd"}, {"extra": 1}])
def test_the_schemas_refuse_what_is_wrong(serve: Serve, document: Document, picture: bytes, change: Any) -> None:
    job = serve().create(document(), picture).get_json()
    schema = {"$ref": "#/components/schemas/Job", "components": DESCRIPTION["components"]}
    assert Draft202012Validator(schema).is_valid(job)
    assert not Draft202012Validator(schema).is_valid(job | change)


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "server.md").read_text(encoding="utf-8")


def test_every_route_is_on_its_page() -> None:
    for path, node in DESCRIPTION["paths"].items():
        for method in set(node) - {"parameters"}:
            assert f"| `{method.upper()} {path.removeprefix(wire.API)}` |" in PAGE


def test_every_limit_flag_and_event_is_on_its_page() -> None:
    for limit in fields(Limits):
        assert f"| `{limit.name}` | {limit.default} |" in PAGE
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    for action in parser._actions[1:]:
        assert f"| `{action.option_strings[0]}` |" in PAGE
    for kind in EVENTS:
        assert f"| `{kind}` |" in PAGE
