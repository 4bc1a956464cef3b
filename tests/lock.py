"""Somebody else who holds a database, so that nobody can write."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
from sqlalchemy import text

from bridge.store.database import Database
from bridge.store.tx import Tx

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@asynccontextmanager
async def writing_beside(url: str) -> AsyncIterator[Tx]:
    """A unit of work of another process, which is committed when this block ends."""
    db = Database(url)
    try:
        async with db.begin() as tx:
            yield tx
    finally:
        await db.close()


async def until_somebody_waits(tx: Tx) -> None:
    """PostgreSQL only: until another connection waits for what somebody holds, such as this transaction."""
    async with asyncio.timeout(10):
        while await tx.value(_WAITING) == 0:
            await asyncio.sleep(0.001)


class Lock:
    """Keeps everybody from writing: the file on SQLite, the tables on PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._file: sqlite3.Connection | None = None
        self._server: asyncpg.Connection | None = None
        self.since = 0.0  # when others were first kept out, by the monotonic clock

    async def take(self) -> None:
        """Wait for it, and have it."""
        if self._url.startswith("sqlite"):
            path = self._url.partition("///")[2]
            self._file = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
            await asyncio.to_thread(self._file.execute, "BEGIN IMMEDIATE")
            self.since = time.monotonic()
        else:
            self._server = await asyncpg.connect(self._url.replace("+asyncpg", ""))
            self.since = time.monotonic()  # who waits for the second table keeps others from the first
            while True:
                with suppress(asyncpg.DeadlockDetectedError):  # with somebody who needs two of them
                    await self._server.execute(
                        "BEGIN; LOCK TABLE messages, outbox, seen, threads IN EXCLUSIVE MODE"
                    )
                    return
                await self._server.execute("ROLLBACK")

    async def free(self) -> None:
        """Let go."""
        if self._file is not None:
            self._file.close()
        if self._server is not None:
            await self._server.close()
