"""An admin does not want the add-on any more: at once, or when what is paid for is over; until then they may still
change their mind.
"""

from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.stripe_shapes import Subscription as Found
from bridge.rules.billing import Standing, standing
from bridge.services import announce, comparing, endings, plans, reporting, stripe_ways, subscriptions
from bridge.services.deps import Deps
from bridge.services.endings import END, NOW
from bridge.services.promises import Later, Promise
from bridge.store import firms, outbox
from bridge.store import subscriptions as store
from bridge.store.firms import Firm
from bridge.store.outbox import Kind, Row
from bridge.store.subscriptions import Subscription
from bridge.store.tx import Tx
from bridge.views import billing as views
from bridge.views.billing import Outcome

PATIENCE = timedelta(minutes=10)  # Stripe counts within minutes
MARGIN = timedelta(minutes=30)  # before a month ends, in which nobody waits
LOOK_AGAIN = timedelta(minutes=1)


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
            await _wait_until_counted(deps, known, row, now)
        found = await _told(deps, known.customer, known.stripe_id, row.payload["how"])
    except GatewayError as error:
        raise stripe_ways.waited_out(error) from error
    await deps.keep(lambda: _end(deps, row, found))
    return True


async def _wait_until_counted(deps: Deps, known: Subscription, row: Row, now: datetime) -> None:
    """What Stripe has taken it counts a little later, and what it has not counted is on no invoice. Not for long,
    and never until the next month is charged. Raises GatewayError, Later.
    """
    is_over = standing(known.status) is Standing.OVER
    if is_over or known.period_end is None or now - row.created_at > PATIENCE or known.period_end - now < MARGIN:
        return
    try:
        is_counted = await comparing.is_counted(deps, known, now)
    except GatewayError as error:
        if error.retry is not Retry.NEVER:
            raise
        return
    if not is_counted:
        raise Later(LOOK_AGAIN)


async def _told(deps: Deps, customer: str, id_: str | None, how: str) -> Found | None:
    """How it stands then. What runs may be one that we never heard the beginning of."""
    stripe = deps.clients.stripe()
    now = await subscriptions.current(stripe, customer, id_)
    if now is None or now.is_over:
        return now
    if how == NOW:
        return await stripe.cancel_now(now.id)
    return await (stripe.cancel_at_period_end(now.id) if how == END else stripe.keep_subscription(now.id))


async def _end(deps: Deps, row: Row, found: Found | None) -> None:
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
            await _tell(tx, firm, row.payload["user_id"], outcome, now, views.date_of(found.period_end))


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """Stripe refuses it for good, or could not be asked for a day: the firm may be charged for what it ended.

    Nobody pays on because Stripe was away for longer than that: it is tried for another day, and told once.
    """
    async with deps.db.begin() as tx:
        is_wanted = (await store.hold(tx, row.firm_id)).wish == endings.WISH
        was_away = error.retry is not Retry.NEVER and now - row.created_at >= subscriptions.A_DAY
        goes_on = is_wanted and was_away
        if not await (outbox.finish(tx, row, now) if goes_on else outbox.bury(tx, row, now, error.code)):
            return
        if goes_on:
            await stripe_ways.promise(tx, row.firm_id, Kind.UNSUBSCRIBE, {**row.payload, "is_told": True}, now)
        elif is_wanted:
            await store.change(tx, row.firm_id, wish=None)
        if not row.payload.get("is_told"):
            firm = await firms.get(tx, row.firm_id)
            await store.change(tx, firm.id, problem=f"{Outcome.NOT_ENDED.value}:{error.code[:40]}")
            await _tell(tx, firm, row.payload["user_id"], Outcome.NOT_ENDED, now)


async def _tell(tx: Tx, firm: Firm, user_id: str, outcome: Outcome, now: datetime, reason: str = "") -> None:
    """Who wished it; where that was nobody whom Slack knows, those who pay."""
    if user_id not in {plans.OPERATOR, endings.REMOVED}:
        await subscriptions.tell_one(tx, firm, user_id, outcome, now, reason)
        return
    meant = Outcome.REMOVED if user_id == endings.REMOVED and outcome is Outcome.ENDS else outcome
    await announce.alert_admins(tx, firm, views.told(meant, reason), now)


UNSUBSCRIBE = Promise(keep=carry_out, settle=carry_out, give_up=give_up)
