"""The pages that people open: the portal, where cards are added and removed, and an invoice that is to be paid."""

import re
from typing import Any

import aiohttp
import pytest
import stripe

from bridge.sandbox.stripe import PretendStripe
from tests.sandbox.stripe.shop import CONFIRM, FAILS_LATER, GOOD, Shop

BACK = "https://slack.example.com/back"


async def link(shop: Shop, **more: Any) -> str:
    params: Any = {"customer": shop.customer, "return_url": BACK, **more}
    return (await shop.client.v1.billing_portal.sessions.create_async(params)).url


async def test_there_is_no_portal_until_it_is_set_up(shop: Shop, pretend: PretendStripe) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await link(shop)
    assert "until you save your customer portal settings" in str(refused.value)
    made = await shop.client.v1.billing_portal.configurations.create_async(
        {"features": {"payment_method_update": {"enabled": True}}}
    )
    assert not made.is_default
    with pytest.raises(stripe.InvalidRequestError):
        await link(shop)
    assert await link(shop, configuration=made.id)
    pretend.save_portal_settings()
    assert await link(shop)


async def test_the_flow_needs_its_feature(shop: Shop) -> None:
    made = await shop.client.v1.billing_portal.configurations.create_async(
        {"features": {"invoice_history": {"enabled": True}}}
    )
    with pytest.raises(stripe.InvalidRequestError):
        await link(shop, configuration=made.id, flow_data={"type": "payment_method_update"})


async def test_a_card_is_added_by_hand(shop: Shop, pretend: PretendStripe, http: aiohttp.ClientSession) -> None:
    pretend.save_portal_settings()
    url = await link(shop)
    async with http.get(url) as page:
        text = await page.text()
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "No card yet." in text
    assert "<script" not in text
    assert BACK in text
    async with http.post(f"{url}/add", data={"number": "4242 4242 4242 4242", "default": "yes"}) as page:
        assert "visa ending in 4242, 12/2034 (default)" in await page.text()
    async with http.post(f"{url}/add", data={"number": FAILS_LATER}) as page:
        text = await page.text()
    card = pretend.customers[shop.customer]["invoice_settings"]["default_payment_method"]
    assert pretend.cards[card]["card"]["last4"] == "4242"
    other = next(each for each in re.findall(r'value="(pm_\w+)"', text) if each != card)
    await http.post(f"{url}/default", data={"card": other})
    assert pretend.customers[shop.customer]["invoice_settings"]["default_payment_method"] == other
    await http.post(f"{url}/remove", data={"card": other})
    assert pretend.customers[shop.customer]["invoice_settings"]["default_payment_method"] is None
    assert pretend.cards[other]["customer"] is None


async def test_the_flow_makes_the_new_card_the_default(
    shop: Shop, pretend: PretendStripe, http: aiohttp.ClientSession
) -> None:
    pretend.save_portal_settings()
    after: Any = {"type": "redirect", "redirect": {"return_url": BACK}}
    url = await link(shop, flow_data={"type": "payment_method_update", "after_completion": after})
    async with http.post(f"{url}/add", data={"number": GOOD}, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, BACK)
    assert (await shop.subscribe()).status == "active"


@pytest.mark.parametrize("number", ["4000000000000002", "4000000000000069", "1234"])
async def test_a_card_that_is_refused(
    shop: Shop, pretend: PretendStripe, http: aiohttp.ClientSession, number: str
) -> None:
    pretend.save_portal_settings()
    async with http.post(f"{await link(shop)}/add", data={"number": number}) as page:
        assert page.status == 402
    assert pretend.cards == {}


async def test_a_link_that_nobody_opens_dies(
    shop: Shop, pretend: PretendStripe, http: aiohttp.ClientSession
) -> None:
    pretend.save_portal_settings()
    visited, left = await link(shop), await link(shop)
    for url, status in ((visited, 200), (left[:-3] + "xxx", 404)):
        async with http.get(url) as page:
            assert page.status == status
    await pretend.skip(minutes=6)
    for url, status in ((visited, 200), (left, 404)):
        async with http.get(url) as page:
            assert page.status == status


@pytest.mark.parametrize("url", ["javascript:alert(1)", "slack://open"])
async def test_addresses_that_lead_nowhere_good(shop: Shop, pretend: PretendStripe, url: str) -> None:
    pretend.save_portal_settings()
    with pytest.raises(stripe.InvalidRequestError):
        await link(shop, return_url=url)


@pytest.mark.parametrize("number", ["", GOOD])
async def test_an_invoice_is_confirmed_by_hand(
    shop: Shop, pretend: PretendStripe, http: aiohttp.ClientSession, number: str
) -> None:
    pretend.add_card(shop.customer, CONFIRM)
    subscription = await shop.subscribe(payment_behavior="allow_incomplete")
    invoice: Any = subscription.latest_invoice
    async with http.get(invoice.hosted_invoice_url) as page:
        assert "To pay: $15.00" in await page.text()
    async with http.post(invoice.hosted_invoice_url, data={"number": number}) as page:
        assert "paid" in await page.text()
    assert pretend.subscriptions[subscription.id]["status"] == "active"


async def test_an_invoice_that_cannot_be_paid_stays_open(
    shop: Shop, pretend: PretendStripe, http: aiohttp.ClientSession
) -> None:
    pretend.add_card(shop.customer, CONFIRM)
    subscription = await shop.subscribe(payment_behavior="allow_incomplete")
    invoice: Any = subscription.latest_invoice
    async with http.post(invoice.hosted_invoice_url, data={"number": FAILS_LATER}) as page:
        assert page.status == 402
    assert pretend.invoices[invoice.id]["status"] == "open"
    async with http.get(f"{pretend.url}/pay/nothing") as page:
        assert page.status == 404
