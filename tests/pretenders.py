"""The pretend services with the cast on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.twilio import PretendTwilio
from tests.cast import SIGNING_SECRET, people_slack, people_twilio

STRIPE_KEY = "sk_test_of_the_operator"


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
