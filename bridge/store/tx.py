"""What a store function is handed: a connection inside a transaction, with the few ways queries use it."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import CursorResult, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

GRACE = 1.0  # seconds that somebody who is cancelled waits for the end of a statement

T = TypeVar("T")
Values: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]


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
    """One unit of work, or one consistent look, on a connection.

    `wakes` is set by whoever writes outbox rows that are due: the worker is woken once they are durable.
    """

    def __init__(self, connection: AsyncConnection, *, is_shared: bool = False) -> None:
        self._connection = connection
        self._is_shared = is_shared  # with the units of work of others
        self.wakes = False

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._connection.dialect.name

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    async def run(self, statement: Executable, values: Values | None = None) -> int:
        """Carry it out; how many rows it touched."""
        return (await self._execute(statement, values)).rowcount

    async def row(self, statement: Executable, values: Values | None = None) -> Row[Any] | None:
        """The first row, if any."""
        return (await self._execute(statement, values)).first()

    async def rows(self, statement: Executable, values: Values | None = None) -> Sequence[Row[Any]]:
        """All rows."""
        return (await self._execute(statement, values)).all()

    async def value(self, statement: Executable, values: Values | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self._execute(statement, values)).scalar()

    async def _execute(self, statement: Executable, values: Values | None) -> CursorResult[Any]:
        work = self._connection.execute(statement, values)
        return await (to_its_end(work) if self._is_shared else work)
