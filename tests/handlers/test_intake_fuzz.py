"""Requests made up from the API's own document, right and wrong ones: the app keeps to what its document says.

Nothing here is chosen by hand. The same are made up each time, and only as many as a few seconds allow.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks
from sqlalchemy import Table, select

from bridge.services import api_keys
from bridge.store import tables
from tests.intake import LEADS, hand_in, key_of, lead
from tests.stage import Stage

Made = Case[Any]

EXAMPLES = 40  # of each kind
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
KINDS = {
    (LEADS, "POST", GenerationMode.POSITIVE): {200, 201, 409, 422},
    (LEADS, "POST", GenerationMode.NEGATIVE): {200, 201, 400, 409, 415, 422},
    (f"{LEADS}/{{id}}", "DELETE", GenerationMode.POSITIVE): {204},
    (f"{LEADS}/{{id}}", "DELETE", GenerationMode.NEGATIVE): {204, 404, 405},
}
OF_A_FIRM = [
    tables.leads,
    tables.lead_terms,
    tables.api_keys,
    tables.contacts,
    tables.consent_events,
    tables.outbox,
]


def of_case(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, seen: Callable[[Made], None]
) -> None:
    """Hand over made up requests, always the same."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def each(case: Made) -> None:
        seen(case)

    each()


def judged(schema: jsonschema.Draft202012Validator, said: Any, answer: Response) -> None:
    """What was taken is what the document describes."""
    rows = said["leads"] if isinstance(said, dict) and isinstance(said.get("leads"), list) else [said]
    results = answer.json().get("results", [answer.json()]) if answer.status_code in {200, 201} else []
    for row, result in zip(rows, results, strict=False):
        assert result["status"] == "rejected" or schema.is_valid(row), (row, result)


def knocking(url: str, key: str) -> Counter[int]:
    """All kinds of requests, by somebody who has a key; how often each status was answered."""
    raw = requests.get(f"{url}/api/openapi.json", timeout=5).json()
    del raw["security"]  # else some requests come without the key
    document = schemathesis.openapi.from_dict(raw)
    lead_schema = {"$ref": "#/components/schemas/Lead", "components": raw["components"]}
    described, statuses = jsonschema.Draft202012Validator(lead_schema), Counter[int]()

    def knock(case: Made, expected: set[int]) -> None:
        case.headers["Authorization"] = f"Bearer {key}"
        answer = case.call_and_validate(url, session=session, checks=CHECKS)
        statuses[answer.status_code] += 1
        assert answer.status_code in expected, (answer.status_code, case.body)
        if case.method == "POST":
            judged(described, _read(answer.request.body), answer)

    with requests.Session() as session:
        for (path, method, mode), expected in KINDS.items():
            of_case(document[path][method], mode, partial(knock, expected=expected))
    return statuses


def _read(sent: Any) -> Any:
    try:
        return json.loads(sent)
    except (ValueError, TypeError):
        return None


def guessing(url: str) -> Counter[int]:
    """The same by somebody without one."""
    document, statuses = schemathesis.openapi.from_url(f"{url}/api/openapi.json"), Counter[int]()
    with requests.Session() as session:

        def knock(case: Made) -> None:
            answer = case.call_and_validate(session=session, checks=CHECKS)
            statuses[answer.status_code] += 1

        for path, method in ((LEADS, "POST"), (f"{LEADS}/{{id}}", "DELETE")):
            of_case(document[path][method], GenerationMode.POSITIVE, knock)
    return statuses


async def everything_of(stage: Stage, firm_id: int, *of: Table) -> list[Any]:
    return [
        await stage.rows(select(table).where(table.c.firm_id == firm_id).order_by(*table.primary_key.columns))
        for table in of
    ]


@pytest.mark.faults("F17")
async def test_whatever_the_document_allows_and_forbids_is_answered_as_it_says(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "REQUESTS_A_MINUTE", 10**9)
    monkeypatch.setattr(api_keys, "LEADS_A_MINUTE", 10**9)
    stage.dental_plays = True
    theirs, ours = await key_of(stage, stage.dental), await key_of(stage, stage.law)
    for identity in ("0", "00", "signup-1001", "signup-1002"):  # which are tried
        assert (await hand_in(stage, theirs, {**lead(), "id": identity})).status == 201
    before = await everything_of(stage, stage.dental.id, *OF_A_FIRM, tables.audit)
    statuses = await asyncio.to_thread(knocking, str(stage.app.url), ours)
    assert {204, 404, 422} <= set(statuses), statuses
    assert {200, 201} & set(statuses), statuses
    assert await everything_of(stage, stage.dental.id, *OF_A_FIRM, tables.audit) == before


@pytest.mark.faults("S1")
async def test_whoever_has_no_key_changes_nothing(door: Stage) -> None:
    statuses = await asyncio.to_thread(guessing, str(door.app.url))
    assert {401} <= set(statuses) <= {401, 404}, statuses
    assert await everything_of(door, door.law.id, tables.leads, tables.lead_terms) == [[], []]
