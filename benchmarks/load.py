"""How requests are sent: as fast as they are answered, in conversations, or by the clock."""

import asyncio
import gc
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.wire import Connection, pool

Deed = Callable[
    [int], Awaitable[float]
]  # does the thing with this number; when, by the monotonic clock, it was done
Spoken = Callable[[Connection, int], Awaitable[float]]  # the same over this connection, in this conversation


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


async def flood(url: str, requests: Sequence[bytes], connections: int = 64) -> float:
    """All of them, over so many connections, each asking again once it is answered; answers per second.

    Raises Failed.
    """
    left = iter(requests)
    async with pool(url, connections) as opened:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(_asks(opened.ask, left))
        return len(requests) / (time.monotonic() - began)


async def _asks(ask: Callable[[bytes], Awaitable[None]], left: Iterator[bytes]) -> None:
    for request in left:
        await ask(request)


async def by_the_clock(deed: Deed, rate: float, count: int) -> list[float]:
    """Begin a deed at each tick, `rate` a second, whatever has become of those before; seconds each took.

    They are counted from the tick, not from when we came to it: what waits because we or the app are busy waited.
    Raises what a deed raises.
    """
    began = time.monotonic() + 0.01
    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(count):
            tick = began + number / rate
            await asyncio.sleep(tick - time.monotonic())
            tasks.append(group.create_task(_timed(deed, number, tick)))
    return [task.result() for task in tasks]


@contextmanager
def no_pauses() -> Iterator[None]:
    """In this block we look for no garbage of ours: among all that we expect that takes 20 to 40 ms each time, and
    would count as the app's time.
    """
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _timed(deed: Deed, number: int, tick: float) -> float:
    return await deed(number) - tick


class Window:
    """Counts what is done between two moments; `opens` and `closes` are called at these."""

    def __init__(self, warm_up: float, seconds: float) -> None:
        self._from = time.monotonic() + warm_up
        self._to = self._from + seconds
        self.seconds = seconds
        self.done = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more should begin."""
        return time.monotonic() >= self._to

    def count(self, at: float) -> None:
        """Something was done at that moment."""
        self.done += self._from <= at < self._to

    async def opened(self) -> None:
        """Wait for the first moment."""
        await asyncio.sleep(self._from - time.monotonic())

    async def closed(self) -> None:
        """Wait for the second moment."""
        await asyncio.sleep(self._to - time.monotonic())


async def in_conversations(door: Callable[[int], str], deed: Spoken, window: Window, conversations: int) -> None:
    """Each conversation does the next deed when its last is done, until the window closes. Raises what deeds raise.

    `door` says to which URL a conversation is connected.
    """
    async with asyncio.TaskGroup() as group:
        for number in range(conversations):
            group.create_task(_converses(door(number), deed, window, number))


async def _converses(url: str, deed: Spoken, window: Window, number: int) -> None:
    connection = await Connection.open(url)
    try:
        while not window.is_over:
            window.count(await deed(connection, number))
    finally:
        connection.close()
