"""What a worker has in flight: rows it has claimed, each with the task that keeps it.

Most of its time a row waits for a service, and many can. Those that do not wait share this process: the more of
them, the longer each takes, and whoever comes to the door waits for them all. So only a few of these begin.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bridge.gateways.calls import Absence, absence_of_task
from bridge.store.outbox import Row

AT_ONCE = 192  # rows in flight
AT_WORK, FEW = 32, 8  # of these, at work in this process; and where each turn of theirs keeps somebody waiting
SURELY_AWAY = 1.0  # seconds after which a row waits for something, whatever that is


@dataclass(eq=False)
class _Flight:
    row: Row
    began: float  # by the loop's clock
    absence: Absence


class Flights:
    """`landed` is called with each row whose task has ended, when it is no longer counted."""

    def __init__(self, landed: Callable[[Row], None]) -> None:
        self._landed = landed
        self._flights: dict[asyncio.Task[None], _Flight] = {}
        self._changed = asyncio.Event()
        self.by_way: Counter[tuple[int, str]] = Counter()  # firm and route

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def tasks(self) -> set[asyncio.Task[Any]]:
        """Those that have not ended."""
        return set(self._flights)

    @property
    def rows(self) -> list[Row]:
        """What they keep."""
        return [flight.row for flight in self._flights.values()]

    def start(self, row: Row, work: Coroutine[Any, Any, None]) -> None:
        """Keep this row by this work."""
        flight = _Flight(row, asyncio.get_running_loop().time(), Absence(self._changed.set))
        self.by_way[row.firm_id, row.route] += 1
        task = asyncio.create_task(_fly(flight, work))
        self._flights[task] = flight
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        row = self._flights.pop(task).row
        way = (row.firm_id, row.route)
        self.by_way[way] -= 1
        if not self.by_way[way]:
            del self.by_way[way]
        self._changed.set()
        self._landed(row)

    def room(self, *, few: bool = False) -> int:
        """How many more may begin. Half of those at work have left before there is any: few claims serve many."""
        most = FEW if few else AT_WORK
        long_ago = asyncio.get_running_loop().time() - SURELY_AWAY
        at_work = sum(not each.absence.calls and each.began > long_ago for each in self._flights.values())
        return min(AT_ONCE - len(self), most - at_work) if at_work <= most // 2 else 0

    async def until_room(self, *, few: bool = False) -> None:
        """Wait until more may begin."""
        while self.room(few=few) <= 0:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(SURELY_AWAY):
                    await self._changed.wait()


async def _fly(flight: _Flight, work: Coroutine[Any, Any, None]) -> None:
    absence_of_task.set(flight.absence)
    await work
