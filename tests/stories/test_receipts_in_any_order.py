"""A carrier's receipts come late, doubled, in any order, before we know the text: what they say holds."""

import asyncio

import pytest

from bridge.rules.consent import Change, Event, Source
from bridge.sandbox.twilio.magic import UNREACHABLE
from bridge.sandbox.twilio.records import PretendMessage
from bridge.services import receipts
from bridge.store import consent, contacts, tables
from tests.cast import ACCOUNT, LAW, MARIA
from tests.lock import until_somebody_waits, writing_beside
from tests.stage import Stage
from tests.store.scratch import only_postgres

ON_ITS_WAY, SENT, DELIVERED = "hourglass_flowing_sand", "white_check_mark", "heavy_check_mark"


async def state(stage: Stage) -> str:
    """How far the only text to a lead is."""
    m = tables.messages
    (row,) = await stage.rows(m.select().where(m.c.direction == "out"))
    return str(row.state)


def creates(stage: Stage) -> int:
    """How often Twilio was asked to send something."""
    return sum(request.operation == "create" for request in stage.twilio.requests)


def statuses(stage: Stage) -> list[tuple[str, int | None]]:
    """The receipts that were brought, and our answers."""
    return [(h.params["MessageStatus"], h.status) for h in stage.twilio.webhooks if "MessageStatus" in h.params]


@pytest.mark.faults("F3")
async def test_delivered_comes_before_sent(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    stage.twilio.disorder = True

    ts = await stage.staff_says("Hello")

    assert statuses(stage) == [("delivered", 204), ("sent", 204)]
    assert await state(stage) == "delivered"
    assert stage.marks(ts) == [DELIVERED]


@pytest.mark.faults("F3")
@pytest.mark.parametrize("answer", ["late", "never"])
async def test_receipts_overtake_the_answer_to_the_call(stage: Stage, answer: str) -> None:
    await stage.lead_texts("Hi")

    async def until_delivered(_message: PretendMessage) -> None:
        while ("delivered", 204) not in statuses(stage):
            await asyncio.sleep(0.01)

    stage.twilio.after_create = until_delivered
    if answer == "never":
        stage.twilio.fail("create", accept_first=True, drop=True)
    ts = await stage.staff_says("Hello")

    assert await state(stage) == "delivered"
    assert stage.marks(ts) == [DELIVERED]
    assert stage.phone() == ["Hello"]
    assert creates(stage) == 1


@only_postgres
@pytest.mark.faults("F3", "F27")
async def test_a_receipt_that_one_process_takes_in_while_another_learns_the_sid_counts(
    stage: Stage, database_url: str
) -> None:
    await stage.lead_texts("Hi")
    stage.twilio.lose_status = True
    stage.twilio.fail("create", accept_first=True, drop=True)
    ts = await stage.staff_types("Hello")
    await stage.until(lambda: stage.phone() != [])
    sid = stage.twilio.texts_to(MARIA)[0].sid
    (text,) = await stage.rows(tables.messages.select().where(tables.messages.c.direction == "out"))
    async with writing_beside(database_url) as tx:
        await receipts.accepted(tx, stage.law, text.id, sid, stage.clock())
        brought = asyncio.create_task(stage.twilio.callback(sid, "delivered"))
        await until_somebody_waits(tx)
    assert (await brought).status == 204
    await stage.settle()
    assert await state(stage) == "delivered"
    assert stage.marks(ts) == [DELIVERED]


@pytest.mark.faults("F3")
async def test_a_receipt_for_a_text_nobody_knows_yet_is_kept_and_counts_later(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    stage.twilio.lose_status = True
    stage.twilio.fail("create", accept_first=True, drop=True)
    ts = await stage.staff_types("Hello")
    while not stage.phone():
        await asyncio.sleep(0.01)
    sid = stage.twilio.texts_to(MARIA)[0].sid

    receipt = {
        "MessageSid": sid, "MessageStatus": "delivered", "AccountSid": ACCOUNT, "From": LAW.number, "To": MARIA,
    }  # fmt: skip
    status, _ = await stage.twilio.post_webhook(f"{stage.app.url}/twilio/status", receipt)
    assert status == 204
    assert await stage.count(tables.receipts, tables.receipts.c.sid == sid) == 1
    assert await state(stage) == "sending"

    stage.skip(seconds=30)  # Twilio's list is asked, and the text gets its sid
    await stage.settle()
    assert await state(stage) == "delivered"
    assert stage.marks(ts) == [DELIVERED]
    assert creates(stage) == 1


@pytest.mark.faults("F3")
async def test_a_receipt_a_day_late_still_counts(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    stage.twilio.lose_status = True
    ts = await stage.staff_says("Hello")
    assert stage.marks(ts) == [SENT]

    stage.skip(hours=24)
    await stage.twilio.callback(stage.twilio.texts_to(MARIA)[0].sid, "delivered")
    await stage.settle()

    assert await state(stage) == "delivered"
    assert stage.marks(ts) == [DELIVERED]


@pytest.mark.faults("F3")
async def test_a_failure_told_many_times_is_one_sentence(stage: Stage) -> None:
    await stage.lead_texts("Hi", phone=UNREACHABLE)
    stage.twilio.duplicates = 4
    stage.twilio.disorder = True

    ts = await stage.staff_says("Hello", phone=UNREACHABLE)
    await stage.twilio.callback(stage.twilio.messages()[-1].sid, "undelivered", 30003)
    await stage.settle()

    assert {status for _, status in statuses(stage)} == {204}
    assert len(statuses(stage)) > 10
    assert stage.said(UNREACHABLE) == ["Hi", "Not delivered: the phone is off or out of reach. Try again later."]
    assert stage.marks(ts) == ["x"]
    assert await stage.count(tables.receipts) == 2


@pytest.mark.faults("F3")
async def test_nothing_takes_a_delivery_back(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    ts = await stage.staff_says("Hello")
    sid = stage.twilio.texts_to(MARIA)[0].sid
    assert await state(stage) == "delivered"

    for late in ("queued", "sending", "sent", "failed", "undelivered", "a_new_word"):
        assert (await stage.twilio.callback(sid, late, 30003)).status == 204
    await stage.settle()

    assert await state(stage) == "delivered"
    assert stage.marks(ts) == [DELIVERED]
    assert stage.said() == ["Hi"]


@pytest.mark.faults("F3")
async def test_a_receipt_about_nothing_of_ours_is_answered_and_changes_nothing(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    ts = await stage.staff_says("Hello")
    foreign = {
        "MessageSid": "SM" + "0" * 32, "MessageStatus": "failed", "ErrorCode": "30003", "AccountSid": ACCOUNT,
        "From": LAW.number, "To": MARIA,
    }  # fmt: skip

    for query in ("", "?mid=999999", "?mid=abc", "?mid=1"):  # message 1 came in: no receipt can be about it
        status, _ = await stage.twilio.post_webhook(f"{stage.app.url}/twilio/status{query}", foreign)
        assert status == 204
    await stage.settle()

    assert await state(stage) == "delivered"
    assert stage.marks(ts) == [DELIVERED]
    assert stage.said() == ["Hi"]


@pytest.mark.rows(125)
@pytest.mark.faults("F3")
async def test_of_many_that_nobody_tells_of_each_is_asked_about(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts that stay "sent" for ever must not use up every look."""
    monkeypatch.setattr(receipts, "AT_A_TIME", 2)
    await stage.lead_texts("Hi")
    stage.twilio.lose_status = True
    for n in range(5):
        await stage.staff_says(f"Hello {n}")
    texts = [text for text in stage.twilio.messages() if text.to == MARIA]
    await stage.until(lambda: {text.status for text in texts} == {"delivered"})
    for text in texts[:-1]:
        text.status = "sent"
    stage.skip(minutes=30)
    m = tables.messages.c
    arrived = (m.direction == "out") & (m.state == "delivered")
    for _ in range(60):
        await receipts.ask_twilio(stage.app.deps, stage.clock())
        if await stage.count(tables.messages, arrived):
            break
    assert await stage.count(tables.messages, arrived) == 1


@pytest.mark.rows(65, 123)
@pytest.mark.faults("F3")
async def test_a_block_that_start_has_lifted_since_is_no_block_any_more(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    stage.twilio.lose_status = True
    await stage.staff_says("Hello")
    await stage.lead_texts("STOP")
    await stage.lead_texts("START")
    (sent,) = [text for text in stage.twilio.texts_to(MARIA) if not text.automatic]
    await stage.twilio.callback(sent.sid, "failed", 21610)
    await stage.settle()
    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (False, False)
    stage.twilio.lose_status = False
    await stage.staff_says("Are you there?")
    assert stage.phone()[-1] == "Are you there?"


@only_postgres
@pytest.mark.faults("F3", "F27")
async def test_a_start_that_another_process_is_storing_counts_before_an_older_block(
    stage: Stage, database_url: str
) -> None:
    await stage.lead_texts("Hi")
    stage.twilio.lose_status = True
    await stage.staff_says("Hello")
    sent, maria = stage.twilio.texts_to(MARIA)[0], await stage.contact()
    async with writing_beside(database_url) as tx:
        await contacts.change(tx, stage.law.id, maria.id, opted_out=False, carrier_blocked=False)
        started = Event(Change.OPT_IN, Source.SMS, {}, stage.clock())
        await consent.record(tx, stage.law.id, [(maria.id, started)])
        failed = asyncio.create_task(stage.twilio.callback(sent.sid, "failed", 21610))
        await until_somebody_waits(tx)
    assert (await failed).status == 204
    await stage.settle()
    assert not (await stage.contact()).opted_out
