"""Batches: work of one kind that waits at the same moment is done in one unit.

A unit has costs of its own (on PostgreSQL some round trips), and its statements can serve many at once. Whoever
comes first begins at once; whoever comes meanwhile goes together in the next batch.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from bridge.store import writer
from bridge.store.trouble import Hindered, Overloaded, StoreUnavailable
from bridge.strays import is_meant

MOST = 128  # pieces of work in one batch
CROWD = 8  # so many waiting at once are more than a coincidence

W = TypeVar("W")
R = TypeVar("R")


class Batch(Generic[W, R]):
    """Does pieces of work with `do`, which stores many in one unit and returns what became of each, in order."""

    def __init__(self, do: Callable[[Sequence[W]], Awaitable[Sequence[R]]]) -> None:
        self._do = do
        self._waiting: deque[tuple[W, asyncio.Future[R]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self.waiting = 0  # pieces of work that nobody has an answer for yet
        self._crowded_at = -math.inf

    def crowded_at(self) -> float:
        """When last a crowd waited, by the monotonic clock."""
        return time.monotonic() if self.waiting > CROWD else self._crowded_at

    async def add(self, work: W) -> R:
        """What became of it, once that is durable. Raises what `do` raises, and Overloaded."""
        if len(self._waiting) >= writer.MOST_WAITING:
            raise Overloaded("queue full")
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        self.waiting += 1
        if self.waiting > CROWD:
            self._crowded_at = time.monotonic()
        try:
            return await done
        finally:
            self.waiting -= 1

    async def _run(self) -> None:
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]
            await self._do_some([(work, done) for work, done in some if not done.done()])

    async def _do_some(self, some: Sequence[tuple[W, asyncio.Future[R]]]) -> None:
        """Together; and when something is wrong with one of them, each by itself, so that only that one fails."""
        try:
            results = await self._do([work for work, _ in some]) if some else ()
        except Exception as error:
            if len(some) == 1 or (isinstance(error, StoreUnavailable) and not isinstance(error, Hindered)):
                self._fail(some, error)
                return
        except BaseException as error:
            self._fail(some, StoreUnavailable(type(error).__name__))
            if not isinstance(error, asyncio.CancelledError) or is_meant(error):
                raise
            return
        else:
            for (_, done), result in zip(some, results, strict=True):
                if not done.done():
                    done.set_result(result)
            return
        # They begin in their order, and share commits.
        await asyncio.gather(*(self._do_some([(work, done)]) for work, done in some if not done.done()))

    def _fail(self, some: Sequence[tuple[W, asyncio.Future[R]]], error: Exception) -> None:
        for _, done in some:
            if not done.done():
                done.set_exception(error)
