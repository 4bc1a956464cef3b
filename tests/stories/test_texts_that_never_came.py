"""A text whose webhook never reached us is found in Twilio's list and taken in: in order, once, marked as late."""

import asyncio
from typing import Any

import pytest

from bridge.sandbox.twilio.records import PretendMedia
from bridge.services import numbers
from bridge.store import firms, tables
from tests.cast import ACCOUNT, DENTAL, LAW, MANY, MARIA, NOAH
from tests.stage import Stage

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100


async def lost(stage: Stage, body: str = "", phone: str = MARIA, **more: Any) -> str:
    """A text whose webhook reaches nobody; its sid."""
    return await stage.twilio.text(phone, LAW.number, body, deliver=False, **more)


def lists(stage: Stage) -> int:
    """How often Twilio's list was asked for."""
    return sum(request.operation == "list" for request in stage.twilio.requests)


@pytest.mark.rows(60, 61)
@pytest.mark.faults("F4")
async def test_lost_texts_come_in_the_order_in_which_they_were_written(stage: Stage) -> None:
    await stage.lead_texts("This one came")
    for number in range(1, 6):
        await lost(stage, f"Lost {number}")
        await lost(stage, f"Also lost {number}", NOAH)
    stage.skip(minutes=5)

    await stage.sweep_for_missed_texts()

    assert stage.said(MARIA) == ["This one came", *(f"Lost {number}" for number in range(1, 6))]
    assert stage.said(NOAH) == [f"Also lost {number}" for number in range(1, 6)]
    late = [message for message in stage.thread(MARIA) if "arrived here late" in str(message["blocks"])]
    assert [message["text"] for message in late] == stage.said(MARIA)[1:]
    assert len(stage.roots()) == 2


@pytest.mark.rows(60)
@pytest.mark.faults("F4", "F29")
async def test_what_was_texted_while_the_app_was_down_is_there_when_it_is_up_again(stage: Stage) -> None:
    await stage.lead_texts("Before")
    await stage.stop_app()
    for body in ("During 1", "During 2"):
        await stage.twilio.text(MARIA, LAW.number, body)
    assert {hook.status for hook in stage.twilio.webhooks[1:]} == {None}
    stage.skip(minutes=10)

    await stage.start_app()
    async with asyncio.timeout(10):
        while stage.said()[-1] != "During 2":
            await asyncio.sleep(0.02)
    await stage.lead_texts("After")

    assert stage.said() == ["Before", "During 1", "During 2", "After"]


@pytest.mark.rows(60, 70)
@pytest.mark.faults("F4")
async def test_the_pictures_of_a_lost_text_come_too(stage: Stage) -> None:
    await lost(stage, "Look at this", media=[PretendMedia(JPEG), PretendMedia(JPEG + b"2")])
    stage.skip(minutes=5)

    await stage.sweep_for_missed_texts()

    assert stage.said()[0] == "Look at this"
    assert [file.content for file in stage.slack.files(LAW.team_id)] == [JPEG, JPEG + b"2"]


@pytest.mark.rows(71)
@pytest.mark.faults("F2", "F4")
async def test_what_was_found_is_not_found_again_nor_doubled_by_a_webhook_after_all(stage: Stage) -> None:
    sid = await lost(stage, "Lost")
    stage.skip(minutes=5)
    await stage.sweep_for_missed_texts()
    await stage.sweep_for_missed_texts()
    await stage.twilio.text(MARIA, LAW.number, sid=sid)
    await stage.settle()

    assert stage.said() == ["Lost"]
    assert await stage.count(tables.messages) == 1


@pytest.mark.faults("F4")
async def test_a_text_that_may_still_be_on_its_way_is_left_to_its_webhook(stage: Stage) -> None:
    await lost(stage, "Just now")
    await stage.sweep_for_missed_texts()
    assert stage.roots() == []

    stage.skip(minutes=3)
    await stage.sweep_for_missed_texts()
    assert stage.said() == ["Just now"]


@pytest.mark.faults("F4")
async def test_when_the_list_cannot_be_had_the_next_look_covers_that_time_too(stage: Stage) -> None:
    stage.dental_plays = True
    await lost(stage, "Lost")
    await stage.twilio.text(NOAH, DENTAL.number, "Lost as well", deliver=False)
    trouble: list[dict[str, Any]] = [
        {"status": 500},
        {"code": 20003},
        {"drop": True},
        {"status": 200, "body": "<p>"},
    ]
    for each in trouble:
        stage.skip(minutes=3)
        stage.twilio.fail("list", to=LAW.number, times=5, **each)
        await stage.sweep_for_missed_texts()
        assert stage.roots() == [], each
        stage.twilio.heal()
    theirs = stage.slack.messages(DENTAL.team_id, DENTAL.channel)
    assert [message["text"] for message in theirs][1:] == ["Lost as well"]

    stage.skip(minutes=30)
    await stage.sweep_for_missed_texts()
    assert stage.said() == ["Lost"]


@pytest.mark.faults("F4")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_long_outage_with_more_texts_than_fit_on_many_pages(stage: Stage) -> None:
    await stage.turn_two_way(on=False)  # it is about taking them in; posting them would take minutes
    written = [f"Lost {number}" for number in range(1_050)]
    for number, body in enumerate(written):
        await lost(stage, body, MANY[number % len(MANY)])
    stage.skip(hours=20)

    await stage.sweep_for_missed_texts()

    rows = await stage.rows(tables.messages.select().order_by(tables.messages.c.id))
    assert [row.body for row in rows] == written


@pytest.mark.rows(122, 126)
@pytest.mark.faults("F4")
async def test_a_lost_stop_counts(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    await lost(stage, "STOP")
    stage.skip(minutes=5)
    await stage.sweep_for_missed_texts()

    assert (await stage.contact()).opted_out
    await stage.staff_says("One last thing")
    assert stage.phone() == []


@pytest.mark.rows(123, 133)
@pytest.mark.faults("F4")
@pytest.mark.parametrize(("first", "last", "opted_out"), [("STOP", "START", False), ("START", "STOP", True)])
async def test_of_a_lost_word_and_a_later_one_that_came_the_later_counts(
    stage: Stage, first: str, last: str, opted_out: bool
) -> None:
    await lost(stage, first)
    stage.skip(minutes=4)
    await stage.lead_texts(last)
    assert (await stage.contact()).opted_out is opted_out
    before = await stage.contact()

    await stage.sweep_for_missed_texts()

    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (before.opted_out, before.carrier_blocked)
    assert "a keyword came late" in stage.said()[-1]
    async with stage.app.deps.db.read() as tx:
        events = await tx.rows(tables.consent_events.select().order_by(tables.consent_events.c.at))
    assert [event.evidence["body"] for event in events] == [first, last]
    assert sum(not text.automatic for text in stage.twilio.texts_to(MARIA)) == 0


@pytest.mark.rows(122, 123)
@pytest.mark.faults("F4")
async def test_words_that_were_all_lost_count_in_their_order(stage: Stage) -> None:
    for body in ("STOP", "START", "Stop"):
        await lost(stage, body)
        stage.skip(seconds=5)
    stage.skip(minutes=5)
    await stage.sweep_for_missed_texts()

    assert (await stage.contact()).opted_out


@pytest.mark.rows(18)
@pytest.mark.faults("F4")
async def test_texts_from_before_the_number_was_connected_are_not_ours(stage: Stage) -> None:
    long_ago = stage.clock().replace(year=2020)
    await lost(stage, "Somebody else's", at=long_ago)
    stage.skip(minutes=5)
    before = lists(stage)

    await stage.sweep_for_missed_texts()

    assert lists(stage) > before
    assert await stage.count(tables.messages) == 0
    assert {request.params.get("To") for request in stage.twilio.requests if request.operation == "list"} <= {
        LAW.number, DENTAL.number,
    }  # fmt: skip
    assert all(request.authorised for request in stage.twilio.requests), ACCOUNT


@pytest.mark.rows(60)
@pytest.mark.faults("F4")
async def test_a_number_that_cannot_be_looked_after_does_not_stop_the_others(stage: Stage) -> None:
    stage.expects_incidents = True
    async with stage.app.deps.db.begin() as tx:
        await firms.change(tx, stage.dental.id, account_token=b"sealed with a key that is gone")
    further = "+14155550109"
    stage.twilio.add_number(ACCOUNT, further)
    await numbers.connect(stage.app.deps, stage.law, further, stage.clock())
    stage.skip(seconds=2)
    await stage.twilio.text(MARIA, further, "Lost", deliver=False)
    stage.skip(minutes=5)
    await stage.sweep_for_missed_texts()
    assert stage.said() == ["Lost"]
