"""Coalesced reads: those who ask the same while it has not been read yet share one answer.

It is always read after the last of them has asked, so nobody gets an answer that is older than the question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from bridge.store.trouble import StoreUnavailable
from bridge.strays import is_meant

HANGS = 0.2  # seconds; a read that takes longer is one that others need not wait for: their own may do better

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class _Read(Generic[R]):
    """One read, and how many wait for its answer."""

    def __init__(self, task: asyncio.Task[R]) -> None:
        self.task = task
        self.askers = 0
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # those who waited heard it


class Coalesced(Generic[K, R]):
    """Reads with `read`, one time after the other for each key. Its results are shared: nobody may change them."""

    def __init__(self, read: Callable[[K], Awaitable[R]]) -> None:
        self._read = read
        self._begun: dict[K, asyncio.Task[R]] = {}
        self._next: dict[K, _Read[R]] = {}

    async def ask(self, key: K) -> R:
        """The answer. Raises what `read` raises, and StoreUnavailable when something has cut it off."""
        read = self._next.get(key)
        if read is None or read.task.done():  # one that is done was cut off before its turn
            read = self._next[key] = _Read(asyncio.create_task(self._in_turn(key)))
        read.askers += 1
        try:
            return await asyncio.shield(read.task)
        except asyncio.CancelledError as error:
            if is_meant(error):
                raise
            raise StoreUnavailable("cut off") from error
        finally:
            read.askers -= 1
            if not read.askers:
                self._cut_off(key, read)

    def _cut_off(self, key: K, read: _Read[R]) -> None:
        """Nobody waits for it any more; if it hangs, it holds a connection that others need."""
        if self._next.get(key) is read:
            del self._next[key]
        read.task.cancel()

    async def _in_turn(self, key: K) -> R:
        if key in self._begun:
            await asyncio.wait({self._begun[key]}, timeout=HANGS)
        await asyncio.sleep(0)  # who came with the same breath asks before this goes on
        task = self._begun[key] = self._next.pop(key).task
        try:
            return await self._read(key)
        finally:
            if self._begun.get(key) is task:
                del self._begun[key]
