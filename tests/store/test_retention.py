"""Words go when their time is over; the row stays, and so does whatever somebody holds or still waits for."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from bridge.rules.preferences import OURS
from bridge.rules.retention import Rule, rule
from bridge.services import legal_holds, retention
from bridge.services.retention import Done
from bridge.store import firms, tables
from bridge.store.firms import Firm
from tests.bench import Bench
from tests.cast import MARIA, NOAH
from tests.store.kept import OLD, conversation, row, said

MESSAGES, PICTURES, AUDIT = tables.messages, tables.pictures, tables.audit


async def _firm(bench: Bench) -> Firm:
    async with bench.db.read() as tx:
        return await firms.get(tx, bench.firm_id)


async def _forgotten(bench: Bench) -> set[int]:
    async with bench.db.read() as tx:
        rows = await tx.rows(select(MESSAGES.c.id, MESSAGES.c.body).where(MESSAGES.c.forgotten_at.is_not(None)))
    assert {body for _, body in rows} <= {""}
    return {message_id for message_id, _ in rows}


async def _certificates(bench: Bench) -> list[dict[str, Any]]:
    async with bench.db.read() as tx:
        rows = await tx.rows(select(AUDIT.c.facts).where(AUDIT.c.action == "forget_words").order_by(AUDIT.c.id))
    return [facts for (facts,) in rows]


@pytest.mark.rows(185)
async def test_words_go_and_what_they_were_counted_by_stays(bench: Bench) -> None:
    maria, noah = [await conversation(bench.db, bench.firm_id, phone) for phone in (MARIA, NOAH)]
    old = await said(bench.db, maria, "a secret", sid="SM1", subject="a will", unshown=True)
    picture = {"message_id": old, "position": 0, "url": "https://x/secret.png", "name": "secret.png"}
    await row(bench.db, PICTURES, firm_id=bench.firm_id, **picture, content=b"secret")
    new = await said(bench.db, maria, "of today", bench.now)
    moved = await said(bench.db, maria, "sent today", direction="out", state="sent", started_at=bench.now)
    waits = [
        await said(bench.db, noah, "waits", direction="out", state=state)
        for state in ("held", "later", "queued", "sending", "unknown")
    ]
    shown = await said(bench.db, noah, "to be shown")
    await bench.put(message_id=shown, conversation_id=noah["conversation_id"])
    billed = await said(bench.db, noah, "to be reported", direction="out", state="delivered")
    await row(bench.db, tables.usage, firm_id=bench.firm_id, message_id=billed, plan="add-on", at=OLD)
    await row(bench.db, tables.subscriptions, firm_id=bench.firm_id, customer="cus_1")
    async with bench.db.begin() as tx:
        await tx.run(
            tables.outbox.insert().values(
                firm_id=bench.firm_id, lane="relay", service="slack", route="r", kind="relay", state="dead",
                payload={"text": "a secret"}, due_at=OLD, created_at=OLD, done_at=OLD,
            )
        )  # fmt: skip
    firm = await _firm(bench)
    _, found = await retention.outlook(bench.deps, firm, bench.now)
    assert found is not None
    assert (found.due, found.on_hold, found.underway, found.oldest) == (1, 0, 7, OLD)

    done = await retention.forget(bench.deps, firm, Done("operator"))
    assert (done.messages, done.pictures, done.promises) == (1, 1, 1)
    assert await _forgotten(bench) == {old}
    assert new
    assert moved
    assert len(waits) == 5
    async with bench.db.read() as tx:
        text = await tx.row(select(MESSAGES).where(MESSAGES.c.id == old))
        left = await tx.row(select(PICTURES.c.url, PICTURES.c.name, PICTURES.c.content))
    assert (text.sid, text.state, text.subject, text.unshown) == ("SM1", "received", None, False)
    assert tuple(left) == ("", None, None)
    of_texts, of_promises = await _certificates(bench)
    assert (of_texts["messages"], of_texts["years"], of_promises["promises"]) == (1, 5, 1)
    assert of_texts["run"] == of_promises["run"] == done.run
    again = await retention.forget(bench.deps, firm, Done("bridge"))
    assert (again.messages, len(await _certificates(bench))) == (0, 2)


async def test_what_is_held_stays_until_it_is_lifted(bench: Bench) -> None:
    firm = await _firm(bench)
    maria, noah = [await conversation(bench.db, firm.id, phone) for phone in (MARIA, NOAH)]
    marias, noahs = await said(bench.db, maria, "one"), await said(bench.db, noah, "two")
    async with bench.db.begin() as tx:
        other_id = await firms.install(tx, "T2", bench.now, name="Other", bot_token=None)
    other = await conversation(bench.db, other_id, MARIA, "+14155550101")
    others = await said(bench.db, other, "of another firm")
    first, is_new = await legal_holds.place(bench.deps, firm, MARIA, "a matter", bench.now)
    assert is_new
    assert await legal_holds.place(bench.deps, firm, MARIA, "a matter", bench.now) == (first, False)
    second, _ = await legal_holds.place(bench.deps, firm, MARIA, "another matter", bench.now)
    await asyncio.gather(*(retention.forget(bench.deps, firm, Done("bridge")) for _ in range(2)))
    assert await _forgotten(bench) == {noahs}
    assert [facts["messages"] for facts in await _certificates(bench)] == [1]
    assert await legal_holds.lift(bench.deps, firm, first, "over", bench.now)
    assert not await legal_holds.lift(bench.deps, firm, first, "over", bench.now)
    await retention.forget(bench.deps, firm, Done("bridge"))
    assert await _forgotten(bench) == {noahs}
    await legal_holds.place(bench.deps, firm, None, "an audit", bench.now)
    await legal_holds.lift(bench.deps, firm, second, "over", bench.now)
    await retention.forget(bench.deps, firm, Done("bridge"))
    assert await _forgotten(bench) == {noahs}
    async with bench.db.read() as tx:
        other_firm = await firms.get(tx, other_id)
    await retention.forget(bench.deps, other_firm, Done("bridge"))
    assert await _forgotten(bench) == {noahs, others}
    assert marias


async def test_a_hold_and_a_change_of_rule_amid_a_run_win_for_the_rest(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BIT", 1)
    firm = await _firm(bench)
    maria, noah = [await conversation(bench.db, firm.id, phone) for phone in (MARIA, NOAH)]
    ids = [
        await said(bench.db, maria, "one"),
        await said(bench.db, maria, "two"),
        await said(bench.db, noah, "three"),
    ]
    pages = retention._past(bench.deps, firm, _rule(firm, bench.now))
    found = [page async for page in pages]
    assert found == [[each] for each in ids]
    done = Done("bridge")
    assert await retention._forget_some(bench.deps, firm, found[0], done)
    await legal_holds.place(bench.deps, firm, MARIA, "a matter", bench.now)
    assert await retention._forget_some(bench.deps, firm, found[1], done)
    assert await _forgotten(bench) == {ids[0]}
    async with bench.db.begin() as tx:
        await firms.change(tx, firm.id, preferences={"retention_years": None})
    assert not await retention._forget_some(bench.deps, firm, found[2], done)
    assert (await _forgotten(bench), done.messages) == ({ids[0]}, 1)


def _rule(firm: Firm, now: datetime) -> Rule:
    holds = rule(firm.prefers, now)
    assert holds is not None
    return holds


async def test_the_clock_does_it_unless_it_may_be_wrong(bench: Bench) -> None:
    assert OURS.retention_years == 5
    maria = await conversation(bench.db, bench.firm_id, MARIA)
    old = await said(bench.db, maria, "one")
    for _ in range(retention.FEW):
        await said(bench.db, maria, "of today", bench.now)
    with structlog.testing.capture_logs() as logs:
        await retention.forget_all(bench.deps, bench.now + timedelta(days=365 * 6))
    assert [(line["event"], line["firm"]) for line in logs] == [("retention_postponed", bench.firm_id)]
    assert await _forgotten(bench) == set()
    await retention.forget_all(bench.deps, bench.now)
    assert await _forgotten(bench) == {old}
