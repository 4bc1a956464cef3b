"""The crowd at the door, and how much a worker begins meanwhile.

What was taken in is safe and can wait; who still waits cannot. So while a crowd waits, little is begun; and while
one is near and the outbox has fallen behind, few rows are at work at once: the crowd waits for each turn of theirs.
"""

import asyncio
import time
from collections.abc import Callable

STAYS, PAUSE = 0.1, 0.005  # seconds after which one that was seen has surely gone; between two looks for it
A_FEW, FEW_EACH = 16, 0.5  # rows that begin while it waits, and after how many seconds the next
BEHIND = 0.25  # seconds that a row has waited when the outbox counts as behind
NEAR = 2.0  # seconds in which a crowd that has gone may well come again


class Crowd:
    """`seen_at` says when last a crowd waited, by the monotonic clock."""

    def __init__(self, seen_at: Callable[[], float]) -> None:
        self._seen_at = seen_at
        self._began = 0.0
        self._is_behind = False

    def began(self, waited: float) -> None:
        """Rows begin now; the first of them has waited for so many seconds, as others still do."""
        self._began = time.monotonic()
        self._is_behind = waited > BEHIND

    def caught_up(self) -> None:
        """Nothing waits to begin."""
        self._is_behind = False

    def presses(self) -> bool:
        """Whether many are coming, and few rows should be at work."""
        return self._is_behind and self._seen_at() > time.monotonic() - NEAR

    async def let_in(self, *, unless: Callable[[], bool]) -> bool:
        """Wait while a crowd does, but not for ever, nor once `unless` is true; whether it still waits.

        Some of it have their answers and come again. It has gone when it was not seen while this loop had time; if
        the outbox is behind, only when the slowest of them would have come again.
        """
        until = self._began + FEW_EACH
        while self._seen_at() > (now := time.monotonic()) - STAYS:
            if now >= until or unless():
                return True
            await asyncio.sleep(PAUSE)
            if not self._is_behind and time.monotonic() < now + 2 * PAUSE and self._seen_at() < now:
                break
        return False
