"""One ground for all experiments of a test run: its processes and its PostgreSQL are started once."""

from collections.abc import Iterator

import pytest

from tests.faults.ground import Ground


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """Where worlds are made."""
    ground = Ground()
    ground.prepare()
    yield ground
    ground.close()
