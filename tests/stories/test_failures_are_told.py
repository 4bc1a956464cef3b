"""When a text does not arrive, the thread says why in one plain sentence, and what the carrier taught is kept."""

from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.rules.carrier import verdict
from bridge.sandbox.twilio import magic
from bridge.store import tables
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage

LANDLINE = "This number is a landline and can't receive SMS messages"
STOPPED = "This lead has opted out of SMS. You can't send messages until they text START to opt back in."

WHY = [
    (magic.LANDLINE, 30006, LANDLINE),
    (magic.NOT_MOBILE, 21614, LANDLINE),
    (magic.OPTED_OUT, 21610, STOPPED),
    (
        magic.FILTERED,
        30007,
        "Not delivered: a spam filter stopped it. Write it differently, without links or capitals, then try again.",
    ),
    (magic.UNREACHABLE, 30003, "Not delivered: the phone is off or out of reach. Try again later."),
    (
        magic.UNKNOWN_HANDSET,
        30005,
        "Not delivered: this number is unknown or no longer in service. Ask the lead for another one.",
    ),
    (
        magic.BLOCKED,
        30004,
        "Not delivered: this number is blocking messages. Call or e-mail the lead instead.",
    ),
]


@pytest.mark.rows(75, 80)
async def test_the_thread_says_why_once_and_the_reply_is_marked(stage: Stage) -> None:
    stage.twilio.duplicates = 1  # every receipt comes twice
    for phone, _, _ in WHY:
        await stage.lead_texts("Hello?", phone=phone)
    stamps = {phone: await stage.staff_types("Hello!", phone=phone) for phone, _, _ in WHY}
    await stage.settle()
    texts = {text.origin_ts: text for text in await outbound(stage)}
    for phone, code, sentence in WHY:
        assert stage.said(phone) == ["Hello?", sentence]
        assert ":warning: " + sentence in str(stage.thread(phone)[-1]["blocks"])
        assert stage.marks(stamps[phone]) == ["x"]
        assert stage.phone(phone) == []
        text = texts[stamps[phone]]
        assert (text.error_code, text.state in {"failed", "undelivered"}) == (str(code), True)
        assert sentence == verdict(code).sentence


@pytest.mark.rows(107, 108, 109)
@pytest.mark.parametrize("phone", [magic.LANDLINE, magic.NOT_MOBILE], ids=["30006", "21614"])
async def test_a_landline_is_remembered_and_no_reply_is_tried_again(stage: Stage, phone: str) -> None:
    await stage.lead_texts("Call me", phone=phone)
    await stage.staff_says("Hello!", phone=phone)
    assert (await stage.contact(phone)).line_type == "landline"
    root = str(stage.root(phone)["blocks"])
    assert "landline" in root
    assert LANDLINE in root
    creates = count_creates(stage)

    ts = await stage.staff_says("Hello again!", phone=phone)

    assert count_creates(stage) == creates
    assert stage.told() == [LANDLINE]
    assert stage.marks(ts) == ["no_entry"]
    assert stage.said(phone).count(LANDLINE) == 1


async def test_a_landline_that_texts_us_can_be_texted_after_all(stage: Stage) -> None:
    await stage.lead_texts("Call me", phone=magic.LANDLINE)
    await stage.staff_says("Hello!", phone=magic.LANDLINE)
    stage.twilio.behaviours[magic.LANDLINE] = magic.ORDINARY  # the number was ported
    await stage.lead_texts("I have a new phone", phone=magic.LANDLINE)
    await stage.staff_says("Good to know!", phone=magic.LANDLINE)
    assert stage.phone(magic.LANDLINE) == ["Good to know!"]


@pytest.mark.rows(126, 127, 132, 133)
async def test_21610_is_an_opt_out_with_evidence(stage: Stage) -> None:
    await stage.lead_texts("Hello?", phone=magic.OPTED_OUT)
    await stage.staff_says("Hello!", phone=magic.OPTED_OUT)
    contact = await stage.contact(magic.OPTED_OUT)
    assert (contact.opted_out, contact.carrier_blocked) == (True, True)
    [event] = await stage.rows(tables.consent_events.select())
    assert (event.change, event.source, event.evidence["code"]) == ("opt_out", "carrier", "21610")
    assert "opted out" in str(stage.root(magic.OPTED_OUT)["blocks"])
    creates = count_creates(stage)

    for user in (LAW.agent, LAW.admin):
        ts = await stage.staff_says("Hello again!", phone=magic.OPTED_OUT, user=user)
        assert stage.told(user) == [STOPPED]
        assert stage.marks(ts) == ["no_entry"]
    assert count_creates(stage) == creates


@pytest.mark.rows(80)
async def test_what_may_work_another_time_is_not_refused_the_next_time(stage: Stage) -> None:
    phones = (magic.FILTERED, magic.UNREACHABLE, magic.BLOCKED)
    for phone in phones:
        await stage.lead_texts("Hello?", phone=phone)
        await stage.staff_says("Hello!", phone=phone)
        stage.twilio.behaviours[phone] = magic.ORDINARY
        await stage.staff_says("Once more!", phone=phone)
    assert [stage.phone(phone) for phone in phones] == [["Once more!"]] * 3


@pytest.mark.rows(80)
async def test_a_code_that_nobody_knows_is_named(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.behaviours[MARIA] = magic.Behaviour(undelivered=39999)
    await stage.staff_says("Hello!")
    assert stage.said()[1:] == [
        "Not delivered: error 39999. Call the lead, or ask an admin to look the error up at Twilio."
    ]


@pytest.mark.rows(80)
async def test_what_only_an_admin_can_repair_is_told_to_admins_too(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("I am an admin.", user=LAW.admin)
    stage.twilio.behaviours[MARIA] = magic.Behaviour(undelivered=30034)
    await stage.staff_says("Hello!")
    told = "Not delivered: your number isn't registered for US texting (A2P 10DLC). An admin needs to register it."
    assert stage.said()[1:] == [told]
    assert [dm["text"] for dm in stage.slack.dms(LAW.team_id, LAW.admin)] == [told]
    assert stage.slack.dms(LAW.team_id, LAW.agent) == []


@pytest.mark.rows(75, 80)
@pytest.mark.faults("F3")
async def test_a_receipt_that_comes_after_the_last_word_changes_nothing(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("Hello!")
    [sent] = [message for message in stage.twilio.messages() if message.direction == "outbound-api"]
    for status, code in (("sent", None), ("undelivered", 30003), ("failed", 30008), ("queued", None)):
        webhook = await stage.twilio.callback(sent.sid, status, code)
        assert webhook.status == 204
    await stage.settle()
    assert stage.marks(ts) == ["heavy_check_mark"]
    assert stage.said() == ["Hello?"]


@pytest.mark.rows(80)
async def test_a_failed_text_leaves_the_others_of_the_conversation_alone(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", code=21617)
    await stage.staff_types("Too much, says Twilio.")
    await stage.staff_types("And this is fine.")
    await stage.settle()
    assert stage.phone() == ["And this is fine."]
    assert stage.said()[1:] == [Refusal.TOO_LONG.sentence]


async def outbound(stage: Stage) -> list[Any]:
    return await stage.rows(tables.messages.select().where(tables.messages.c.direction == "out"))


def count_creates(stage: Stage) -> int:
    return len([request for request in stage.twilio.requests if request.operation == "create"])


@pytest.mark.rows(80)
@pytest.mark.parametrize("code", [21606, 21659])
async def test_a_number_that_texts_others_is_not_switched_off_for_one_lead(stage: Stage, code: int) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_says("Hi", user=LAW.admin)
    stage.twilio.fail("create", code=code)
    ts = await stage.staff_says("Hi", phone=NOAH)
    await stage.staff_says("Still there?")
    told = "Not sent: your SMS number isn't set up correctly. An admin needs to check Twilio."
    assert stage.said(NOAH) == ["Hello?", told]
    assert stage.marks(ts) == ["x"]
    assert stage.phone() == ["Hi", "Still there?"]
    assert await stage.count(tables.routes, tables.routes.c.off_reason.is_not(None)) == 0
