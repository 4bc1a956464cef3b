"""What the tests of the audit trail share: to write, to let the clock come by, to look, and to tamper."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from bridge.services import audit
from bridge.services.audit import Look
from bridge.store import append_only, firms
from bridge.store import audit as store
from bridge.store.firms import Firm
from tests.bench import Bench


async def firm(bench: Bench) -> Firm:
    async with bench.db.read() as tx:
        return await firms.get(tx, bench.firm_id)


async def write(bench: Bench, many: int = 1, *, firm_id: int = 0, **facts: Any) -> None:
    """So many entries, in a unit of work."""
    async with bench.db.begin() as tx:
        for number in range(many):
            told = {"number": number, **facts}
            await store.record(
                tx, firm_id or bench.firm_id, bench.now, actor="operator", action="prefer", facts=told
            )


async def seal(bench: Bench) -> int:
    """A minute later the clock comes by."""
    bench.skip(minutes=1)
    return await audit.seal_all(bench.deps, bench.now)


async def look(bench: Bench, noted: str = "") -> Look:
    """What is found in the firm's chain."""
    return await audit.look_through(bench.deps, await firm(bench), noted)


async def chain(bench: Bench) -> list[tuple[int, int]]:
    """Places and ids, in their order."""
    async with bench.db.read() as tx:
        return [(each.place, each.id) for each in await store.sealed(tx, bench.firm_id, 0, 10_000)]


@asynccontextmanager
async def behind_its_back(bench: Bench) -> AsyncIterator[Any]:
    """Somebody who may change tables does as they like, and puts the triggers back."""
    async with bench.db._write_engine.connect() as connection:
        await connection.run_sync(append_only.unguard)
        yield lambda words: connection.execute(text(words))
        await connection.run_sync(append_only.guard)
