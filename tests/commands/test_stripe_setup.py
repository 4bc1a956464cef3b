"""An operator makes the account at Stripe ready to charge."""

from collections.abc import AsyncIterator

import pytest
import stripe as package

from bridge.sandbox.stripe import PretendStripe
from bridge.services.stripe_setup import EVENTS
from tests.commands.operator import Operator
from tests.pretenders import STRIPE_KEY, billing


@pytest.fixture
async def stripe(bare_operator: Operator) -> AsyncIterator[PretendStripe]:
    """The operator's account, with nothing in it. There is no database yet, and none is needed."""
    async with billing() as stripe:
        bare_operator.environ |= {"STRIPE_API_KEY": stripe.api_key, "STRIPE_API_URL": stripe.url}
        yield stripe
    assert not bare_operator.database.exists()


def secret_in(said: str) -> str:
    """The one that is told."""
    (line,) = [line for line in said.splitlines() if line.startswith("STRIPE_WEBHOOK_SECRET=")]
    return line.partition("=")[2]


async def test_it_shows_first_and_makes_everything_once(bare_operator: Operator, stripe: PretendStripe) -> None:
    first = await bare_operator.succeeds("stripe-setup")
    assert "with a test key: no real card is charged." in first
    assert first.count("  to make ") == 6
    assert "Nothing was made. To make it: python -m bridge stripe-setup --yes" in first
    assert not {request.method for request in stripe.requests} - {"GET"}

    made = await bare_operator.succeeds("stripe-setup", "--yes")
    (endpoint,) = stripe.endpoints.values()
    assert secret_in(made) == stripe.secrets[endpoint["id"]]
    assert endpoint["url"] == f"{bare_operator.environ['PUBLIC_BASE_URL']}/stripe/events"
    assert (set(endpoint["enabled_events"]), endpoint["api_version"]) == (set(EVENTS), package.api_version)
    assert sorted(price["unit_amount"] or 0 for price in stripe.prices.values()) == [0, 1500]

    again = await bare_operator.succeeds("stripe-setup", "--yes")
    assert "Everything is there." in again
    assert "STRIPE_WEBHOOK_SECRET is not set." in again
    kept = await bare_operator.succeeds("stripe-setup", STRIPE_WEBHOOK_SECRET=secret_in(made))
    assert kept.endswith("Everything is there.\n")
    assert [len(each) for each in (stripe.products, stripe.prices, stripe.meters, stripe.endpoints)] == [1, 2, 1, 1]
    assert "whsec_" not in again + kept
    assert STRIPE_KEY not in first + made + again + kept


async def test_what_has_changed_is_made_or_repaired(bare_operator: Operator, stripe: PretendStripe) -> None:
    made = secret_in(await bare_operator.succeeds("stripe-setup", "--yes"))
    (endpoint,) = stripe.endpoints.values()
    endpoint["status"], endpoint["api_version"] = "disabled", "2020-08-27"
    dearer = {"PRICE_PER_MONTH": "20", "STRIPE_WEBHOOK_SECRET": made}
    told = await bare_operator.succeeds("stripe-setup", "--dry-run", "--yes", **dearer)
    assert "  to make    monthly price     $20\n" in told
    assert "  to repair  webhook endpoint  http" in told
    assert "in another version" in told
    await bare_operator.succeeds("stripe-setup", "--yes", **dearer)
    assert endpoint["status"] == "enabled"
    assert len(stripe.prices) == 3

    anew = await bare_operator.succeeds("stripe-setup", "--new-endpoint", "--yes", **dearer)
    (newer,) = stripe.endpoints.values()
    assert newer["api_version"] == package.api_version
    assert secret_in(anew) == stripe.secrets[newer["id"]] != made


async def test_what_is_in_the_way_is_said(bare_operator: Operator, stripe: PretendStripe) -> None:
    wrong = await bare_operator.fails("stripe-setup", "--yes", STRIPE_API_KEY="sk_test_another")
    assert wrong.startswith("Stripe refuses: http_401. Check STRIPE_API_KEY")
    stripe.fail("*", times=1, status=503)
    assert "Stripe did not answer: http_503. Do it again" in await bare_operator.fails("stripe-setup", "--yes")
    missing = await bare_operator.fails("stripe-setup", STRIPE_API_KEY="", PUBLIC_BASE_URL="")
    assert "STRIPE_API_KEY is missing." in missing + (await bare_operator("stripe-setup", STRIPE_API_KEY="")).err
    stripe.api_key = "sk_live_of_the_operator"
    live = await bare_operator.succeeds("stripe-setup", STRIPE_API_KEY=stripe.api_key)
    assert "with a LIVE key: real cards are charged." in live
