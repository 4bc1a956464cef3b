"""The pretend services with the cast on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from bridge.gateways.stripe_setup import METER, StripeSetup
from bridge.gateways.stripe_terms import Terms
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.twilio import PretendTwilio
from tests.cast import SIGNING_SECRET, people_slack, people_twilio

TERMS = Terms("usd", month=Decimal(1500), each=Decimal(6), free=250)
STRIPE_KEY, STRIPE_SECRET = "sk_test_of_the_operator", "whsec_of_the_operator"
HEARD = (
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "invoice.paid",
    "payment_method.attached",
)


@asynccontextmanager
async def services() -> AsyncIterator[tuple[PretendSlack, PretendTwilio]]:
    """Slack and Twilio, started; they know both firms."""
    slack, twilio = PretendSlack(signing_secret=SIGNING_SECRET), PretendTwilio()
    people_slack(slack)
    people_twilio(twilio)
    await slack.start()
    await twilio.start()
    try:
        yield slack, twilio
    finally:
        await twilio.stop()
        await slack.stop()


@asynccontextmanager
async def billing() -> AsyncIterator[PretendStripe]:
    """Stripe, started, with nothing in it."""
    stripe = PretendStripe(api_key=STRIPE_KEY)
    await stripe.start()
    try:
        yield stripe
    finally:
        await stripe.stop()


async def set_up_billing(setup: StripeSetup, terms: Terms = TERMS) -> None:
    """All that must be there before a firm can pay: by itself $15 a month, and $0.06 for each text beyond 250."""
    product = await setup.ensure_product("Two-way SMS")
    meter = await setup.ensure_meter(METER, display_name="Outbound texts")
    await setup.ensure_flat_price(product, terms)
    await setup.ensure_usage_price(product, meter, terms)
    await setup.ensure_portal()


async def set_up_webhooks(setup: StripeSetup, stripe: PretendStripe, url: str) -> None:
    """The app at this address is told what happens, under STRIPE_SECRET."""
    endpoint = await setup.ensure_endpoint(f"{url}/stripe/events", HEARD)
    stripe.secrets[endpoint.id] = STRIPE_SECRET
