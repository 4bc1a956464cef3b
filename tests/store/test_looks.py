"""Looks that begin at the same moment share one, and none suffers from another."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from bridge.store import contacts, firms, looks
from bridge.store.database import Database
from bridge.store.tx import Tx
from tests.store.scratch import busy, only_postgres

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def is_known(tx: Tx, asked: tuple[int, str]) -> bool:
    """Whether there is a contact with this phone; an odd one cannot be looked for."""
    firm_id, phone = asked
    if phone == "odd":
        raise LookupError(phone)
    return await contacts.by_phone(tx, firm_id, phone) is not None


async def sleeps(tx: Tx, asked: tuple[Database, float]) -> float:
    """Look for so long."""
    db, seconds = asked
    if seconds:
        await tx.rows(busy(db, seconds))
    return seconds


async def firm_with(db: Database, *phones: str) -> int:
    async with db.begin() as tx:
        firm_id = await firms.install(tx, "T01", NOW, name="Firm")
        await contacts.ensure_all(tx, firm_id, phones, NOW)
    return firm_id


async def test_those_who_look_at_the_same_moment_share_a_statement(db: Database) -> None:
    firm_id = await firm_with(db, "a", "c")
    said: list[str] = []
    db._readers._lines.listeners.append(said.append)
    found = await asyncio.gather(*(db.looks.do(is_known, (firm_id, phone)) for phone in "abcd"))
    assert found == [True, False, True, False]
    assert len([words for words in said if words.startswith("SELECT")]) == 1
    assert await db.looks.do(is_known, (firm_id, "c"))


async def test_only_what_is_wrong_fails(db: Database) -> None:
    firm_id = await firm_with(db, "a")
    asked = [db.looks.do(is_known, (firm_id, phone)) for phone in ("a", "odd", "b")]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(each) for each in found] == ["True", "odd", "False"]


async def test_who_is_cancelled_keeps_nobody_from_looking(db: Database) -> None:
    firm_id = await firm_with(db, "a")
    tasks = [asyncio.create_task(db.looks.do(is_known, (firm_id, phone))) for phone in "ab"]
    await asyncio.sleep(0)
    tasks[0].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1] is False


@only_postgres
@pytest.mark.faults("F13")
async def test_one_that_hangs_holds_nobody_up(db: Database) -> None:
    hanging = asyncio.create_task(db.looks.do(sleeps, (db, 3 * looks.HANGS)))
    beside = asyncio.create_task(db.looks.do(sleeps, (db, 0.0)))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await db.looks.do(sleeps, (db, 0.0))
    at_once = time.monotonic() - began
    await beside
    assert not hanging.done()
    assert at_once < looks.HANGS
    hanging.cancel()
