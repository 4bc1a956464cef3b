"""What the clock starts. Each sweep does what is due in the tables: a missed or doubled tick is harmless."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime, timedelta
from functools import partial

import structlog

from bridge.services import (
    audit,
    backfill,
    caps,
    catching_up,
    comparing,
    receipts,
    reporting,
    retention,
    subscriptions,
    suspicion,
    usage,
)
from bridge.services.alterations import AWAITED
from bridge.services.deps import Deps
from bridge.store import edits, outbox, pictures, routes, seen
from bridge.store import receipts as receipts_store
from bridge.store.trouble import StoreUnavailable

SEEN_FOR = timedelta(days=2)  # Slack's last retry is minutes later; a text's own origin is never forgotten
DONE_FOR = timedelta(days=1)
HANDED_OUT_FOR = timedelta(days=1)
RECEIPTS_FOR = timedelta(days=30)  # a text's state is its message's; receipts only catch up with it
QUIET_FOR = timedelta(days=1)
BIT = 500  # rows

Sweep = Callable[[Deps, datetime], Awaitable[object]]

log = structlog.get_logger(__name__)


async def entries_to_seal(deps: Deps, now: datetime) -> None:
    """What was written into the audit trail and has no place in its chain yet."""
    await audit.seal_all(deps, now)


async def missed_texts(deps: Deps, now: datetime) -> None:
    """Texts that no webhook delivered."""
    if taken := await backfill.missed_texts(deps, now):
        log.warning("texts_backfilled", texts=taken)


async def missing_receipts(deps: Deps, now: datetime) -> None:
    """Texts whose receipts never came."""
    await receipts.ask_twilio(deps, now)


async def caps_reached(deps: Deps, now: datetime) -> None:
    """Firms that have sent as many texts in a day as they may."""
    await caps.watch(deps, now)


async def months_counted(deps: Deps, now: datetime) -> None:
    """Firms that have used up what is included in a month, or what they want to pay for."""
    await usage.watch(deps, now)


async def usage_to_report(deps: Deps, now: datetime) -> None:
    """Texts that cost something, of which Stripe has not heard."""
    if deps.settings.stripe_api_key:
        await reporting.promise_all(deps, now)


async def subscriptions_to_read(deps: Deps, now: datetime) -> None:
    """What webhooks did not tell, and what admins are to be reminded of."""
    if deps.settings.stripe_api_key:
        await subscriptions.look_at_all(deps, now)
        await subscriptions.remind_all(deps, now)


async def usage_to_compare(deps: Deps, now: datetime) -> None:
    """Whether Stripe has counted as much as it was told."""
    if deps.settings.stripe_api_key:
        await comparing.compare_all(deps, now)


async def texts_not_shown(deps: Deps, now: datetime) -> None:
    """Texts that were taken in while two-way SMS was switched on."""
    await catching_up.look_for_more(deps, now)


async def undecided_words(deps: Deps, now: datetime) -> None:
    """Words that may have been an opt-out, and wait for somebody to say so."""
    await suspicion.remind(deps, now)


async def words_past_their_time(deps: Deps, now: datetime) -> None:
    """What was said so long ago that it is not kept any more."""
    await retention.forget_all(deps, now)


async def forget(deps: Deps, now: datetime) -> None:
    """What nobody will ask for again."""
    await _bit_by_bit(deps, partial(seen.forget_before, moment=now - SEEN_FOR))
    await _bit_by_bit(deps, partial(edits.drop_strays, moment=now - AWAITED))
    await _bit_by_bit(deps, partial(outbox.prune, before=now - DONE_FOR))
    await _bit_by_bit(deps, partial(receipts_store.forget_before, moment=now - RECEIPTS_FOR))
    await _bit_by_bit(deps, partial(pictures.forget_content, before=now - HANDED_OUT_FOR))
    await _bit_by_bit(deps, partial(routes.forget_quiet, before=now - QUIET_FOR))


async def _bit_by_bit(deps: Deps, forget_some: Callable[..., Awaitable[int]]) -> None:
    """In many small units of work: everybody else who writes waits no longer than for one of them."""
    while True:
        async with deps.db.begin() as tx:
            forgotten = await forget_some(tx, limit=BIT)
        if forgotten < BIT:
            return


def safely(
    sweep: Sweep, deps: Deps, turn: AbstractAsyncContextManager[object] | None = None
) -> Callable[[], Awaitable[None]]:
    """The sweep as a job that never raises: a scheduler tells of each exception, and a stop is none to tell of.

    Sweeps that share a `turn` run one after the other, so that a start does not open a connection for each.
    """

    async def job() -> None:
        try:
            async with turn or nullcontext():
                await sweep(deps, deps.clock())
        except (StoreUnavailable, asyncio.CancelledError):
            log.info("sweep_postponed", sweep=sweep.__name__)
        except Exception:
            log.exception("sweep_failed", sweep=sweep.__name__, incident=uuid.uuid4().hex[:8])

    return job
