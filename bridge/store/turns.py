"""Turns: one after the other, first come, first served; but who is urgent does not queue up behind who can wait.

Of those that can wait only one is ever in the queue, the others are at its gate. So who is urgent waits for few,
and between any two of them one that can wait has its turn.
"""

import asyncio


class Turns:
    """Whoever takes a turn releases it."""

    def __init__(self) -> None:
        self._gate, self._queue = asyncio.Lock(), asyncio.Lock()

    async def take(self, *, urgent: bool = False) -> None:
        """Returns when nobody else has it."""
        if urgent:
            await self._queue.acquire()
            return
        async with self._gate:
            await self._queue.acquire()

    def release(self) -> None:
        """The next one may go."""
        self._queue.release()
