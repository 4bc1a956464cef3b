"""What the tests of jobs share."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog

from tests.bench import Bench, opened


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    """An outbox with a firm and a clock."""
    async with opened(database_url) as bench:
        yield bench


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    """What was logged, which is much where so much goes wrong."""
    with structlog.testing.capture_logs() as logs:
        yield logs
