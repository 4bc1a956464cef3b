"""Turns: one after the other, first come, first served; but who is urgent does not queue up behind who can wait.

Of those that can wait only a few are ever in the queue, the others are at its gate. So who is urgent waits for few,
and however many of them come, a few that can wait have their turns between any two.
"""

import asyncio

AT_ONCE = 8  # that can wait and are in the queue; fewer would hardly share a COMMIT where many urgent ones come


class Turns:
    """Whoever takes a turn releases it."""

    def __init__(self) -> None:
        self._gate, self._queue = asyncio.Semaphore(AT_ONCE), asyncio.Lock()

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
