"""The stage's app in processes of its own, which can be killed at a moment that the test chooses."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge.app import Running
from bridge.sandbox.slack.model import Call
from bridge.sandbox.twilio.records import PretendMessage
from bridge.store.database import Database
from tests.cast import environment
from tests.faults.fate import Fate
from tests.faults.processes import Maker, Nursery, Process
from tests.installed import Installed
from tests.lock import Lock
from tests.stage import Stage
from tests.unsaid import telling

START = 15.0  # seconds
LEASES_END = timedelta(seconds=100)  # by then nobody waits any more for a process that died

Act = Callable[[], Awaitable[None]]


class Apart:
    """A stage whose app runs elsewhere; `app` is the process that the pretend services know."""

    def __init__(self, stage: Stage, nursery: Nursery, database_url: str, folder: Path) -> None:
        self.stage = stage
        self.lock = Lock(database_url)
        self.app: Process | None = None
        self._fate = Fate(folder)
        own = environment(database_url, stage.settings.port, stage.slack, stage.twilio)
        self._maker = Maker(nursery, folder, own)
        self._died = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # --- processes

    async def start(self, *, port: int | None = None) -> Process:
        """Start a process, in the stage's time; without a port, the one that the pretend services know."""
        self._fate.skip(self.stage.clock.skipped.total_seconds() - self._fate.ahead)
        own = {} if port is None else {"PORT": str(port), "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}"}
        process = self._maker.make("serve", environ=own)
        await process.ready()
        return process

    async def begin(self) -> None:
        """Start the process that the pretend services know."""
        self.app = await self.start()

    async def kill(self) -> None:
        """kill -9, now."""
        assert self.app is not None
        await self.app.kill()
        self._died.set()

    async def begin_again(self, *, later: timedelta = LEASES_END) -> None:
        """Once it has died, start it again; elsewhere nobody waits any more for what it had claimed."""
        async with asyncio.timeout(START):
            await self._died.wait()
        await asyncio.gather(*self._tasks)
        self._died.clear()
        self.stage.clock.skipped += later
        await self.begin()

    async def end(self) -> None:
        """All processes; none of them has stumbled over a mistake of ours."""
        await self._maker.end()
        lines = self._maker.said().splitlines()
        assert telling(lines, self.stage.twilio) == []
        said = [json.loads(line) for line in lines if line.startswith("{")]
        assert [entry for entry in said if entry.get("level") == "error"] == []

    # --- moments

    async def locked(self, work: Awaitable[object]) -> None:
        """It dies while this work waits for the database."""
        await self.lock.take()
        working = asyncio.ensure_future(work)
        await asyncio.sleep(0.4)
        await self.kill()
        await self.lock.free()
        await working

    def doom(self, point: str) -> None:
        """It dies when it comes to this failpoint."""

        async def ended(process: Process) -> None:
            await process.ended.wait()
            self._died.set()

        assert self.app is not None
        self._fate.doom(point)
        self._tasks.append(asyncio.create_task(ended(self.app)))

    def before(self, is_it: Callable[[Any], bool]) -> None:
        """It dies when this call has left it; the service never hears of it."""

        async def die() -> None:
            await self.kill()
            raise ConnectionError

        self._when(is_it, die, after=False)

    def on_its_way(self, is_it: Callable[[Any], bool], seconds: float) -> None:
        """It dies when this call has left it; the service does what it asked for so many seconds later."""

        async def die() -> None:
            await self.kill()
            await asyncio.sleep(seconds)

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

        async def hook(call: Call | PretendMessage | str) -> None:
            if is_it(call):
                slack.on_call = slack.after_call = twilio.on_create = twilio.after_create = None
                twilio.on_lookup = twilio.after_lookup = None
                await act()

        if after:
            slack.after_call = twilio.after_create = twilio.after_lookup = hook
        else:
            slack.on_call = twilio.on_create = twilio.on_lookup = hook


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


def is_lookup(call: Call | PretendMessage | str) -> bool:
    """A question what kind of line a number is."""
    return isinstance(call, str)


@asynccontextmanager
async def set_apart(
    installed: Installed, database_url: str, nursery: Nursery, folder: Path
) -> AsyncIterator[Apart]:
    """The stage, its app stopped; whatever the test starts ends after the stage's own checks."""
    async with installed.stage(database_url) as stage:
        await stage.stop_app()
        eyes = Database(database_url)
        stage.app = Running(replace(stage.app.deps, db=eyes), None, None)
        stage._stack.push_async_callback(eyes.close)
        apart = Apart(stage, nursery, database_url, folder)
        stage._stack.push_async_callback(apart.end)
        yield apart
