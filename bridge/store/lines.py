# ruff: noqa: SLF001 (what SQLAlchemy's adapters wrap lies inside them)
"""Lines: connections that take prepared statements straight to their driver, and all others through SQLAlchemy.

SQLAlchemy opens and closes them, in its autocommit mode: when a transaction begins and ends is said here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, TypeAlias

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bridge.store.prepared import Wire
from bridge.store.sqlite_driver import MAKE_DURABLE

Rows: TypeAlias = Sequence[Sequence[Any]]


class Line(ABC):
    """One connection. Raises SQLAlchemy's errors, whichever way a statement goes."""

    def __init__(
        self, connection: AsyncConnection, adapter: Any, listeners: Sequence[Callable[[str], None]]
    ) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self._adapter = adapter
        self._listeners = listeners

    @property
    def is_alive(self) -> bool:
        """Whether anything can still be said on it, as far as is known."""
        return not self.connection.invalidated

    def _heard(self, words: str) -> None:
        for hear in self._listeners:
            hear(words)

    async def rows(self, wire: Wire, args: list[Any]) -> Rows:
        """Carry it out; its rows."""
        self._heard(wire.sql)
        try:
            return wire.read(await self._rows(wire.sql, args))
        except Exception as error:
            raise self._told(error, wire.sql) from None

    async def many(self, wire: Wire, each: list[list[Any]]) -> Rows:
        """Carry it out for each of these values, in one round trip; all their rows."""
        self._heard(wire.sql)
        try:
            return wire.read(await self._many(wire.sql, each))
        except Exception as error:
            raise self._told(error, wire.sql) from None

    async def count(self, wire: Wire, args: list[Any]) -> int:
        """Carry it out; how many rows it touched."""
        self._heard(wire.sql)
        try:
            return await self._count(wire.sql, args)
        except Exception as error:
            raise self._told(error, wire.sql) from None

    async def say(self, words: str) -> None:
        """Carry out what has neither values nor rows, such as SAVEPOINT."""
        self._heard(words)
        try:
            await self._say(words)
        except Exception as error:
            raise self._told(error, words) from None

    async def commit(self) -> None:
        """Make it durable. Raises OSError when there was no transaction any more."""
        self._heard("COMMIT")
        try:
            await self._commit()
        except Exception as error:
            raise self._told(error, "COMMIT") from None

    def in_thread(self) -> AbstractContextManager[None]:
        """In this block nobody else waits for what is carried out here, however long it takes."""
        return nullcontext()

    async def drop(self) -> None:
        """Close it, however it is; its last words are nobody's concern."""
        with suppress(SQLAlchemyError, OSError):
            await self.connection.invalidate()
            await self.connection.close()

    def _told(self, error: Exception, sql: str) -> Exception:
        """The driver's error as SQLAlchemy tells it; anything else as it is. Without values, which are personal."""
        told, dbapi = error, self.dialect.loaded_dbapi
        try:
            self._adapter._handle_exception(error)
        except Exception as translated:
            told = translated
        if not isinstance(told, dbapi.Error):
            return told
        return DBAPIError.instance(sql, None, told, dbapi.Error, hide_parameters=True, dialect=self.dialect)

    @abstractmethod
    async def _rows(self, sql: str, args: list[Any]) -> Rows: ...

    @abstractmethod
    async def _many(self, sql: str, each: list[list[Any]]) -> Rows: ...

    @abstractmethod
    async def _count(self, sql: str, args: list[Any]) -> int: ...

    @abstractmethod
    async def _say(self, words: str) -> None: ...

    @abstractmethod
    async def _commit(self) -> None: ...


class SqliteLine(Line):
    """See bridge.store.sqlite_driver for what visits a thread."""

    async def _rows(self, sql: str, args: list[Any]) -> Rows:
        rows: Rows = (await self._adapter.carry_out(sql, args)).rows
        return rows

    async def each(self, wire: Wire, every: list[list[Any]]) -> Sequence[tuple[Rows, int]]:
        """Carry it out for each of these values; its rows, and how many it touched."""
        self._heard(wire.sql)
        try:
            done = await self._adapter.carry_out_each(wire.sql, every)
            return [(wire.read(rows), touched) for rows, touched in done]
        except Exception as error:
            raise self._told(error, wire.sql) from None

    async def _many(self, sql: str, each: list[list[Any]]) -> Rows:
        return [row for rows, _ in await self._adapter.carry_out_each(sql, each) for row in rows]

    async def _count(self, sql: str, args: list[Any]) -> int:
        return int((await self._adapter.carry_out(sql, args)).rowcount)

    async def _say(self, words: str) -> None:
        await self._adapter.carry_out(words, ())

    @contextmanager
    def in_thread(self) -> Iterator[None]:
        """In this block nobody else waits for what is carried out here, however long it takes."""
        self._adapter.in_thread = True
        try:
            yield
        finally:
            self._adapter.in_thread = False

    async def _commit(self) -> None:
        if not self._adapter.driver_connection.in_transaction:  # it ends one by itself on some errors
            raise OSError("the transaction is gone")
        await self._say(MAKE_DURABLE)


class PostgresLine(Line):
    """asyncpg prepares each statement once for a connection."""

    @property
    def is_alive(self) -> bool:
        """Whether anything can still be said on it, as far as is known."""
        return super().is_alive and not self._adapter.driver_connection.is_closed()

    async def _rows(self, sql: str, args: list[Any]) -> Rows:
        rows: Rows = await self._adapter.driver_connection.fetch(sql, *args)
        return rows

    async def _many(self, sql: str, each: list[list[Any]]) -> Rows:
        rows: Rows = await self._adapter.driver_connection.fetchmany(sql, each)
        return rows

    async def _count(self, sql: str, args: list[Any]) -> int:
        status: str = await self._adapter.driver_connection.execute(sql, *args)
        return int(status.rpartition(" ")[2])

    async def _say(self, words: str) -> None:
        await self._adapter.driver_connection.execute(words)

    async def _commit(self) -> None:
        done: str = await self._adapter.driver_connection.execute("COMMIT")
        if done != "COMMIT":  # a transaction in which something failed is rolled back, without an error
            raise OSError("the transaction is gone")


class Lines:
    """Opens lines of one engine. `listeners` hear every statement that does not go through SQLAlchemy's events."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.listeners: list[Callable[[str], None]] = []

    async def open(self) -> Line:
        """A new connection. Raises SQLAlchemyError or OSError."""
        connection = await self.engine.connect()
        try:
            adapter: Any = (await connection.get_raw_connection()).dbapi_connection
        except BaseException:
            await connection.invalidate()
            raise
        kind = SqliteLine if self.engine.dialect.name == "sqlite" else PostgresLine
        return kind(connection, adapter, self.listeners)
