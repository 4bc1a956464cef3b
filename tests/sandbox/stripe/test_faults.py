"""API requests that go wrong on demand, and the control API."""

from typing import Any

import aiohttp
import pytest
import stripe

from bridge.sandbox.stripe import PretendStripe
from tests.sandbox.stripe.shop import GOOD, KEY, Shop


@pytest.mark.parametrize(
    ("fault", "kind", "made"),
    [
        ({}, stripe.APIError, 0),
        ({"status": 500, "accept_first": True}, stripe.APIError, 1),
        ({"status": 429}, stripe.RateLimitError, 0),
        ({"status": 401}, stripe.AuthenticationError, 0),
        ({"status": 502, "body": "<html>"}, stripe.APIError, 0),
        ({"status": 402, "kind": "card_error", "code": "card_declined"}, stripe.CardError, 0),
        ({"drop": True}, stripe.APIConnectionError, 0),
        ({"drop": True, "accept_first": True}, stripe.APIConnectionError, 1),
        ({"cut": True}, aiohttp.ClientPayloadError, 1),
    ],
)
async def test_failures(
    shop: Shop, pretend: PretendStripe, fault: dict[str, Any], kind: type[Exception], made: int
) -> None:
    pretend.add_card(shop.customer)
    pretend.fail("subscription_create", **fault)
    with pytest.raises(kind):
        await shop.subscribe(key="k")
    assert len(pretend.subscriptions) == made
    assert (await shop.subscribe(key="k")).status == "active"
    assert len(pretend.subscriptions) == 1


async def test_a_failure_that_its_key_keeps(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    pretend.fail("subscription", status=500, accept_first=True, keep=True)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await shop.subscribe(key="k")
    assert len(pretend.subscriptions) == 1


async def test_how_often_and_until_it_is_healed(shop: Shop, pretend: PretendStripe) -> None:
    pretend.fail("account", times=2, status=503)
    pretend.fail("*", hang=0.01)
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await shop.client.v1.accounts.retrieve_current_async()
    await shop.client.v1.accounts.retrieve_current_async()
    pretend.fail("account")
    pretend.heal()
    await shop.client.v1.accounts.retrieve_current_async()
    with pytest.raises(ValueError, match="no operation"):
        pretend.fail("everything")


async def act(http: aiohttp.ClientSession, pretend: PretendStripe, action: str, **asked: Any) -> Any:
    async with http.post(f"{pretend.url}/_/{action}", json=asked) as answer:
        return await answer.json()


async def test_the_control_api(shop: Shop, pretend: PretendStripe, http: aiohttp.ClientSession) -> None:
    card = (await act(http, pretend, "card", customer=shop.customer, number=GOOD))["card"]
    subscription = await shop.subscribe()
    assert await act(http, pretend, "fate", card=card, fate="insufficient_funds") == {}
    await act(http, pretend, "skip", days=32)
    assert pretend.subscriptions[subscription.id]["status"] == "past_due"
    await act(http, pretend, "fate", card=card, fate="good")
    owed = pretend.invoices_of(shop.customer)[-1]["id"]
    assert await act(http, pretend, "pay", invoice=owed) == {"status": "paid"}
    assert await act(http, pretend, "settings", duplicates=2) == {"duplicates": 2, "disorder": False}
    assert await act(http, pretend, "fail", what="account") == {}
    assert await act(http, pretend, "heal") == {}
    assert await act(http, pretend, "remove", card=card) == {}
    for action, asked in (("fail", {"what": "x"}), ("fate", {"card": "x", "fate": "good"}), ("settings", {"x": 1})):
        assert "error" in await act(http, pretend, action, **asked)
    async with http.get(f"{pretend.url}/_/state") as answer:
        text = await answer.text()
    assert KEY not in text
    assert subscription.id in text


async def test_only_this_machine_controls_it(pretend: PretendStripe, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{pretend.url}/_/heal", data={"x": "1"}) as answer:
        assert answer.status == 415
    async with http.get(f"{pretend.url}/_/state", headers={"Host": "evil.example.com"}) as answer:
        assert answer.status == 403
