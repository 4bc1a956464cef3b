"""The ground that worlds stand on, once for each process of the test run."""

from collections.abc import Iterator

import pytest

from tests.simulation.ground import Ground, laid


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A database for one world after the other."""
    with laid(tmp_path_factory.mktemp("world")) as ground:
        yield ground
