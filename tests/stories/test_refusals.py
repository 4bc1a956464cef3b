"""Every reason to decline: one sentence to the author alone, a mark that everybody sees, and nothing sent."""

import pytest

from bridge.refusals import Refusal
from bridge.rules.preferences import LINES
from bridge.store import firms, tables
from tests.cast import LAW, MARIA
from tests.stage import Stage

STOPPED = "This lead has opted out of SMS. You can't send messages until they text START to opt back in."
LANDLINE = "This number is a landline and can't receive SMS messages"
TOO_FAST = "Rate limit: 10 messages per minute. Try again shortly."


@pytest.mark.rows(126, 127)
async def test_a_lead_who_opted_out_whoever_writes(stage: Stage) -> None:
    await stage.lead_texts("STOP")
    for user in (LAW.agent, LAW.admin):
        await refused(stage, "Please come back!", STOPPED, user=user)


@pytest.mark.rows(126, 128, 129)
async def test_only_start_from_the_same_phone_opens_it_again(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("STOP")
    await stage.lead_texts("START", phone="+14155550112")
    await refused(stage, "Please come back!", STOPPED)
    await stage.lead_texts("START")
    await stage.staff_says("Welcome back!")
    assert stage.phone() == ["Welcome back!"]


@pytest.mark.rows(107, 108, 109, 114)
async def test_a_line_that_cannot_be_texted(stage: Stage) -> None:
    await stage.lead_texts("Call me")
    for line in sorted(LINES):
        await know(stage, line_type=line)
        await refused(stage, f"Hello, {line}!", LANDLINE if line == "landline" else Refusal.OTHER_LINE.sentence)


@pytest.mark.rows(114)
async def test_every_other_line_can(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    lines = ["mobile", "fixedVoip", "nonFixedVoip", "personal", "unknown", None]
    for line in lines:
        await know(stage, line_type=line)
        await stage.staff_says(f"Hello, {line}!")
    assert (stage.phone(), stage.told()) == ([f"Hello, {line}!" for line in lines], [])


@pytest.mark.rows(20, 114)
async def test_two_way_is_off(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await two_way(stage, on=False)
    await refused(stage, "Hello!", Refusal.TWO_WAY_OFF.sentence)
    await two_way(stage, on=True)
    await stage.staff_says("Now it is on.")
    assert stage.phone() == ["Now it is on."]


@pytest.mark.rows(114)
@pytest.mark.parametrize("sender", ["72645", "HARBORBANK"])
async def test_a_sender_that_is_no_phone(stage: Stage, sender: str) -> None:
    await stage.lead_texts("Your code is 12", phone=sender)
    [root] = stage.roots()
    ts = await stage.slack.say(LAW.team_id, LAW.channel, LAW.agent, "Thanks!", thread_ts=root["ts"])
    await stage.settle()
    assert stage.told() == [Refusal.NO_PHONE.sentence]
    assert stage.marks(ts) == ["no_entry"]
    assert creates(stage) == 0


@pytest.mark.rows(114)
@pytest.mark.faults("F23")
async def test_content_that_cannot_be_texted(stage: Stage) -> None:
    stage.slack.workspace(LAW.team_id).custom_emoji.add("party_blob")
    await stage.lead_texts("Hello?")
    for typed, refusal in (
        ("x" * 1601, Refusal.TOO_LONG),
        ("😀" * 801, Refusal.TOO_LONG),  # 1,602 in the units that Twilio may count in
        (" ", Refusal.EMPTY),
        ("\u00a0\u2007 \n ", Refusal.EMPTY),
        (":party_blob:", Refusal.CUSTOM_EMOJI),
        ("See you :party_blob:", Refusal.CUSTOM_EMOJI),
    ):
        await refused(stage, typed, refusal.sentence)


@pytest.mark.rows(114)
async def test_what_just_fits_goes_out_whole(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("x" * 1600)
    await stage.staff_says("😀" * 800)
    assert stage.phone() == ["x" * 1600, "😀" * 800]


@pytest.mark.rows(114)
async def test_of_several_reasons_the_first_of_the_pipeline_is_told(stage: Stage) -> None:
    """The order is the product's: off, opted out, landline, repeated, too fast, content. One by one they go."""
    await stage.lead_texts("Hello?")
    for number in range(10):
        await stage.staff_types(f"Number {number}")
    await stage.settle()
    stage.skip(seconds=40)  # still the same minute, but Slack takes reactions again
    long = "x" * 1601
    await two_way(stage, on=False)
    await know(stage, opted_out=True, line_type="landline")
    await refused(stage, long, Refusal.TWO_WAY_OFF.sentence)
    await two_way(stage, on=True)
    await refused(stage, long, STOPPED)
    await know(stage, opted_out=False)
    await refused(stage, long, LANDLINE)
    await know(stage, line_type="mobile")
    await refused(stage, long, TOO_FAST)
    stage.skip(seconds=61)
    await refused(stage, long, Refusal.TOO_LONG.sentence)


@pytest.mark.rows(118, 116)
async def test_a_repetition_is_silent_even_when_it_would_be_too_fast(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    for number in range(9):
        await stage.staff_types(f"Number {number}")
    await stage.staff_types("The tenth.")
    await stage.staff_types("The tenth.")
    await stage.settle()
    assert len(stage.phone()) == 10
    assert stage.told() == []


@pytest.mark.rows(114, 78)
async def test_a_refusal_is_written_down_without_the_words(stage: Stage) -> None:
    await stage.lead_texts("STOP")
    await refused(stage, "Please come back!", STOPPED)
    [decision] = await stage.rows(tables.audit.select().where(tables.audit.c.action == "refuse"))
    assert (decision.actor, decision.facts["refusal"], decision.facts["opted_out"]) == (LAW.agent, "STOPPED", True)
    assert "come back" not in str(decision.facts)


async def refused(stage: Stage, typed: str, sentence: str, *, user: str = LAW.agent) -> None:
    """Write it, and see that it is refused in exactly these words and leaves no trace but the mark."""
    out = tables.messages.c.direction == "out"
    told, said, tries = stage.told(user), stage.said(), creates(stage)
    others, stored = stage.told(LAW.second_agent), await stage.count(tables.messages, out)
    ts = await stage.staff_says(typed, user=user)
    assert stage.told(user) == [*told, sentence]
    assert stage.marks(ts) == ["no_entry"]
    assert stage.said() == said
    assert stage.told(LAW.second_agent) == others
    assert creates(stage) == tries
    assert await stage.count(tables.messages, out) == stored
    [*_, shown] = stage.slack.ephemerals(LAW.team_id, LAW.channel, user)
    assert shown["thread_ts"] == stage.root()["ts"]


async def know(stage: Stage, **facts: object) -> None:
    """Something is known about Maria's number."""
    contact = await stage.contact(MARIA)
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.contacts.update().where(tables.contacts.c.id == contact.id).values(**facts))


async def two_way(stage: Stage, *, on: bool) -> None:
    async with stage.app.deps.db.begin() as tx:
        await firms.change(tx, stage.law.id, two_way=on)


def creates(stage: Stage) -> int:
    return len([request for request in stage.twilio.requests if request.operation == "create"])
