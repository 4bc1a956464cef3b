"""Looks that begin at the same moment share one: those who ask the same are answered by one statement."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeVar

from bridge.store.lockstep import in_lockstep
from bridge.store.together import Work, piece
from bridge.store.tx import Tx

HANGS = 1.0  # seconds; whoever has waited so long for the others looks by itself: another connection may do better

A = TypeVar("A")
R = TypeVar("R")


class _Shared:
    """One look, and what it is about for each who takes part."""

    def __init__(self) -> None:
        self.about: list[Any] = []
        self.task: asyncio.Task[list[Any]]


class Looks:
    """`look` lends a connection that reads."""

    def __init__(self, look: Callable[[], AbstractAsyncContextManager[Tx]]) -> None:
        self._look = look
        self._next: dict[Work[Any, Any], _Shared] = {}

    async def do(self, work: Work[A, R], about: A) -> R:
        """What it has found. Raises StoreUnavailable, and what `work` raises.

        `work` is a function of a module, and waits for nothing but the database.
        """
        shared = self._next.get(work)
        if shared is None:
            shared = self._next[work] = _Shared()
            shared.task = asyncio.create_task(self._share(work, shared))
            shared.task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody may wait
        number = len(shared.about)
        shared.about.append(about)
        ended, _ = await asyncio.wait({shared.task}, timeout=HANGS)
        if ended and not shared.task.cancelled() and shared.task.exception() is None:
            found: R = shared.task.result()[number]
            return found
        async with self._look() as tx:  # what is wrong may be another's business
            return await work(tx, about)

    async def _share(self, work: Work[A, R], shared: _Shared) -> list[R]:
        await asyncio.sleep(0)  # who comes with the same breath takes part
        del self._next[work]
        async with self._look() as tx:
            return await in_lockstep([partial(piece, work, about) for about in shared.about], tx)
