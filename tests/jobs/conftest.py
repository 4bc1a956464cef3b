"""What the tests of jobs share."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog

from bridge.services.promises import Promise
from tests.bench import Bench, opened
from tests.jobs.hand import Hand, Outside


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


@pytest.fixture
def outside() -> Outside:
    """The world outside, where all is well."""
    return Outside()


@pytest.fixture
def hand(bench: Bench, outside: Outside) -> Hand:
    """A worker moved by hand, whose promises are kept out there."""
    return Hand(bench, Promise(keep=outside.keep, settle=outside.settle))
