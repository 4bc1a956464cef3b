"""A running pretend Stripe, an app that notes its webhooks, and Stripe's own library."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
import stripe
from aiohttp import web
from stripe import StripeClient

from bridge.sandbox.stripe import PretendStripe
from tests.sandbox.served import served
from tests.sandbox.stripe.shop import KEY, Shop


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A plain client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def pretend() -> AsyncIterator[PretendStripe]:
    """A pretend Stripe that runs."""
    running = PretendStripe(api_key=KEY)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def client(pretend: PretendStripe, http: aiohttp.ClientSession) -> StripeClient:
    """Stripe's own library, talking to the pretender."""
    here: Any = dict.fromkeys(("api", "connect", "files", "meter_events"), pretend.url)
    return StripeClient(KEY, http_client=stripe.AIOHTTPClient(session=http), base_addresses=here)


@pytest.fixture
async def shop(pretend: PretendStripe, client: StripeClient) -> Shop:
    """A meter, both prices, and a customer without a card."""
    return await Shop.opened(pretend, client)


@pytest.fixture
async def app() -> AsyncIterator[Any]:
    """An app that answers webhooks with the next of `plan`, or with `status`, and notes them."""
    seen = SimpleNamespace(calls=[], plan=[], status=200, url="")

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        seen.calls.append(SimpleNamespace(body=body, signature=request.headers.get("Stripe-Signature", "")))
        return web.Response(status=seen.plan.pop(0) if seen.plan else seen.status)

    server = web.Application()
    server.router.add_post("/stripe/events", answer)
    async with served(server) as url:
        seen.url = f"{url}/stripe/events"
        yield seen
