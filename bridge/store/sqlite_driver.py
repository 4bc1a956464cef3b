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
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_

TAKE_LOCK = "BEGIN IMMEDIATE"
LONGEST_STATEMENT = 2.0  # seconds; then it is an OperationalError, "interrupted"
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


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()
    _adapt_connection: "_Connection"
    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:
        return connection

    def _aenter_cursor(self, cursor: Any) -> Any:
        return _Done()

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._visit("execute", operation, () if parameters is None else parameters)

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._visit("executemany", operation, seq_of_parameters)

    async def _visit(self, method: str, operation: str, parameters: Any) -> None:
        connection: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            start = getattr(connection._conn, method)
            in_thread = operation == TAKE_LOCK or self._adapt_connection.in_thread
            until = math.inf if in_thread else time.monotonic() + LONGEST_STATEMENT
            connection._conn.set_progress_handler(lambda: time.monotonic() > until, STEPS)
            if in_thread:
                done = await connection._execute(_carry_out, start, operation, parameters)
            else:
                done = _carry_out(start, operation, parameters)
        self._cursor, self._rows = done, deque(done.rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("in_thread",)
    _cursor_cls = _Cursor

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.in_thread = False

    def rollback(self) -> None:
        try:
            if self._connection._connection:
                self._connection._conn.rollback()
        except Exception as error:
            self._handle_exception(error)


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *args: Any, **options: Any) -> Any:
        connection = self.aiosqlite.connect(*args, **options)
        connection._thread.daemon = True  # as the stock adapter has it: an abandoned one must not hold up the end
        return _Connection(self, await_(connection))


DRIVER = _Driver(aiosqlite, sqlite3)
