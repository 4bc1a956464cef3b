"""A wake reaches the worker at once, in the same process and in others; a lost connection only delays it."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from bridge.store.database import Database
from bridge.store.wake import Wake, _libpq
from tests.store.scratch import only_postgres, put

SOON = 3.0  # seconds; the slow look comes after five


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """The same database in another process, as good as."""
    other = Database(database_url)
    yield other
    await other.close()


async def _is_woken(db: Database, seconds: float) -> bool:
    began = time.monotonic()
    await db.wake.wait(seconds)
    return time.monotonic() - began < seconds * 0.9


async def _listens(db: Database) -> None:
    """Goes on when it listens, and has forgotten the wake that this comes with."""
    db.wake.connect()
    assert await _is_woken(db, SOON)


async def _lose_listeners(db: Database, other: Database) -> None:
    """Both listen, and both lose their connections."""
    await _listens(other)
    await _listens(db)
    await _terminate_listeners(db)


async def _terminate_listeners(db: Database) -> None:
    connection = await asyncpg.connect(_libpq(db.url))
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND query LIKE ANY (ARRAY['LISTEN%', 'NOTIFY%'])"
    )
    await connection.close()


async def test_a_commit_with_new_rows_wakes_and_others_do_not(db: Database) -> None:
    await put(db, "nothing to do for anybody")
    assert not await _is_woken(db, 0.1)
    async with db.begin() as tx:
        tx.wakes = True
    assert await _is_woken(db, SOON)


async def test_one_wake_wakes_once(db: Database) -> None:
    if not db.is_sqlite:
        await _listens(db)
    db.wake.announce()
    assert await _is_woken(db, SOON)
    assert not await _is_woken(db, 0.2)


async def test_a_unit_that_failed_wakes_nobody(db: Database) -> None:
    async def fails() -> None:
        async with db.begin() as tx:
            tx.wakes = True
            raise LookupError

    with pytest.raises(LookupError):
        await fails()
    assert not await _is_woken(db, 0.1)


async def test_a_wake_that_comes_while_nobody_waits_is_not_lost(db: Database) -> None:
    db.wake.announce()
    assert await _is_woken(db, SOON)


@only_postgres
async def test_a_commit_wakes_the_other_process(db: Database, other: Database) -> None:
    await _listens(other)
    async with db.begin() as tx:
        tx.wakes = True
    assert await _is_woken(other, SOON)
    await _is_woken(db, 0.05)
    assert not await _is_woken(db, 0.2), "its own news is no news to a process"


@only_postgres
@pytest.mark.faults("F13")
async def test_a_lost_connection_is_opened_again_before_anybody_needs_it(db: Database, other: Database) -> None:
    await _lose_listeners(db, other)
    await asyncio.gather(_listens(other), _listens(db))
    async with db.begin() as tx:
        tx.wakes = True
    assert await _is_woken(other, SOON)


@only_postgres
@pytest.mark.faults("F14")
async def test_a_cancellation_that_went_astray_ends_no_listening(
    db: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    strays, connect = [asyncio.CancelledError()], asyncpg.connect

    async def connect_at_last(*where: Any, **how: Any) -> Any:
        if strays:
            raise strays.pop()
        return await connect(*where, **how)

    monkeypatch.setattr(asyncpg, "connect", connect_at_last)
    await _listens(other)
    async with db.begin() as tx:
        tx.wakes = True
    assert await _is_woken(other, SOON)


@only_postgres
@pytest.mark.faults("F13")
async def test_what_could_not_be_told_is_told_on_the_next_connection(db: Database, other: Database) -> None:
    await _lose_listeners(db, other)
    db.wake.announce()  # on a connection that nobody has found to be lost
    assert await _is_woken(other, SOON)


async def test_after_closing_nothing_is_opened_again(database_url: str) -> None:
    db = Database(database_url)
    await put(db, "x")
    await db.close()
    db.wake.announce()
    db.wake.connect()
    assert db.wake._task is None or db.wake._task.done()


def test_the_url_is_told_to_the_driver_in_its_own_words() -> None:
    told = _libpq(make_url("postgresql+asyncpg://me:p%40ss@db.example/bridge?ssl=require"))
    assert told == "postgresql://me:p%40ss@db.example/bridge?sslmode=require"
    assert Wake(None)._url is None
