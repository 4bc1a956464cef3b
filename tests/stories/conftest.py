"""What only stories share: the app in processes of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.apart import Apart, Forks, forks, set_apart
from tests.installed import Installed


@pytest.fixture(scope="session")
def app_processes() -> Iterator[Forks]:
    """Where processes of the app come from."""
    with forks() as started:
        yield started


@pytest.fixture
async def apart(
    database_url: str, installed: Installed, app_processes: Forks, tmp_path: Path
) -> AsyncIterator[Apart]:
    """The stage, its app in a process of its own."""
    async with set_apart(installed, database_url, app_processes, tmp_path) as apart:
        await apart.begin()
        yield apart
