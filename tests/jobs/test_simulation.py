"""A seeded world of trouble: whatever fails, dies or comes late, every row is done once and in order.

Outside is a thread for each lane, where posts carry a key, as in Slack. Tries fail before, during and after the
call; workers die with what they have claimed, or sleep through their leases; time jumps.
"""

import random
from collections import defaultdict
from datetime import datetime, timedelta

import pytest

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.services.deps import Deps
from bridge.services.holds import Hold
from bridge.services.promises import Later, Promise
from bridge.store import claims, outbox
from bridge.store.outbox import Kind, Row
from tests.bench import Bench

LANES, ROUTES = 4, ("post:C1", "post:C2")
CALM = ("fine",)
STORMY = ("fine", "fine", "fine", "later", "wait", "lost", "not there", "dies before", "dies after", "bug before",
          "bug after", "archived", "revoked", "too early", "sleeps")  # fmt: skip


class Died(BaseException):
    """The process of this worker is gone."""


class World:
    """The threads outside, and workers that come to grief."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench, self.chance = bench, random.Random(seed)
        self.fates: tuple[str, ...] = STORMY
        self.threads: defaultdict[str, list[tuple[str, list[int]]]] = defaultdict(list)
        self.promised: defaultdict[str, list[int]] = defaultdict(list)
        self._promises = {
            Kind.POST: Promise(keep=self._keep, settle=self._settle),
            Kind.ALERT: Promise(keep=self._told),
        }

    async def put(self) -> None:
        """Somebody writes in a conversation."""
        number = self.chance.randrange(LANES)
        lane = f"thread:{number}"
        row_id = await self.bench.put(lane, route=ROUTES[number % len(ROUTES)])
        self.promised[lane].append(row_id)

    async def work(self) -> None:
        """One look of a worker that was just started, and what it claims."""
        worker = self.bench.worker(self._promises, alone=False)
        for row, is_probe in await worker._claim():
            try:
                await worker._keep(row, is_probe=is_probe)
            except Died:
                return

    async def _keep(self, deps: Deps, row: Row, now: datetime) -> None:
        await self._try(deps, row, now, doubted=False)

    async def _settle(self, deps: Deps, row: Row, now: datetime) -> None:
        await self._try(deps, row, now, doubted=True)

    async def _told(self, deps: Deps, row: Row, now: datetime) -> None:
        async with deps.db.begin() as tx:
            await outbox.finish(tx, row, now)

    async def _try(self, deps: Deps, row: Row, now: datetime, *, doubted: bool) -> None:
        """As services.posts does it."""
        fate = self.chance.choice(self.fates)
        if fate == "sleeps":
            self.bench.skip(seconds=100)
            await self.work()
        room = 0 if doubted else self.chance.choice((0, 0, 3))
        async with deps.db.begin() as tx:
            followers = await claims.claim_followers(tx, row, room, now)
        if followers is None:
            raise GatewayError("claim_lost", Retry.LATER)
        rows = [row, *followers]
        await Hold(deps, row)()
        self._call(fate, row.lane, f"post-{row.id}", [each.id for each in rows], doubted=doubted)
        async with deps.db.begin() as tx:
            await outbox.finish(tx, rows, deps.clock())

    def _call(self, fate: str, lane: str, key: str, ids: list[int], *, doubted: bool) -> None:
        self._fail_before(fate)
        stands = next((posted for known, posted in self.threads[lane] if known == key), None) if doubted else None
        if stands is None:
            self.threads[lane].append((key, ids))
        else:
            assert stands == ids, "settled for others than those that were posted"
        self._fail_after(fate)

    def _fail_before(self, fate: str) -> None:
        match fate:
            case "later":
                raise GatewayError("http_500", Retry.LATER)
            case "wait":
                raise GatewayError("ratelimited", Retry.LATER, after=30)
            case "not there":
                raise GatewayError("timeout", Retry.DOUBT)
            case "dies before":
                raise Died
            case "bug before":
                raise ZeroDivisionError
            case "archived":
                raise GatewayError("is_archived", Retry.REPAIR, scope=Scope.CHANNEL)
            case "revoked":
                raise GatewayError("token_revoked", Retry.REPAIR, scope=Scope.ACCOUNT)
            case "too early":
                raise Later(timedelta(seconds=2))

    def _fail_after(self, fate: str) -> None:
        match fate:
            case "lost":
                raise GatewayError("timeout", Retry.DOUBT)
            case "dies after":
                raise Died
            case "bug after":
                raise ZeroDivisionError

    async def calm_down(self) -> None:
        """Everything works again, until all is done."""
        self.fates = CALM
        for _ in range(200):
            await self.work()
            if set(await self.bench.states()) <= {"done"}:
                return
            self.bench.skip(seconds=100)
        raise AssertionError(await self.bench.states())


@pytest.mark.faults("F1", "F27", "F29")
@pytest.mark.parametrize("seed", range(8))
async def test_every_row_is_done_once_and_in_order(
    bench: Bench, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.jobs.outcomes.MOST_TRIES", 1_000)  # nothing is given up here
    bench.stop_clock()
    world = World(bench, seed)
    for _ in range(40):
        match world.chance.randrange(4):
            case 0 | 1:
                await world.put()
            case 2:
                await world.work()
            case 3:
                bench.skip(seconds=world.chance.choice((0.1, 3, 40, 100, 400)))
    await world.calm_down()
    for lane, ids in world.promised.items():
        assert [row_id for _, posted in world.threads[lane] for row_id in posted] == ids
