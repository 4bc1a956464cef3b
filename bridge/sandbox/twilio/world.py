"""The pretender's whole state, its clock, its running tasks and its news."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import aiohttp

from .magic import MAGIC, ORDINARY, Behaviour
from .records import Account, ApiRequest, Number, PretendMessage, Service, StoredMedia, Webhook

T = TypeVar("T")
MessageHook = Callable[[PretendMessage], Awaitable[None]]
PhoneHook = Callable[[str], Awaitable[None]]


class World:
    """Everything the pretender knows. The public attributes are the knobs that tests turn."""

    def __init__(self) -> None:
        self.url = ""
        self.accounts: dict[str, Account] = {}
        self.numbers: dict[str, Number] = {}  # by phone number
        self.services: dict[str, Service] = {}
        self.log: dict[str, PretendMessage] = {}  # the Message resources, oldest first
        self.media: dict[str, StoredMedia] = {}
        self.threads: dict[
            str, list[PretendMessage]
        ] = {}  # what each phone sent and received, as its owner sees it
        self.opted_out: set[tuple[str, str]] = set()  # (our number or service sid, phone)
        self.webhooks: list[Webhook] = []
        self.requests: list[ApiRequest] = []

        self.duplicates = 0
        self.disorder = False
        self.lose_status = False
        self.status_delay = 0.01
        self.slow_answer = 1.5
        self.slow_status = 3.0
        self.slow_lookup = 3.0
        self.webhook_timeout = 15.0
        self.retry_pause = 0.05
        self.media_seconds = 4 * 3600  # how long a redirect to the bytes of a file is good
        self.date_ahead = 0.0  # seconds that the Date of every answer is ahead
        self.proxies: dict[str, str] = {}  # public base URL -> where it really listens
        self.behaviours: dict[str, Behaviour] = dict(MAGIC)
        self.on_create: MessageHook | None = None
        self.after_create: MessageHook | None = None
        self.on_lookup: PhoneHook | None = None
        self.after_lookup: PhoneHook | None = None
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

        self.off: dict[str, list[PretendMessage]] = {}  # phones without power, and the texts that wait for them
        self.callback_tails: dict[str, asyncio.Task[None]] = {}  # the last callback under way, by message
        self.crashes: list[BaseException] = []
        self.listeners: set[asyncio.Queue[dict[str, Any] | None]] = set()
        self.stopping = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    # what runs

    def open(self) -> None:
        """Get ready to call the app: a connection for each request, as from many machines."""
        self.stopping = asyncio.Event()
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))

    async def hush(self) -> None:
        """End everything that still runs: stalls, pauses, listeners, deliveries."""
        self.stopping.set()
        self._broadcast(None)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """End what a last request may have started, and give back the connections."""
        await self.hush()
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The way to the app."""
        if self._session is None:
            raise RuntimeError("the pretend Twilio is not running: await start() first")
        return self._session

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something in the background that `settled` waits for and `close` ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.crashes.append(error)

    async def quiet(self) -> None:
        """Wait until nothing runs. A mistake in the pretender's own code comes up here."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self.crashes:
            raise self.crashes.pop(0)

    async def pause(self, seconds: float) -> None:
        """Wait, unless the pretender stops."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return

    def announce(self, kind: str, **what: Any) -> None:
        """Tell whoever listens at /_/events that something changed."""
        self._broadcast({"kind": kind, **what})

    def _broadcast(self, event: dict[str, Any] | None) -> None:
        for queue in self.listeners:
            if queue.full():
                queue.get_nowait()  # a listener that does not read loses the oldest news
            queue.put_nowait(event)

    # what is asked often

    def behaviour(self, phone: str) -> Behaviour:
        """What becomes of texts to a phone."""
        return self.behaviours.get(phone, ORDINARY)

    def looked_up(self, phone: str) -> int:
        """How often it was asked what kind of line a number is, each of which costs."""
        return sum(each.operation == "lookup" and each.path.endswith(f"/{phone}") for each in self.requests)

    def service_of(self, phone: str) -> Service | None:
        """The messaging service that one of our numbers is in."""
        number = self.numbers.get(phone)
        return self.services.get(number.service_sid or "") if number else None

    def block_key(self, phone: str, to: str) -> tuple[str, str]:
        """What an opt-out covers: the whole service, or the number alone, which is always so for toll-free."""
        number = self.numbers[phone]
        sender = number.service_sid if number.service_sid and number.kind != "tollfree" else phone
        return (sender, to)

    def keep(self, message: PretendMessage) -> None:
        """Make a Message resource."""
        self.log[message.sid] = message
        self.tell(message)

    def tell(self, message: PretendMessage) -> None:
        """Announce a message and where it stands."""
        self.announce("message", sid=message.sid, status=message.status, to=message.to, direction=message.direction)

    def move(self, message: PretendMessage, status: str, error_code: int | None = None) -> None:
        """Bring a message to its next state."""
        message.status, message.error_code = status, error_code
        message.date_updated = self.now()
        self.tell(message)
