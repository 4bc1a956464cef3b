"""An admin wants the add-on: confirmed once, begun once, and told wherever they are by then.

Nothing is asked of Stripe while Slack waits. Whoever dies on the way begins anew with the same attempt, which
Stripe knows for a day; and whatever runs already is taken as it is, so nobody pays twice.
"""

from dataclasses import dataclass
from datetime import datetime

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_http import KEPT
from bridge.gateways.stripe_shapes import Beginning, Begun, Declined, NoCard, Paid, Subscription, Unconfirmed
from bridge.refusals import Refusal
from bridge.services import billing_links, endings, homes, members, plans, stripe_ways, subscriptions, usage
from bridge.services.deps import Deps
from bridge.services.promises import Promise, let_go
from bridge.store import audit, firms, outbox
from bridge.store import subscriptions as store
from bridge.store.firms import Firm
from bridge.store.outbox import Kind, Row
from bridge.store.tx import Tx
from bridge.views import billing as views
from bridge.views import portal
from bridge.views.billing import Outcome


class OtherPrice:
    """What was confirmed is not what would be charged by now."""


@dataclass(frozen=True)
class Wish:
    """Who confirmed which words, in which modal. `attempt` is the same however often the confirmation arrives."""

    user_id: str
    attempt: str
    view_id: str


async def confirm(deps: Deps, firm: Firm, wish: Wish, now: datetime) -> Refusal | None:
    """It will begin; or why not. Who may is looked at again now, and not only as the modal was opened (S12)."""
    if refusal := await members.refuse_admin(deps, firm, wish.user_id, now):
        return refusal
    if refusal := await plans.refuse_offer(deps, firm):
        return refusal
    await _write_down(deps, firm, wish, now)
    return None


async def _write_down(deps: Deps, firm: Firm, wish: Wish, now: datetime) -> None:
    async with deps.db.begin() as tx:
        known = await store.hold(tx, firm.id)
        if known.attempt == wish.attempt:
            return
        await store.change(
            tx, firm.id, attempt=wish.attempt, wished_by=wish.user_id, wish="begin", problem=None, away_text=None
        )
        price = usage.price(deps.settings, firm.prefers)
        facts = {"price": price.sentence, "now": price.written(price.per_month), "confirmed": portal.COMPLIANCE}
        await audit.record(tx, firm.id, now, actor=wish.user_id, action="confirm_charge", facts=facts)
        payload = {
            "user_id": wish.user_id, "attempt": wish.attempt, "view_id": wish.view_id, "price": price.sentence
        }  # fmt: skip
        await stripe_ways.promise(tx, firm.id, Kind.SUBSCRIBE, payload, now)
        await homes.refresh_all(tx, firm, now)


async def begin(deps: Deps, row: Row, now: datetime) -> None:
    """Begin it at Stripe, and write down what came of it. Raises GatewayError."""
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
        known = await store.of_firm(tx, firm.id)
    is_off_again = known is not None and known.wish == endings.WISH  # which ends whatever has begun
    if is_off_again or not plans.is_charged(firm):
        await deps.keep(lambda: _withdraw(deps, row))
        return
    try:
        begun = await _begun(deps, firm, known, row)
    except GatewayError as error:
        if error.retry is not Retry.NEVER:
            await deps.keep(lambda: _tell_of_trouble(deps, row))
        raise stripe_ways.waited_out(error) from error
    await deps.keep(lambda: _end(deps, row, begun))


def _attempt(row: Row) -> str:
    """As Stripe is to know it. Where it has kept trouble of its own under that name, it needs another one: always
    the same, and never before a look whether anything has begun.
    """
    attempt = str(row.payload["attempt"])
    return f"{attempt}-again" if row.error == KEPT else attempt


async def _begun(
    deps: Deps, firm: Firm, known: store.Subscription | None, row: Row
) -> Beginning | OtherPrice | None:
    """What came of it; None where the operator has not set Stripe up. Raises GatewayError.

    1. Who pays?
    2. Does one run already, whoever began it? Then that is it; if its first payment waits, it is tried again.
    3. Else it begins, at the price that was confirmed, which may be long ago where Stripe was away; with the card
       that is there now: nothing is remembered of there having been none (row 10).
    """
    stripe, attempt = deps.clients.stripe(), _attempt(row)
    offer = await stripe_ways.offer(deps)
    if not offer.prices:
        return None
    kept = known.customer if known is not None else None
    customer = await stripe.ensure_customer(kept, firm=firm.team_id, name=firm.name, attempt=attempt)
    if customer != kept:
        await deps.keep(lambda: _keep_customer(deps, firm, customer))
    found = [each for each in await stripe.subscriptions_of(customer) if not each.is_over]
    if found and found[0].status != "incomplete":
        return Begun(found[0])
    card = await stripe.card_of(customer)
    if card is None:
        return NoCard()
    if found:
        return await _resumed(stripe, found[0], card.id, attempt)
    price = usage.price(deps.settings, firm.prefers).sentence
    if row.payload.get("price", price) != price:
        return OtherPrice()
    return await stripe.subscribe(customer, card.id, offer.prices, firm=firm.team_id, attempt=attempt)


async def _keep_customer(deps: Deps, firm: Firm, customer: str) -> None:
    async with deps.db.begin() as tx:
        await store.hold(tx, firm.id)
        await store.change(tx, firm.id, customer=customer)


async def _resumed(stripe: StripeGateway, found: Subscription, card: str, attempt: str) -> Beginning:
    """Pay what waits, and the months after: with another card, perhaps, than the one whose owner had to confirm."""
    await stripe.charge_by(found.id, card)
    link = ""
    for invoice in await stripe.open_invoices(found.id):
        outcome = await stripe.pay_invoice(invoice.id, card, attempt=attempt)
        if isinstance(outcome, NoCard | Declined):
            return outcome
        if not isinstance(outcome, Paid):
            link = outcome.link
    now = await stripe.subscription(found.id) or found
    return Begun(now) if now.is_paying else Unconfirmed(now, link)


async def _withdraw(deps: Deps, row: Row) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            if (await store.hold(tx, row.firm_id)).wish == "begin":
                await store.change(tx, row.firm_id, wish=None)  # who wants it to end still does
            await _tell(tx, row, Outcome.WITHDRAWN, now)


async def _tell_of_trouble(deps: Deps, row: Row) -> None:
    """Once, however often it is tried."""
    async with deps.db.begin() as tx:
        known = await store.hold(tx, row.firm_id)
        if known.problem != Outcome.TROUBLE:
            await store.change(tx, row.firm_id, problem=Outcome.TROUBLE.value)
            await _tell(tx, row, Outcome.TROUBLE, deps.clock())


async def _end(deps: Deps, row: Row, begun: Beginning | OtherPrice | None) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        firm = await firms.hold(tx, row.firm_id)
        outcome, reason = _outcome(begun)
        problem = None if outcome is Outcome.ON else f"{outcome.value}{f':{reason}' if reason else ''}"
        await store.hold(tx, firm.id)
        await store.change(tx, firm.id, wish=None, problem=problem)
        if isinstance(begun, Begun | Unconfirmed):
            await subscriptions.apply(tx, firm, begun.subscription, now)
        if isinstance(begun, Begun):
            facts = {"plan": firm.plan, "subscription": begun.subscription.id}
            await plans.turn(tx, firm, now, on=True, actor=row.payload["user_id"], facts=facts)
        await audit.record(
            tx, firm.id, now, actor=row.payload["user_id"], action="subscribe",
            facts={"outcome": problem or outcome.value, "attempt": row.payload["attempt"]},
        )  # fmt: skip
        await _tell(tx, row, outcome, now, reason)
        await homes.refresh_all(tx, firm, now)


def _outcome(begun: Beginning | OtherPrice | None) -> tuple[Outcome, str]:
    match begun:
        case OtherPrice():
            return Outcome.OTHER_PRICE, ""
        case None:
            return Outcome.NOT_SET_UP, ""
        case NoCard():
            return Outcome.NO_CARD, ""
        case Declined():
            return Outcome.DECLINED, begun.reason[:40]
        case Unconfirmed():
            return Outcome.CONFIRM, ""
        case Begun():
            return Outcome.ON, ""


async def _tell(tx: Tx, row: Row, outcome: Outcome, now: datetime, reason: str = "") -> None:
    """In the modal if it is open, and in a direct message in any case."""
    firm = await firms.get(tx, row.firm_id)
    user_id, view_id = row.payload["user_id"], row.payload["view_id"]
    await stripe_ways.tell_in_modal(tx, firm.id, view_id, user_id, f"{outcome.value}:{reason}", now)
    await subscriptions.tell_one(tx, firm, user_id, outcome, now, reason)


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """Stripe refuses it for good, or could not be asked for a day."""
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        await store.change(tx, row.firm_id, wish=None, problem=f"{Outcome.REFUSED.value}:{error.code[:40]}")
        facts = {"outcome": error.code, "attempt": row.payload["attempt"]}
        await audit.record(tx, row.firm_id, now, actor=row.payload["user_id"], action="subscribe", facts=facts)
        await _tell(tx, row, Outcome.REFUSED, now, error.code[:40])
        # It may have begun all the same: whoever looks later finds that out.
        await subscriptions.look(tx, row.firm_id, now)
        await homes.refresh_all(tx, await firms.get(tx, row.firm_id), now)


async def show(deps: Deps, row: Row, now: datetime) -> None:
    """In the modal, with a link that is fresh. Raises GatewayError."""
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
    code, _, detail = row.payload["outcome"].partition(":")
    page = views.page_of(Outcome(code))
    link = billing_links.address(deps, firm, row.payload["user_id"], page, now) if page else None
    try:
        await deps.clients.slack(firm).update_view(
            row.payload["view_id"], views.outcome(Outcome(code), detail, link=link)
        )
    except GatewayError as error:
        if error.retry is not Retry.NEVER:  # else it was closed: the direct message says the same
            raise
    await deps.finish([row])


TOLD = Promise(keep=show, give_up=let_go)
SUBSCRIBE = Promise(keep=begin, settle=begin, give_up=give_up)
