"""Other programs hand in leads: each is entered once, whatever comes twice, at once, too late or half."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from bridge import metrics
from bridge.handlers import intake as doors
from bridge.refusals import Refusal
from bridge.rules import intake
from bridge.rules.signups import Consent, Signup
from bridge.services import api_keys as keys
from bridge.services import leads, start
from bridge.store import tables
from tests.cast import MARIA
from tests.handlers.trouble import frozen, gone, locked
from tests.intake import found, hand_in, key_of, lead, problem, states, stored, take_back, told
from tests.stage import Stage
from tests.store.scratch import only_postgres

WHOLE = lead(
    1,
    email="lee@example.com",
    source="website",
    time_zone="America/Chicago",
    tags=["harbour lease", "harbour lease", "vip"],
    attributes={"office": "Oakland"},
)


async def test_a_lead_that_comes_in_is_found(stage: Stage) -> None:
    key = await key_of(stage, stage.law)
    answer = await hand_in(stage, key, WHOLE)
    assert (answer.status, told(answer)) == (201, {"id": "signup-1", "status": "created"})
    for query in ("lee", "example1", "555-0101", "lee@ex"):
        assert await found(stage, query) == ["Lee Example1"]
    [row] = await stored(stage)
    assert (row.phone, row.email, row.source, row.time_zone) == (
        "+14155550101",
        "lee@example.com",
        "website",
        "America/Chicago",
    )
    assert (row.tags, row.attributes) == (["harbour lease", "vip"], {"office": "Oakland"})
    [entered] = await stage.rows(select(tables.audit).where(tables.audit.c.action == "enter_leads"))
    assert entered.actor == f"key {key[:13]}"


async def test_numbers_come_in_any_notation_and_names_from_what_there_is(stage: Stage) -> None:
    key = await key_of(stage, stage.law)
    written = {"id": "1", "phone": "020 7946 0018", "country": "GB"}, {"id": "2", "email": "noah@example.com"}
    assert states(await hand_in(stage, key, {"leads": written})) == ["created", "created"]
    assert [(row.name, row.phone) for row in await stored(stage)] == [
        ("+44 20 7946 0018", "+442079460018"),
        ("noah@example.com", None),
    ]


async def test_the_same_lead_twice_is_one_and_nothing_changes(stage: Stage) -> None:
    key = await key_of(stage, stage.law)
    assert (await hand_in(stage, key, WHOLE)).status == 201
    before = await stored(stage)
    stage.skip(minutes=5)
    again = await hand_in(stage, key, {**WHOLE, "country": "US", "name": " Lee Example1 "})  # which says the same
    assert (again.status, told(again)) == (200, {"id": "signup-1", "status": "known"})
    other = await hand_in(stage, await key_of(stage, stage.law, "another"), {**WHOLE, "name": "Somebody Else"})
    assert (other.status, problem(other)) == (409, "other-content")
    assert states(await hand_in(stage, key, {"leads": [WHOLE, lead(1), lead(2), lead(2), lead(2, name="X")]})) == [
        "known",
        "conflict",
        "created",
        "known",
        "conflict",
    ]
    assert (await stored(stage))[:1] == before
    assert await found(stage, "lee") == ["Lee Example2", "Lee Example1"]


async def test_five_at_once_are_one(stage: Stage) -> None:
    key = await key_of(stage, stage.law)
    several = {"leads": [lead(number) for number in range(1, 40)]}
    answers = await asyncio.gather(*(hand_in(stage, key, several) for _ in range(5)))
    for became in zip(*map(states, answers), strict=True):
        assert sorted(became) == ["created", *["known"] * 4]
    assert len(await stored(stage)) == 39


async def test_a_bad_row_stops_none_of_the_good_ones(stage: Stage) -> None:
    key = await key_of(stage, stage.law)
    rows = [lead(1), lead(2, phone="123"), lead(3, colour="red"), "nonsense", lead(4), {"name": "Nobody"}]
    answer = await hand_in(stage, key, {"leads": rows})
    assert states(answer) == ["created", "rejected", "rejected", "rejected", "created", "rejected"]
    results = told(answer)["results"]
    assert [each["id"] for each in results] == ["signup-1", "signup-2", "signup-3", None, "signup-4", None]
    assert [each.get("error", {}).get("errors") for each in results] == [
        None,
        [{"detail": "That is no phone number that anybody has.", "pointer": "#/leads/1/phone"}],
        [{"detail": "There is no such field.", "pointer": "#/leads/2/colour"}],
        [{"detail": "It must be an object.", "pointer": "#/leads/3"}],
        None,
        [{"detail": "It is missing.", "pointer": "#/leads/5/id"}],
    ]
    assert await found(stage, "lee") == ["Lee Example4", "Lee Example1"]


@pytest.mark.rows(65)
async def test_of_several_with_one_number_the_last_is_the_newest(stage: Stage) -> None:
    key = await key_of(stage, stage.law)
    rows = [lead(number, phone=MARIA, name=f"Maria {number}") for number in range(1, 9)]
    assert states(await hand_in(stage, key, {"leads": rows})) == ["created"] * 8
    assert await found(stage, "maria") == ["Maria 8"]


async def test_a_thousand_come_in_one_request_and_no_more(stage: Stage) -> None:
    key = await key_of(stage, stage.law)
    rows = [{"id": f"n{number}", "email": f"lead{number}@example.com"} for number in range(1001)]
    assert states(await hand_in(stage, key, {"leads": rows[:1000]})) == ["created"] * 1000
    answer = await hand_in(stage, key, {"leads": rows})
    assert (answer.status, problem(answer)) == (422, "not-entered")
    assert told(answer)["errors"] == [{"detail": "It may have 1000 entries.", "pointer": "#/leads"}]
    assert len(await stored(stage)) == 1000


@pytest.mark.faults("S15")
async def test_a_key_has_so_much_a_minute_and_then_waits(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "REQUESTS_A_MINUTE", 3)
    monkeypatch.setattr(keys, "LEADS_A_MINUTE", 5)
    stage.clock.frozen_at = stage.clock().replace(second=48)
    key, other = await key_of(stage, stage.law), await key_of(stage, stage.law, "another")
    assert states(await hand_in(stage, key, {"leads": [lead(1), lead(2), lead(3)]})) == ["created"] * 3
    too_many = await hand_in(stage, key, {"leads": [lead(4), lead(5), lead(6)]})
    assert (too_many.status, problem(too_many), too_many.headers["Retry-After"]) == (429, "too-many", "12")
    assert len(await stored(stage)) == 3
    assert states(await hand_in(stage, key, {"leads": [lead(4), lead(5)]})) == ["created"] * 2
    assert (await take_back(stage, key, "signup-5")).status == 204
    for answer in (await hand_in(stage, key, b"{"), await take_back(stage, key, "signup-4")):
        assert (answer.status, problem(answer), answer.headers["Retry-After"]) == (429, "too-many", "12")
    assert (await hand_in(stage, other, lead(7))).status == 201
    stage.skip(seconds=12)
    assert (await hand_in(stage, key, lead(8))).status == 201


@pytest.mark.faults("S15")
async def test_clocks_that_differ_a_little_count_in_one_minute(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "REQUESTS_A_MINUTE", 4)
    stage.clock.frozen_at = stage.clock().replace(second=59)
    key = await key_of(stage, stage.law)
    statuses = []
    for ahead in (0, 2, 0, 2, 0, 2):
        stage.clock.set_by = timedelta(seconds=ahead)
        statuses.append((await hand_in(stage, key, lead(1))).status)
    assert statuses == [201, 200, 200, 200, 200, 429]  # the first was in the minute before
    stage.clock.set_by = timedelta(minutes=-5)
    assert (await hand_in(stage, key, lead(1))).status == 200  # nobody waits for a clock that was set back


@pytest.mark.faults("F12", "F13")
async def test_without_a_database_it_says_within_seconds_when_to_come_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doors.PATIENCE <= 5
    monkeypatch.setattr(doors, "PATIENCE", 0.4)
    key = await key_of(stage, stage.law)
    trouble = locked if stage.app.deps.db.is_sqlite else partial(frozen, table="leads")
    async with trouble(stage):
        answers = [await hand_in(stage, key, lead(1)), await take_back(stage, key, "signup-1")]
    assert [(answer.status, problem(answer), answer.headers["Retry-After"]) for answer in answers] == [
        (503, "busy", "5")
    ] * 2
    assert (await hand_in(stage, key, lead(1))).status == 201


@only_postgres
@pytest.mark.faults("F13")
@pytest.mark.parametrize("trouble", [gone, partial(frozen, table="api_keys")])
async def test_without_a_database_nobody_is_told_that_the_key_is_wrong(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, trouble: Any
) -> None:
    monkeypatch.setattr(doors, "PATIENCE", 0.4)
    key = await key_of(stage, stage.law)
    async with trouble(stage):
        assert problem(await hand_in(stage, key, lead(1))) == "busy"
    monkeypatch.undo()
    assert (await hand_in(stage, key, lead(1))).status == 201


@pytest.mark.faults("S25")
async def test_a_lead_that_is_forgotten_is_not_found_and_its_no_stays(stage: Stage) -> None:
    key = await key_of(stage, stage.law)
    maria = {"id": "maria", "name": "Maria Lopez", "phone": MARIA}
    assert states(await hand_in(stage, key, {"leads": [maria, lead(2)]})) == ["created"] * 2
    await stage.lead_texts("STOP")
    events = await stage.rows(select(tables.consent_events))
    for _ in range(2):
        answer = await take_back(stage, key, "maria")
        assert (answer.status, answer.text) == (204, "")
    assert await found(stage, "maria") == await found(stage, "0111") == []
    left = await stage.rows(select(tables.lead_terms.c.lead_id).distinct())
    assert [row.lead_id for row in left] == [row.id for row in await stored(stage)] != []
    assert await stage.rows(select(tables.consent_events)) == events != []
    assert (await hand_in(stage, key, maria)).status == 201
    [match] = await start.find(stage.app.deps, stage.law, "maria", most=5, everybody=True)
    assert match.refusal is Refusal.STOPPED


@pytest.mark.faults("S25")
async def test_what_somebody_agreed_to_is_taken_down_with_its_proof(stage: Stage) -> None:
    consent = {"category": "marketing", "text": "Yes, text me", "captured_at": "2026-11-20T10:00:00-08:00"}
    signup = intake.read(
        lead(1, consent={**consent, "ip": "192.0.2.1"}), "#", by="key bridge_abc123", now=stage.clock()
    )
    assert isinstance(signup, Signup)
    assert signup.consent == Consent(
        "marketing",
        "api",
        {"text": "Yes, text me", "ip": "192.0.2.1", "captured_by": "key bridge_abc123"},
        datetime(2026, 11, 20, 18, tzinfo=UTC),
    )
    key = await key_of(stage, stage.law)
    assert (await hand_in(stage, key, lead(1, consent=consent))).status == 201


@pytest.mark.faults("S22")
async def test_nothing_of_it_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    key = await key_of(stage, stage.law)
    secret = [lead(1, name="Canary"), lead(2, name="Canary", phone="Canary"), lead(3, canary="Canary"), ["Canary"]]
    await hand_in(stage, key, {"leads": secret})
    await hand_in(stage, key, b'{"canary": "Canary"')
    await hand_in(stage, "canary", secret)
    await take_back(stage, key, "canary")
    said = f"{stage.logs} {caplog.text} {metrics.shown().decode()}".lower()
    audited = json.dumps([row.facts for row in await stage.rows(select(tables.audit))])
    for word in ("canary", "4155550101", "555-0101", key.lower()):
        assert word not in said + audited.lower()


@pytest.mark.faults("F25")
async def test_a_mistake_of_ours_has_an_incident_and_tells_nothing_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.expects_incidents = True
    key = await key_of(stage, stage.law)
    monkeypatch.setattr(leads, "enter", None)
    answer = await hand_in(stage, key, lead(1))
    assert (answer.status, problem(answer)) == (500, "our-mistake")
    [entry] = [entry for entry in stage.logs if entry["log_level"] == "error"]
    assert told(answer)["detail"] == f"incident {entry['incident']}"
