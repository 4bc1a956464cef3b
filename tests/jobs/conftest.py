"""What the tests of jobs share."""

from collections.abc import AsyncIterator

import pytest

from tests.bench import Bench, opened


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    """An outbox with a firm and a clock."""
    async with opened(database_url) as bench:
        yield bench
