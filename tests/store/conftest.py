"""What the store's tests share."""

import asyncio
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bridge.store.database import Database
from tests.bench import Bench, opened
from tests.databases import run


@pytest.fixture(autouse=True)
def _no_connection_left_behind() -> Iterator[None]:
    """Every SQLite connection has a thread: one that is left shows a connection that nobody closed."""
    yield
    until = time.monotonic() + 2
    while (left := [each.name for each in threading.enumerate() if "_connection_worker" in each.name]) and (
        time.monotonic() < until
    ):
        time.sleep(0.01)
    assert left == []


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The database as the app opens it."""
    db = Database(database_url)
    yield db
    await db.close()


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    """An outbox whose clock stands still."""
    async with opened(database_url) as bench:
        bench.stop_clock()
        yield bench


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with nothing in it, of the same kind."""
    if database_url.startswith("sqlite"):
        yield f"sqlite+aiosqlite:///{tmp_path}/empty.db"
        return
    server, name = request.getfixturevalue("postgres"), f"e{uuid.uuid4().hex}"
    asyncio.run(run(server, f"CREATE DATABASE {name}"))
    yield server.replace("/postgres?", f"/{name}?")
    asyncio.run(run(server, f"DROP DATABASE {name} WITH (FORCE)"))
