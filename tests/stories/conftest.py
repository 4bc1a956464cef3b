"""What only stories share: the app in processes of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.apart import Apart, set_apart
from tests.faults.processes import Nursery, nursery
from tests.installed import Installed
from tests.till import Till


@pytest.fixture(scope="session")
def app_processes() -> Iterator[Nursery]:
    """Where processes of the app come from."""
    with nursery() as started:
        yield started


@pytest.fixture
async def till(database_url: str, installed: Installed) -> AsyncIterator[Till]:
    """A firm that would have to pay for two-way SMS."""
    async with Till.opened(installed, database_url) as till:
        yield till


@pytest.fixture
async def apart(
    database_url: str, installed: Installed, app_processes: Nursery, tmp_path: Path
) -> AsyncIterator[Apart]:
    """The stage, its app in a process of its own."""
    async with set_apart(installed, database_url, app_processes, tmp_path) as apart:
        await apart.begin()
        yield apart
