"""SQLite as the processes find it: the real one, on one thread, whose disk takes virtual time and sometimes fails.

aiosqlite's thread would bring the machine's own timing in; here its work is done on the loop, after a wait.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import aiosqlite.core
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bridge.store import database
from tests.simulation.processes import Process, current

LOCK_WAIT, LOCK_LOOK = 0.25, 0.01  # seconds; as long as the product lets SQLite itself wait for its lock


class Troubles(Protocol):
    """What may go wrong with a disk, as the generator has it."""

    statements_fail: bool  # if none does, none needs to be asked about

    def disk_wait(self, what: str) -> float:
        """Seconds that a visit takes."""

    def disk_fault(self, what: str) -> str | None:
        """How a statement fails: "before" or "after" it was done, or because all is "full"."""

    def noise(self) -> int:
        """A random number, for SQLite's own."""


class _Now:
    """In the place of aiosqlite's thread and its queue: what is ordered is done at once."""

    daemon = True

    def start(self) -> None:
        """It needs no start."""

    def put_nowait(self, order: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        """Do it."""
        future, work = order
        try:
            result = work()
        except Exception as error:
            if future is not None:
                future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class Disk:
    """Every connection to the database, by process."""

    def __init__(self, troubles: Troubles, kept: list[sqlite3.Connection]) -> None:
        self._troubles = troubles
        self._kept = kept
        self._open: list[tuple[Process | None, Any]] = []

    def opened(self, connection: Any) -> None:
        """aiosqlite has a new connection."""
        self._open.append((current(), connection))

    def died(self, process: Process | None) -> None:
        """Its connections end as the system ends them: what was not committed never was."""
        for owner, connection in self._open:
            if owner is process:
                raw, connection._connection, connection._running = connection._connection, None, False
                if raw is not None:
                    raw.close()
        self._open = [(owner, connection) for owner, connection in self._open if owner is not process]

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        """As sqlite3.connect."""
        raw = self._kept.pop() if self._kept else _CONNECT(*args, **options, factory=_Raw)
        assert isinstance(raw, _Raw)
        raw.anew(self)
        raw.create_function("random", 0, self._troubles.noise)
        return raw

    def keep(self, raw: "_Raw") -> None:
        """Nobody uses it any more. A new one would first have to learn every statement."""
        self._kept.append(raw)

    def fault(self, statement: str) -> str | None:
        """How this one fails, if it does."""
        if statement.startswith("PRAGMA") or not (self._troubles.statements_fail or statement == "COMMIT"):
            return None
        return self._troubles.disk_fault(statement)

    async def visit(self, work: Callable[..., Any], *args: Any) -> Any:
        """What aiosqlite's thread is asked for: to wait for the lock, or for the disk."""
        name = next((arg for arg in args if isinstance(arg, str)), work.__name__)
        await self._spin(name)
        done = await _when_free(work, *args)
        await self._spin(name)
        return done

    async def _spin(self, name: str) -> None:
        if wait := self._troubles.disk_wait(name):
            await asyncio.sleep(wait)


async def _when_free(work: Callable[..., Any], *args: Any) -> Any:
    loop = asyncio.get_running_loop()
    until = loop.time() + LOCK_WAIT
    while True:
        try:
            return work(*args)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or loop.time() >= until:
                raise
            await asyncio.sleep(LOCK_LOOK)


_CONNECT = sqlite3.connect


def connect_plainly(path: Path) -> sqlite3.Connection:
    """Past all troubles, for whoever looks on."""
    return _CONNECT(path)


class _Raw(sqlite3.Connection):
    """SQLite's own connection, which says before each statement what it is about to do."""

    disk: Disk
    is_open = False

    def anew(self, disk: Disk) -> None:
        """Somebody connects."""
        self.disk, self.is_open = disk, True
        super().execute("PRAGMA query_only = OFF")

    def close(self) -> None:
        """What was not committed never was."""
        if self.is_open:
            self.is_open = False
            super().rollback()
            self.disk.keep(self)

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if statement.startswith("PRAGMA busy_timeout"):
            statement = "PRAGMA busy_timeout = 0"  # waiting for real would wait for ever; see _when_free()
        elif not self.is_open:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
        elif not statement.startswith("ROLLBACK") and (fault := self.disk.fault(statement)):
            return self._fail(fault, statement)
        return super().execute(statement, *parameters)

    def _fail(self, fault: str, statement: str) -> sqlite3.Cursor:
        if fault == "full":
            super().rollback()  # SQLite itself does so
            raise sqlite3.OperationalError("database or disk is full")
        if fault == "after":
            super().execute(statement)
        raise sqlite3.OperationalError("disk I/O error")


class Engines:
    """Engines and connections that are used again: new ones would first have to learn every statement."""

    def __init__(self) -> None:
        self._free: dict[bool, list[AsyncEngine]] = {False: [], True: []}
        self._taken: list[tuple[bool, AsyncEngine]] = []
        self.connections: list[sqlite3.Connection] = []
        self._make = database._engine

    def take(self, url: Any, *, writing: bool) -> AsyncEngine:
        """As the product makes one."""
        free = self._free[writing]
        engine = free.pop() if free else self._make(url, writing=writing)
        self._taken.append((writing, engine))
        return engine

    def collect(self) -> None:
        """Nobody uses them any more."""
        for writing, engine in self._taken:
            engine.sync_engine.pool = engine.sync_engine.pool.recreate()
            self._free[writing].append(engine)
        self._taken.clear()


@contextmanager
def virtual_disk(troubles: Troubles, engines: Engines) -> Iterator[Disk]:
    """All of SQLite in this block."""
    disk, patch = Disk(troubles, engines.connections), pytest.MonkeyPatch()
    make = aiosqlite.core.Connection.__init__

    def made(self: Any, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        self._tx = self._thread = _Now()
        disk.opened(self)

    async def execute(self: Any, work: Callable[..., Any], *args: Any, **_: Any) -> Any:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        return await disk.visit(work, *args)

    patch.setattr(aiosqlite.core.Connection, "__init__", made)
    patch.setattr(aiosqlite.core.Connection, "_execute", execute)
    patch.setattr(sqlite3, "connect", disk.connect)
    patch.setattr(database, "_engine", engines.take)
    try:
        yield disk
    finally:
        for owner in {id(owner): owner for owner, _ in disk._open}.values():
            disk.died(owner)
        engines.collect()
        patch.undo()
