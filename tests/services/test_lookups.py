"""What a look-up costs those who need none: nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update

from bridge.rules.sending import Purpose
from bridge.services import inbound, receipts, sending
from bridge.services.drafts import Draft
from bridge.services.inbound import Sms
from bridge.store import contacts, conversations, firms, joined, numbers, tables
from bridge.store.firms import Firm
from bridge.store.numbers import Number
from tests.bench import Bench, Queries, opened

LEAD = "+14155550101"


@dataclass
class Counter:
    """A firm with one conversation, and how many statements things take."""

    bench: Bench
    firm: Firm
    number: Number

    async def know(self, **values: Any) -> None:
        """Something is known about the lead."""
        async with self.bench.db.begin() as tx:
            await tx.run(update(tables.contacts).values(**values))

    async def reply(self) -> int:
        """Statements until a reply is promised."""
        queries = Queries(self.bench.db)
        async with self.bench.db.begin() as tx:
            contact = await contacts.by_phone(tx, self.firm.id, LEAD)
            assert contact is not None
            talk = (await conversations.with_contacts(tx, self.firm.id, [contact.id]))[contact.id]
            draft = Draft(body="Yes.", purpose=Purpose.REPLY)
            assert isinstance(await sending.queue(tx, self.firm, talk, draft, self.bench.now, contact=contact), int)
        return queries.count

    async def delivered(self, sid: str) -> int:
        """Statements until a receipt is taken in."""
        m = tables.messages
        async with self.bench.db.begin() as tx:
            newest = await tx.value(select(m.c.id).order_by(m.c.id.desc()).limit(1))
            await tx.run(update(m).where(m.c.id == newest).values(sid=sid, state="sent"))
        queries = Queries(self.bench.db)
        done: dict[str, Any] = {
            "sid": sid,
            "message_id": None,
            "status": "delivered",
            "code": None,
            "now": self.bench.now,
        }
        assert await receipts.on_status(self.bench.deps, self.firm, **done)
        return queries.count

    async def text(self, sid: str) -> int:
        """Statements until a text is taken in."""
        queries = Queries(self.bench.db)
        assert await inbound.receive(
            self.bench.deps, self.firm, self.number, Sms(sid, LEAD, "hello"), self.bench.now
        )
        return queries.count


@pytest.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    async with opened(database_url) as bench:
        async with bench.db.begin() as tx:
            await firms.change(tx, bench.firm_id, two_way=True, channel_id="C1", bot_user_id="UBOT")
            values = {"account_sid": "AC1", "sid": "PN1", "before": {}, "ready": True}
            await numbers.connect(tx, bench.firm_id, "+14155550100", bench.now, **values)
            owner, _ = await joined.whose(tx, "AC1", "+14155550100")
        assert owner is not None
        counter = Counter(bench, *owner)
        await counter.text("SM1")
        yield counter


@pytest.mark.rows(106)
async def test_a_reply_to_whom_there_is_nothing_to_ask_about_costs_no_statement_more(counter: Counter) -> None:
    await counter.reply()
    ordinary = await counter.reply()
    await counter.know(heard_at=None, line_checked_at=counter.bench.now)
    looked_up = await counter.reply()
    await counter.know(heard_at=None, line_checked_at=None)
    assert (looked_up, await counter.reply() > ordinary) == (ordinary, True)


@pytest.mark.rows(103)
async def test_a_receipt_and_a_text_reset_a_count_only_where_there_is_one(counter: Counter) -> None:
    for number in range(2):
        await counter.reply()
        ordinary = await counter.delivered(f"SM1{number}"), await counter.text(f"SM2{number}")
    await counter.know(filtered=2)
    await counter.reply()
    assert await counter.delivered("SM31") > ordinary[0]
    await counter.know(filtered=2)
    assert await counter.text("SM32") == ordinary[1] + 1
