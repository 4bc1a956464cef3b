"""What the clock starts. Each sweep does what is due in the tables: a missed or doubled tick is harmless."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bridge.services import backfill, receipts
from bridge.services.deps import Deps
from bridge.store import outbox, pictures, seen
from bridge.store.writer import StoreUnavailable

SEEN_FOR = timedelta(days=2)  # Slack's last retry is minutes later; a text's own origin is never forgotten
DONE_FOR = timedelta(days=1)
HANDED_OUT_FOR = timedelta(days=1)

Sweep = Callable[[Deps, datetime], Awaitable[object]]

log = structlog.get_logger(__name__)


async def missed_texts(deps: Deps, now: datetime) -> None:
    """Texts that no webhook delivered."""
    if taken := await backfill.missed_texts(deps, now):
        log.warning("texts_backfilled", texts=taken)


async def missing_receipts(deps: Deps, now: datetime) -> None:
    """Texts whose receipts never came."""
    await receipts.ask_twilio(deps, now)


async def forget(deps: Deps, now: datetime) -> None:
    """What nobody will ask for again."""
    async with deps.db.begin() as tx:
        await seen.forget_before(tx, now - SEEN_FOR)
        await outbox.prune(tx, now - DONE_FOR)
        await pictures.forget_content(tx, now - HANDED_OUT_FOR)


def safely(sweep: Sweep, deps: Deps) -> Callable[[], Awaitable[None]]:
    """The sweep as a job that never raises: a scheduler would drop what it cannot handle."""

    async def job() -> None:
        try:
            await sweep(deps, deps.clock())
        except StoreUnavailable:
            log.info("sweep_postponed", sweep=sweep.__name__)
        except Exception:
            log.exception("sweep_failed", sweep=sweep.__name__, incident=uuid.uuid4().hex[:8])

    return job
