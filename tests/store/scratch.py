"""Something to write and to count, without any meaning: keys in the `meta` table."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import TextClause, select, text

from bridge.store.database import Database
from bridge.store.tables import meta
from bridge.store.tx import Tx

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def write(tx: Tx, key: str) -> None:
    """Write a key; an IntegrityError when it is there."""
    await tx.run(tx.insert(meta).values(key=key, value=b"x"))


async def put(db: Database, key: str) -> str:
    """Write a key in a unit of its own."""
    async with db.begin() as tx:
        await write(tx, key)
    return key


async def kept(db: Database) -> set[str]:
    """The keys that are durable."""
    async with db.read() as tx:
        return {row.key for row in await tx.rows(select(meta.c.key))}


def busy(db: Database, seconds: float) -> TextClause:
    """A statement that takes its time: about as long, on SQLite."""
    if not db.is_sqlite:
        return text(f"SELECT pg_sleep({seconds})")
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :steps) SELECT max(i) FROM n"
    return text(count).bindparams(steps=int(seconds * 6_000_000))


class Commits:
    """Counts the commits of the writing connection; a commit can be made to fail."""

    def __init__(self, db: Database) -> None:
        self.count = 0
        self.fail_next = False
        db._writer._lines.listeners.append(self._seen)

    def _seen(self, words: str) -> None:
        self.count += words == "COMMIT"
        if self.fail_next and words == "COMMIT":
            self.fail_next = False
            raise OSError("I/O error")


@asynccontextmanager
async def held(db: Database, key: str = "held") -> AsyncIterator[asyncio.Event]:
    """Somebody else's unit of work has its turn until the event is set, or the block ends."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with db.begin() as tx:
            await write(tx, key)
            begun.set()
            await go_on.wait()

    task = asyncio.create_task(hold())
    await begun.wait()
    try:
        yield go_on
    finally:
        go_on.set()
        await task


async def until_waiting(db: Database, how_many: int) -> None:
    """Until so many units wait for their turn."""
    while db._writer._waiting < how_many:
        await asyncio.sleep(0.001)


async def slow_commits(db: Database, seconds: float) -> None:
    """From now on a commit takes so long, if a key was written in it. For PostgreSQL."""
    async with db.begin() as tx:
        body = f"BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END"
        await tx.run(text(f"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS '{body}'"))
        await tx.run(
            text(
                "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON meta DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION slow()"
            )
        )
