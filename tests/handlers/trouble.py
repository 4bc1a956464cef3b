"""Trouble with the database, made from outside: by another connection, as another process would."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.engine import make_url

from tests.stage import Stage


@asynccontextmanager
async def locked(stage: Stage) -> AsyncIterator[None]:
    """Somebody else writes for a long time: reading works, writing does not."""
    url = make_url(stage.settings.database_url)
    if url.get_backend_name() == "sqlite":
        other = sqlite3.connect(url.database or "", isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")  # the app may have to finish a write first
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    async with _maintenance(stage, str(url.database)) as connection, connection.transaction():
        await connection.execute("LOCK TABLE messages, outbox, seen, receipts, contacts IN SHARE MODE")
        yield


@asynccontextmanager
async def frozen(stage: Stage, table: str = "firms") -> AsyncIterator[None]:
    """PostgreSQL only: even reading waits, for longer than anybody's patience."""
    name = str(make_url(stage.settings.database_url).database)
    async with _maintenance(stage, name) as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


@asynccontextmanager
async def gone(stage: Stage) -> AsyncIterator[None]:
    """PostgreSQL only: every connection is cut, and no new one is taken."""
    name = make_url(stage.settings.database_url).database
    async with _maintenance(stage, "postgres") as connection:
        await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await cut(stage)
        try:
            yield
        finally:
            await connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def cut(stage: Stage) -> None:
    """PostgreSQL only: every connection is cut, once."""
    async with _maintenance(stage, "postgres") as connection:
        name = make_url(stage.settings.database_url).database
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)


@asynccontextmanager
async def dying(stage: Stage) -> AsyncIterator[None]:
    """PostgreSQL only: every connection is about to be cut, and looks well until it has been asked something."""
    name = make_url(stage.settings.database_url).database
    query = "SELECT pid FROM pg_stat_activity WHERE datname = $1"
    async with _maintenance(stage, "postgres") as connection:
        pids = [row["pid"] for row in await connection.fetch(query, name)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            await cut(stage)
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def _maintenance(stage: Stage, database: str) -> AsyncIterator[Any]:
    import asyncpg  # noqa: PLC0415 (an optional extra)

    url = make_url(stage.settings.database_url).set(drivername="postgresql", database=database)
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        yield connection
    finally:
        await connection.close()
