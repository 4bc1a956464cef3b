"""Sessions that are closed, a server that says what it is told, a pretend Twilio with one account."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bridge.gateways.stripe import StripeGateway
from bridge.gateways.twilio import TwilioGateway
from bridge.gateways.wire import open_session
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.twilio import PretendTwilio
from tests.gateways.desk import Desk
from tests.gateways.stand import Stand
from tests.pretenders import STRIPE_KEY

ACCOUNT, TOKEN, OURS = "AC" + "a" * 32, "token-of-the-first-firm", "+14155550100"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """What the app uses."""
    async with open_session() as opened:
        yield opened


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """A server that says what the test tells it."""
    running = Stand()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def pretend() -> AsyncIterator[PretendTwilio]:
    """A pretend Twilio with one account and one number."""
    running = PretendTwilio()
    await running.start()
    running.add_account(ACCOUNT, TOKEN)
    running.add_number(ACCOUNT, OURS)
    yield running
    await running.stop()


@pytest.fixture
def twilio(session: aiohttp.ClientSession, pretend: PretendTwilio) -> TwilioGateway:
    """The gateway to the pretend Twilio."""
    return TwilioGateway(session, ACCOUNT, TOKEN, base_url=pretend.url)


@pytest.fixture
async def pretend_stripe() -> AsyncIterator[PretendStripe]:
    """A pretend Stripe with nothing in it."""
    running = PretendStripe(api_key=STRIPE_KEY)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def stripe(session: aiohttp.ClientSession, pretend_stripe: PretendStripe) -> StripeGateway:
    """The gateway to the pretend Stripe."""
    return StripeGateway(session, STRIPE_KEY, base_url=pretend_stripe.url)


@pytest.fixture
async def desk(stripe: StripeGateway, pretend_stripe: PretendStripe) -> Desk:
    """An account that is set up, and a firm's customer without a card."""
    return await Desk.opened(stripe, pretend_stripe)
