"""Stripe: the key, what it takes to charge, whether we are told of payments, and whether usage gets there."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError
from bridge.gateways.stripe_setup import Listener, Offer
from bridge.rules.billing import Standing, standing
from bridge.services import plans, stripe_setup, stripe_ways, usage
from bridge.services.deps import Deps
from bridge.services.examinations.clocks import Clocks
from bridge.services.examinations.findings import Finding, fail, ok, trouble, warn
from bridge.services.stripe_setup import THERE
from bridge.settings import Settings
from bridge.store import subscriptions
from bridge.store import usage as usage_store
from bridge.store.firms import Firm
from bridge.store.subscriptions import Subscription

LATE = timedelta(days=1)  # after which usage should have been reported
LOOKED_BACK = timedelta(days=60)  # at what was lost: what is older is on invoices that nobody changes any more
SETUP = "Run: python -m bridge stripe-setup"
ANEW = f"{SETUP} --new-endpoint"
KEY = "Check STRIPE_API_KEY, and what a restricted key may do."
NO_KEY = "Set STRIPE_API_KEY and run: python -m bridge stripe-setup; or give them another plan: firms set-plan"
UNSET = "Set STRIPE_WEBHOOK_SECRET. If nobody has kept it: python -m bridge stripe-setup --new-endpoint"
BY_HAND = "What Stripe charges for them is wrong; put it right by hand, on the customer's page at Stripe."
ON_UNPAID = (
    "Switch it off, and their admins confirm the price when they switch it on: firms two-way off; "
    "or let it be included: firms set-plan included"
)
WAITING = "See the lines about Stripe, and whether the firm has a subscription. After 35 days Stripe takes none."


async def look(deps: Deps, firms: Sequence[Firm], clocks: Clocks, now: datetime) -> list[Finding]:
    """The operator's account, and each firm's usage; nothing where nobody is to be charged."""
    return [*await _account(deps, firms, clocks), *await _unpaid(deps, firms), *await _usage(deps, firms, now)]


async def _account(deps: Deps, firms: Sequence[Firm], clocks: Clocks) -> list[Finding]:
    if not deps.settings.stripe_api_key:
        charged = ", ".join(firm.team_id for firm in firms if plans.is_charged(firm))
        says = f"STRIPE_API_KEY is not set, and there are firms with the add-on, who cannot be charged: {charged}"
        return [warn("stripe", says, NO_KEY)] if charged else []
    try:
        stripe = deps.clients.stripe()
        url = stripe_setup.address(deps.settings)
        offer, endpoints = await asyncio.gather(stripe_ways.offer(deps), stripe.setup.endpoints(url))
    except GatewayError as error:
        return [trouble("stripe", "Stripe", error, KEY)]
    clocks.note("stripe", stripe.ahead)
    live = stripe_setup.is_live(deps.settings)
    key = ok("stripe", f"the key works; with it {'real cards are' if live else 'no real card is'} charged")
    told = [_hook(url, endpoints), _secret(deps.settings)] if deps.settings.public_base_url else []
    return [key, _prices(offer, deps.settings), *told]


def _prices(offer: Offer, settings: Settings) -> Finding:
    about, parts = "stripe prices", stripe_setup.parts_of(offer, settings)
    if missing := [f"{part.name} ({part.says})" for part in parts if part.state != THERE]:
        return fail(about, f"nobody can be charged, for there is no {', no '.join(missing)}", SETUP)
    return ok(about, f"prices, meter and portal are there, for {usage.price(settings).sentence}")


def _hook(url: str, endpoints: Sequence[Listener]) -> Finding:
    about = "stripe webhooks"
    if not endpoints:
        return fail(about, f"Stripe does not tell {url} of payments, so they are noticed a day late", SETUP)
    newest = endpoints[0]
    if not newest.is_enabled:
        return fail(about, "the endpoint is disabled, so payments are noticed a day late", SETUP)
    if missed := newest.misses(stripe_setup.EVENTS):
        return warn(about, f"the endpoint does not hear of {', '.join(missed)}", SETUP)
    if not newest.is_current:
        return warn(about, f"the endpoint tells of events in version {newest.version}, which is not ours", ANEW)
    if len(endpoints) > 1:
        return warn(about, f"{len(endpoints)} endpoints lead here, and only one of them is believed", ANEW)
    return ok(about, f"Stripe tells {url} of payments")


def _secret(settings: Settings) -> Finding:
    about = "stripe secret"
    if not settings.stripe_webhook_secret:
        return fail(about, "without STRIPE_WEBHOOK_SECRET all that Stripe tells is refused", UNSET)
    return ok(about, "STRIPE_WEBHOOK_SECRET is set")


async def _unpaid(deps: Deps, firms: Sequence[Firm]) -> list[Finding]:
    """Who has the add-on and was switched on by the operator, not by an admin who confirmed its price."""
    if not deps.settings.stripe_api_key:
        return []
    async with deps.db.survey() as tx:
        pay = {each.firm_id for each in await subscriptions.with_customers(tx) if not _is_over(each)}
    return [
        warn(f"billing {firm.team_id}", "two-way SMS is on, and nobody pays for it", ON_UNPAID)
        for firm in firms
        if plans.is_charged(firm) and firm.two_way and firm.id not in pay
    ]


def _is_over(known: Subscription) -> bool:
    return standing(known.status) is Standing.OVER


async def _usage(deps: Deps, firms: Sequence[Firm], now: datetime) -> list[Finding]:
    async with deps.db.survey() as tx:
        lost = await usage_store.lost(tx, now - LOOKED_BACK)
        waiting = await usage_store.waiting(tx, now - LATE)
        off = {known.firm_id: known.usage_off for known in await subscriptions.with_customers(tx)}
    found = []
    for firm in firms:
        about = f"usage {firm.team_id}"
        if many := lost.get(firm.id, 0):
            found.append(warn(about, f"{_texts(many)} that Stripe will never hear of, or never forget", BY_HAND))
        if many := waiting.get(firm.id, 0):
            found.append(
                warn(about, f"{_texts(many)} of more than a day ago of which Stripe has not heard", WAITING)
            )
        if differs := off.get(firm.id, 0):
            says = (
                f"Stripe has counted {_texts(abs(differs))} {'more' if differs > 0 else 'fewer'} than we reported"
            )
            found.append(fail(about, f"{says}, of the month that is paid for", BY_HAND))
    return found


def _texts(many: int) -> str:
    return "1 text" if many == 1 else f"{many:,} texts"
