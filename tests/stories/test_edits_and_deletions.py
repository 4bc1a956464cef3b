"""A text that went out stays as it is: its author learns that, and nothing is sent a second time."""

from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.store import tables
from tests.cast import LAW, NOAH
from tests.stage import Stage

EDITED = "This was already texted, and a text can't be changed. Send a new message to correct it."
DELETED = "This was already texted, and a text can't be taken back. The lead still has it."


@pytest.mark.rows(86)
@pytest.mark.faults("F23")
async def test_an_edit_changes_nothing_and_the_author_is_told(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("At too.")
    await edit(stage, ts, "At two.")
    assert stage.phone() == ["At too."]
    assert stage.told() == [EDITED]
    await edit(stage, ts, "At two o'clock.")
    assert stage.phone() == ["At too."]
    assert stage.told() == [EDITED, EDITED]
    assert stage.told(LAW.second_agent) == []


@pytest.mark.rows(86)
@pytest.mark.faults("F23")
async def test_a_deletion_changes_nothing_and_the_author_is_told(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("At too.")
    await delete(stage, ts)
    assert stage.phone() == ["At too."]
    assert stage.told() == [DELETED]


@pytest.mark.rows(86, 121)
@pytest.mark.faults("F2", "F23")
async def test_an_alteration_that_slack_delivers_eleven_times_is_told_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("At too.")
    stage.slack.phantom, stage.slack.duplicates = 10, 2
    await edit(stage, ts, "At two.")
    assert stage.told() == [EDITED]
    await delete(stage, ts)
    assert stage.told() == [EDITED, DELETED]


@pytest.mark.rows(86)
@pytest.mark.faults("F23")
async def test_a_link_preview_is_no_edit(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("See https://harbor.example/visit")
    before = stage.slack.find_message(LAW.team_id, LAW.channel, ts).body
    after = before | {"attachments": [{"title": "Visit us", "from_url": "https://harbor.example/visit"}]}
    event = {
        "type": "message", "subtype": "message_changed", "channel": LAW.channel, "channel_type": "channel",
        "message": after, "previous_message": before, "ts": stage.slack.new_ts(), "hidden": True,
    }  # fmt: skip
    assert await stage.slack.send_event(LAW.team_id, event) == [200]
    await stage.settle()
    assert stage.told() == []
    assert len(stage.phone()) == 1


@pytest.mark.rows(86)
async def test_altering_what_was_no_text_is_nobodys_business(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    note = await stage.staff_says("// only us")
    refused = await stage.staff_says("x" * 1601)
    assert stage.told() == [Refusal.TOO_LONG.sentence]
    for ts in (note, refused):
        await edit(stage, ts, "Now it would be a text")
        await delete(stage, ts)
    elsewhere = await stage.slack.say(LAW.team_id, LAW.channel, LAW.agent, "Lunch?")
    await edit(stage, elsewhere, "Lunch at one?")
    await delete(stage, elsewhere)
    assert stage.told() == [Refusal.TOO_LONG.sentence]
    assert stage.phone() == []


@pytest.mark.rows(86)
async def test_a_reply_deleted_before_its_turn_came_does_not_go_out(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")
    stage.twilio.fail("create", status=429, retry_after=60)
    waiting = await stage.staff_types("This one waits.")
    behind = await stage.staff_types("And this one behind it.")
    await stage.settle()
    await delete(stage, waiting)
    await delete(stage, behind)
    await stage.staff_types("Only this is right.")
    stage.skip(seconds=61)
    await stage.settle()
    assert stage.phone() == ["Known by now.", "Only this is right."]
    assert stage.told() == []  # it was taken back in time, so nobody is told that it was not
    states = {row.state for row in await stage.rows(tables.messages.select())}
    assert "canceled" in states


@pytest.mark.rows(86)
async def test_a_deletion_while_a_text_is_leaving_is_too_late(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")

    async def delete_it(_: Any) -> None:
        await stage.slack.delete(LAW.team_id, LAW.channel, leaving)
        await stage.slack.settled()

    stage.twilio.on_create = delete_it
    leaving = await stage.staff_types("This one is leaving.")
    await stage.settle()
    assert stage.phone() == ["Known by now.", "This one is leaving."]
    assert stage.told() == [DELETED]


@pytest.mark.rows(86, 72)
async def test_the_author_is_told_in_the_thread_of_that_lead(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    ts = await stage.staff_says("At too.", phone=NOAH)
    await edit(stage, ts, "At two.")
    [shown] = stage.slack.ephemerals(LAW.team_id, LAW.channel, LAW.agent)
    assert shown["thread_ts"] == stage.root(NOAH)["ts"]


async def edit(stage: Stage, ts: str, text: str) -> None:
    await stage.slack.edit(LAW.team_id, LAW.channel, ts, text)
    await stage.settle()


async def delete(stage: Stage, ts: str) -> None:
    await stage.slack.delete(LAW.team_id, LAW.channel, ts)
    await stage.settle()
