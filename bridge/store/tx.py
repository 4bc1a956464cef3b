"""What a store function is handed: a line inside a transaction, with the few ways queries use it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import CursorResult, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

from bridge.store.lines import Line, SqliteLine
from bridge.store.prepared import NUMBER, Prepared

GRACE = 1.0  # seconds that somebody who is cancelled waits for the end of a statement

T = TypeVar("T")
Values: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Statement: TypeAlias = Executable | Prepared


async def to_its_end(work: Coroutine[Any, Any, T], grace: float | None = None) -> T:
    """The result of work on a connection that others use too. Who is cancelled meanwhile first waits for its end.

    A statement cut off half-way leaves a connection that nobody can use any more, with everybody's work on it.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await _ended(task, GRACE if grace is None else grace)
        raise


async def _ended(task: asyncio.Task[Any], grace: float) -> None:
    for seconds in (grace, GRACE):
        until = asyncio.get_running_loop().time() + seconds
        while not task.done() and (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.wait({task}, timeout=left)
            except asyncio.CancelledError:
                continue  # cancelled once more; the first time is raised in the end
        task.cancel()
    if task.done() and not task.cancelled():
        task.exception()  # it was heard


class Tx:
    """One unit of work, or one consistent look, on a line.

    `wakes` is set by whoever writes outbox rows that are due: the worker is woken once they are durable.
    """

    def __init__(self, line: Line, *, is_shared: bool = False) -> None:
        self._line = line
        self._is_shared = is_shared  # with the units of work of others
        self.wakes = False
        self.counts: list[Callable[[], None]] = []

    def once_durable(self, count: Callable[[], None]) -> None:
        """Call this when what is written here has been committed; never, when it is not. For bridge.metrics."""
        self.counts.append(count)

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._line.dialect.name

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    async def run(self, statement: Statement, values: Values | None = None) -> int:
        """Carry it out; how many rows it touched."""
        if isinstance(statement, Prepared):
            given = _by_name(values)
            wire = statement.wire(self._line.dialect, given)
            return await self._line.count(wire, wire.args(given))
        return (await self._execute(statement, values)).rowcount

    async def run_each(self, statement: Prepared, each: Sequence[Mapping[str, Any]]) -> int:
        """Carry it out for each of these values, which have the same names; how many rows it touched in all."""
        return int(sum(await self.apart(statement, [each], counted=True))) if each else 0

    async def rows(self, statement: Statement, values: Values | None = None) -> Sequence[Any]:
        """All rows."""
        if isinstance(statement, Prepared):
            given = _by_name(values)
            wire = statement.wire(self._line.dialect, given)
            return await self._line.rows(wire, wire.args(given))
        return (await self._execute(statement, values)).all()

    async def many(self, statement: Prepared, each: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
        """Carry it out for each of these values, which have the same names: one round trip; all their rows."""
        if not each:
            return ()
        for_all = statement.for_all(each) if self.dialect == "postgresql" else None
        if for_all is not None:
            return await self.rows(for_all, {name: [values[name] for values in each] for name in each[0]})
        wire = statement.wire(self._line.dialect, each[0])
        return await self._line.many(wire, [wire.args(values) for values in each])

    async def apart(
        self, statement: Prepared, groups: Sequence[Sequence[Mapping[str, Any]]], *, counted: bool
    ) -> Sequence[Any]:
        """As many() for the values in each of these groups, none of which is empty.

        The rows of each, or if they are to be `counted` how many rows it touched: then it must change something.
        """
        if counted and statement.statement.is_select:
            raise TypeError("a look touches nothing")
        line = self._line
        if not isinstance(line, SqliteLine):
            return await self._numbered(statement, groups, counted=counted)
        wire = statement.wire(line.dialect, groups[0][0])
        done = iter(await line.each(wire, [wire.args(values) for group in groups for values in group]))
        if counted:
            return [sum(next(done)[1] for _ in group) for group in groups]
        return [[row for _ in group for row in next(done)[0]] for group in groups]

    async def _numbered(
        self, statement: Prepared, groups: Sequence[Sequence[Mapping[str, Any]]], *, counted: bool
    ) -> Sequence[Any]:
        """In one round trip. SQLite has none to save, and takes longer to return a change than to make it."""
        every = [{**values, NUMBER: number} for number, group in enumerate(groups) for values in group]
        rows = list[list[Any]]([] for _ in groups)
        for row in await self.many(statement.numbered, every):
            rows[row[-1]].append(row[:-1])
        return [len(found) for found in rows] if counted else rows

    async def row(self, statement: Statement, values: Values | None = None) -> Any:
        """The first row, or None."""
        found = await self.rows(statement, values)
        return found[0] if found else None

    async def value(self, statement: Statement, values: Values | None = None) -> Any:
        """The first column of the first row, or None."""
        found = await self.rows(statement, values)
        return found[0][0] if found else None

    async def _execute(self, statement: Executable, values: Values | None) -> CursorResult[Any]:
        work = self._line.connection.execute(statement, values)
        # SQLAlchemy gives up a connection on which somebody was cancelled. asyncpg itself ends the statement, and
        # then the unit can be rolled back alone.
        return await (to_its_end(work) if self._is_shared else work)


def _by_name(values: Values | None) -> Mapping[str, Any]:
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise TypeError("a prepared statement is given the values of one row")
    return values
