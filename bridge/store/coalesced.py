"""Coalesced reads: those who ask the same while it has not been read yet share one answer.

It is always read after the last of them has asked, so nobody gets an answer that is older than the question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Coalesced(Generic[K, R]):
    """Reads with `read`, one time after the other for each key. Its results are shared: nobody may change them."""

    def __init__(self, read: Callable[[K], Awaitable[R]]) -> None:
        self._read = read
        self._begun: dict[K, asyncio.Task[R]] = {}
        self._next: dict[K, asyncio.Task[R]] = {}

    async def ask(self, key: K) -> R:
        """The answer. Raises what `read` raises."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._in_turn(key))
        return await asyncio.shield(task)

    async def _in_turn(self, key: K) -> R:
        if key in self._begun:
            await asyncio.wait({self._begun[key]})
        await asyncio.sleep(0)  # who came with the same breath asks before this goes on
        task = self._begun[key] = self._next.pop(key)
        try:
            return await self._read(key)
        finally:
            if self._begun.get(key) is task:
                del self._begun[key]
