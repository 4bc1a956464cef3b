"""Group commit: many units of work, one durable COMMIT.

A transaction costs one fsync however little it writes, so units of work that wait at the same time share it:

1. Units take turns on the one writing connection, first come, first served. Each runs in its own savepoint.
2. The first unit of a group sends the COMMIT to the end of the same queue. All who waited by then go before
   it and join the group.
3. Each unit goes on only when its group's COMMIT is durable. A unit that fails rolls back alone; a COMMIT
   that fails fails them all, and each may be tried again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bridge.store.tx import Tx

MOST_WAITING = 2_000  # units of work; beyond it a caller is better served by an honest 503
MOST_IN_GROUP = 256
LONGEST_UNIT = 5.0  # seconds; a unit only talks to the database, so longer means that it hangs
SHUTDOWN = 5.0  # seconds that closing waits for units under way

_BUGS = (IntegrityError, DataError, ProgrammingError, NotSupportedError)


class StoreUnavailable(Exception):
    """The database could not do it now: locked, full, gone or overloaded. Nothing was stored; try again."""


def is_passing(error: BaseException) -> bool:
    """Whether the same work may succeed when it is tried again."""
    if isinstance(error, DBAPIError):
        # SQLite reports a missing table or column as an operational error, like a lock or a full disk.
        return not isinstance(error, _BUGS) and "no such " not in str(error.orig)
    return isinstance(error, OSError | TimeoutError)


class _Group:
    """The units of work that one COMMIT will serve."""

    def __init__(self) -> None:
        self.size = 0
        self.wakes = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, error: BaseException | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
            return
        self.done.set_exception(StoreUnavailable(type(error).__name__))
        self.done.exception()  # a group whose members were all cancelled is nobody's unheard exception


class Writer:
    """The one writing connection of this process. `woken` is called after a commit that left new outbox rows."""

    def __init__(self, engine: AsyncEngine, woken: Callable[[], None]) -> None:
        self._engine = engine
        self._woken = woken
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._connection: AsyncConnection | None = None
        self._group: _Group | None = None
        self._commits: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[Tx]:
        """One unit of work. Returns when it is durable. Raises StoreUnavailable, and what the body raises."""
        if self._waiting >= MOST_WAITING:
            raise StoreUnavailable("queue full")
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            group = await self._join()
            async with self._savepoint(group) as tx, asyncio.timeout(LONGEST_UNIT):
                yield tx
        finally:
            self._turn.release()
        await asyncio.shield(group.done)

    async def close(self) -> None:
        """Commit what is under way and let go of the connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN):
                while self._commits:
                    await asyncio.wait(set(self._commits))
        await self._drop_connection()

    async def _join(self) -> _Group:
        """The open group, or a new one whose COMMIT queues up behind everybody who waits now."""
        if self._group is not None and self._group.size >= MOST_IN_GROUP:
            await self._commit(self._group)
        if self._group is None:
            await self._begin()
            self._group = _Group()
            task = asyncio.create_task(self._commit_in_turn(self._group))
            self._commits.add(task)
            task.add_done_callback(self._commits.discard)
        self._group.size += 1
        return self._group

    async def _begin(self) -> None:
        try:
            if self._connection is None or self._connection.closed or self._connection.invalidated:
                await self._drop_connection()
                self._connection = await self._engine.connect()
            await self._connection.begin()
        except Exception as error:
            await self._drop_connection()
            if is_passing(error):
                raise StoreUnavailable(type(error).__name__) from error
            raise

    @asynccontextmanager
    async def _savepoint(self, group: _Group) -> AsyncIterator[Tx]:
        assert self._connection is not None  # noqa: S101 (set by _begin, under the same turn)
        tx = Tx(self._connection)
        try:
            async with self._connection.begin_nested():
                yield tx
        except BaseException as error:
            if self._is_broken(error):
                await self._abandon(group, error)
            if is_passing(error):
                raise StoreUnavailable(type(error).__name__) from error
            raise
        group.wakes = group.wakes or tx.wakes

    def _is_broken(self, error: BaseException) -> bool:
        """Whether the connection's state is unknown: it was lost, or a statement was cut off half-way."""
        if self._connection is None or self._connection.closed or self._connection.invalidated:
            return True
        return isinstance(error, TimeoutError | OSError) or not isinstance(error, Exception)

    async def _abandon(self, group: _Group, error: BaseException) -> None:
        self._group = None
        await self._drop_connection()
        group.settle(error)

    async def _commit_in_turn(self, group: _Group) -> None:
        async with self._turn:
            if self._group is group:
                await self._commit(group)

    async def _commit(self, group: _Group) -> None:
        assert self._connection is not None  # noqa: S101 (an open group has one)
        self._group = None
        try:
            await self._connection.commit()
        except Exception as error:
            await self._drop_connection()
            group.settle(error)
            return
        group.settle(None)
        if group.wakes:
            self._woken()

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(SQLAlchemyError, OSError):
            await connection.invalidate()
        with suppress(SQLAlchemyError, OSError):
            await connection.close()
