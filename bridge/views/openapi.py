"""The API's own description (OpenAPI 3.1), made of the shapes that requests are held to and answers are made of."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bridge.rules.intake import LEADS_A_MINUTE, LIMIT, REQUESTS_A_MINUTE
from bridge.rules.intake_shapes import ID, MOST_LEADS, Consent, Lead, Leads
from bridge.views.problems import MEDIA_TYPE, PROBLEMS, Problem, Result, Results

Json = dict[str, Any]

ABOUT = (
    "Signups of a firm come in here, from its web forms and other programs. A request may have "
    f"{LIMIT:,} bytes and {MOST_LEADS:,} leads; a key may make {REQUESTS_A_MINUTE:,} requests a minute, with "
    f"{LEADS_A_MINUTE:,} leads in them. To repeat a request does no harm: a lead is entered once, by its id. So "
    "whoever got no answer, or 503, sends the same again."
)
ALWAYS = (401, 429, 500, 503)  # whatever is asked
_RETRY = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait.", "required": True}}
_ALLOW = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}}
_HEADERS = {401: _ALLOW, 429: _RETRY, 503: _RETRY}


def example() -> Json:
    """A lead that says much."""
    consent = {"category": "informational", **_said(Consent)}
    return {**_said(Lead), "consent": consent}


def _said(shape: type[BaseModel]) -> Json:
    return {name: field.examples[0] for name, field in shape.model_fields.items() if field.examples}


@lru_cache(maxsize=4)
def document(base_url: str) -> Json:
    """Nobody may change it."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Leads come in", "version": "1", "description": ABOUT},
        "servers": [{"url": base_url}],
        "security": [{"key": []}],
        "paths": {"/api/leads": {"post": _add()}, "/api/leads/{id}": {"delete": _forget()}},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key that the operator has made."}
            },
        },
    }


def _schemas() -> Json:
    incoming = [(shape, "validation") for shape in (Lead, Leads)]
    outgoing = [(shape, "serialization") for shape in (Result, Results, Problem)]
    _, made = models_json_schema([*incoming, *outgoing], ref_template="#/components/schemas/{model}")  # type: ignore[list-item]
    found: Json = made["$defs"]
    return found


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _add() -> Json:
    one, several = example(), {"leads": [{"id": "signup-1002", "email": "noah@example.com"}]}
    return {
        "operationId": "addLeads",
        "summary": "Enter one lead, or several",
        "description": "One is answered by itself, with 201, 200, 409 or 422. Several are always answered with "
        "200, and each with what became of it.",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"anyOf": [_ref("Lead"), _ref("Leads")]},
                    "examples": {"one": {"value": one}, "several": {"value": several}},
                }
            },
        },
        "responses": {
            "200": _answer("It was here before; or what became of each of several.", "Result", "Results"),
            "201": _answer("It is entered.", "Result"),
            **_problems(400, 408, 409, 413, 415, 422),
        },
    }


def _forget() -> Json:
    return {
        "operationId": "deleteLead",
        "summary": "Forget a lead",
        "description": "The signup is removed, whether it was here or not. What is known about its number stays: "
        "its conversation, and what its person agreed or objected to. Under the same id it can be entered anew.",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": ID}}],
        "responses": {"204": {"description": "It is not here."}, **_problems(404)},
    }


def _answer(description: str, *names: str) -> Json:
    refs = [_ref(name) for name in names]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problems(*statuses: int) -> Json:
    found = {}
    for status in sorted({*statuses, *ALWAYS}):
        titles = [title for code, title, _ in PROBLEMS.values() if code == status]
        content = {MEDIA_TYPE: {"schema": _ref("Problem")}}
        headers = {"headers": _HEADERS[status]} if status in _HEADERS else {}
        found[str(status)] = {"description": " ".join(titles), "content": content, **headers}
    return found
