"""What the store's tests share."""

import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from bridge.store.database import Database


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
