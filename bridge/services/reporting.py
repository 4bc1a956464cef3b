"""Usage is reported to Stripe: each text once, whoever dies on the way.

A text's name at Stripe is its carrier's, which no restored backup gives to another one. Stripe remembers names for
a day. What may have been reported longer ago than that is looked for in its sums first; what is older than Stripe
takes at all is lost, and the doctor says so. What it refuses for another reason waits until that is repaired, and
so does what it would take and throw away, because somebody has put the meter away.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bridge import metrics
from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_setup import METER
from bridge.gateways.stripe_usage import SURELY_ONCE, TOO_OLD
from bridge.services import stripe_ways
from bridge.services.deps import Deps
from bridge.services.promises import Promise, let_go
from bridge.store import outbox
from bridge.store import subscriptions as store
from bridge.store import usage as usage_store
from bridge.store.outbox import Kind, Row
from bridge.store.usage import Unreported

AT_ONCE = 50  # texts in one promise: a few seconds' work
ENOUGH = 3  # texts that Stripe refuses while it takes none: it is no matter of this one or that
SETTLES = timedelta(minutes=10)  # most texts that fail do so sooner, and need not be taken back then
_MARGIN = timedelta(hours=1)  # by which we think that Stripe forgets earlier than it says
_MINUTE = timedelta(minutes=1)

log = structlog.get_logger(__name__)


async def promise_all(deps: Deps, now: datetime) -> None:
    """Every firm with something to report gets its turn."""
    async with deps.db.read() as tx:
        waiting = await usage_store.firms_to_report(tx, before=now - SETTLES)
    for firm_id in waiting:
        await _promise(deps, firm_id, now)


async def _promise(deps: Deps, firm_id: int, now: datetime) -> None:
    async with deps.db.begin() as tx:
        if not await outbox.has_open(tx, firm_id, stripe_ways.lane(firm_id)):
            await stripe_ways.promise(tx, firm_id, Kind.USAGE, {}, now)


async def keep(deps: Deps, row: Row, now: datetime) -> bool:
    """Report some; the next some get a turn of their own. Raises GatewayError."""
    try:
        asked = await _report_some(deps, row.firm_id, now, before=now - SETTLES)
    except GatewayError as error:
        raise stripe_ways.waited_out(error) from error
    await deps.keep(lambda: _end(deps, row, may_be_more=asked > 0))
    return asked > 0


async def _end(deps: Deps, row: Row, *, may_be_more: bool) -> None:
    """What could not be reported, because nobody at Stripe pays for it yet, waits for the clock."""
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now) or not may_be_more:
            return
        if await usage_store.has_to_report(tx, row.firm_id, now - SETTLES):
            await stripe_ways.promise(tx, row.firm_id, Kind.USAGE, {}, now)


async def report_all(deps: Deps, firm_id: int, now: datetime) -> None:
    """All that there is by now: the subscription ends. Raises GatewayError."""
    while await _report_some(deps, firm_id, now, before=deps.clock() + _MINUTE):
        pass


async def _report_some(deps: Deps, firm_id: int, now: datetime, *, before: datetime) -> int:
    """How many were reported, taken back or given up; 0 where nothing more can be done now."""
    async with deps.db.read() as tx:
        known = await store.of_firm(tx, firm_id)
        some = await usage_store.to_report(tx, firm_id, before, AT_ONCE)
        failed = await usage_store.to_take_back(tx, firm_id, AT_ONCE)
    if known is None or known.customer is None or not (some or failed):
        return 0
    stripe = deps.clients.stripe()
    if some and await stripe.setup.counting_meter() is None:  # it would be taken, and thrown away without a word
        metrics.REPORTED.of("refused").inc(len(some))
        log.error("usage_refused", firm=firm_id, code="no_meter")
        some = []
    await deps.keep(lambda: _mark_tried(deps, firm_id, [each for each in some if each.tried_at is None]))
    reported: list[Unreported] = []
    lost: list[Unreported] = []
    back: list[Unreported] = []
    refused = 0
    try:
        for each in some:
            refused += not await _report(deps, stripe, firm_id, known.customer, each, now, reported, lost)
            if refused >= ENOUGH and not reported:
                break
        for each in failed:
            await _take_back(deps, stripe, firm_id, known.customer, each, now, reported, back, lost)
    finally:
        if reported or lost or back:
            await deps.keep(lambda: _mark(deps, firm_id, reported, lost, back))
    return len(reported) + len(lost) + len(failed)


async def _mark_tried(deps: Deps, firm_id: int, some: Sequence[Unreported]) -> None:
    if some:
        async with deps.db.begin() as tx:
            await usage_store.mark(tx, firm_id, some, tried_at=deps.clock())


async def _mark(
    deps: Deps, firm_id: int, reported: Sequence[Unreported], lost: Sequence[Unreported], back: Sequence[Unreported]
) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        await usage_store.mark(tx, firm_id, reported, reported_at=now)
        await usage_store.mark(tx, firm_id, lost, lost_at=now)
        await usage_store.mark(tx, firm_id, back, reported_at=None, tried_at=None)


async def _report(
    deps: Deps, stripe: StripeGateway, firm_id: int, customer: str, text: Unreported, now: datetime,
    reported: list[Unreported], lost: list[Unreported],
) -> bool:  # fmt: skip
    """Whether it is settled; False where Stripe refuses it today."""
    try:
        if not await _is_there(deps, stripe, firm_id, customer, text, now, reported):
            await stripe.report_usage(METER, customer, identifier=text.sid, at=text.at, now=now, count=text.units)
        reported.append(text)
        metrics.REPORTED.of("taken").inc()
    except GatewayError as error:
        if error.retry is not Retry.NEVER:
            raise
        if error.code != TOO_OLD:
            metrics.REPORTED.of("refused").inc()
            log.error("usage_refused", firm=firm_id, code=error.code)
            return False
        lost.append(text)
        metrics.REPORTED.of("lost").inc()
        log.error("usage_lost", firm=firm_id, code=error.code)
    return True


async def _is_there(
    deps: Deps, stripe: StripeGateway, firm_id: int, customer: str, text: Unreported, now: datetime,
    reported: Sequence[Unreported],
) -> bool:  # fmt: skip
    """Whether a try of more than a day ago was counted after all: its minute has as much as we know of, and it."""
    if text.tried_at is None or now - text.tried_at < SURELY_ONCE - _MARGIN:
        return False
    offer = await stripe_ways.offer(deps)
    start = text.at.replace(second=0, microsecond=0)
    async with deps.db.read() as tx:
        ours = await usage_store.reported_between(tx, firm_id, start, start + _MINUTE)
    ours += sum(each.units for each in reported if start <= each.at < start + _MINUTE)
    if offer.meter is None:
        return False
    return await stripe.usage_sum(offer.meter, customer, start=start, end=start + _MINUTE) >= ours + text.units


async def _take_back(
    deps: Deps, stripe: StripeGateway, firm_id: int, customer: str, text: Unreported, now: datetime,
    reported: Sequence[Unreported], back: list[Unreported], lost: list[Unreported],
) -> None:  # fmt: skip
    """Of one whose report ended nobody knows how Stripe may never have heard: then nothing is to be done."""
    try:
        await stripe.cancel_usage(METER, identifier=text.sid)
        back.append(text)
    except GatewayError as error:
        if error.retry is not Retry.NEVER:
            raise
        was_there = text.reported_at is not None or await _is_there(
            deps, stripe, firm_id, customer, text, now, reported
        )
        (lost if was_there else back).append(text)


USAGE = Promise(keep=keep, settle=keep, give_up=let_go)
