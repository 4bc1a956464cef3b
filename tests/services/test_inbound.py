"""Texts that are taken in together are as if each had come alone, in that order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import select

from bridge.services import inbound
from bridge.services.inbound import Arrival, Sms
from bridge.store import claims, firms, joined, numbers
from bridge.store import outbox as promises
from bridge.store.batches import Batch
from bridge.store.firms import Firm
from bridge.store.numbers import Number
from bridge.store.outbox import Kind
from bridge.store.tables import contacts, conversations, messages, outbox
from bridge.store.trouble import Hindered
from tests.bench import Bench, opened
from tests.store.scratch import only_postgres, only_sqlite

MARIA, NOAH = "+14155550101", "+14155550102"


@dataclass
class Intake:
    """Two firms with a number each, and who texts them."""

    bench: Bench
    owners: list[tuple[Firm, Number]]

    def arrival(self, sid: int, body: str, *, from_: str = MARIA, firm: int = 0) -> Arrival:
        sms = Sms(sid=f"SM{sid:032x}", from_=from_, body=body)
        return Arrival(*self.owners[firm], sms, self.bench.now)

    async def take(self, *arrivals: Arrival) -> list[bool]:
        return await self.together(arrivals)

    async def together(self, arrivals: Sequence[Arrival]) -> list[bool]:
        return await inbound.receive_all(self.bench.deps, arrivals)

    async def rows(self, query: Any) -> list[Any]:
        async with self.bench.db.read() as tx:
            return [tuple(row) for row in await tx.rows(query)]

    async def promised(self, firm: int = 0) -> list[str]:
        """What will be seen in the threads of a firm, in order: texts by their words, lines of ours by theirs."""
        named = dict(await self.rows(select(messages.c.id, messages.c.body)))
        firm_id = self.owners[firm][0].id
        found = await self.rows(
            select(outbox.c.payload)
            .where(outbox.c.firm_id == firm_id, outbox.c.lane.startswith("thread:"))
            .order_by(outbox.c.id)
        )
        return [named.get(payload.get("message_id")) or payload["text"] for (payload,) in found]


@pytest.fixture
async def intake(database_url: str) -> AsyncIterator[Intake]:
    async with opened(database_url) as bench:
        owners = []
        async with bench.db.begin() as tx:
            for team, phone in (("T1", "+14155550100"), ("T2", "+14155550199")):
                firm_id = await firms.install(tx, team, bench.now, name=team)
                await firms.change(tx, firm_id, two_way=True)
                account = f"AC{team}"
                await numbers.connect(
                    tx, firm_id, phone, bench.now, account_sid=account, sid=f"PN{team}", before={}
                )
                owner, _ = await joined.whose(tx, account, phone)
                assert owner is not None
                owners.append(owner)
        yield Intake(bench, owners)


async def test_each_has_its_place_in_its_thread(intake: Intake) -> None:
    texts = [intake.arrival(n, f"text {n}", from_=(MARIA, NOAH)[n % 2]) for n in range(10)]
    assert await intake.take(*texts) == [True] * 10
    assert await intake.promised() == [f"text {n}" for n in range(10)]
    assert len(await intake.rows(select(conversations.c.id))) == 2
    assert await intake.take(*texts) == [False] * 10
    assert len(await intake.promised()) == 10


async def test_the_same_text_twice_in_one_go_is_one_text(intake: Intake) -> None:
    assert await intake.take(intake.arrival(1, "a"), intake.arrival(1, "a"), intake.arrival(2, "b")) == [
        True, False, True,
    ]  # fmt: skip
    assert await intake.promised() == ["a", "b"]


async def test_a_keyword_counts_for_what_comes_behind_it(intake: Intake) -> None:
    words = ["hello", "STOP", "are you there?", "START", "thanks"]
    assert await intake.take(*(intake.arrival(n, body) for n, body in enumerate(words))) == [True] * 5
    assert [line.split(" ·")[0] for line in await intake.promised()] == [
        "hello", ":no_entry: opted out", "are you there?", ":white_check_mark: opted in", "thanks",
    ]  # fmt: skip
    assert await intake.rows(select(contacts.c.opted_out)) == [(False,)]
    kinds = await intake.rows(
        select(messages.c.category).where(messages.c.direction == "in").order_by(messages.c.id)
    )
    assert kinds == [("natural",), ("keyword",), ("natural",), ("keyword",), ("natural",)]


async def test_one_lead_of_two_firms_is_two_people(intake: Intake) -> None:
    both = [
        intake.arrival(1, "to one", firm=0),
        intake.arrival(2, "STOP", firm=1),
        intake.arrival(3, "more", firm=0),
    ]
    assert await intake.take(*both) == [True] * 3
    assert await intake.promised(0) == ["to one", "more"]
    assert len(await intake.promised(1)) == 1
    query = select(contacts.c.firm_id, contacts.c.opted_out).order_by(contacts.c.firm_id)
    assert [out for _, out in await intake.rows(query)] == [False, True]


async def test_a_resolved_conversation_is_reopened_once(intake: Intake) -> None:
    await intake.take(intake.arrival(1, "first"))
    async with intake.bench.db.begin() as tx:
        await tx.run(conversations.update().values(status="resolved"))
        await tx.run(contacts.update().values(line_type="landline"))
    await intake.take(intake.arrival(2, "second"), intake.arrival(3, "third"))
    assert await intake.promised() == ["first", "Reopened by a new text.", "second", "third"]
    assert await intake.rows(select(contacts.c.line_type)) == [(None,)]


async def test_several_processes_with_the_same_leads_lose_and_double_nothing(intake: Intake) -> None:
    """Each takes the same texts in, in another order: whoever is first stores one, and nobody waits for ever."""
    if intake.bench.db.is_sqlite:
        deps = [intake.bench.deps] * 3
    else:
        deps = [intake.bench.deps, intake.bench.beside().deps, intake.bench.beside().deps]
    leads = [f"+1415555{n:04d}" for n in range(100, 120)]
    texts = [intake.arrival(n, f"text {n}", from_=lead) for n, lead in enumerate(leads)]
    orders = [texts, texts[::-1], texts[10:] + texts[:10]]
    together = [
        each.keep(lambda each=each, order=order: inbound.receive_all(each, order))  # type: ignore[misc] # bound now
        for each, order in zip(deps, orders, strict=True)
    ]
    taken = await asyncio.gather(*together)
    assert sum(map(sum, taken)) == len(texts)
    assert sorted(await intake.promised()) == sorted(f"text {n}" for n in range(20))


@only_sqlite
async def test_many_keywords_at_once_cost_each_what_one_costs(intake: Intake) -> None:
    """In one go they keep the event loop busy, and a unit of work that takes too long is broken off."""
    await intake.take(intake.arrival(1, "hello"))
    line: Any = intake.bench.db._writer._line
    heard: list[str] = []
    line._adapter.driver_connection._conn.set_trace_callback(heard.append)
    stops = [intake.arrival(100 + n, "STOP", from_=f"+14155550{n}") for n in range(100, 130)]
    assert await intake.take(*stops) == [True] * 30
    assert len([words for words in heard if "FROM contacts" in words]) <= 3 * 30


@only_postgres
@pytest.mark.faults("F27")
async def test_a_lead_whom_another_process_holds_holds_nobody_else_up(intake: Intake) -> None:
    await intake.take(intake.arrival(1, "before"))
    batch: Batch[Arrival, bool] = intake.bench.db.batch(intake.together)
    texts = [intake.arrival(2, "from Maria"), intake.arrival(3, "from Noah", from_=NOAH)]
    async with intake.bench.beside().db.begin() as theirs:
        await theirs.rows(select(conversations.c.id).with_for_update())
        outcomes = await asyncio.gather(*map(batch.add, texts), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Hindered, bool]
    assert await intake.promised() == ["before", "from Noah"]
    assert await batch.add(texts[0])


@only_postgres
@pytest.mark.faults("F27")
async def test_a_question_for_help_does_not_wait_while_another_process_begins_to_send(intake: Intake) -> None:
    await intake.take(intake.arrival(1, "before"))
    ((message_id,),) = await intake.rows(select(messages.c.id))
    firm_id, now = intake.owners[0][0].id, intake.bench.now
    promised: dict[str, Any] = {
        "lane": "texts:1",
        "service": "twilio",
        "route": "sms:1",
        "payload": {"message_id": message_id},
    }
    async with intake.bench.db.begin() as tx:
        row_id = await promises.put(tx, firm_id, Kind.TEXT, now, **promised)
        row = next(each.row for each in await claims.candidates(tx, now, 10) if each.row.id == row_id)
        await claims.claim(tx, [row], "theirs", now)
    async with intake.bench.beside().db.begin() as theirs:
        assert await joined.held_errand(theirs, replace(row, lease="theirs"))
        assert await intake.take(intake.arrival(2, "HELP")) == [True]
