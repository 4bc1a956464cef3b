"""Bringing the database's tables up to this version of the program, one process at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bridge.store import locks
from bridge.store.database import in_one_piece, protect
from bridge.store.tables import metadata
from bridge.store.tx import Tx


class OutdatedError(Exception):
    """The tables are those of another version of this program."""

    def __init__(self) -> None:
        super().__init__("The database is not up to date. Run: python -m bridge migrate")


ADVISORY_LOCK = 7_203_411  # any number, as long as every version of this program uses the same


async def upgrade(url: str) -> None:
    """Create or change the tables as needed. A second process that comes meanwhile waits, then finds them done."""
    async with _alone(url) as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))


async def is_current(url: str) -> bool:
    """Whether the tables are those of this version. Raises FileNotFoundError rather than make a database."""
    _look_for_file(url)
    async with _connected(url) as connection:
        return await connection.run_sync(_revision) == newest()


def _look_for_file(url: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or "").stat()


async def is_newest(tx: Tx, url: str) -> bool:
    """As is_current, on a connection that is open already. One to a file that was moved away still reads it."""
    _look_for_file(url)
    return bool(await tx.value(text("SELECT version_num FROM alembic_version")) == newest())


async def differences(url: str) -> list[Any]:
    """What alembic would still change; empty when tables and migrations agree."""
    async with _connected(url) as connection:
        return await connection.run_sync(lambda sync: compare_metadata(MigrationContext.configure(sync), metadata))


@cache
def newest() -> str | None:
    """The revision this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def draft(url: str, revision: str, message: str) -> None:
    """Write a migration from the difference between the tables and this database. `revision` such as "0002"."""
    async with _alone(url) as connection:
        await connection.run_sync(
            lambda sync: command.revision(_config(sync), message, autogenerate=True, rev_id=revision)
        )


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


@asynccontextmanager
async def _connected(url: str, *, writing: bool = False) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    if writing and engine.dialect.name == "sqlite":
        in_one_piece(engine)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


@asynccontextmanager
async def _alone(url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction that no other migration runs beside. Who dies in it leaves the tables as they were."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        protect(Path(parsed.database or ""))
        lock = locks.beside(parsed, "migrate")
        async with locks.waiting_for(lock), _connected(url, writing=True) as connection:
            yield connection
            await connection.commit()
        return
    async with _connected(url, writing=True) as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        yield connection
        await connection.commit()
