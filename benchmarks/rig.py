"""The real app between its providers, what is asked of it, and what came of each text."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from cryptography.fernet import Fernet

from benchmarks import providers, stock, texts
from benchmarks.databases import make_known
from benchmarks.processes import Process, started
from benchmarks.wire import Connection, Failed, post
from bridge.sandbox.ports import free_port

LEADS = 64
PATIENCE = 60.0  # seconds until something that did not reach a provider counts as lost
FIRST_JOBS = 1.5  # seconds; the app's jobs run once at its start, and are not to be cut off
KEY = Fernet.generate_key().decode()


class Sightings:
    """When each text and reply reached its provider. What went wrong is raised where somebody waits."""

    def __init__(self) -> None:
        self.roots: dict[int, str] = {}  # by lead
        self._awaited: dict[str, tuple[asyncio.Future[float], int]] = {}
        self._wrong: list[str] = []

    def expect(self, name: str, lead: int) -> asyncio.Future[float]:
        """When it will have been seen, by the monotonic clock."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited[name] = future, lead
        return future

    def hear(self, line: str) -> None:
        """A line of the providers."""
        kind, number, at, root = [*line.split(" "), "", "", ""][:4]
        awaited = self._awaited.pop(f"{kind} {number}", None)
        if awaited is None:
            self._wrong.append(f"came unasked or twice: {line}")
            return
        future, lead = awaited
        if root:
            self.roots[lead] = root
        if not future.done():
            future.set_result(float(at))

    async def settled(self, seconds: float = PATIENCE) -> None:
        """Wait until all that was expected was seen, once. Raises Failed."""
        until = time.monotonic() + seconds
        while self._awaited and time.monotonic() < until:
            await asyncio.sleep(0.02)
        if self._awaited:
            raise Failed(f"{len(self._awaited)} texts never reached their provider; {self._what()}")
        if self._wrong:
            raise Failed(self._what())

    def _what(self) -> str:
        return f"{len(self._wrong)} oddities, the first: {self._wrong[0]}" if self._wrong else "nothing else is odd"


@dataclass
class Rig:
    """One running copy of the app: its processes, its URLs, and the numbers of its next text and reply."""

    processes: list[Process]
    urls: list[str]
    providers_url: str
    seen: Sightings
    texts: int = 0
    replies: int = 0

    @property
    def url(self) -> str:
        """Where it is reached from outside."""
        return self.urls[0]

    def door(self, number: int) -> str:
        """One of its web processes, each in its turn."""
        return self.urls[number % len(self.urls)]

    @property
    def sent(self) -> int:
        """How many messages it was given."""
        return self.texts + self.replies

    def cpu(self) -> float:
        """Seconds of CPU that all its processes have used."""
        return sum(process.cpu() for process in self.processes)

    def some_texts(self, count: int) -> list[bytes]:
        """Signed and expected."""
        return [self.text(number % LEADS)[0] for number in range(count)]

    def text(self, lead: int) -> tuple[bytes, asyncio.Future[float]]:
        """The next text of this lead, and when Slack will have been asked to show it."""
        self.texts += 1
        return texts.text(self.url, self.texts, lead), self.seen.expect(f"text {self.texts}", lead)

    def reply(self, lead: int) -> tuple[bytes, asyncio.Future[float]]:
        """The next reply to this lead, and when Twilio will have been asked to send it."""
        self.replies += 1
        request = texts.reply(self.url, self.replies, self.seen.roots[lead])
        return request, self.seen.expect(f"reply {self.replies}", lead)

    async def delay(self, milliseconds: int) -> None:
        """How long both providers take from now on."""
        connection = await Connection.open(self.providers_url)
        await connection.ask(post(self.providers_url, f"/delay/{milliseconds}", b"", {}))
        connection.close()

    async def meet(self) -> None:
        """Every lead has a thread, and everything has run once."""
        for deed in (self.text, self.reply, self.text, self.reply):
            connection = await Connection.open(self.url)
            for lead in range(LEADS):
                await connection.ask(deed(lead)[0])
            connection.close()
            await self.seen.settled()


def _environment(database_url: str, port: int, public_url: str, providers_url: str) -> Mapping[str, str]:
    return {
        "DATABASE_URL": database_url,
        "ENCRYPTION_KEY": KEY,
        "PUBLIC_BASE_URL": public_url,
        "PORT": str(port),
        "SLACK_SIGNING_SECRET": texts.SIGNING_SECRET,
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_API_URL": f"{providers_url}/slack/api/",
        "SLACK_INBOX_CHANNEL": providers.CHANNEL,
        "SLACK_POSTS_PER_SECOND": "0",
        "TWILIO_ACCOUNT_SID": providers.ACCOUNT,
        "TWILIO_AUTH_TOKEN": providers.TOKEN,
        "TWILIO_NUMBER": providers.NUMBER,
        "TWILIO_API_URL": f"{providers_url}/twilio",
        "LOG_LEVEL": "WARNING",
    }


SERVE: Sequence[str] = ("serve",)


@asynccontextmanager
async def prepared(database_url: str, stored: int = 0) -> AsyncIterator[tuple[str, Sightings]]:
    """Providers, and a database that the app has set up, with so many messages; the providers' URL."""
    port, seen = free_port(), Sightings()
    providers_url = f"http://127.0.0.1:{port}"
    async with started("-m", "benchmarks.providers", str(port), hear=seen.hear):
        async with running(database_url, providers_url, seen):
            await asyncio.sleep(FIRST_JOBS)
        await make_known(database_url)
        if stored:
            await stock.fill(database_url, stored)
        yield providers_url, seen


@asynccontextmanager
async def running(
    database_url: str, providers_url: str, seen: Sightings, commands: Sequence[str] = SERVE
) -> AsyncIterator[Rig]:
    """The app, as these commands: serve, or some of web and worker. Storage durable, signatures on, pacing off."""
    ports = [free_port() for command in commands if command != "worker"]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    free = iter(ports)
    async with AsyncExitStack() as stack:
        processes = []
        for command in commands:
            port = 0 if command == "worker" else next(free)
            environment = _environment(database_url, port, urls[0], providers_url)
            process = started("-m", "bridge", command, environment=environment)
            processes.append(await stack.enter_async_context(process))
        yield Rig(processes, urls, providers_url, seen)


@asynccontextmanager
async def rig(database_url: str, commands: Sequence[str] = SERVE, *, stored: int = 0) -> AsyncIterator[Rig]:
    """The app on a fresh database, with so many stored messages and a thread for every lead."""
    async with (
        prepared(database_url, stored) as (providers_url, seen),
        running(database_url, providers_url, seen, commands) as started_rig,
    ):
        await started_rig.meet()
        yield started_rig
