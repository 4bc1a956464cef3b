"""An event loop on which time passes only by its timers: when nothing is ready, it is at once the next one's turn.

Nothing here depends on the machine, so that the same seed does the same things in the same order.
"""

import asyncio
import selectors
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest


class Stalled(Exception):
    """Everybody waits, and nothing will ever happen."""


class _Leap(selectors.SelectSelector):
    """Waits for no file; a wait is a leap of the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stalled
        self.now += max(timeout, 0.0)
        return []


class SteadyTask(asyncio.Task[Any]):
    """A task whose place in a set does not depend on where in memory it lies."""

    _numbers = count()

    def __init__(self, coro: Coroutine[Any, Any, Any], **more: Any) -> None:
        self._number = next(self._numbers)
        super().__init__(coro, **more)

    def __hash__(self) -> int:
        return self._number


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` are the seconds since it was made."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)
        SteadyTask._numbers = count()

    def time(self) -> float:
        """Seconds since the beginning."""
        return self._leap.now


@contextmanager
def virtual_time() -> Iterator[VirtualLoop]:
    """A loop, and its time for whoever asks for a monotonic clock, as long as this block lasts."""
    loop, patch = VirtualLoop(), pytest.MonkeyPatch()
    patch.setattr(time, "monotonic", loop.time)
    asyncio.set_event_loop(loop)
    try:
        yield loop
    finally:
        patch.undo()
        asyncio.set_event_loop(None)
        loop.close()
