"""Group commit: many units of work, one durable COMMIT.

A transaction costs one fsync however little it writes, so units of work that wait at the same time share it:

1. Units take turns on the one writing connection, first come, first served. Each runs in its own savepoint.
2. The first unit of a group sends the COMMIT to the end of the same queue. All who waited by then go before
   it and join the group.
3. Each unit goes on only when its group's COMMIT is durable. A unit that fails rolls back alone; a COMMIT
   that fails fails them all, and each may be tried again.
4. Urgent units, for which somebody outside waits, pass those that can wait (see turns.py), and so does the COMMIT
   of a group with one of them.
5. Where a unit cannot be rolled back alone, nobody knows what is left of the transaction: SQLite undoes all of it
   on a full disk, without a word. Then its whole group fails, and the connection is given up.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError

from bridge import failpoints
from bridge.store.lines import Line, Lines
from bridge.store.sqlite_driver import TAKE_LOCK
from bridge.store.trouble import Hindered, Overloaded, StoreUnavailable, is_passing
from bridge.store.turns import Turns
from bridge.store.tx import Tx, to_its_end

MOST_WAITING = 2_000  # units of work; beyond it a caller is better served by an honest 503
MOST_IN_GROUP = 256
LONGEST_UNIT = 5.0  # seconds; a unit only talks to the database, so longer means that it hangs
LONGEST_COMMIT = 12.0  # seconds
SHUTDOWN = 5.0  # seconds that closing waits for units under way


class _Group:
    """The units of work that one COMMIT will serve."""

    def __init__(self) -> None:
        self.size = 0
        self.is_marked = False  # the last unit's savepoint still stands
        self.is_fresh = False  # a savepoint stands, and nothing was done behind it
        self.wakes = False
        self.is_urgent = False
        self.units: list[str] = []  # their names, while failpoints are armed
        self.counts: list[Callable[[], None]] = []
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

    def __init__(self, lines: Lines, woken: Callable[[], None]) -> None:
        self._lines = lines
        self._is_sqlite = lines.engine.dialect.name == "sqlite"
        self._woken = woken
        self._turns = Turns()
        self._waiting = 0
        self._line: Line | None = None
        self._group: _Group | None = None
        self._commits: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @asynccontextmanager
    async def unit(self, name: str | None = None, *, urgent: bool = False) -> AsyncIterator[Tx]:
        """One unit of work. Returns when it is durable. Raises StoreUnavailable, and what the body raises.

        Failpoints call it by its `name`.
        """
        await self._take_turn(urgent=urgent)
        try:
            group = await self._join(urgent=urgent)
            if name is not None:
                group.units.append(name)
            async with self._savepoint(group) as tx, asyncio.timeout(LONGEST_UNIT):
                yield tx
        finally:
            self._turns.release()
        await asyncio.shield(group.done)

    async def close(self) -> None:
        """Commit what is under way, refuse what comes later, and let go of the connection."""
        self._is_closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN):
                await self._turns.take()  # behind every unit that waits
                try:
                    if self._group is not None:
                        await self._commit(self._group)
                finally:
                    self._turns.release()
                while self._commits:
                    await asyncio.wait(set(self._commits))
        await self._drop_line()

    async def _take_turn(self, *, urgent: bool) -> None:
        if self._is_closed:
            raise StoreUnavailable("closed")
        if self._waiting >= MOST_WAITING and not urgent:  # who is urgent passes them
            raise Overloaded("queue full")
        self._waiting += 1
        try:
            await self._turns.take(urgent=urgent)
        finally:
            self._waiting -= 1

    async def _join(self, *, urgent: bool) -> _Group:
        """The open group, or a new one whose COMMIT queues up behind everybody who waits now."""
        if self._group is not None and self._group.size >= MOST_IN_GROUP:
            await to_its_end(self._commit(self._group), LONGEST_COMMIT)
        if self._group is None:
            await self._begin()
            self._group = _Group()
            self._group.is_fresh = not self._is_sqlite
            self._will_commit(self._group, urgent=urgent)
        elif urgent and not self._group.is_urgent:
            self._will_commit(self._group, urgent=True)
        self._group.size += 1
        return self._group

    def _will_commit(self, group: _Group, *, urgent: bool) -> None:
        group.is_urgent = urgent
        task = asyncio.create_task(self._commit_in_turn(group, urgent=urgent))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)

    async def _begin(self) -> None:
        try:
            await to_its_end(self._open_transaction())
        except BaseException as error:
            await self._drop_line()
            if isinstance(error, Exception):
                raise StoreUnavailable(type(error).__name__) from error
            raise

    async def _open_transaction(self) -> None:
        if not self._is_alive():
            await self._drop_line()
            self._line = await self._lines.open()
        assert self._line is not None  # noqa: S101 (just made)
        await self._line.say(TAKE_LOCK if self._is_sqlite else "BEGIN; SAVEPOINT unit")

    def _is_alive(self) -> bool:
        return self._line is not None and self._line.is_alive

    @asynccontextmanager
    async def _savepoint(self, group: _Group) -> AsyncIterator[Tx]:
        assert self._line is not None  # noqa: S101 (set by _begin, under the same turn)
        tx = Tx(self._line, is_shared=not self._is_sqlite)
        await self._mark(group)
        try:
            yield tx
        except BaseException as error:
            is_undone = await self._undo(group, error)
            if is_passing(error):
                raise (Hindered if is_undone else StoreUnavailable)(type(error).__name__) from error
            raise
        group.wakes = group.wakes or tx.wakes
        group.counts += tx.counts
        await self._release(group)

    async def _mark(self, group: _Group) -> None:
        """Where this unit begins. PostgreSQL ends the one before it in the same round trip.

        If that fails nobody knows whose savepoint stands, and rolling back to it could undo somebody else's work.
        """
        if group.is_fresh:
            group.is_fresh, group.is_marked = False, True
            return
        words, ended = "SAVEPOINT unit", list[bool]()
        begins = self._begin_here(f"RELEASE {words}; {words}" if group.is_marked else words, ended)
        try:
            await (begins if self._is_sqlite else to_its_end(begins))
        except BaseException as error:
            if ended:  # cancelled meanwhile: it stands, and nothing was done behind it
                group.is_marked = True
                raise
            await self._abandon(group, error)
            if isinstance(error, Exception):
                raise StoreUnavailable(type(error).__name__) from error
            raise
        group.is_marked = not self._is_sqlite

    async def _begin_here(self, words: str, ended: list[bool]) -> None:
        assert self._line is not None  # noqa: S101 (as above)
        await self._line.say(words)
        ended.append(True)

    async def _say(self, words: str) -> None:
        """On SQLite a statement is done before anybody could be cancelled: see sqlite_driver."""
        assert self._line is not None  # noqa: S101 (as above)
        await (self._line.say(words) if self._is_sqlite else to_its_end(self._line.say(words)))

    async def _undo(self, group: _Group, error: BaseException) -> bool:
        """Roll one unit back alone. False when nobody knows what that has left, and the group is abandoned."""
        ended: list[bool] = []
        try:
            await to_its_end(self._roll_back(ended))
        finally:  # also when it is cancelled once more, before its end was seen
            if not any(ended):
                await self._abandon(group, error)
        return any(ended)

    async def _roll_back(self, ended: list[bool]) -> None:
        if self._line is not None and self._line.is_alive:
            with suppress(SQLAlchemyError, OSError):
                await self._line.say("ROLLBACK TO SAVEPOINT unit")
                if self._is_sqlite:
                    await self._line.say("RELEASE SAVEPOINT unit")
                ended.append(self._line.is_alive)

    async def _release(self, group: _Group) -> None:
        """The unit is part of the transaction; that somebody cancelled it now comes too late."""
        if group.is_marked:  # until the next one begins, or the commit
            return
        try:
            await self._say("RELEASE SAVEPOINT unit")
        except BaseException as error:
            if isinstance(error, Exception) or not self._is_alive():
                await self._abandon(group, error)
            if isinstance(error, Exception):
                raise StoreUnavailable(type(error).__name__) from error
            raise

    async def _abandon(self, group: _Group, error: BaseException) -> None:
        self._group = None
        try:
            await self._drop_line()
        finally:
            group.settle(error)

    async def _commit_in_turn(self, group: _Group, *, urgent: bool) -> None:
        await self._turns.take(urgent=urgent)
        try:
            if self._group is group:
                await self._commit(group)
        finally:
            self._turns.release()

    async def _commit(self, group: _Group) -> None:
        self._group = None
        try:
            assert self._line is not None  # noqa: S101 (an open group has one)
            failpoints.reach("before commit", *group.units)
            await self._line.commit()
            failpoints.reach("after commit", *group.units)
        except BaseException as error:
            await self._abandon(group, error)
            if not isinstance(error, Exception):
                raise
            return
        group.settle(None)
        for count in group.counts:
            count()
        if group.wakes:
            self._woken()

    async def _drop_line(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await to_its_end(line.drop(), SHUTDOWN)
