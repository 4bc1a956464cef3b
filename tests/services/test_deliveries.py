"""A text begins to go out only for who holds its row, and by one clock."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bridge.rules.sending import STALE_AFTER, Purpose
from bridge.services import inbound, replies, sending
from bridge.services.deliveries import _begin, _Start
from bridge.services.drafts import Draft
from bridge.services.inbound import Sms
from bridge.services.replies import Reply
from bridge.store import claims, conversations, firms, joined, messages, numbers, receipts, staff, tables
from bridge.store.firms import Firm
from bridge.store.messages import Taken
from bridge.store.outbox import Kind, Row
from tests.bench import Bench, opened
from tests.store.scratch import held, only_postgres

LEAD = "+14155550101"
OPENED = {"channel_id": "C1", "root_ts": "1.1"}


@dataclass
class Desk:
    """A firm with one conversation, in a thread of its own."""

    bench: Bench
    firm: Firm

    async def text(self, body: str = "Yes.") -> Row:
        """A text that was accepted, claimed by us this moment."""
        async with self.bench.db.begin() as tx:
            (talk_id,) = (await tx.rows(select(tables.conversations.c.id)))[0]
            talk = await conversations.get(tx, self.firm.id, talk_id)
            draft = Draft(body=body, purpose=Purpose.REPLY)
            await sending.queue(tx, self.firm, talk, draft, self.bench.now)
        async with self.bench.db.begin() as tx:
            found = await claims.candidates(tx, self.bench.now, 10)
            row = next(each.row for each in found if each.row.kind == Kind.TEXT)
            await claims.claim(tx, [row], "ours", self.bench.now)
        return replace(row, lease="ours", lease_until=self.bench.now + timedelta(seconds=90))

    async def begins(self, row: Row, **changed: Any) -> bool:
        """Whether the text is begun."""
        start = _Start(row, [], self.bench.now, self.bench.now)
        return await self.bench.db.together.do(_begin, replace(start, **changed)) is not None

    async def state(self) -> str:
        """Of the newest text."""
        async with self.bench.db.read() as tx:
            m = tables.messages.c
            return str(await tx.value(select(m.state).order_by(m.id.desc()).limit(1)))


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with opened(database_url) as bench:
        async with bench.db.begin() as tx:
            await firms.change(tx, bench.firm_id, two_way=True, channel_id="C1", bot_user_id="UBOT")
            await numbers.connect(
                tx, bench.firm_id, "+14155550100", bench.now, account_sid="AC1", sid="PN1", before={}
            )
            owner, _ = await joined.whose(tx, "AC1", "+14155550100")
        assert owner is not None
        firm, number = owner
        await inbound.receive(bench.deps, firm, number, Sms("SM1", LEAD, "hello"), bench.now)
        async with bench.db.begin() as tx:
            await tx.run(update(tables.outbox).values(state="done", done_at=bench.now))
            (talk_id,) = (await tx.rows(select(tables.conversations.c.id)))[0]
            opened_at = {"firm_id": firm.id, "conversation_id": talk_id, "created_at": bench.now}
            await tx.run(tx.insert(tables.threads).values(OPENED | opened_at))
        yield Desk(bench, firm)


@pytest.mark.faults("F1", "F27")
async def test_who_has_lost_the_claim_does_not_begin(desk: Desk) -> None:
    row = await desk.text()
    async with desk.bench.db.begin() as tx:
        await tx.run(update(tables.outbox).where(tables.outbox.c.id == row.id).values(lease="theirs"))
    assert not await desk.begins(row)
    assert await desk.state() == "queued"


@only_postgres
@pytest.mark.faults("F27")
async def test_who_is_losing_the_claim_this_moment_does_not_begin(desk: Desk) -> None:
    row = await desk.text()
    other = desk.bench.beside()
    async with other.db.begin() as tx:
        await tx.run(update(tables.outbox).where(tables.outbox.c.id == row.id).values(lease="theirs"))
        begins = asyncio.create_task(desk.begins(row))
        await asyncio.sleep(0.1)
        assert not begins.done()
    assert not await begins
    assert await desk.state() == "queued"


async def test_who_holds_the_claim_begins(desk: Desk) -> None:
    assert await desk.begins(await desk.text())
    assert await desk.state() == "sending"


@pytest.mark.faults("F1")
async def test_a_claim_that_is_old_is_renewed_first(desk: Desk) -> None:
    row = await desk.text()
    now = desk.bench.now + timedelta(seconds=25)
    assert await desk.begins(row, now=now)
    fields = await desk.bench.fields(row.id)
    assert fields.lease_until == now + timedelta(seconds=90)


@pytest.mark.faults("F25")
async def test_a_clock_that_is_set_while_a_text_begins_makes_it_neither_stale_nor_fresh(desk: Desk) -> None:
    row = await desk.text()
    later = desk.bench.now + STALE_AFTER + timedelta(hours=1)
    assert await desk.begins(row, now=later)
    assert not await desk.begins(row, began=later)
    assert await desk.state() == "refused"


async def test_only_receipts_of_this_very_text_were_faster(desk: Desk) -> None:
    await desk.text()
    db, firm_id, now = desk.bench.db, desk.firm.id, desk.bench.now
    async with db.begin() as tx:
        stranger = await firms.install(tx, "T02", now, name="Other")
        await receipts.keep(tx, stranger, "SM7", "delivered", None, now)
        await receipts.keep(tx, firm_id, "SM8", "delivered", None, now)
        (message_id,) = (await tx.rows(select(tables.messages.c.id).where(tables.messages.c.direction == "out")))[0]
        assert await messages.accept(tx, firm_id, message_id, "SM7", "sent") == Taken(False, "reply")
        assert await messages.accept(tx, firm_id, message_id, "SM7", "sent") is None
        await tx.run(update(tables.outbox).values(state="done", done_at=now))  # the next is behind it
    await desk.text("Once more.")
    async with db.begin() as tx:
        newest = select(tables.messages.c.id).order_by(tables.messages.c.id.desc()).limit(1)
        assert await messages.accept(tx, firm_id, await tx.value(newest), "SM8", "sent") == Taken(True, "reply")


@pytest.mark.faults("F27")
async def test_who_writes_behind_somebody_unknown_in_the_same_moment_stays_behind(desk: Desk) -> None:
    """Both are taken in together, and the second must not overtake the first, who has to be looked up."""
    db, now = desk.bench.db, desk.bench.now
    async with db.begin() as tx:
        values = {"name": "Ann", "role": "agent", "standing": "member", "checked_at": now}
        await staff.remember(tx, desk.firm.id, "U1", **values)
    said = [
        Reply("C1", user, f"1.{number}", "1.1", "hi", [], [], None, f"Ev{number}", False, parent_id="UBOT")
        for number, user in enumerate(("U1", "UNEW", "U1"), 2)
    ]
    async with held(db) as go_on:
        first = asyncio.create_task(replies.relay(desk.bench.deps, desk.firm, said[0], now))
        await asyncio.sleep(0.01)
        others = [asyncio.create_task(replies.relay(desk.bench.deps, desk.firm, each, now)) for each in said[1:]]
        await asyncio.sleep(0.01)
        go_on.set()
        await asyncio.gather(first, *others)
    assert (await desk.bench.count(Kind.TEXT), await desk.bench.count(Kind.RELAY)) == (1, 2)
