"""The real app, as a process of its own."""

import asyncio
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import aiohttp

START = 45.0  # seconds; it takes two, where nothing else is going on
STOP = 12.0  # seconds; the app itself takes at most ten
ANSWER = aiohttp.ClientTimeout(total=2.0)
READY = b"is ready"  # what it says when it serves the workspace of its environment, too
OPEN = ("ready", "sending", "unknown")  # states of a promise that is not kept yet
_ROWS = re.compile(r'bridge_outbox_rows\{.*state="(?P<state>\w+)".*\} (?P<rows>\S+)$')


class AppFailed(Exception):
    """The app did not start, or a command of it failed; the text is what it said."""


class Child(Protocol):
    """A process, with what is needed of asyncio's own."""

    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    async def wait(self) -> int: ...
    async def communicate(self) -> tuple[bytes, bytes]: ...


class Spawn(Protocol):
    """How a command of the app is started; its complaints are heard with what else it says, or go where ours go."""

    async def __call__(
        self, words: Sequence[str], environment: Mapping[str, str], *, complaints_too: bool
    ) -> Child: ...


async def spawn(words: Sequence[str], environment: Mapping[str, str], *, complaints_too: bool) -> Child:
    """As somebody at a terminal would."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", *words, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT if complaints_too else None,
    )  # fmt: skip


class App:
    """`python -m bridge serve` with this environment, and its other commands on the same database."""

    def __init__(self, url: str, environment: Mapping[str, str], spawn: Spawn = spawn) -> None:
        self.url = url
        self._spawn = spawn
        self.is_held = False  # while it is needed for something, nobody else may stop or start it
        self.watchers: set[asyncio.Queue[object]] = set()  # of those who want to know when it starts and ends
        self._environment = {**os.environ, **environment}
        self._process: Child | None = None
        self._running: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def is_running(self) -> bool:
        """Whether the process is there; it may not be ready yet."""
        return self._process is not None and self._process.returncode is None

    @contextmanager
    def held(self) -> Iterator[None]:
        """For as long as the block lasts it is needed."""
        self.is_held = True
        try:
            yield
        finally:
            self.is_held = False
            self._tell()

    async def start(self) -> None:
        """Start it, unless it runs, and wait until it says that it is ready. Raises AppFailed."""
        async with self._turn:
            if self.is_running:
                return
            try:
                await self._start()
            except BaseException:
                await self._end()
                raise

    async def _start(self) -> None:
        process = self._process = await self._spawn(["serve"], self._environment, complaints_too=False)
        assert process.stdout is not None  # noqa: S101 (asked for)
        try:
            async with asyncio.timeout(START):
                while READY not in (line := await process.stdout.readline()):
                    if not line:
                        raise AppFailed("The app did not start; it said why above.")
        except TimeoutError:
            raise AppFailed(f"The app was not ready within {START:.0f} seconds.") from None
        self._running = asyncio.create_task(self._run(process, process.stdout))
        self._tell()

    async def _run(self, process: Child, said: asyncio.StreamReader) -> None:
        """Until it ends, by whatever: it is heard out, for a full pipe would hold it up."""
        await said.read()
        await process.wait()
        self._tell()

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher.put_nowait("app")

    def told(self, more: Mapping[str, str]) -> "App":
        """The same with other words in its environment."""
        return App(self.url, {**self._environment, **more}, self._spawn)

    def learn(self, more: Mapping[str, str]) -> None:
        """From its next start on it has these in its environment."""
        self._environment |= more

    async def once(self) -> None:
        """Start it and stop it, which makes it known to the firm of its environment. Raises AppFailed."""
        try:
            await self.start()
        finally:
            await self.stop()

    async def command(self, *words: str) -> str:
        """Run one of its commands, as an operator would; what it says. Raises AppFailed."""
        process = await self._spawn(words, self._environment, complaints_too=True)
        said, _ = await process.communicate()
        if process.returncode:
            raise AppFailed(f"bridge {' '.join(words)}: {said.decode().strip()}")
        return said.decode()

    async def outbox(self) -> dict[str, float] | None:
        """How many promises of each state the app has, as its metrics say; None while it does not answer."""
        try:
            async with (
                aiohttp.ClientSession(timeout=ANSWER) as session,
                session.get(f"{self.url}/metrics") as answer,
            ):
                lines = (await answer.text()).splitlines()
        except (aiohttp.ClientError, TimeoutError):
            return None
        found: dict[str, float] = {}
        for line in lines:
            if (row := _ROWS.match(line)) is not None:
                found[row["state"]] = found.get(row["state"], 0) + float(row["rows"])
        return found

    async def unfinished(self) -> float:
        """How many promises the app has not kept yet."""
        return sum(rows for state, rows in (await self.outbox() or {}).items() if state in OPEN)

    async def stop(self) -> None:
        """Ask it to end, and insist when it does not."""
        async with self._turn:
            await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        self._tell()
