"""All texts of one phone number are one thread, whoever signed up with it, however they come."""

import asyncio

import pytest
from sqlalchemy import update

from bridge.store import tables
from tests.cast import DENTAL, LAW, NOAH, OMAR
from tests.stage import Stage


@pytest.mark.rows(60, 61, 64)
async def test_a_stranger_gets_a_thread_that_says_which_number_wrote(stage: Stage) -> None:
    await stage.lead_texts("Hello, is anybody there?")

    (root,) = stage.roots()
    assert root["text"] == "(415) 555-0111"
    assert stage.said() == ["Hello, is anybody there?"]
    assert await stage.count(tables.contacts) == await stage.count(tables.conversations) == 1
    webhook = stage.twilio.webhooks[-1]
    assert (webhook.status, webhook.content_type) == (200, "text/xml")
    assert stage.phone() == []  # the answer to the webhook says nothing to the lead


@pytest.mark.rows(61, 62)
async def test_a_text_weeks_later_stands_below_everything_said_before(stage: Stage) -> None:
    await stage.lead_texts("Do you do wills?")
    await stage.staff_says("We do. Shall I call you?")
    root = stage.root()
    stage.skip(days=45)

    await stage.lead_texts("Sorry for the silence. Yes please!")

    assert [each["ts"] for each in stage.roots()] == [root["ts"]]
    assert [each["text"] for each in stage.thread()] == [
        "Do you do wills?", "We do. Shall I call you?", "Sorry for the silence. Yes please!",
    ]  # fmt: skip
    assert {each["thread_ts"] for each in stage.thread()} == {root["ts"]}


@pytest.mark.rows(65)
async def test_three_signups_with_one_phone_share_a_thread_named_after_the_newest(stage: Stage) -> None:
    for name, event in (("M. Lopez", "spring"), ("Maria L", "summer"), ("Maria Lopez", "autumn")):
        await stage.signup(name, source=event)

    for body in ("About spring", "About summer", "About autumn"):
        await stage.lead_texts(body)

    assert [root["text"] for root in stage.roots()] == ["Maria Lopez · (415) 555-0111"]
    assert stage.said() == ["About spring", "About summer", "About autumn"]
    assert await stage.count(tables.conversations) == 1


@pytest.mark.rows(72)
async def test_many_conversations_at_once_never_mix(stage: Stage) -> None:
    phones = [f"+1415555{number:04d}" for number in range(130, 142)]
    said = {phone: [f"{phone[-3:]} says {number}" for number in range(3)] for phone in phones}

    async def talk(phone: str) -> None:
        for body in said[phone]:
            await stage.twilio.text(phone, LAW.number, body)

    await asyncio.gather(*(talk(phone) for phone in phones))
    await stage.settle()
    assert len(stage.roots()) == len(phones)
    # On a slow machine some wait, and are then posted together.
    assert {phone: "\n".join(stage.said(phone)).split("\n") for phone in phones} == said

    roots = {phone: stage.root(phone)["ts"] for phone in phones}
    staff = [LAW.agent, LAW.second_agent]
    for number, phone in enumerate(phones):  # two people, so that nobody is too fast
        await stage.staff_types(f"to {phone[-3:]}", user=staff[number % 2], phone=phone)
    await stage.settle()

    assert {phone: stage.phone(phone) for phone in phones} == {phone: [f"to {phone[-3:]}"] for phone in phones}
    assert {phone: stage.root(phone)["ts"] for phone in phones} == roots


@pytest.mark.rows(64)
async def test_five_first_texts_at_once_are_one_contact_one_conversation_one_thread(stage: Stage) -> None:
    bodies = [f"First text {number}" for number in range(5)]
    stage.freeze()  # what waits for more than a second is posted together

    await asyncio.gather(*(stage.twilio.text(OMAR, LAW.number, body) for body in bodies))
    await stage.settle()

    assert await stage.count(tables.contacts) == await stage.count(tables.conversations) == 1
    assert await stage.count(tables.threads) == 1
    assert len(stage.roots()) == 1
    assert sorted(stage.said(OMAR)) == bodies
    assert [hook.status for hook in stage.twilio.webhooks] == [200] * 5


@pytest.mark.rows(69)
async def test_a_text_reopens_a_resolved_conversation_and_says_so(stage: Stage) -> None:
    await stage.lead_texts("Thanks, all done")
    root = stage.root()
    c = tables.conversations.c
    async with stage.app.deps.db.begin() as tx:
        await tx.run(update(tables.conversations).where(c.firm_id == stage.law.id).values(status="resolved"))

    await stage.lead_texts("One more question")

    assert stage.said() == ["Thanks, all done", "Reopened by a new text.", "One more question"]
    assert [row.status for row in await stage.rows(tables.conversations.select())] == ["open"]
    assert stage.root()["ts"] == root["ts"]
    assert "open · " in str(stage.root()["blocks"])

    await stage.lead_texts("And another one")
    assert stage.said()[-1] == "And another one"
    assert stage.said().count("Reopened by a new text.") == 1


@pytest.mark.rows(18)
async def test_with_two_way_off_a_text_is_stored_and_nothing_is_shown(stage: Stage) -> None:
    await stage.turn_two_way(on=False)

    await stage.lead_texts("Is this still on?")

    assert stage.roots() == []
    (row,) = await stage.rows(tables.messages.select())
    assert (row.body, row.state, row.direction) == ("Is this still on?", "received", "in")
    assert stage.twilio.webhooks[-1].status == 200
    assert stage.phone() == []
    assert await stage.count(tables.outbox) == 0


@pytest.mark.rows(61)
async def test_the_same_person_may_write_to_two_firms_and_neither_sees_the_other(stage: Stage) -> None:
    stage.dental_plays = True
    await stage.lead_texts("To the lawyers", phone=NOAH)
    await stage.twilio.text(NOAH, DENTAL.number, "To the dentists")
    await stage.settle()

    assert stage.said(NOAH) == ["To the lawyers"]
    theirs = stage.slack.messages(DENTAL.team_id, DENTAL.channel)
    assert [message["text"] for message in theirs] == ["(415) 555-0112", "To the dentists"]
    assert {row.firm_id for row in await stage.rows(tables.contacts.select())} == {stage.law.id, stage.dental.id}
