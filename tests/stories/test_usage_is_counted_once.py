"""What is paid for is counted once, and nothing else is; admins hear of it before it costs anything."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.rules.sending import PAID_FOR, Purpose
from bridge.sandbox.twilio import magic
from bridge.services import installs, receipts, sending, usage
from bridge.services.drafts import Draft
from bridge.services.usage import Month
from bridge.store import contacts, conversations, firms, tables
from bridge.store import usage as store
from bridge.views import usage as views
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage

CHICAGO = {"time_zone": "America/Chicago"}


async def _month(stage: Stage) -> Month:
    """Where Harbor Law stands."""
    async with stage.app.deps.db.read() as tx:
        firm = await firms.get(tx, stage.law.id)
        return await usage.of_month(tx, firm, stage.settings, stage.clock())


async def _plan(stage: Stage, plan: str) -> None:
    await installs.set_plan(stage.app.deps, stage.law, plan, stage.clock())


async def _sent_before(stage: Stage, many: int) -> None:
    """So many texts went out already, and the limits of a day have forgotten them."""
    m = tables.messages
    (text,) = await stage.rows(m.select().where(m.c.direction == "out").limit(1))
    own = {"id", "sid", "origin_ts", "client_msg_id", "author_id", "created_at"}
    new = {name: value for name, value in text._mapping.items() if name not in own}
    new["created_at"] = stage.clock() - timedelta(days=2)
    async with stage.app.deps.db.begin() as tx:
        firm = await firms.get(tx, stage.law.id)
        for _ in range(many):
            added = await tx.value(m.insert().values(**new).returning(m.c.id))
            await store.add(tx, firm.id, added, firm.plan, stage.clock())


async def _watch(stage: Stage) -> list[str]:
    """What the clock does every two minutes, twice; what an admin was told so far."""
    for _ in range(2):
        await usage.watch(stage.app.deps, stage.clock())
    await stage.settle()
    return [each["text"] for each in stage.slack.dms(LAW.team_id, LAW.admin)]


@pytest.mark.rows(29, 31, 34)
async def test_what_staff_send_counts_and_what_leads_send_does_not(stage: Stage) -> None:
    await _plan(stage, "add-on")
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Anybody?")
    await stage.staff_says("Here")
    await stage.staff_says("// a note")
    month = await _month(stage)
    assert (month.texts, month.charged, month.cost) == (1, 1, Decimal(15))
    (counted,) = await stage.rows(tables.usage.select())
    assert (counted.plan, counted.failed_at) == ("add-on", None)


async def test_a_text_of_several_segments_is_one(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("word " * 100)
    assert (await _month(stage)).texts == 1


@pytest.mark.rows(33)
async def test_what_the_carrier_did_not_take_costs_nothing(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", status=400, code=21614)  # a landline, by Twilio's own word
    await stage.staff_says("Hello")
    assert stage.phone() == []
    assert (await _month(stage)).texts == 0


@pytest.mark.rows(33)
async def test_what_failed_after_it_was_taken_is_taken_back_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.behaviours[MARIA] = magic.Behaviour(undelivered=30006)
    await stage.staff_says("Hello")
    assert await stage.count(tables.usage) == 1
    assert (await _month(stage)).texts == 0
    (text,) = await stage.rows(tables.messages.select().where(tables.messages.c.direction == "out"))
    for status in ("undelivered", "delivered", "sent"):
        more: Any = {"sid": text.sid, "message_id": text.id, "status": status, "code": None}
        await receipts.on_status(stage.app.deps, stage.law, now=stage.clock(), **more)
    assert (await _month(stage)).texts == 0
    assert await stage.count(tables.audit, tables.audit.c.action == "uncount") == 1


@pytest.mark.rows(33)
async def test_what_failed_before_we_knew_that_it_was_taken_does_not_count(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.behaviours[MARIA] = magic.Behaviour(undelivered=30006)
    stage.twilio.disorder = True
    stage.twilio.fail("create", drop=True, accept_first=True)
    await stage.staff_says("Hello")
    await stage.wait(minutes=2)
    assert (await _month(stage)).texts == 0
    assert await stage.count(tables.usage, tables.usage.c.failed_at.is_not(None)) == 1


@pytest.mark.rows(31)
async def test_it_is_counted_once_whoever_tells_of_it_and_however_often(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", drop=True, accept_first=True)  # the answer is lost; a receipt or the list proves it
    await stage.staff_says("Hello")
    await stage.wait(minutes=2)
    (text,) = await stage.rows(tables.messages.select().where(tables.messages.c.direction == "out"))
    async with stage.app.deps.db.begin() as tx:
        for sid in (text.sid, "SM" + "0" * 32):
            await receipts.accepted(tx, stage.law, text.id, sid, stage.clock())
        await store.add(tx, stage.law.id, text.id, "included", stage.clock())
    assert stage.phone() == ["Hello"]
    assert await stage.count(tables.usage) == 1


@pytest.mark.parametrize("purpose", Purpose)
async def test_which_purposes_count(stage: Stage, purpose: Purpose) -> None:
    await stage.lead_texts("Hello?")
    await stage.turn_two_way(on=purpose is not Purpose.AWAY)
    async with stage.app.deps.db.begin() as tx:
        (contact,) = (await contacts.ensure_all(tx, stage.law.id, ["+14155550111"], stage.clock())).values()
        await contacts.change(tx, stage.law.id, contact.id, marketing="granted")
        firm = await firms.get(tx, stage.law.id)
        talk = (await conversations.with_contacts(tx, firm.id, [contact.id]))[contact.id]
        queued = await sending.queue(tx, firm, talk, Draft(body="Hello", purpose=purpose), stage.clock())
    assert isinstance(queued, int)
    await stage.settle()
    assert stage.phone() == ["Hello"]
    assert (await _month(stage)).texts == (purpose in PAID_FOR)


@pytest.mark.rows(32)
async def test_counting_starts_anew_with_each_month_of_the_firm(stage: Stage) -> None:
    await stage.prefers(**CHICAGO)
    await stage.lead_texts("Hello?")
    stage.clock.frozen_at = datetime(2027, 3, 1, 5, 59, tzinfo=UTC)  # still February in Chicago
    stage.clock.skipped = stage.clock.set_by * 0
    await stage.staff_says("In February")
    assert (await _month(stage)).texts == 1
    stage.skip(minutes=1)
    assert (await _month(stage)).texts == 0
    await stage.staff_says("In March")
    assert (await _month(stage)).texts == 1


@pytest.mark.rows(27, 30)
async def test_a_text_is_charged_under_the_plan_of_its_moment(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Included")
    assert (await _month(stage)).cost == 0
    await _plan(stage, "add-on")
    await stage.staff_says("Charged")
    month = await _month(stage)
    assert (month.texts, month.charged, month.cost) == (2, 1, Decimal(15))
    await _sent_before(stage, 259)
    assert (await _month(stage)).cost == Decimal("15.60")
    await _plan(stage, "included")
    await stage.staff_says("Included again")
    month = await _month(stage)
    assert (month.texts, month.charged, month.cost) == (262, 260, Decimal("15.60"))


@pytest.mark.rows(34)
async def test_admins_are_told_at_80_and_at_100_percent_once_each(stage: Stage) -> None:
    await _plan(stage, "add-on")
    await stage.lead_texts("Hello?")
    await stage.staff_says("One")
    await _sent_before(stage, 198)
    assert await _watch(stage) == []
    await stage.staff_says("Two hundred")
    (first,) = await _watch(stage)
    assert first.startswith("80 % of this month's included outbound messages are used: 200 of 250.")
    await _sent_before(stage, 50)
    second = (await _watch(stage))[-1]
    assert "100 %" in second
    assert "Each one beyond costs $0.06." in second
    await stage.staff_says("And one more")
    assert len(await _watch(stage)) == 2
    stage.skip(days=32)
    assert len(await _watch(stage)) == 2
    await _sent_before(stage, 250)  # both levels at once: the lower one is no news any more
    assert len(told := await _watch(stage)) == 3
    assert "100 %" in told[-1]


async def test_where_it_is_included_there_is_no_allowance_to_use_up(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("One")
    await _sent_before(stage, 300)
    assert await _watch(stage) == []


@pytest.mark.rows(35)
async def test_a_firm_is_held_to_its_own_cap_until_the_month_is_over(stage: Stage) -> None:
    await stage.prefers(monthly_cap=2)
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_says("One")
    assert await _watch(stage) == []
    await stage.staff_says("Two", phone=NOAH)
    (told,) = await _watch(stage)
    assert told.startswith("Your firm has used 2 messages this month, as many as its own cap allows.")
    await stage.staff_says("Three")
    assert stage.phone() == ["One"]
    assert stage.told() == [Refusal.MONTHLY_CAP.sentence]
    await stage.lead_texts("Still there?")
    assert stage.said()[-1] == "Still there?"
    stage.skip(days=32)
    assert len(await _watch(stage)) == 1
    await stage.staff_says("A new month")
    assert stage.phone() == ["One", "A new month"]
    await stage.prefers(monthly_cap=1)
    assert len(await _watch(stage)) == 2
    await stage.prefers(monthly_cap=None)
    assert len(await _watch(stage)) == 2
    await stage.staff_says("Without a cap")
    assert stage.phone()[-1] == "Without a cap"


def test_the_sentence_about_what_is_free() -> None:
    assert views.FREE == ("Incoming replies from your contacts are always free and don't count toward your limit.")
