"""PostgreSQL knows early how much there is, whenever it may come to count by itself."""

import asyncio
import time

import pytest
from sqlalchemy import text

from bridge.store import contacts, statistics
from bridge.store.database import Database
from tests.bench import Bench
from tests.store.scratch import only_postgres

PAGES = text("SELECT relpages FROM pg_class WHERE oid = 'contacts'::regclass")


async def write(bench: Bench, commits: int) -> None:
    """Commit so often, with rows that wake the worker."""
    for number in range(commits):
        async with bench.db.begin() as tx:
            await contacts.ensure_all(tx, bench.firm_id, [f"{number}-{each}" for each in range(20)], bench.now)
            tx.wakes = True


async def pages_known(db: Database) -> int:
    async with db.glance() as tx:
        return int(await tx.value(PAGES))


@only_postgres
async def test_what_grows_from_nothing_is_counted_at_once(bench: Bench) -> None:
    assert await pages_known(bench.db) == 0
    await write(bench, statistics.FIRST)
    until = time.monotonic() + 10
    while not await pages_known(bench.db) and time.monotonic() < until:
        await asyncio.sleep(0.02)
    assert await pages_known(bench.db) > 0


@only_postgres
async def test_whoever_may_not_count_is_not_in_the_way(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused() -> None:
        raise OSError("no more connections")

    counts = bench.db._statistics
    monkeypatch.setattr(counts._lines, "open", refused)
    await write(bench, statistics.FIRST)
    assert counts._task is not None
    await asyncio.wait_for(counts._task, 5)
    await write(bench, 1)


@only_postgres
async def test_no_plan_reads_a_table_from_end_to_end_because_it_was_small_once(bench: Bench) -> None:
    await write(bench, 3)
    async with bench.db.begin() as tx:
        await tx.run(text("ANALYZE contacts"))
        plan = await tx.rows(text("EXPLAIN SELECT id FROM contacts WHERE firm_id = 1 AND phone = '1-1'"))
    assert not any("Seq Scan" in row[0] for row in plan), plan


@only_postgres
async def test_what_grows_within_a_page_is_counted_too(bench: Bench) -> None:
    """A row of an empty page and one of a full page are planned for as the same."""
    rows = text("SELECT reltuples::int FROM pg_class WHERE oid = 'contacts'::regclass")
    async with bench.db.begin() as tx:
        await contacts.ensure_all(tx, bench.firm_id, ["first"], bench.now)
    async with bench.db.begin() as tx:
        await tx.run(text("ANALYZE contacts"))
        assert await tx.value(rows) == 1
    async with bench.db.begin() as tx:
        await contacts.ensure_all(tx, bench.firm_id, [str(number) for number in range(30)], bench.now)
    async with bench.db.begin() as tx:
        await tx.run(text("SELECT pg_stat_force_next_flush()"))
    counts = bench.db._statistics
    assert counts is not None
    until = time.monotonic() + 10
    known = 1
    while known == 1 and time.monotonic() < until:
        await counts._try_to_count()
        async with bench.db.glance() as tx:
            known = int(await tx.value(rows))
    assert known == 31
