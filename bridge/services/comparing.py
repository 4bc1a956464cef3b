"""Once a day, what we have reported of each subscription's month is compared with Stripe's own sum.

Stripe takes usage and may throw it away without a word, and an invoice is too late to find that out.
"""

import math
from datetime import datetime, timedelta

import structlog

from bridge import metrics
from bridge.gateways.errors import GatewayError
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_usage import SURELY_ONCE
from bridge.rules.billing import Standing, standing
from bridge.services import stripe_ways
from bridge.services.deps import Deps
from bridge.store import subscriptions as store
from bridge.store import usage as usage_store
from bridge.store.subscriptions import Subscription
from bridge.store.trouble import StoreUnavailable

A_DAY = timedelta(hours=20)  # looked at hourly, so once a day
LAG = timedelta(hours=1)  # until Stripe has surely counted what it took
MINUTE = timedelta(minutes=1)

log = structlog.get_logger(__name__)


async def compare_all(deps: Deps, now: datetime) -> None:
    """Every subscription that runs and was not compared today. One firm's trouble stops no other."""
    async with deps.db.read() as tx:
        every = [known for known in await store.with_customers(tx) if _is_due(known, now)]
    if not every:
        return
    try:
        meter = (await stripe_ways.offer(deps)).meter
    except GatewayError as error:
        log.warning("usage_not_compared", code=error.code)
        return
    for known in every if meter is not None else ():
        try:
            await _compare(deps, known, str(meter), now)
        except (GatewayError, StoreUnavailable) as error:
            log.warning("usage_not_compared", firm=known.firm_id, why=str(error))


def _is_due(known: Subscription, now: datetime) -> bool:
    if standing(known.status) not in {Standing.RUNS, Standing.UNPAID} or known.period_start is None:
        return False
    return known.compared_at is None or now - known.compared_at >= A_DAY


async def _compare(deps: Deps, known: Subscription, meter: str, now: datetime) -> None:
    """Keep by how many texts Stripe's sum is off, beyond what is on its way there or back.

    We look at ours before and after we ask: what is reported meanwhile is on its way, too.
    """
    start, end = _minutes(known, now)
    if start >= end:
        return
    off = await _off(deps, deps.clients.stripe(), known, meter, start, end, now)
    metrics.COMPARED.of("differs" if off else "same").inc()
    if off:
        log.error("usage_differs", firm=known.firm_id, texts=off)
    await deps.keep(lambda: _keep(deps, known.firm_id, off, now))


async def is_counted(deps: Deps, known: Subscription, now: datetime) -> bool:
    """Whether Stripe has counted all that it was told of in this period. Raises GatewayError."""
    start, end = _minutes(known, now)
    async with deps.db.survey() as tx:
        told = await usage_store.told_between(tx, known.firm_id, start, end, fresh=now + LAG, failed=now)
    least = told.reported - told.perhaps_not
    meter = (await stripe_ways.offer(deps)).meter if least else None
    return meter is None or (
        await deps.clients.stripe().usage_sum(meter, known.customer or "", start=start, end=end) >= least
    )


def _minutes(known: Subscription, now: datetime) -> tuple[datetime, datetime]:
    """The whole minutes of the period until now, as Stripe sums them up."""
    start, end = known.period_start or now, min(now, known.period_end or now)
    first = start.replace(second=0, microsecond=0)
    return first, first + MINUTE * math.ceil((end - first) / MINUTE)


async def _off(
    deps: Deps,
    stripe: StripeGateway,
    known: Subscription,
    meter: str,
    start: datetime,
    end: datetime,
    now: datetime,
) -> int:
    """How many texts Stripe has counted too many; less than none, too few."""
    least, _ = await _expected(deps, known, start, end, now)
    theirs = await stripe.usage_sum(meter, known.customer or "", start=start, end=end)
    later, most = await _expected(deps, known, start, end, now)
    least = min(least, later)
    return int(theirs) - most if theirs > most else min(0, int(theirs) - least)


async def _expected(
    deps: Deps, known: Subscription, start: datetime, end: datetime, now: datetime
) -> tuple[int, int]:
    """What Stripe must have counted at least, and at most."""
    async with deps.db.survey() as tx:
        told = await usage_store.told_between(
            tx, known.firm_id, start, end, fresh=now - LAG, failed=now - SURELY_ONCE
        )
    return told.reported - told.perhaps_not, told.reported + told.perhaps


async def _keep(deps: Deps, firm_id: int, off: int, now: datetime) -> None:
    async with deps.db.begin() as tx:
        await store.change(tx, firm_id, compared_at=now, usage_off=off)
