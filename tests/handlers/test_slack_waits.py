"""Slack waits three seconds: what the database cannot do by then is told, and comes again."""

import asyncio
import json
from typing import Any

import pytest

from bridge.handlers import slack as doors
from bridge.services import overview, replies
from bridge.store import tables
from tests.cast import MARIA
from tests.handlers.events import envelope, press_status, reply
from tests.handlers.knock import slack
from tests.handlers.trouble import cut, dying, frozen, gone, locked
from tests.stage import Stage


@pytest.mark.faults("F12", "F13")
async def test_a_reply_waits_for_the_database(stage: Stage) -> None:
    """For a second; and Slack hears of it only when it is stored."""
    await stage.lead_texts("Hello?")
    async with locked(stage):
        ts = await stage.staff_types("Patience")
        await asyncio.sleep(1)
        assert await stage.count(tables.messages, tables.messages.c.origin_ts == ts) == 0
        assert stage.slack.deliveries[-1].status is None
    await stage.settle()
    assert stage.phone(MARIA) == ["Patience"]
    assert [each.status for each in stage.slack.deliveries if each.kind == "event"][-1] == 200


@pytest.mark.faults("F12", "F13")
async def test_slack_brings_a_reply_again_that_could_not_be_stored(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.retry_delays = (0.5, 0.5, 0.5)
    async with locked(stage):
        await stage.staff_types("Not lost")
        await stage.until(lambda: stage.slack.deliveries[-1].attempt == 2)
    await stage.settle()
    first, *_, last = (each for each in stage.slack.deliveries if "Not lost" in json.dumps(each.payload))
    assert (first.status, last.status) == (503, 200)
    assert first.ms < 3000
    assert stage.phone(MARIA) == ["Not lost"]


@pytest.mark.faults("F12")
async def test_a_command_is_answered_while_somebody_else_writes(stage: Stage) -> None:
    await press_status(stage)  # who they are is known from then on
    async with locked(stage):
        result = await press_status(stage)
    assert "*Two-way SMS is on.*" in json.loads(result.text)["text"]
    assert result.ms < 1000


@pytest.mark.faults("F13")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("trouble", [gone, frozen])
async def test_without_a_database_people_read_a_sentence_and_slack_hears_503(stage: Stage, trouble: Any) -> None:
    await stage.lead_texts("Hello?")
    event = envelope(reply(stage, "Not lost"))
    async with trouble(stage):
        result, answer = await asyncio.gather(press_status(stage), slack(stage, event))
        assert result.status == 200
        assert result.ms < 3000
        assert json.loads(result.text) == {
            "response_type": "ephemeral",
            "text": "This is busy right now, and nothing was changed. Please try again in a minute.",
        }
        assert answer.status == 503
        assert stage.phone(MARIA) == []
    assert (await slack(stage, event)).status == 200
    await stage.settle()
    assert stage.phone(MARIA) == ["Not lost"]
    assert {entry["log_level"] for entry in stage.logs} <= {"info", "warning"}


@pytest.mark.faults("F13")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_cut_connection_costs_no_reply(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await cut(stage)
    assert (await slack(stage, envelope(reply(stage, "One"), "Ev1"))).status == 200
    await cut(stage)
    answers = await asyncio.gather(*(slack(stage, envelope(reply(stage, f"{n}"), f"Ev{n}")) for n in range(2, 7)))
    assert {answer.status for answer in answers} == {200}
    await stage.settle()
    assert sorted(stage.phone(MARIA)) == ["2", "3", "4", "5", "6", "One"]


@pytest.mark.faults("F13")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_connection_cut_while_it_is_asked_costs_no_reply(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    async with dying(stage):
        asked = asyncio.create_task(slack(stage, envelope(reply(stage, "One"), "Ev1")))
        await asyncio.sleep(0.2)
        assert not asked.done()
    assert (await asked).status == 200
    await stage.settle()
    assert stage.phone(MARIA) == ["One"]


def test_all_waiting_ends_before_slack_does() -> None:
    assert doors.PATIENCE < 3


@pytest.mark.faults("F12")
async def test_whatever_hangs_is_answered_before_slack_gives_up(
    door: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object, **__: object) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(2)  # so long it takes to let go of a connection at whose other end nobody is

    await door.lead_texts("Hello?")
    monkeypatch.setattr(doors, "PATIENCE", 0.3)
    event = envelope(reply(door, "Not lost"))
    with monkeypatch.context() as patch:
        patch.setattr(overview, "status", hang)
        patch.setattr(replies, "relay", hang)
        result = await press_status(door)
        assert (result.status, result.ms < 1000) == (200, True)
        assert json.loads(result.text)["text"].startswith("This is busy right now")
        assert (await slack(door, event)).status == 503
    assert (await slack(door, event)).status == 200
    await door.settle()
    assert door.phone(MARIA) == ["Not lost"]
