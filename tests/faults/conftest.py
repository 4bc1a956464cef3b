"""One ground for all experiments of a test run: its processes and its PostgreSQL are started once."""

from collections.abc import Iterator

import pytest

from tests.faults.ground import Ground

CROWDED = 15.0  # seconds; no test depends on how fast the machine is just now


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """Where worlds are made."""
    ground = Ground(healthy_within=CROWDED)
    ground.prepare()
    yield ground
    ground.close()
