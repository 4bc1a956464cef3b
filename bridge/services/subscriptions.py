"""How a firm's subscription stands, and what follows. Stripe's word counts, read anew whenever something may have
changed: webhooks are hints, and whoever missed them finds the same.
"""

from datetime import datetime, timedelta
from typing import Any

from bridge.gateways.errors import GatewayError
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_shapes import Event, Subscription
from bridge.rules import billing
from bridge.rules.billing import Standing
from bridge.services import announce, endings, homes, plans, stripe_ways
from bridge.services.deps import Deps
from bridge.services.promises import Promise, let_go
from bridge.store import audit, firms, outbox, seen
from bridge.store import subscriptions as store
from bridge.store.firms import Firm
from bridge.store.outbox import Kind, Row
from bridge.store.tx import Tx
from bridge.views import billing as views
from bridge.views.billing import Outcome

STRIPE = "stripe"  # the actor of what follows from its word
A_DAY = timedelta(days=1)
A_WHILE = timedelta(hours=1)  # without a word: so an outage of ours is made up for soon after a start
TOGETHER = timedelta(seconds=1)  # webhooks come in swarms, and one look answers all of them


async def look(tx: Tx, firm_id: int, now: datetime, *, pays: bool = False) -> None:
    """Stripe will be asked how it stands; `pays`: there may be another card, by which to pay what is open."""
    await stripe_ways.promise(tx, firm_id, Kind.SUBSCRIPTION, {"pays": pays}, now, wait=TOGETHER)


async def hint(deps: Deps, event: Event, now: datetime, *, pays: bool) -> None:
    """A webhook told of something. Whatever it says may be out of date: it is only a reason to look, once."""
    async with deps.db.begin() as tx:
        known = await store.of_customer(tx, event.customer) if event.customer else None
        if known is not None and await seen.first_time(tx, known.firm_id, [f"stripe:{event.id}"], now):
            await look(tx, known.firm_id, now, pays=pays)


async def look_at_all(deps: Deps, now: datetime) -> None:
    """At the start, and every hour: whatever webhooks did not tell."""
    async with deps.db.read() as tx:
        every = await store.with_customers(tx)
    for known in every:
        is_renewed = (
            known.period_end is not None and known.read_at is not None and known.read_at < known.period_end <= now
        )
        is_over = billing.standing(known.status) is Standing.OVER
        if known.read_at is None or now - known.read_at >= (A_DAY if is_over else A_WHILE) or is_renewed:
            await _look_at(deps, known.firm_id, now)


async def _look_at(deps: Deps, firm_id: int, now: datetime) -> None:
    async with deps.db.begin() as tx:
        if not await outbox.has_open(tx, firm_id, stripe_ways.lane(firm_id)):
            await look(tx, firm_id, now)


async def read(deps: Deps, row: Row, now: datetime) -> bool:
    """Ask Stripe, and do what follows. Raises GatewayError."""
    async with deps.db.glance() as tx:
        known = await store.of_firm(tx, row.firm_id)
    if known is None or known.customer is None or _is_answered(known, row):
        await deps.finish([row])
        return False
    try:
        stripe = deps.clients.stripe()
        found = await current(stripe, known.customer, known.stripe_id)
        if found is not None and row.payload["pays"] and not found.is_over:
            found = await _paid(stripe, found, now)
    except GatewayError as error:
        raise stripe_ways.waited_out(error) from error
    await deps.keep(lambda: _apply(deps, row, found, now))
    return True


def _is_answered(known: store.Subscription, row: Row) -> bool:
    """Whether somebody has asked since this was promised: webhooks come in swarms, and one look answers all."""
    return not row.payload["pays"] and known.read_at is not None and known.read_at > row.created_at


async def current(stripe: StripeGateway, customer: str, id_: str | None) -> Subscription | None:
    """The one that runs, whichever that is; else the last that we knew."""
    running = [each for each in await stripe.subscriptions_of(customer) if not each.is_over]
    if running:
        return next((each for each in running if each.id == id_), running[0])
    return await stripe.subscription(id_) if id_ is not None else None


async def _paid(stripe: StripeGateway, found: Subscription, now: datetime) -> Subscription:
    """It is paid by the card that is there now, and so is what it owes, as far as that goes; how it stands then."""
    card = await stripe.card_of(found.customer)
    if card is None:
        return found
    await stripe.charge_by(found.id, card.id)
    if billing.standing(found.status) is Standing.RUNS:
        return found
    for invoice in await stripe.open_invoices(found.id):
        await stripe.pay_invoice(invoice.id, card.id, attempt=f"{now:%Y%m%d}")
    return await stripe.subscription(found.id) or found


async def _apply(deps: Deps, row: Row, found: Subscription | None, asked_at: datetime) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            firm = await firms.hold(tx, row.firm_id)
            await store.change(tx, firm.id, read_at=asked_at)
            if found is not None:
                await apply(tx, firm, found, now)


async def apply(tx: Tx, firm: Firm, found: Subscription, now: datetime) -> None:
    """It stands so; what follows is done once, however often it is told. The firm is held."""
    known = await store.hold(tx, firm.id)
    standing = billing.standing(found.status)
    was = (known.stripe_id, known.status, known.period_end, known.ends_with_period)
    await store.change(
        tx, firm.id, stripe_id=found.id, status=found.status, period_start=found.period_start,
        period_end=found.period_end, ends_with_period=found.ends_with_period, terms=_terms(known, found),
    )  # fmt: skip
    if standing is Standing.RUNS:
        await _runs(tx, firm, known, found, now)
    elif standing is Standing.UNPAID:
        await _is_unpaid(tx, firm, now)
    elif standing is Standing.OVER:
        await _is_over(tx, firm, known, now)
    if was != (found.id, found.status, found.period_end, found.ends_with_period):
        facts = {"id": found.id, "status": found.status, "ends": found.ends_with_period}
        await audit.record(tx, firm.id, now, actor=STRIPE, action="subscription", facts=facts)
        await homes.refresh_all(tx, firm, now)


def _terms(known: store.Subscription, found: Subscription) -> dict[str, Any] | None:
    """What is paid for it; a price that was put away tells no more than we know already."""
    if found.terms is None:
        return known.terms if known.stripe_id == found.id else None
    terms = found.terms
    return {"currency": terms.currency, "month": str(terms.month), "each": str(terms.each), "free": terms.free}


async def _runs(tx: Tx, firm: Firm, known: store.Subscription, found: Subscription, now: datetime) -> None:
    if firm.unpaid_since is not None:
        await firms.change(tx, firm.id, unpaid_since=None)
        await store.change(tx, firm.id, told_unpaid=0)
        await announce.alert_admins(tx, firm, views.paid_again(), now)
    is_new = known.stripe_id != found.id or billing.standing(known.status) is Standing.WAITS
    if firm.two_way or not is_new or known.wish == endings.WISH:
        return
    who = known.wished_by or STRIPE
    facts = {"plan": firm.plan, "subscription": found.id}
    await store.change(tx, firm.id, problem=None)
    await plans.turn(tx, firm, now, on=True, actor=who, facts=facts)
    if known.problem is not None and known.problem.startswith(Outcome.CONFIRM) and known.wished_by:
        await tell_one(tx, firm, known.wished_by, Outcome.ON, now)


async def _is_unpaid(tx: Tx, firm: Firm, now: datetime) -> None:
    if firm.unpaid_since is None:
        await firms.change(tx, firm.id, unpaid_since=now)
        await audit.record(tx, firm.id, now, actor=STRIPE, action="unpaid", facts={})
        await remind(tx, await firms.get(tx, firm.id), now)


async def remind(tx: Tx, firm: Firm, now: datetime) -> None:
    """Admins are told that it is not paid: at once, some days later, and when texts are not sent any more."""
    if firm.unpaid_since is None:
        return
    known, due = await store.hold(tx, firm.id), billing.reminders_due(firm.unpaid_since, now)
    if due > known.told_unpaid:
        await store.change(tx, firm.id, told_unpaid=due)
        stops_at = firm.unpaid_since + billing.GRACE
        shown = views.stopped() if billing.is_stopped(firm.unpaid_since, now) else views.unpaid(stops_at)
        await announce.alert_admins(tx, firm, shown, now)
        await homes.refresh_all(tx, firm, now)


async def remind_all(deps: Deps, now: datetime) -> None:
    """Of every firm with an open payment."""
    async with deps.db.read() as tx:
        found = await store.unpaid(tx)
    for firm_id in found:
        await _remind(deps, firm_id, now)


async def _remind(deps: Deps, firm_id: int, now: datetime) -> None:
    async with deps.db.begin() as tx:
        await remind(tx, await firms.hold(tx, firm_id), now)


async def _is_over(tx: Tx, firm: Firm, known: store.Subscription, now: datetime) -> None:
    """It has ended: by an admin's wish, or by Stripe, which was not paid."""
    await store.change(tx, firm.id, ends_with_period=False, told_unpaid=0)
    if known.problem is not None and known.problem.startswith((Outcome.CONFIRM, Outcome.NOT_ENDED)):
        await store.change(tx, firm.id, problem=None)
    if firm.unpaid_since is not None:
        await firms.change(tx, firm.id, unpaid_since=None)
    if not firm.two_way or not plans.is_charged(firm) or known.wish == "begin":
        return
    facts = {"subscription": known.stripe_id, "away_text": known.away_text}
    await plans.turn(tx, firm, now, on=False, actor=STRIPE, facts=facts)
    await firms.change(tx, firm.id, away_text=known.away_text)
    shown = views.ended(was_meant=known.ends_with_period, was_unpaid=firm.unpaid_since is not None)
    await announce.alert_admins(tx, firm, shown, now)


async def tell_one(tx: Tx, firm: Firm, user_id: str, outcome: Outcome, now: datetime, reason: str = "") -> None:
    """A direct message to who wished it."""
    await announce.alert_one(tx, firm, user_id, views.told(outcome, reason), now)


SUBSCRIPTION = Promise(keep=read, settle=read, give_up=let_go)
