"""A worker that is moved by hand, and the world outside of it."""

from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import agenda
from bridge.store.outbox import Kind, Row
from tests.bench import Bench, done

LATER = GatewayError("http_500", Retry.LATER)
DOUBT = GatewayError("timeout", Retry.DOUBT)
REVOKED = GatewayError("token_revoked", Retry.REPAIR, scope=Scope.ACCOUNT)
ARCHIVED = GatewayError("is_archived", Retry.REPAIR, scope=Scope.CHANNEL)


class Outside:
    """The outside world: says what is in `trouble`, or that all is well. Keeps a list of what it was asked."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.asked: list[tuple[str, int]] = []

    async def keep(self, deps: Deps, row: Row, _now: datetime) -> None:
        """What a promise is made of."""
        await self._answer("keep", deps, row)

    async def settle(self, deps: Deps, row: Row, _now: datetime) -> None:
        """What a promise is made of."""
        await self._answer("settle", deps, row)

    async def _answer(self, how: str, deps: Deps, row: Row) -> None:
        self.asked.append((how, row.id))
        if self.trouble is not None:
            raise self.trouble
        await done(deps, row)


async def _told(deps: Deps, row: Row, _now: datetime) -> None:
    await done(deps, row)


class Hand:
    """A worker whose looks are made by hand, on a clock that stands still."""

    def __init__(self, bench: Bench, promise: Promise) -> None:
        bench.stop_clock()
        self._bench = bench
        self._worker = bench.worker({Kind.POST: promise, Kind.ALERT: Promise(keep=_told)})

    async def look(self) -> list[int]:
        """Look once, and keep what is found; which rows that were."""
        claimed = await self._worker._claim()
        for row, is_probe in claimed:
            await self._worker._keep(row, is_probe=is_probe)
        return [row.id for row, _ in claimed]

    async def look_for(self, *, seconds: float) -> list[int]:
        """Let time pass, and look whenever something becomes due; all rows that were tried."""
        tried, end = await self.look(), self._bench.now + timedelta(seconds=seconds)
        while (left := end - self._bench.now) > timedelta(0):
            async with self._bench.db.read() as tx:
                due = (await agenda.outlook(tx, self._bench.now)).next_due or end
            self._bench.skip(seconds=min(left, due - self._bench.now).total_seconds())
            tried += await self.look()
        return tried
