"""The outbox as a worker meets it: what may be done now, whose it is, and how it ended."""

from dataclasses import replace

from bridge.store import claims, outbox
from bridge.store.outbox import Row
from tests.bench import Bench


async def candidates(bench: Bench, limit: int = 100) -> list[int]:
    """The rows that may be done now, by their ids."""
    async with bench.db.begin() as tx:
        return [each.row.id for each in await claims.candidates(tx, bench.now, limit)]


async def claim(bench: Bench, lease: str = "mine", limit: int = 100) -> list[Row]:
    """Claim everything that may be done now."""
    async with bench.db.begin() as tx:
        found = [each.row for each in await claims.candidates(tx, bench.now, limit)]
        if found:
            await claims.claim(tx, found, lease, bench.now)
    return [replace(row, lease=lease, attempts=row.attempts + 1) for row in found]


async def expire(bench: Bench) -> int:
    """Take back what nobody holds any more; how many rows."""
    async with bench.db.begin() as tx:
        return await claims.expire_leases(tx, bench.now)


async def finish(bench: Bench, *rows: Row) -> bool:
    """These are done; False when they were not ours to finish."""
    async with bench.db.begin() as tx:
        return await outbox.finish(tx, list(rows), bench.now)


async def followers(bench: Bench, row: Row, room: int) -> list[int] | None:
    """Claim what goes together with a row; the ids, or None when the row is somebody else's."""
    async with bench.db.begin() as tx:
        found = await claims.claim_followers(tx, row, room, bench.now)
    return None if found is None else [each.id for each in found]
