"""The pretender's whole state, its clock, its running tasks and its news."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import aiohttp

from .magic import Fate
from .records import ApiRequest, Delivery, Kept, Thing, Usage, Visit, Wrong

T = TypeVar("T")
VERSION = "2026-10-28.endive"


class World:
    """Everything the pretender knows. The public attributes are the knobs that tests turn."""

    def __init__(self, api_key: str) -> None:
        self.url = ""
        self.api_key = api_key
        self.customers: dict[str, Thing] = {}  # resources by id, oldest first, as they go over the wire
        self.cards: dict[str, Thing] = {}
        self.products: dict[str, Thing] = {}
        self.prices: dict[str, Thing] = {}
        self.meters: dict[str, Thing] = {}
        self.subscriptions: dict[str, Thing] = {}
        self.invoices: dict[str, Thing] = {}
        self.configurations: dict[str, Thing] = {}
        self.endpoints: dict[str, Thing] = {}
        self.events: dict[str, Thing] = {}
        self.tiers: dict[str, list[Thing]] = {}  # of each price that has some
        self.usage: list[Usage] = []
        self.measured: dict[str, tuple[str, int, int]] = {}  # invoices of usage: of which subscription, from, until
        self.thrown_away: list[Wrong] = []  # meter events that were taken and came to nothing
        self.taking: set[tuple[str, str]] = set()  # meters and customers of which an event is being taken
        self.fates: dict[str, Fate] = {}  # of cards
        self.confirmed: set[str] = set()  # cards whose owner has confirmed a payment
        self.secrets: dict[str, str] = {}  # of webhook endpoints
        self.visits: dict[str, Visit] = {}  # links into the portal, by their secret
        self.keys: dict[str, Kept] = {}  # idempotency keys
        self.requests: list[ApiRequest] = []
        self.deliveries: list[Delivery] = []

        self.duplicates = 0  # copies of each webhook
        self.disorder = False  # webhooks of the same moment come in any order, the last one first
        self.retry_delays: tuple[float, ...] = (0.05, 0.1)  # seconds, between attempts of a webhook
        self.webhook_timeout = 10.0
        self.usage_lag = timedelta(0)  # until a meter event counts
        self.usage_work = 0.0  # seconds that taking a meter event needs, in which the next one is refused
        self.draft_time = timedelta(hours=1)  # until the invoice of a renewal is final
        self.collection_days = (3, 5, 7)  # after a failed attempt until the next
        self.after_collection = "canceled"  # or "unpaid", "past_due": when all attempts have failed
        self.link_seconds = 300  # that a link into the portal waits for its first visit
        self.proxies: dict[str, str] = {}  # public base URL -> where it really listens
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

        self.crashes: list[BaseException] = []
        self.listeners: set[asyncio.Queue[dict[str, Any] | None]] = set()
        self.stopping = asyncio.Event()
        self._skipped = timedelta(0)
        self._at: datetime | None = None
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    # the clock

    def now(self) -> datetime:
        """The pretender's time, or that of what it makes up for."""
        return self._at or self.clock() + self._skipped

    def stamp(self) -> int:
        """The same as Stripe writes it."""
        return int(self.now().timestamp())

    @contextmanager
    def at(self, stamp: int) -> Iterator[None]:
        """What happens in this block happened then."""
        before, self._at = self._at, datetime.fromtimestamp(stamp, UTC)
        try:
            yield
        finally:
            self._at = before

    def pass_time(self, time: timedelta) -> None:
        """Let the clock go ahead."""
        self._skipped += time

    # what runs

    def open(self) -> None:
        """Get ready to call the app: a connection for each request, as from many machines."""
        self.stopping = asyncio.Event()
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))

    async def close(self) -> None:
        """End everything that still runs, and give back the connections."""
        self.stopping.set()
        self._broadcast(None)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def session(self) -> aiohttp.ClientSession | None:
        """The way to the app, while the pretender runs."""
        return self._session

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something in the background that `quiet` waits for and `close` ends."""
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
