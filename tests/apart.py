"""The stage's app in processes of its own, which can be killed at a moment that the test chooses."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from bridge.app import Running
from bridge.sandbox.slack.model import Call
from bridge.sandbox.twilio.records import PretendMessage
from bridge.store.database import Database
from tests.cast import environment
from tests.installed import Installed
from tests.stage import Stage
from tests.unsaid import telling

START, DEATH = 15.0, 5.0  # seconds
ROOT = Path(__file__).parents[1]
LEASES_END = timedelta(seconds=100)  # by then nobody waits any more for a process that died

Act = Callable[[], Awaitable[None]]


class Forks:
    """See tests.fork."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fork"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, order: Mapping[str, Any]) -> int:
        """The id of the new process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End everything."""
        self._process.communicate(timeout=10)


@contextmanager
def forks() -> Iterator[Forks]:
    """The place where processes come from."""
    forks = Forks()
    yield forks
    forks.close()


class Lock:
    """Keeps everybody from writing: the file on SQLite, the tables on PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._file: sqlite3.Connection | None = None
        self._server: asyncpg.Connection | None = None

    async def take(self) -> None:
        """Wait for it, and have it."""
        if self._url.startswith("sqlite"):
            path = self._url.partition("///")[2]
            self._file = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
            await asyncio.to_thread(self._file.execute, "BEGIN IMMEDIATE")
        else:
            self._server = await asyncpg.connect(self._url.replace("+asyncpg", ""))
            await self._server.execute("BEGIN; LOCK TABLE messages, outbox, seen, threads IN EXCLUSIVE MODE")

    async def free(self) -> None:
        """Let go."""
        if self._file is not None:
            self._file.close()
        if self._server is not None:
            await self._server.close()


class Instance:
    """One process of the app."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def is_alive(self) -> bool:
        """Whether it still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    async def end(self, how: int = signal.SIGKILL, seconds: float = DEATH) -> float:
        """Send a signal and wait for its end; how many seconds that took."""
        began = time.monotonic()
        if self.is_alive():
            os.kill(self.pid, how)
        async with asyncio.timeout(seconds):
            while self.is_alive():
                await asyncio.sleep(0.005)
        return time.monotonic() - began


class Apart:
    """A stage whose app runs elsewhere; `app` is the process that the pretend services know."""

    def __init__(self, stage: Stage, forks: Forks, database_url: str, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.lock = Lock(database_url)
        self.app: Instance | None = None
        self.everyone: list[Instance] = []
        self._forks, self._database_url = forks, database_url
        self._died = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # --- processes

    async def start(self, *, web: bool = True, work: bool = True, port: int | None = None) -> Instance:
        """Start a process; without a port, the one that the pretend services know."""
        ready = self.folder / f"ready-{len(self.everyone)}"
        stage = self.stage
        order = {
            "environment": environment(self._database_url, port or stage.settings.port, stage.slack, stage.twilio),
            "ahead": stage.clock.skipped.total_seconds(),
            "log": str(self.folder / "log"),
            "ready": str(ready),
            "web": web,
            "work": work,
        }
        instance = Instance(self._forks.start(order))
        self.everyone.append(instance)
        async with asyncio.timeout(START):
            while not ready.exists():
                assert instance.is_alive(), self.log()
                await asyncio.sleep(0.01)
        return instance

    async def begin(self) -> None:
        """Start the process that the pretend services know."""
        self.app = await self.start()

    async def kill(self) -> None:
        """kill -9, now."""
        assert self.app is not None
        await self.app.end()
        self._died.set()

    async def begin_again(self) -> None:
        """Once it has died, start it again; elsewhere nobody waits any more for what it had claimed."""
        async with asyncio.timeout(START):
            await self._died.wait()
        await asyncio.gather(*self._tasks)
        self._died.clear()
        self.stage.clock.skipped += LEASES_END
        await self.begin()

    async def end(self) -> None:
        """All processes; none of them has stumbled over a mistake of ours."""
        for instance in self.everyone:
            await instance.end()
        assert telling(self.log().splitlines(), self.stage.twilio) == []
        said = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        assert [entry for entry in said if entry.get("level") == "error"] == []

    def log(self) -> str:
        """What the processes have said."""
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    # --- moments

    async def locked(self, work: Awaitable[object]) -> None:
        """It dies while this work waits for the database."""
        await self.lock.take()
        working = asyncio.ensure_future(work)
        await asyncio.sleep(0.4)
        await self.kill()
        await self.lock.free()
        await working

    def before(self, is_it: Callable[[Any], bool]) -> None:
        """It dies when this call has left it; the service never hears of it."""

        async def die() -> None:
            await self.kill()
            raise ConnectionError

        self._when(is_it, die, after=False)

    def after(self, is_it: Callable[[Any], bool]) -> None:
        """It dies when the service has done what this call asked for, and has not answered."""
        self._when(is_it, self.kill, after=True)

    def unsaved(self, is_it: Callable[[Any], bool]) -> None:
        """It dies with the answer to this call, which it could not write down."""

        async def lock() -> None:
            await self.lock.take()
            self._tasks.append(asyncio.create_task(self._die_soon()))

        self._when(is_it, lock, after=True)

    async def _die_soon(self) -> None:
        await asyncio.sleep(0.4)
        await self.kill()
        await self.lock.free()

    def _when(self, is_it: Callable[[Any], bool], act: Act, *, after: bool) -> None:
        """Once, for the first call that is meant."""
        slack, twilio = self.stage.slack, self.stage.twilio

        async def hook(call: Call | PretendMessage) -> None:
            if is_it(call):
                slack.on_call = slack.after_call = twilio.on_create = twilio.after_create = None
                await act()

        if after:
            slack.after_call = twilio.after_create = hook
        else:
            slack.on_call = twilio.on_create = hook


def is_root(call: Call | PretendMessage) -> bool:
    """The post that opens a thread."""
    return isinstance(call, Call) and call.method == "chat.postMessage" and not call.args.get("thread_ts")


def is_post(call: Call | PretendMessage) -> bool:
    """A post into a thread."""
    return isinstance(call, Call) and call.method == "chat.postMessage" and bool(call.args.get("thread_ts"))


def is_upload(call: Call | PretendMessage) -> bool:
    """The call that shows an uploaded picture."""
    return isinstance(call, Call) and call.method == "files.completeUploadExternal"


def is_text(call: Call | PretendMessage) -> bool:
    """A text to a lead."""
    return isinstance(call, PretendMessage)


@asynccontextmanager
async def set_apart(installed: Installed, database_url: str, forks: Forks, folder: Path) -> AsyncIterator[Apart]:
    """The stage, its app stopped; whatever the test starts ends after the stage's own checks."""
    async with installed.stage(database_url) as stage:
        await stage.stop_app()
        eyes = Database(database_url)
        stage.app = Running(replace(stage.app.deps, db=eyes), None, None)
        stage._stack.push_async_callback(eyes.close)
        apart = Apart(stage, forks, database_url, folder)
        stage._stack.push_async_callback(apart.end)
        yield apart
