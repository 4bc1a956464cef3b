"""The loop that keeps the outbox's promises.

Rows are claimed a few at a time, each is kept by its own task, and lanes keep them in order. Whatever happens to a
row, the loop goes on; whatever happens to the loop, the rows are in the table.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.jobs import outcomes
from bridge.jobs.pacing import Traffic, paces
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import outbox, routes
from bridge.store.outbox import Kind, Row
from bridge.store.tx import Tx
from bridge.store.writer import StoreUnavailable

AT_ONCE = 64  # rows in flight; each waits for the network most of its time
LOOK = 5.0  # seconds between looks when nothing wakes the worker
STUCK_AFTER = 30.0  # seconds
DRAIN = 10.0  # seconds that a stop waits for calls under way

log = structlog.get_logger(__name__)


class Worker:
    """Runs until stop(). `promises` says how each kind is kept; `alone`, that no other worker exists."""

    def __init__(self, deps: Deps, promises: Mapping[Kind, Promise], *, alone: bool) -> None:
        self._deps = deps
        self._promises = promises
        self._alone = alone
        self._paces = paces(deps.settings.slack_posts_per_second)
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight: Counter[tuple[int, str]] = Counter()
        self._stopping = False
        self._last_look = time.monotonic()

    def is_stuck(self) -> bool:
        """Whether the loop has not looked at the outbox for longer than any wait of its own takes."""
        return time.monotonic() - self._last_look > STUCK_AFTER

    async def run(self) -> None:
        """Keep promises until stop() is called. Trouble with the database is waited out."""
        self._deps.db.wake.connect()
        step = self._reclaim_own
        while not self._stopping:
            try:
                await step()
                step = self._look
            except (StoreUnavailable, SQLAlchemyError, OSError) as error:
                log.warning("database_unavailable", why=type(error.__cause__ or error).__name__)
                await asyncio.sleep(0.5)
            except Exception:  # the loop is what must not end
                log.exception("worker_stumbled", incident=uuid.uuid4().hex[:8])
                await asyncio.sleep(1)

    async def stop(self) -> None:
        """Take no more rows and let calls under way end; what does not end in time is settled at the next start."""
        self._stopping = True
        self._deps.db.wake.announce()
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=DRAIN)
            for task in late:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*late, return_exceptions=True)

    async def _reclaim_own(self) -> None:
        """With no other worker around, every claim in the table is of one that died."""
        if self._alone:
            async with self._deps.db.begin() as tx:
                await outbox.expire_leases(tx, self._deps.clock(), everyone=True)

    async def _look(self) -> None:
        claimed = await self._claim()
        self._last_look = time.monotonic()
        for row, is_probe in claimed:
            self._start(row, is_probe=is_probe)
        if not claimed:
            await self._deps.db.wake.wait(await self._nap())

    async def _claim(self) -> list[tuple[Row, bool]]:
        room = AT_ONCE - len(self._tasks)
        if room <= 0:
            await asyncio.wait(set(self._tasks), return_when=asyncio.FIRST_COMPLETED)
            return []
        now = self._deps.clock()
        async with self._deps.db.read() as tx:  # most looks find nothing, and need not wait for the writer
            if not await outbox.is_due(tx, now):
                return []
        async with self._deps.db.begin() as tx:
            await outbox.expire_leases(tx, now)
            traffic = Traffic(self._paces, self._in_flight, now)
            claimed = await self._take_all(tx, traffic, room, now)
            for (firm_id, name), moment in traffic.free_at.items():
                await routes.set_free_at(tx, firm_id, name, moment)
            return claimed

    async def _take_all(self, tx: Tx, traffic: Traffic, room: int, now: datetime) -> list[tuple[Row, bool]]:
        """As many rows as there is room for. What a full way holds back must not hide the rows behind it."""
        claimed: list[tuple[Row, bool]] = []
        while len(claimed) < room:
            found = await outbox.candidates(tx, now, room - len(claimed), without=traffic.closed)
            claimed += await self._take(tx, [each for each in found if traffic.admits(each)], now)
            if not found:
                break
        return claimed

    async def _take(self, tx: Tx, chosen: list[outbox.Candidate], now: datetime) -> list[tuple[Row, bool]]:
        """Claim these; each with whether it is the probe of a way that is off."""
        lease = str(uuid.uuid4())
        rows = [replace(each.row, lease=lease, attempts=each.row.attempts + 1) for each in chosen]
        if rows:
            await outbox.claim(tx, rows, lease, now)
        return [(row, each.is_route_off or each.is_service_off) for row, each in zip(rows, chosen, strict=True)]

    async def _nap(self) -> float:
        """Seconds until a waiting row becomes due, or until the slow look that needs no wake."""
        now = self._deps.clock()
        async with self._deps.db.read() as tx:
            due = await outbox.next_due(tx, now)
        return LOOK if due is None else min(max((due - now).total_seconds(), 0.005), LOOK)

    def _start(self, row: Row, *, is_probe: bool) -> None:
        way = (row.firm_id, row.route)
        self._in_flight[way] += 1
        task = asyncio.create_task(self._keep(row, is_probe=is_probe))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, way))

    def _ended(self, task: asyncio.Task[None], way: tuple[int, str]) -> None:
        self._tasks.discard(task)
        self._in_flight[way] -= 1
        if not self._in_flight[way]:
            del self._in_flight[way]
            self._deps.db.wake.announce()

    async def _keep(self, row: Row, *, is_probe: bool) -> None:
        promise = self._promises[Kind(row.kind)]
        keep = promise.settle if row.state == "unknown" and promise.settle else promise.keep
        try:
            await keep(self._deps, row, self._deps.clock())
        except Exception as error:
            await outcomes.record(self._deps, promise, row, error)
        else:
            if is_probe:
                await outcomes.repaired(self._deps, row)
