"""What a store function is handed: a connection inside a transaction, with the few ways queries use it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Values: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Tx:
    """One unit of work, or one consistent look, on a connection.

    `wakes` is set by whoever writes outbox rows that are due: the worker is woken once they are durable.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
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
        result = await self._connection.execute(statement, values)
        return result.rowcount

    async def row(self, statement: Executable) -> Row[Any] | None:
        """The first row, if any."""
        return (await self._connection.execute(statement)).first()

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows."""
        return (await self._connection.execute(statement)).all()

    async def value(self, statement: Executable) -> Any:
        """The first column of the first row, or None."""
        return (await self._connection.execute(statement)).scalar()
