"""What colleagues tell each other in a lead's thread never reaches the lead, and everybody sees that it did not."""

import asyncio
from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.services import installs
from bridge.services.alterations import EDITED
from bridge.services.answers import ALREADY
from bridge.store import messages, tables
from bridge.store.channels import ReplyMode
from bridge.views import threads as views
from tests.cast import LAW
from tests.lock import until_somebody_waits, writing_beside
from tests.stage import Stage
from tests.store.scratch import only_postgres

NOTES = [
    "// she sounds upset",
    "//she sounds upset",
    "  // she sounds upset",
    "note: call her first",
    "Note : call her first",
    "NOTE:call her first",
    "*note:* call her first",
    f"<@{LAW.second_agent}> can you take this?",
    f"  <@{LAW.second_agent}>, can you take this?",
    "<!here> who knows her?",
    "<!subteam^S01SALES> yours?",
]
ASKED = "Replies in this channel are sent only when you say so. Text this to the lead?"


@pytest.mark.rows(73)
@pytest.mark.faults("F23")
async def test_notes_stay_inside_and_show_that_they_did(stage: Stage) -> None:
    await stage.lead_texts("I am very disappointed.")
    stamps = {note: await stage.staff_types(note) for note in NOTES}
    await stage.settle()
    assert stage.phone() == []
    assert {note: stage.marks(ts) for note, ts in stamps.items()} == {note: ["memo"] for note in NOTES}
    assert stage.told() == []
    assert await stage.count(tables.messages, tables.messages.c.direction == "out") == 0


@pytest.mark.rows(73)
async def test_what_only_looks_like_a_note_further_on_is_a_reply(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    for reply in ("See footnote: 3", "http://harbor.example // ours", "Ask @here at the desk"):
        await stage.staff_types(reply)
    await stage.settle()
    assert stage.phone() == ["See footnote: 3", "http://harbor.example // ours", "Ask @here at the desk"]


async def test_a_guest_may_write_notes(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("// I am only watching", user=LAW.guest)
    assert (stage.marks(ts), stage.told(LAW.guest)) == (["memo"], [])


# --- alerts only


@pytest.mark.rows(73)
async def test_in_a_channel_for_alerts_only_nothing_goes_out(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.ALERTS)
    ts = await stage.staff_says("This is only for us.")
    assert (stage.phone(), stage.marks(ts), stage.told()) == ([], ["lock"], [])

    await reply_mode(stage, ReplyMode.SEND)
    await stage.staff_says("This is for you.")
    assert stage.phone() == ["This is for you."]


# --- confirm first


async def test_a_reply_that_must_be_confirmed_waits_for_its_author_alone(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    ts = await stage.staff_says("Shall I?")
    assert stage.phone() == []
    assert stage.marks(ts) == ["lock"]
    assert stage.told() == [ASKED]
    assert stage.told(LAW.second_agent) == []

    await press(stage, views.SEND_HELD)

    assert stage.phone() == ["Shall I?"]
    assert stage.marks(ts) == ["heavy_check_mark"]


async def test_a_reply_kept_inside_stays_inside(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    ts = await stage.staff_says("Between us: no.")
    await press(stage, views.KEEP_INSIDE)
    await press(stage, views.SEND_HELD)
    assert stage.phone() == []
    assert stage.marks(ts) == ["lock"]
    assert stage.told()[1:] == ["Kept inside.", ALREADY]


@pytest.mark.rows(118, 121)
async def test_a_button_pressed_twice_sends_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    await stage.staff_says("Shall I?")
    for _ in range(3):
        await press(stage, views.SEND_HELD)
    assert stage.phone() == ["Shall I?"]
    assert stage.told()[1:] == ["Sending.", ALREADY, ALREADY]


@pytest.mark.rows(126, 127)
@pytest.mark.faults("F28")
async def test_a_reply_released_after_stop_is_refused(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    await stage.staff_says("Shall I?")
    await stage.lead_texts("STOP")
    await press(stage, views.SEND_HELD)
    assert stage.phone() == []
    assert stage.told()[1:] == [Refusal.STOPPED.sentence]

    await stage.lead_texts("START")  # and when she is back the question still stands
    await press(stage, views.SEND_HELD)
    assert stage.phone() == ["Shall I?"]


@pytest.mark.rows(115, 116)
async def test_releasing_counts_as_sending(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    held = [await stage.staff_says(f"Held {number}") for number in range(11)]
    questions = [shown["ts"] for shown in stage.slack.ephemerals(LAW.team_id, LAW.channel, LAW.agent)]
    for question in questions:
        await press(stage, views.SEND_HELD, question=question)
    assert stage.phone() == [f"Held {number}" for number in range(10)]
    assert stage.told()[-1] == Refusal.TOO_FAST.sentence
    assert stage.marks(held[10]) == ["lock"]

    stage.skip(seconds=61)
    await press(stage, views.SEND_HELD, question=questions[10])
    assert stage.phone()[-1] == "Held 10"


@pytest.mark.rows(114)
async def test_what_could_not_be_sent_anyway_is_refused_before_anybody_is_asked(stage: Stage) -> None:
    stage.slack.workspace(LAW.team_id).custom_emoji.add("party_blob")
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    own_emoji, too_long = await stage.staff_types(":party_blob:"), await stage.staff_types("x" * 1601)
    await stage.settle()
    assert stage.told() == [Refusal.CUSTOM_EMOJI.sentence, Refusal.TOO_LONG.sentence]
    assert stage.marks(own_emoji) == stage.marks(too_long) == ["no_entry"]


async def test_a_draft_deleted_before_it_was_released_is_gone(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    ts = await stage.staff_says("Shall I?")
    await stage.slack.delete(LAW.team_id, LAW.channel, ts)
    await stage.settle()
    await press(stage, views.SEND_HELD)
    assert stage.phone() == []
    assert stage.told()[1:] == [ALREADY]


@pytest.mark.rows(86)
async def test_a_draft_edited_before_it_was_released_is_not_sent_in_its_old_words(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    ts = await stage.staff_says("At too.")
    await stage.slack.edit(LAW.team_id, LAW.channel, ts, "At two.")
    await stage.settle()
    await press(stage, views.SEND_HELD)
    assert stage.phone() == []
    assert stage.told()[1:] == [
        "You changed this before it was sent, so it stays inside. Post it again to text it.",
        ALREADY,
    ]
    assert stage.marks(ts) == ["lock"]


@only_postgres
@pytest.mark.rows(86)
@pytest.mark.faults("F27")
async def test_nobody_reads_that_a_draft_stays_inside_while_another_process_releases_it(
    stage: Stage, database_url: str
) -> None:
    await stage.lead_texts("Hello?")
    await reply_mode(stage, ReplyMode.CONFIRM)
    ts = await stage.staff_says("At too.")
    (draft,) = await stage.rows(tables.messages.select().where(tables.messages.c.state == State.HELD))
    async with writing_beside(database_url) as tx:
        await messages.move(tx, stage.law.id, draft.id, from_=State.HELD, to=State.SENT)
        edited = asyncio.create_task(stage.slack.edit(LAW.team_id, LAW.channel, ts, "At two."))
        await until_somebody_waits(tx)
    await edited
    await stage.settle()
    assert stage.told()[1:] == [EDITED]


async def reply_mode(stage: Stage, mode: ReplyMode) -> None:
    await installs.set_reply_mode(stage.app.deps, stage.law, LAW.channel, mode, stage.clock())


async def press(stage: Stage, action_id: str, *, question: str | None = None, user: str = LAW.agent) -> Any:
    """The author presses a button of the question that only they see."""
    questions = [
        shown for shown in stage.slack.ephemerals(LAW.team_id, LAW.channel, user) if shown["text"] == ASKED
    ]
    result = await stage.slack.click(LAW.team_id, user, LAW.channel, question or questions[-1]["ts"], action_id)
    assert result.status == 200
    await stage.settle()
    return result
