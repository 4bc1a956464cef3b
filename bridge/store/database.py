"""The database: how to write, how to read, and how to be woken when another process has written.

SQLite is the embedded default: one file, one process, WAL, every commit synced. PostgreSQL is the same code with
another URL, and then several processes share it.
"""

import asyncio
import math
import os
import random
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bridge import failpoints
from bridge.store.batches import Batch
from bridge.store.lines import Lines
from bridge.store.looks import Looks
from bridge.store.readers import Readers
from bridge.store.sqlite_driver import DRIVER, TAKE_LOCK
from bridge.store.statistics import Statistics
from bridge.store.together import Together
from bridge.store.trouble import Overloaded, StoreUnavailable, passing_trouble
from bridge.store.tx import Tx
from bridge.store.wake import Wake
from bridge.store.writer import Writer

BUSY = 250  # milliseconds the database itself waits for a lock; longer waits are ours, so that deadlines hold
PREPARED = 500  # statements that a connection keeps ready: more than there are
FROZEN = 15_000  # milliseconds without a word in a transaction: longer than any unit may take
# Once much waits, PostgreSQL expects a look for something to do to cost so much that it would first compile it to
# machine code (jit), which takes longer than to carry it out. And a plan to read a small table from end to end
# (seqscan) stays when the table has grown.
# A short wait for locks also ends it when two processes, each with a group of units, wait for each other. What a
# process holds whose machine has stopped is let go: TCP would take hours to notice.
_SERVER_SETTINGS = {
    "application_name": "bridge",
    "timezone": "UTC",
    "jit": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "lock_timeout": str(BUSY),
    "idle_in_transaction_session_timeout": str(FROZEN),
}
_READERS_SETTINGS = {"default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read"}
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5  # seconds between tries of patiently()

T = TypeVar("T")
W = TypeVar("W")
R = TypeVar("R")


class Database:
    """A database by its SQLAlchemy URL. Opens connections when they are first needed; close() lets go of them."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            protect(Path(self.url.database or ""))
        self.wake = Wake(None if self.is_sqlite else self.url)
        self._write_engine = _engine(self.url, writing=True)
        self._read_engine = _engine(self.url, writing=False)
        self._statistics = Statistics(Lines(self._write_engine))
        self._writer = Writer(Lines(self._write_engine), self._stored)
        self._readers = Readers(Lines(self._read_engine))
        self._batches: list[Batch[Any, Any]] = []
        self.together = Together(self._writer.unit)
        self.looks = Looks(self.glance)

    def _stored(self) -> None:
        """There are new outbox rows, and they are durable."""
        self.wake.announce()
        if not self.is_sqlite:
            self._statistics.committed()

    def begin(self, *, urgent: bool = False) -> AbstractAsyncContextManager[Tx]:
        """One unit of work, durable when this block has been left. An urgent one goes before those that can wait.

        Raises StoreUnavailable when it was not stored and may be tried again.
        """
        return self._writer.unit(failpoints.caller(), urgent=urgent)

    def batch(self, do: Callable[[Sequence[W]], Awaitable[Sequence[R]]]) -> Batch[W, R]:
        """Where people outside wait for something of this kind to be stored."""
        batch = Batch(do)
        self._batches.append(batch)
        return batch

    @property
    def crowded_at(self) -> float:
        """When last a crowd outside waited for its turn to be stored, by the monotonic clock."""
        return max((batch.crowded_at() for batch in self._batches), default=-math.inf)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A consistent look at what is durable. Never waits for a writer. Raises StoreUnavailable."""
        with passing_trouble():
            async with self._readers.look(consistent=True) as line:
                yield Tx(line)

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Tx]:
        """As read(), for one statement, or for several that need not see the same moment."""
        with passing_trouble():
            async with self._readers.look(consistent=False) as line:
                yield Tx(line)

    @asynccontextmanager
    async def survey(self) -> AsyncIterator[Tx]:
        """As read(), for what may take long, such as counting a whole table: nobody else waits for it."""
        with passing_trouble():
            async with self._readers.look(consistent=True) as line:
                with line.in_thread():
                    yield Tx(line)

    async def close(self) -> None:
        """Finish what is under way and close every connection."""
        await self._writer.close()
        await self._statistics.close()
        await self.wake.close()
        await self._readers.close()
        await self._write_engine.dispose()
        await self._read_engine.dispose()


async def patiently(work: Callable[[], Awaitable[T]], *, seconds: float, insist: bool = False) -> T:
    """The result of `work`, tried again while the database cannot do it, for at most so many seconds.

    Raises StoreUnavailable when the time is up, and at once when too many wait already, unless `insist`.
    `work` must be a whole unit that stored nothing when it failed.
    """
    pause = FIRST_PAUSE
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await work()
                except StoreUnavailable as error:
                    if isinstance(error, Overloaded) and not insist:
                        raise
                    await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 (jitter, not a secret)
                    pause = min(pause * 2, LONGEST_PAUSE)
    except TimeoutError:
        raise StoreUnavailable("deadline") from None


def _engine(url: URL, *, writing: bool) -> AsyncEngine:
    """Connections that are lent to nobody but our lines, so that no pool is needed to keep them."""
    options: dict[str, Any] = {"poolclass": NullPool, "isolation_level": "AUTOCOMMIT", "hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, module=DRIVER, connect_args={"cached_statements": PREPARED}, **options)
        event.listen(engine.sync_engine, "connect", _tune_sqlite(writing=writing))
        return engine
    connect_args = {
        "timeout": 5,
        "command_timeout": 10,
        "statement_cache_size": PREPARED,
        "server_settings": _SERVER_SETTINGS if writing else _SERVER_SETTINGS | _READERS_SETTINGS,
    }
    return create_async_engine(url, connect_args=connect_args, **options)


def _tune_sqlite(*, writing: bool) -> Callable[[Any, object], None]:
    def tune(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours; see the begin listeners
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY}")
        if writing:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = FULL")
            # What RETURNING gives back is gathered first; making a temporary file ready for it costs as much again.
            # The price: a statement that changes 200,000 rows, as when a channel gets another id, takes 60 MB.
            cursor.execute("PRAGMA temp_store = MEMORY")
        else:
            # Checkpoints by two connections at once can corrupt a database before SQLite 3.51.3.
            cursor.execute("PRAGMA wal_autocheckpoint = 0")
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    return tune


def in_one_piece(engine: AsyncEngine) -> None:
    """Make migrations of SQLite whole transactions: its driver begins none before a CREATE TABLE."""
    event.listen(engine.sync_engine, "connect", _begin_by_hand)
    event.listen(engine.sync_engine, "begin", _begin_immediate)


def _begin_by_hand(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql(TAKE_LOCK)


def protect(path: Path) -> None:
    """See to it that only its owner can read the file, also one that was copied here; it holds clients' words."""
    if str(path) in {"", ":memory:"}:
        raise ValueError("the embedded database needs a file")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    with suppress(PermissionError):  # somebody else's, who decided what we may do with it
        path.chmod(0o600)


def sqlite_is_old() -> bool:
    """Whether this SQLite has the WAL-reset bug, which needs two writing connections; we use one."""
    return sqlite3.sqlite_version_info < (3, 51, 3)
