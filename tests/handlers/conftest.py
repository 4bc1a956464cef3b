"""What the tests of the doors share."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.stage import Stage

Open = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def open_stage(sqlite_template: Path, tmp_path: Path) -> Open:
    """Sets a stage with settings of its own, on SQLite; for what happens before a database is asked."""

    def opened(**environ: str) -> AbstractAsyncContextManager[Stage]:
        path = tmp_path / "bridge.db"
        shutil.copy(sqlite_template, path)
        return Stage.set(f"sqlite+aiosqlite:///{path}", **environ)

    return opened


@pytest.fixture
async def door(open_stage: Open) -> AsyncIterator[Stage]:
    """The usual stage, on SQLite only."""
    async with open_stage() as stage:
        yield stage
