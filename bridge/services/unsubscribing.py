"""An admin does not want the add-on any more: at once, or when what is paid for is over; until then they may still
change their mind.
"""

from datetime import datetime

from bridge.gateways.errors import GatewayError
from bridge.gateways.stripe_shapes import Subscription
from bridge.services import reporting, stripe_ways, subscriptions
from bridge.services.deps import Deps
from bridge.services.endings import END, NOW
from bridge.services.promises import Promise
from bridge.store import firms, outbox
from bridge.store import subscriptions as store
from bridge.store.outbox import Row
from bridge.views import billing as views
from bridge.views.billing import Outcome


async def carry_out(deps: Deps, row: Row, now: datetime) -> bool:
    """Tell Stripe. What was sent until now is reported first, or it would never be paid. Raises GatewayError."""
    async with deps.db.glance() as tx:
        known = await store.of_firm(tx, row.firm_id)
    if known is None or known.customer is None:
        await deps.keep(lambda: _end(deps, row, None))
        return False
    try:
        if row.payload["how"] == NOW:
            await reporting.report_all(deps, row.firm_id, now)
        found = await _told(deps, known.customer, known.stripe_id, row.payload["how"])
    except GatewayError as error:
        raise stripe_ways.waited_out(error) from error
    await deps.keep(lambda: _end(deps, row, found))
    return True


async def _told(deps: Deps, customer: str, id_: str | None, how: str) -> Subscription | None:
    """How it stands then. What runs may be one that we never heard the beginning of."""
    stripe = deps.clients.stripe()
    now = await subscriptions.current(stripe, customer, id_)
    if now is None or now.is_over:
        return now
    if how == NOW:
        return await stripe.cancel_now(now.id)
    return await (stripe.cancel_at_period_end(now.id) if how == END else stripe.keep_subscription(now.id))


async def _end(deps: Deps, row: Row, found: Subscription | None) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        firm = await firms.hold(tx, row.firm_id)
        if found is not None:
            await subscriptions.apply(tx, firm, found, now)
        await store.change(tx, firm.id, wish=None)
        if found is not None and not found.is_over:
            outcome = Outcome.ENDS if found.ends_with_period else Outcome.KEPT
            await subscriptions.tell_one(
                tx, firm, row.payload["user_id"], outcome, now, views.date_of(found.period_end)
            )


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """Stripe refuses it for good, or could not be asked for a day: the firm may be charged for what it ended."""
    async with deps.db.begin() as tx:
        if not await outbox.bury(tx, row, now, error.code):
            return
        firm = await firms.get(tx, row.firm_id)
        await store.change(tx, firm.id, wish=None, problem=f"{Outcome.NOT_ENDED.value}:{error.code[:40]}")
        await subscriptions.tell_one(tx, firm, row.payload["user_id"], Outcome.NOT_ENDED, now)


UNSUBSCRIBE = Promise(keep=carry_out, settle=carry_out, give_up=give_up)
