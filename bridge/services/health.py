"""Whether the app can do its work, and how much of it there is."""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bridge.services.deps import Deps
from bridge.store import claims, messages, migrate, outbox, routes
from bridge.store.database import patiently
from bridge.store.writer import StoreUnavailable

PATIENCE = 3.0  # seconds; who asks whether we are ready does not wait much longer
LONGEST_WAIT = timedelta(minutes=1)  # a due row older than this means that nobody keeps promises


async def problems(deps: Deps, now: datetime) -> list[str]:
    """What stands in the way, each in one sentence; empty when ready."""
    try:
        async with asyncio.timeout(PATIENCE):
            if not await patiently(lambda: _is_newest(deps), seconds=PATIENCE):
                return ["the database's tables are not those of this version: run “python -m bridge migrate”"]
            oldest = await patiently(lambda: _oldest_due(deps, now), seconds=PATIENCE)
    except (StoreUnavailable, SQLAlchemyError, OSError):
        return ["the database does not answer, or takes nothing in"]
    if oldest is not None and now - oldest > LONGEST_WAIT:
        return [f"a promise has been due for {int((now - oldest).total_seconds())} seconds"]
    return []


async def _is_newest(deps: Deps) -> bool:
    async with deps.db.read() as tx:
        return await migrate.is_newest(tx, deps.settings.database_url)


async def _oldest_due(deps: Deps, now: datetime) -> datetime | None:
    """Asked where texts are stored, so that a writer that cannot write is noticed."""
    async with deps.db.begin() as tx:
        return await claims.oldest_due(tx, now)


async def snapshot(deps: Deps, now: datetime) -> dict[str, dict[str, float]]:
    """Figures for /metrics: gauge, label, value."""
    async with deps.db.survey() as tx:
        oldest = await claims.oldest_due(tx, now)
        return {
            "outbox_rows": {state: float(rows) for state, rows in (await outbox.counts(tx)).items()},
            "outbox_oldest_due_seconds": {"ready": (now - oldest).total_seconds() if oldest else 0.0},
            "messages": {state: float(count) for state, count in (await messages.counts(tx)).items()},
            "routes_off": {"off": float(len(await routes.off(tx)))},
        }
