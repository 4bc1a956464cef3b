"""What others do to us on PostgreSQL: a process migrates, or stops in the middle of its work; the server stops."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
from sqlalchemy import insert, select, text

from bridge.store import database, writer
from bridge.store import tx as tx_module
from bridge.store.database import Database, patiently
from bridge.store.prepared import Prepared
from bridge.store.tables import meta
from bridge.store.trouble import StoreUnavailable
from bridge.store.tx import Tx
from tests.store.scratch import kept, only_postgres, put, write

_ADD = Prepared(insert(meta))


@pytest.mark.faults("F30")
@only_postgres
async def test_another_process_that_migrates_costs_one_more_try(db: Database) -> None:
    look, tries = Prepared(select(meta.c.key)), 0

    async def seen(open_tx: Callable[[], AbstractAsyncContextManager[Tx]]) -> set[str]:
        nonlocal tries
        tries += 1
        async with open_tx() as tx:
            return {key for (key,) in await tx.rows(look)}

    await put(db, "a")
    assert [await seen(db.begin), await seen(db.read)] == [{"a"}] * 2
    other = Database(db.url.render_as_string(hide_password=False))
    async with other.begin() as tx:
        await tx.run(text("ALTER TABLE meta ALTER COLUMN key TYPE text"))
    await other.close()
    for open_tx in (db.begin, db.read):
        assert await patiently(partial(seen, open_tx), seconds=5) == {"a"}
    assert tries == 6


@pytest.mark.faults("F13")
@only_postgres
async def test_what_a_frozen_process_holds_is_let_go(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await put(db, "before")
    monkeypatch.setitem(database._SERVER_SETTINGS, "idle_in_transaction_session_timeout", "300")
    frozen, held_by_it, thaw = (
        Database(db.url.render_as_string(hide_password=False)),
        asyncio.Event(),
        asyncio.Event(),
    )

    async def freeze() -> None:
        async with frozen.begin() as tx:
            await write(tx, "wanted")
            held_by_it.set()
            await thaw.wait()

    task = asyncio.create_task(freeze())
    await held_by_it.wait()
    assert await patiently(lambda: put(db, "wanted"), seconds=writer.LONGEST_UNIT - 1) == "wanted"
    thaw.set()
    with pytest.raises(StoreUnavailable):
        await task
    await frozen.close()
    async with db.begin() as tx:
        told = await tx.value(text("SHOW idle_in_transaction_session_timeout"))
    assert told == "15s"


@pytest.mark.faults("F13")
@only_postgres
async def test_who_is_cancelled_twice_while_the_server_stands_still_leaves_no_half_done_work(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first deadline ends the unit of work, the second one its rolling back."""
    monkeypatch.setattr(tx_module, "GRACE", 0.05)
    begun, go_on, server = asyncio.Event(), asyncio.Event(), 0

    async def half() -> None:
        nonlocal server
        async with db.begin() as tx:
            server = await tx.value(text("SELECT pg_backend_pid()"))
            await tx.run(_ADD, {"key": "first half", "value": b"x"})
            begun.set()
            await go_on.wait()
            await tx.run(_ADD, {"key": "second half", "value": b"x"})

    task = asyncio.create_task(half())
    await begun.wait()
    beside = asyncio.create_task(put(db, "beside"))
    await asyncio.sleep(0.01)
    os.kill(server, signal.SIGSTOP)
    try:
        go_on.set()
        for _ in range(2):
            await asyncio.sleep(0.05)
            task.cancel()
        await asyncio.wait({task}, timeout=1)
    finally:
        os.kill(server, signal.SIGCONT)
    await asyncio.gather(task, beside, return_exceptions=True)
    assert await kept(db) <= {"beside"}
    assert await patiently(partial(put, db, "later"), seconds=5) == "later"
