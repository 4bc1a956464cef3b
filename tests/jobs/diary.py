"""A promise that is always kept, and who kept which when."""

import asyncio
from collections import Counter, defaultdict
from datetime import datetime

from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store.outbox import Kind, Row
from tests.bench import done


class Diary:
    """Keeps every promise, and writes down when and how many at a time."""

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self.kept: defaultdict[str, list[int]] = defaultdict(list)
        self.busy: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.held_up: set[str] = set()
        self.go_on = asyncio.Event()

    async def keep(self, deps: Deps, row: Row, _now: datetime) -> None:
        """The promise is kept, in its time."""
        for name in (row.lane, row.route, "all"):
            self.busy[name] += 1
            self.most[name] = max(self.most[name], self.busy[name])
        try:
            if row.route in self.held_up:
                await self.go_on.wait()
            await asyncio.sleep(self.takes)
            await done(deps, row)
            self.kept[row.lane].append(row.id)
        finally:
            for name in (row.lane, row.route, "all"):
                self.busy[name] -= 1

    @property
    def promises(self) -> dict[Kind, Promise]:
        """What a worker is given."""
        return {Kind.POST: Promise(keep=self.keep)}
