# ruff: noqa: SLF001 (what is repaired lies inside)
"""SQLAlchemy's aiosqlite driver, visiting the connection's thread only for what may have to wait.

The stock adapter visits it four times per statement: for a cursor, the statement, its rows, and closing. Each visit
costs several times what our statements take, which find their pages in memory. In WAL mode they wait for nobody:
a reader never does, and a writer only for the lock, which BEGIN IMMEDIATE takes, and for the disk, which is COMMIT.
So those two visit the thread, and the loop stays free meanwhile; the rest is done where it is asked for, and broken
off if it ever takes too long. Whoever counts or searches whole tables asks for a connection `in_thread`.
"""

import math
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_

TAKE_LOCK, MAKE_DURABLE = "BEGIN IMMEDIATE", "COMMIT"
WAITING = {TAKE_LOCK, MAKE_DURABLE}  # for others, and for the disk
LONGEST_STATEMENT = 2.0  # seconds; then it is an OperationalError, "interrupted"
Each: TypeAlias = tuple[list[Any], int]  # rows, and how many were touched
STEPS = 100_000  # of SQLite's virtual machine between two looks at the time: some milliseconds


@dataclass(frozen=True)
class _Done:
    """What is left of a cursor whose statement was carried out and whose rows were fetched."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: Sequence[Any] = ()

    def close(self) -> None:
        """It is closed."""


def _carry_out(start: Callable[..., sqlite3.Cursor], *args: Any) -> _Done:
    cursor = start(*args)
    try:
        rows = cursor.fetchall() if cursor.description else ()
        return _Done(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    finally:
        cursor.close()


def _carry_out_each(connection: sqlite3.Connection, operation: str, every: Sequence[Any]) -> list[Each]:
    cursor = connection.cursor()
    try:
        return [(cursor.execute(operation, args).fetchall(), cursor.rowcount) for args in every]
    finally:
        cursor.close()


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()
    _adapt_connection: "_Connection"
    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:
        return connection

    def _aenter_cursor(self, cursor: Any) -> Any:
        return _Done()

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        self._keep(await self._adapt_connection.carry_out(operation, () if parameters is None else parameters))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        self._keep(await self._adapt_connection.carry_out(operation, seq_of_parameters, many=True))

    def _keep(self, done: Any) -> None:
        self._cursor, self._rows = done, deque(done.rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_until", "in_thread")
    _cursor_cls = _Cursor

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.in_thread = False
        self._until = math.inf
        raw = self._connection._conn
        raw.set_progress_handler(lambda: time.monotonic() > self._until, STEPS)

    async def carry_out(self, operation: str, parameters: Any, *, many: bool = False) -> _Done:
        """The statement's end, with all its rows. Raises sqlite3.Error."""
        raw = self._connection._conn
        start = raw.executemany if many else raw.execute
        async with self._execute_mutex:
            if self.in_thread or operation in WAITING:
                self._until = math.inf
                done: _Done = await self._connection._execute(_carry_out, start, operation, parameters)
                return done
            self._until = time.monotonic() + LONGEST_STATEMENT
            return _carry_out(start, operation, parameters)

    async def carry_out_each(self, operation: str, every: Sequence[Any]) -> list[Each]:
        """For each of these parameters the rows, and how many were touched. Raises sqlite3.Error."""
        raw = self._connection._conn
        async with self._execute_mutex:
            if self.in_thread:
                self._until = math.inf
                done: list[Each] = await self._connection._execute(_carry_out_each, raw, operation, every)
                return done
            self._until = time.monotonic() + LONGEST_STATEMENT
            return _carry_out_each(raw, operation, every)

    def rollback(self) -> None:
        try:
            if self._connection._connection:
                self._connection._conn.rollback()
        except Exception as error:
            self._handle_exception(error)


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, database: str, **options: Any) -> Any:
        place = f"{Path(database).absolute().as_uri()}?mode=rw"  # one that is gone is not made anew, and empty
        connection = self.aiosqlite.connect(place, **{**options, "uri": True})
        connection._thread.daemon = True  # as the stock adapter has it: an abandoned one must not hold up the end
        return _Connection(self, await_(connection))


DRIVER = _Driver(aiosqlite, sqlite3)
