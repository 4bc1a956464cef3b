"""What the operator's Stripe account needs before a firm can pay: what of it is there, and what is to be made.

It needs no database: a copy can be set up before it has ever been started.
"""

from dataclasses import dataclass

from bridge.gateways.errors import GatewayError
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_setup import METER, Endpoint, Listener, Offer
from bridge.services import stripe_ways, usage
from bridge.services.stripe_ways import asked_terms
from bridge.settings import Settings

PRODUCT_NAME, METER_NAME = "Two-way SMS", "Outbound texts"
PATH = "/stripe/events"
EVENTS = (
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "payment_method.attached",
    "payment_method.detached",
)
THERE, TO_MAKE, TO_REPAIR = "there", "to make", "to repair"


@dataclass(frozen=True)
class Part:
    """One thing in the account: THERE, TO_MAKE or TO_REPAIR."""

    state: str
    name: str
    says: str


@dataclass(frozen=True)
class Account:
    """The operator's, as it stands. `id` is "" where a restricted key may not tell."""

    id: str
    parts: list[Part]
    endpoints: list[Listener]

    @property
    def is_ready(self) -> bool:
        """Whether there is nothing to make or to repair."""
        return all(part.state == THERE for part in self.parts)


def is_live(settings: Settings) -> bool:
    """Whether real cards are charged with this key."""
    return "_live_" in settings.stripe_api_key.get_secret_value()


def address(settings: Settings) -> str:
    """Where Stripe is to tell us of what happens."""
    return f"{settings.public_base_url}{PATH}"


async def look(stripe: StripeGateway, settings: Settings) -> Account:
    """What is there, and what is not; nothing is made. Raises GatewayError."""
    offer = await stripe_ways.offer_of(stripe, settings)
    has_product = await stripe.setup.has_product()
    endpoints = await stripe.setup.endpoints(address(settings))
    parts = [_part(has_product, "product", PRODUCT_NAME), *parts_of(offer, settings), _hook(endpoints, settings)]
    return Account(await _account(stripe), parts, endpoints)


async def _account(stripe: StripeGateway) -> str:
    try:
        return await stripe.setup.account_id()
    except GatewayError:
        return ""


def parts_of(offer: Offer, settings: Settings) -> list[Part]:
    """What a subscription is made of, and the portal, at the price that is set."""
    asked = usage.price(settings)
    beyond = f"{asked.written(asked.per_text)} for each text over {asked.allowance:,}"
    return [
        _part(offer.meter, "meter", METER),
        _part(offer.month, "monthly price", asked.written(asked.per_month)),
        _part(offer.texts, "price of texts", beyond),
        _part(offer.portal, "billing portal", "cards and invoices"),
    ]


def _part(is_there: object, name: str, says: str) -> Part:
    return Part(THERE if is_there else TO_MAKE, name, says)


def _hook(endpoints: list[Listener], settings: Settings) -> Part:
    name, says = "webhook endpoint", address(settings)
    if not endpoints:
        return Part(TO_MAKE, name, says)
    is_well = endpoints[0].is_enabled and not endpoints[0].misses(EVENTS)
    return Part(THERE if is_well else TO_REPAIR, name, says)


async def make(stripe: StripeGateway, settings: Settings, *, new_endpoint: bool) -> Endpoint:
    """Make what is not there; again and again, it makes everything once. Raises GatewayError.

    A new endpoint comes first and the old ones go after that, so whoever dies between leaves two, and not none.
    """
    setup, terms, url = stripe.setup, asked_terms(settings), address(settings)
    product = await setup.ensure_product(PRODUCT_NAME)
    meter = await setup.ensure_meter(METER, display_name=METER_NAME)
    await setup.ensure_flat_price(product, terms)
    await setup.ensure_usage_price(product, meter, terms)
    await setup.ensure_portal()
    if not new_endpoint:
        return await setup.ensure_endpoint(url, EVENTS)
    before = await setup.endpoints(url)
    made = await setup.new_endpoint(url, EVENTS)
    for each in before:
        await setup.delete_endpoint(each.id)
    return made
