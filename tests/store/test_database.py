"""The database under trouble from outside: locked, gone, restarted. And who reads is never in anybody's way."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial

import asyncpg
import pytest
from sqlalchemy import text

from bridge.store import readers
from bridge.store.database import Database, patiently
from bridge.store.trouble import Overloaded, StoreUnavailable
from tests.store.scratch import busy, held, kept, only_postgres, only_sqlite, put, slow_commits, write


def _plain(db: Database) -> str:
    return db.url.set(drivername="postgresql").render_as_string(hide_password=False)


async def _terminate(db: Database, which: str = "pid <> pg_backend_pid()") -> None:
    """PostgreSQL ends the app's connections, as at a restart."""
    connection = await asyncpg.connect(_plain(db))
    everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    await connection.execute(f"{everybody} AND {which}")
    await connection.close()


# ------------------------------------------------------------------ readers


async def test_who_reads_never_waits_for_a_writer_and_sees_only_what_is_durable(db: Database) -> None:
    await put(db, "before")
    async with held(db):
        assert await asyncio.wait_for(kept(db), 2) == {"before"}
    assert await kept(db) == {"before", "held"}


async def test_one_look_is_consistent(db: Database) -> None:
    await put(db, "a")
    count = text("SELECT count(*) FROM meta")
    async with db.read() as tx:
        assert await tx.value(count) == 1
        await put(db, "b")
        assert await tx.value(count) == 1
    assert await kept(db) == {"a", "b"}


async def test_who_reads_cannot_write(db: Database) -> None:
    with pytest.raises(StoreUnavailable):
        async with db.read() as tx:
            await write(tx, "sneaked in")
    assert await kept(db) == set()


async def test_readers_are_few_and_who_gets_none_hears_it(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "FREE_READER", 0.1)
    enough, reading = asyncio.Event(), 0

    async def read() -> None:
        nonlocal reading
        async with db.read() as tx:
            await tx.value(text("SELECT 1"))
            reading += 1
            await enough.wait()

    tasks = [asyncio.create_task(read()) for _ in range(4)]
    while reading < 4:
        await asyncio.sleep(0.001)
    with pytest.raises(StoreUnavailable):
        await kept(db)
    enough.set()
    await asyncio.gather(*tasks)
    assert await kept(db) == set()


# ------------------------------------------------------------------ patience


@only_postgres
async def test_nothing_is_compiled_to_machine_code_before_it_is_carried_out(db: Database) -> None:
    async with db.begin() as writing, db.read() as reading:
        for tx in (writing, reading):
            assert await tx.value(text("SELECT current_setting('jit')")) == "off"


async def test_patience_tries_again_until_it_works() -> None:
    tries = 0

    async def third_time() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise StoreUnavailable("locked")
        return "done"

    assert await patiently(third_time, seconds=5) == "done"


async def test_patience_ends_in_time() -> None:
    async def never() -> None:
        raise StoreUnavailable("locked")

    async def hangs() -> None:
        await asyncio.Event().wait()

    for work in (never, hangs):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="deadline"):
            await patiently(work, seconds=0.2)
        assert time.monotonic() - began < 2


async def test_patience_is_not_for_bugs_nor_for_a_full_house() -> None:
    def once(error: Exception) -> tuple[Callable[[], asyncio.Future[None]], list[int]]:
        tries: list[int] = []

        async def work() -> None:
            tries.append(1)
            raise error

        return lambda: asyncio.ensure_future(work()), tries

    for error in (LookupError("bug"), Overloaded("queue full")):
        work, tries = once(error)
        with pytest.raises(type(error)):
            await patiently(work, seconds=5)
        assert len(tries) == 1


# ------------------------------------------------------------------ trouble


@pytest.mark.faults("F12")
@only_sqlite
async def test_another_process_that_locks_the_file_for_a_while_costs_only_time(db: Database) -> None:
    locked = threading.Event()

    def lock() -> None:
        other = sqlite3.connect(db.url.database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        locked.set()
        time.sleep(1)
        other.execute("COMMIT")
        other.close()

    thread = threading.Thread(target=lock)
    thread.start()
    await asyncio.to_thread(locked.wait)
    with pytest.raises(StoreUnavailable):  # SQLite itself is asked to wait only briefly: deadlines are ours
        await put(db, "impatient")
    assert await patiently(lambda: put(db, "patient"), seconds=9) == "patient"
    thread.join()
    assert await kept(db) == {"patient"}


@pytest.mark.faults("F13")
@only_postgres
async def test_a_connection_that_was_idle_when_postgresql_restarted_costs_one_try(db: Database) -> None:
    await put(db, "before")
    await kept(db)
    await _terminate(db)
    assert await kept(db) == {"before"}  # readers look whether their connection still stands
    assert await patiently(lambda: put(db, "after"), seconds=5) == "after"
    assert await kept(db) == {"before", "after"}


@pytest.mark.faults("F13")
@only_postgres
async def test_a_connection_lost_in_the_middle_of_a_unit_fails_its_whole_group(db: Database) -> None:
    tries = 0

    async def unlucky(key: str) -> str:
        nonlocal tries
        async with db.begin() as tx:
            await write(tx, key)
            tries += 1
            if tries == 2:
                await _terminate(db)
            await write(tx, f"{key}-2")
        return key

    outcomes = await asyncio.gather(unlucky("a"), unlucky("b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable, StoreUnavailable]
    assert await kept(db) == set()
    keys = await asyncio.gather(*(patiently(partial(unlucky, key), seconds=5) for key in "ab"))
    assert keys == ["a", "b"]
    assert await kept(db) == {"a", "a-2", "b", "b-2"}


@pytest.mark.faults("F13")
@only_postgres
async def test_a_connection_lost_during_the_commit_is_no_success(db: Database) -> None:
    await slow_commits(db, 1)
    tasks = [asyncio.create_task(put(db, key)) for key in "ab"]
    await asyncio.sleep(0.3)
    await _terminate(db, "wait_event = 'PgSleep'")
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable, StoreUnavailable]
    assert await kept(db) == set()
    async with db.begin() as tx:
        await tx.run(text("DROP TRIGGER slow ON meta"))
    assert await put(db, "later") == "later"


@pytest.mark.faults("F13")
@only_postgres
async def test_a_database_that_is_not_there_is_told_as_such_and_found_again(db: Database) -> None:
    admin = await asyncpg.connect(_plain(db).replace(f"/{db.url.database}?", "/postgres?"))
    await admin.execute(f"ALTER DATABASE {db.url.database} ALLOW_CONNECTIONS false")
    for work in (lambda: put(db, "lost"), lambda: kept(db)):
        with pytest.raises(StoreUnavailable):
            await work()
    await admin.execute(f"ALTER DATABASE {db.url.database} ALLOW_CONNECTIONS true")
    await admin.close()
    assert await put(db, "found") == "found"


@only_postgres
async def test_two_processes_that_wait_for_each_other_both_get_through(database_url: str, db: Database) -> None:
    other = Database(database_url)
    await asyncio.gather(put(db, "a"), put(db, "b"))
    met = asyncio.Barrier(2)
    add = text("UPDATE meta SET value = value || 'y' WHERE key = :key")

    async def both(mine: Database, first: str, second: str) -> None:
        async with mine.begin() as tx:
            await tx.run(add.bindparams(key=first))
            if not met.broken:
                await met.wait()
            await tx.run(add.bindparams(key=second))

    async def patient(mine: Database, first: str, second: str) -> None:
        try:
            await both(mine, first, second)
        except StoreUnavailable:  # PostgreSQL chose this one to give way
            await met.abort()
            await patiently(lambda: both(mine, first, second), seconds=9)

    await asyncio.wait_for(asyncio.gather(patient(db, "a", "b"), patient(other, "b", "a")), 15)
    await other.close()
    async with db.read() as tx:
        values = [bytes(row.value) for row in await tx.rows(text("SELECT value FROM meta"))]
    assert values == [b"xyy", b"xyy"]
    assert met.broken, "they did not meet"


async def test_who_counts_whole_tables_keeps_nobody_waiting(db: Database) -> None:
    await kept(db)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    for _ in range(2):  # the connection goes back as it was
        async with db.survey() as tx:
            await tx.value(busy(db, 0.3))
        assert ticks > 3
        assert await kept(db) == set()
    ticking.cancel()
