"""Bringing the database's tables up to this version of the program, one process at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bridge.store import locks
from bridge.store.database import in_one_piece, protect
from bridge.store.tx import Tx


class OutdatedError(Exception):
    """There are no tables, or those of an older version of this program."""

    def __init__(self) -> None:
        super().__init__("The database is not up to date. Run: python -m bridge migrate")


class NewerError(Exception):
    """The tables are those of a newer version of this program, which alone knows how to go back."""

    def __init__(self) -> None:
        super().__init__(
            "The database is that of a newer version of this program. Run that version again, or bring back the "
            "backup that was made before it."
        )


ADVISORY_LOCK = 7_203_411  # any number, as long as every version of this program uses the same


async def upgrade(url: str) -> None:
    """Create or change the tables as needed. A second process that comes meanwhile waits, then finds them done.

    Raises NewerError.
    """
    async with _alone(url) as connection:
        found = await connection.run_sync(_revision)
        if _is_newer(found):
            raise NewerError
        if found != newest():
            from bridge.store import revisions  # noqa: PLC0415 (most starts do without, and are sooner ready)

            await connection.run_sync(revisions.upgrade)


async def check(url: str) -> None:
    """Make sure that the tables are those of this version.

    Raises OutdatedError, NewerError, and FileNotFoundError rather than make a database.
    """
    _look_for_file(url)
    async with _connected(url) as connection:
        found = await connection.run_sync(_revision)
    if _is_newer(found):
        raise NewerError
    if found != newest():
        raise OutdatedError


def _is_newer(found: str | None) -> bool:
    return found is not None and found > newest()


def _look_for_file(url: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or "").stat()


async def is_enough(tx: Tx, url: str) -> bool:
    """Whether whoever runs already can go on: tables of the next version serve it too, until it is replaced.

    A connection to a file that was moved away still reads it, so that is asked too.
    """
    _look_for_file(url)
    found: str | None = await tx.value(text("SELECT version_num FROM alembic_version"))
    return found is not None and found >= newest()


async def differences(url: str) -> list[Any]:
    """What a migration would still change; empty when tables and migrations agree."""
    from bridge.store import revisions  # noqa: PLC0415 (as above)

    async with _connected(url) as connection:
        return await connection.run_sync(revisions.differences)


@cache
def newest() -> str:
    """The revision this version of the program needs: migrations are numbered, and each follows the one before."""
    versions = Path(__file__).parent / "migrations" / "versions"
    return max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))


async def draft(url: str, revision: str, message: str) -> None:
    """Write a migration from the difference between the tables and this database. `revision` such as "0002"."""
    from bridge.store import revisions  # noqa: PLC0415 (as above)

    async with _alone(url) as connection:
        await connection.run_sync(lambda sync: revisions.draft(sync, revision, message))


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


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
