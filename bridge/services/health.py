"""Whether the app can do its work, and how much of it there is."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bridge import metrics
from bridge.services.deps import Deps
from bridge.store import agenda, backlog, migrate, routes
from bridge.store.database import patiently
from bridge.store.trouble import StoreUnavailable

PATIENCE = 3.0  # seconds; who asks whether we are ready does not wait much longer
SCRAPE = 8.0  # seconds of the ten that Prometheus waits
LONGEST_WAIT = timedelta(minutes=1)  # a due row older than this means that nobody keeps promises


async def problems(deps: Deps, now: datetime) -> list[str]:
    """What stands in the way, each in one sentence; empty when ready."""
    try:
        async with asyncio.timeout(PATIENCE):
            if not await patiently(lambda: _is_enough(deps), seconds=PATIENCE):
                return ["the database's tables are not those of this version: run “python -m bridge migrate”"]
            await patiently(lambda: _take_lock(deps), seconds=PATIENCE)
            async with deps.db.survey() as tx:
                oldest = await agenda.oldest_due(tx, now)
    except (StoreUnavailable, SQLAlchemyError, OSError):
        return ["the database does not answer, or takes nothing in"]
    if oldest is not None and now - oldest[1] > LONGEST_WAIT:
        return [f"a promise has been due for {int((now - oldest[1]).total_seconds())} seconds"]
    return []


async def _is_enough(deps: Deps) -> bool:
    async with deps.db.read() as tx:
        return await migrate.is_enough(tx, deps.settings.database_url)


async def _take_lock(deps: Deps) -> None:
    """Go the way that texts are stored, so that a writer that cannot write is noticed."""
    async with deps.db.begin():
        pass


async def take_figures(deps: Deps, now: datetime) -> None:
    """Read the figures that only the database knows. When it does not answer there are none, which shows too."""
    for family in (metrics.OUTBOX, metrics.OLDEST_DUE, metrics.ROUTES_OFF):
        family.clear()
    metrics.DATABASE.set(0)
    with suppress(StoreUnavailable, SQLAlchemyError, OSError):
        async with asyncio.timeout(SCRAPE), deps.db.survey() as tx:
            rows = await backlog.counted(tx)
            kinds = sorted({kind for kind, state in rows if state == "ready"})
            oldest = [await agenda.oldest_due(tx, now, kind=kind) for kind in kinds]
            _show(now, rows, dict(filter(None, oldest)), await routes.off(tx))


def _show(
    now: datetime, rows: dict[tuple[str, str], int], oldest: dict[str, datetime], off: list[routes.Route]
) -> None:
    for family in (metrics.OUTBOX, metrics.OLDEST_DUE, metrics.ROUTES_OFF):
        family.reset()
    for (kind, state), count in rows.items():
        metrics.OUTBOX.of(kind, state).inc(count)
    for kind, due in oldest.items():
        metrics.OLDEST_DUE.of(kind).set((now - due).total_seconds())
    for route in off:
        metrics.ROUTES_OFF.of(route.name.partition(":")[0]).inc()
    metrics.DATABASE.set(1)
