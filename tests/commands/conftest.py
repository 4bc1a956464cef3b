"""Operators, with and without a database."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.sandbox.ports import free_port
from tests import cast
from tests.commands.operator import Operator
from tests.pretenders import services


@pytest.fixture
async def bare_operator(tmp_path: Path) -> AsyncIterator[Operator]:
    """An operator who has set everything in the environment, and no database yet."""
    database = tmp_path / "bridge.db"
    async with services() as (slack, twilio):
        environ = cast.environment(f"sqlite:///{database}", free_port(), slack, twilio)
        operator = Operator(environ, slack, twilio, database)
        yield operator
        for process in operator.started:
            if process.returncode is None:
                process.kill()
            await process.wait()


@pytest.fixture
def operator(bare_operator: Operator, sqlite_template: Path) -> Operator:
    """The same with a database of all tables."""
    shutil.copy(sqlite_template, bare_operator.database)
    return bare_operator
