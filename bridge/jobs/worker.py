"""The loop that keeps the outbox's promises.

Rows are claimed a few at a time, each is kept by its own task, and lanes keep them in order. Whatever happens to a
row, the loop goes on; whatever happens to the loop, the rows are in the table.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bridge import metrics
from bridge.gateways.errors import GatewayError, Retry
from bridge.jobs import outcomes, steps
from bridge.jobs.crowd import A_FEW, Crowd
from bridge.jobs.flights import AT_ONCE, Flights
from bridge.jobs.pacing import OF_ONE_SERVICE, Traffic, pace_of, paces
from bridge.jobs.steps import Steps
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import agenda, claims, routes, timeshift
from bridge.store.claims import Candidate
from bridge.store.database import patiently
from bridge.store.outbox import LEASE, Kind, Row
from bridge.store.trouble import StoreUnavailable
from bridge.store.tx import Tx
from bridge.strays import is_meant

LOOK = 5.0  # seconds between looks when nothing wakes the worker
SHORTEST = 0.005  # seconds between looks when something wakes it
STUCK_AFTER = 30.0  # seconds
CHOOSING = 0.03  # seconds to wait while another worker chooses its rows
SURELY_SET = timedelta(seconds=30)  # clocks of two machines differ by less
DRAIN, RELEASE = 7.0, 1.5  # seconds that a stop waits for calls under way, and to give back what did not end

log = structlog.get_logger(__name__)


async def _unheard_of(_deps: Deps, _row: Row, _now: datetime) -> None:
    """A newer version of this program has promised it, and will keep it once it runs everywhere."""
    raise GatewayError("unknown_kind", Retry.LATER)


def _nothing() -> None:
    """Nobody has to hear of it."""


class Worker:
    """Runs until stop(). `promises` says how each kind is kept; `alone`, that no other worker exists.

    `when_set_back` is called when somebody has set the clock back.
    """

    def __init__(self, deps: Deps, promises: Mapping[Kind, Promise], *, alone: bool) -> None:
        self._deps = deps
        self._promises = {kind.value: promise for kind, promise in promises.items()}
        self._alone = alone
        self._paces = paces(deps.settings.slack_posts_per_second)
        self._loop: asyncio.Task[object] | None = None
        self._flights = Flights(self._ended)
        self._crowd = Crowd(lambda: deps.db.crowded_at)
        self._others_choose = False
        self._rest_ends: datetime | None = None
        self._unsure: list[Row] = []  # claimed in a unit whose end nobody saw
        self.when_set_back: Callable[[], None] = _nothing
        self._steps = Steps(deps)
        self._set_by = timedelta(0)  # by which the clock was, and what is stored goes by the time before
        self._takes_over_at = 0.0  # by the steady clock
        self._claimed_at = deps.clock()
        self._stopping = False
        self._last_look = time.monotonic()

    def is_stuck(self) -> bool:
        """Whether the loop has not looked at the outbox for longer than any wait of its own takes."""
        return time.monotonic() - self._last_look > STUCK_AFTER

    async def run(self) -> None:
        """Keep promises until stop() is called. Trouble with the database is waited out."""
        self._loop = asyncio.current_task()
        self._deps.db.wake.connect()
        step = self._begin
        while not self._stopping:
            try:
                await step()
                step = self._look
            except StoreUnavailable as error:
                log.warning("database_unavailable", why=type(error.__cause__ or error).__name__)
                await asyncio.sleep(0.5)
            except (Exception, asyncio.CancelledError) as error:  # the loop is what must not end
                if is_meant(error):
                    raise
                log.exception("worker_stumbled", incident=uuid.uuid4().hex[:8])
                await asyncio.sleep(1)

    async def stop(self) -> None:
        """Take no more rows, let calls under way end, and release what does not end in time."""
        self._stopping = True
        self._deps.db.wake.nudge()
        until = time.monotonic() + DRAIN
        while (busy := self._busy()) and (left := until - time.monotonic()) > 0:
            await asyncio.wait(busy, timeout=left)
        late, rows = self._busy(), self._flights.rows
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if rows or self._unsure:
            with suppress(StoreUnavailable):  # then their leases run out
                await patiently(lambda: self._release(rows), seconds=RELEASE, insist=True)

    def _busy(self) -> set[asyncio.Task[Any]]:
        loop = {self._loop} if self._loop is not None and not self._loop.done() else set()
        return loop | self._flights.tasks

    async def _release(self, rows: list[Row]) -> None:
        async with self._deps.db.begin() as tx:
            await claims.give_back(tx, self._unsure)
            await claims.release(tx, rows, self._deps.clock())

    async def _begin(self) -> None:
        """With no other worker around, every claim in the table is of one that died. By a later clock, perhaps."""
        now = self._now()
        async with self._deps.db.begin() as tx:
            back = max(-self._set_by, await timeshift.by_what_is_stored(tx, now))
            if is_turned := back > SURELY_SET:
                await timeshift.turn_back(tx, now, back)
            if self._alone:
                await claims.expire_leases(tx, now, everyone=True)
        if is_turned:
            self._set_by = timedelta(0)

    def _now(self) -> datetime:
        """The time; and whether somebody has set it is noticed before anybody draws conclusions from it."""
        now, step = self._steps.now()
        if step:
            log.warning("clock_was_set", seconds=round(step, 1))
        if step > 0:  # others' claims look older than they are
            self._takes_over_at = self._deps.steady() + LEASE.total_seconds()
        elif step < 0:
            self.when_set_back()
        self._set_by += timedelta(seconds=step)
        return now

    async def _shift(self, tx: Tx, now: datetime) -> None:
        if self._set_by > timedelta(0):
            await timeshift.keep_ages(tx, now, self._set_by)
        elif self._set_by:
            await timeshift.turn_back(tx, now, -self._set_by)

    async def _look(self) -> None:
        is_crowd_waiting = await self._crowd.let_in(unless=lambda: self._stopping)
        if self._stopping:
            return
        now = self._now()
        async with self._deps.db.glance() as tx:  # most looks find nothing, and need not wait for the writer
            ahead = await agenda.outlook(tx, now)
        is_due = ahead.is_due or bool(self._unsure) or bool(self._set_by)
        presses = self._crowd.presses()
        room = min(self._flights.room(few=presses), A_FEW if is_crowd_waiting else AT_ONCE)
        claimed = await self._claim(room) if is_due and room > 0 else []
        self._last_look = time.monotonic()
        if claimed:
            more_wait = len(claimed) == room
            self._crowd.began(max(self._waited(row) for row, _ in claimed) if more_wait else 0)
        for row, is_probe in claimed:
            self._start(row, is_probe=is_probe)
        if not is_due:
            self._crowd.caught_up()
            await self._nap(ahead.next_due)
        elif room <= 0:
            await self._flights.until_room(few=presses)
        elif self._others_choose:
            await self._deps.db.wake.wait(CHOOSING)
        elif len(claimed) < room:
            await self._nap(ahead.next_due, self._rest_ends)

    async def _claim(self, room: int = AT_ONCE) -> list[tuple[Row, bool]]:
        now = self._claimed_at = self._now()
        async with self._deps.db.begin() as tx:
            self._others_choose = not await claims.may_choose(tx)
            if self._others_choose:
                return []
            await claims.give_back(tx, self._unsure)  # whoever may choose knows that their unit is over
            await self._shift(tx, now)
            if self._deps.steady() >= self._takes_over_at:
                await claims.expire_leases(tx, now, alive={row.lease or "" for row in self._flights.rows})
            by_service = Counter(row.service for row in self._flights.rows)
            traffic = Traffic(self._paces, self._flights.by_way, by_service, now)
            claimed = await self._take_all(tx, traffic, room, now)
            self._rest_ends = traffic.rest_ends
            for (firm_id, name), moment in traffic.free_at.items():
                await routes.delay(tx, firm_id, name, moment)
            self._unsure = [*self._unsure, *(row for row, _ in claimed)]
        self._unsure, self._set_by = [], timedelta(0)
        return claimed

    async def _take_all(self, tx: Tx, traffic: Traffic, room: int, now: datetime) -> list[tuple[Row, bool]]:
        """As many rows as there is room for. What a full way holds back must not hide the rows behind it."""
        claimed: list[tuple[Row, bool]] = []
        while len(claimed) < room:
            wanted = room - len(claimed)
            found = await claims.candidates(
                tx, now, wanted, without=traffic.closed, without_services=traffic.closed_services
            )
            claimed += await self._take(tx, [each for each in found if traffic.admits(each)], now)
            if len(found) < wanted:
                break
        return claimed

    async def _take(self, tx: Tx, chosen: list[Candidate], now: datetime) -> list[tuple[Row, bool]]:
        """Claim these; each with whether it is the probe of a way that is off."""
        lease = str(uuid.uuid4())
        rows = [
            replace(each.row, lease=lease, lease_until=now + LEASE, attempts=each.row.attempts + 1)
            for each in chosen
        ]
        if rows:
            await claims.claim(tx, rows, lease, now)
        return [(row, each.is_route_off or each.is_service_off) for row, each in zip(rows, chosen, strict=True)]

    async def _nap(self, *moments: datetime | None) -> None:
        """Until the first of these, until woken, or until the look that needs no wake."""
        now = self._deps.clock()
        left = [(moment - now).total_seconds() for moment in moments if moment is not None]
        await self._deps.db.wake.wait(max(min([LOOK, *left]), SHORTEST))

    def _start(self, row: Row, *, is_probe: bool) -> None:
        metrics.WAITS.of(row.kind).observe(self._waited(row))
        self._flights.start(row, self._keep(row, is_probe=is_probe))

    def _waited(self, row: Row) -> float:
        """Seconds since it was due."""
        return (self._claimed_at - row.due_at).total_seconds()

    def _ended(self, row: Row) -> None:
        at_once = pace_of(row.route, self._paces).at_once
        if self._flights.by_way[row.firm_id, row.route] + 1 >= at_once or len(self._flights) + 1 >= OF_ONE_SERVICE:
            self._deps.db.wake.nudge()  # what waited for this way, or for its service, has room now

    async def _keep(self, row: Row, *, is_probe: bool) -> None:
        promise = self._promises.get(row.kind, _UNHEARD_OF)
        keep = promise.settle if row.state == "unknown" and promise.settle else promise.keep
        began, steady = self._deps.clock(), self._deps.steady()
        try:
            asked = await keep(self._deps, row, began) is not False
        except (Exception, asyncio.CancelledError) as error:
            if is_meant(error):
                raise
            step = self._deps.clock() - began - timedelta(seconds=self._deps.steady() - steady)
            await outcomes.record(self._deps, promise, _set_ahead(row, step), error)
        else:
            if row.state == "unknown" and promise.settle is None:
                metrics.RECONCILED.of(row.service, "repeated").inc()
            if is_probe:
                await outcomes.probed(self._deps, row, asked=asked)


def _set_ahead(row: Row, step: timedelta) -> Row:
    """The row as old as it is, though the clock was set while it was under way: nobody may give it up for that."""
    return replace(row, created_at=row.created_at + step) if step.total_seconds() > steps.LEAST else row


_UNHEARD_OF = Promise(keep=_unheard_of)
