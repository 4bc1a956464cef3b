"""What the tests of the doors share."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.installed import Installed
from tests.stage import Stage

Open = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def open_stage(installed_sqlite: Installed, tmp_path: Path) -> Open:
    """Sets a stage with settings of its own, on SQLite; for what happens before a database is asked."""

    def opened(**environ: str) -> AbstractAsyncContextManager[Stage]:
        return installed_sqlite.stage(f"sqlite+aiosqlite:///{tmp_path}/bridge.db", pays=False, **environ)

    return opened


@pytest.fixture
async def door(open_stage: Open) -> AsyncIterator[Stage]:
    """The usual stage, on SQLite only."""
    async with open_stage() as stage:
        yield stage
