"""The front door: keys and versions, parameters, idempotency, pages, expanding."""

import asyncio
from typing import Any

import aiohttp
import pytest
import stripe
from stripe import StripeClient

from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.stripe.world import VERSION
from tests.sandbox.stripe.shop import FAILS_LATER, KEY, Shop

GOOD = {"Authorization": f"Bearer {KEY}", "Stripe-Version": VERSION}


async def post(http: aiohttp.ClientSession, url: str, **data: str) -> tuple[int, Any]:
    async with http.post(url, headers=GOOD, data=data) as answer:
        return answer.status, (await answer.json()).get("error")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (GOOD, 200),
        ({**GOOD, "Authorization": "Bearer sk_test_of_somebody_else"}, 401),
        ({**GOOD, "Authorization": f"Basic {KEY}"}, 401),
        ({"Stripe-Version": VERSION}, 401),
        ({**GOOD, "Stripe-Version": "2026-09-30.endive"}, 400),
        ({"Authorization": GOOD["Authorization"]}, 400),
    ],
)
async def test_only_the_right_key_and_version(
    pretend: PretendStripe, http: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    async with http.get(f"{pretend.url}/v1/account", headers=headers) as answer:
        assert answer.status == status
        assert KEY not in await answer.text()


async def test_an_address_that_there_is_not(pretend: PretendStripe, http: aiohttp.ClientSession) -> None:
    assert await post(http, f"{pretend.url}/v1/subscription_items") == (
        404,
        {
            "message": "Unrecognized request URL (POST: /v1/subscription_items).",
            "type": "invalid_request_error",
        },
    )


@pytest.mark.parametrize(
    ("path", "data", "code", "param"),
    [
        ("customers", {"colour": "red"}, "parameter_unknown", "colour"),
        ("customers", {"invoice_settings[colour]": "red"}, "parameter_unknown", "invoice_settings[colour]"),
        ("customers", {"invoice_settings": "x"}, None, "invoice_settings"),
        ("customers", {"name[": "x"}, None, "name["),
        ("products", {}, "parameter_missing", "name"),
        ("products", {"name": ""}, "parameter_missing", "name"),
        ("products", {"name": "x", "active": "yes"}, None, "active"),
        ("subscriptions", {"customer": "cus_1"}, "parameter_missing", "items"),
        ("subscriptions", {"customer": "cus_1", "items": "x"}, None, "items"),
        ("billing/meter_events", {"event_name": "x", "payload[value][x]": "1"}, None, "payload"),
        ("prices", {"currency": "usd", "unit_amount": "1.5"}, "parameter_invalid_integer", "unit_amount"),
        ("prices", {"currency": "usd", "unit_amount_decimal": "NaN"}, None, "unit_amount_decimal"),
    ],
)
async def test_parameters_that_are_refused(
    pretend: PretendStripe,
    http: aiohttp.ClientSession,
    path: str,
    data: dict[str, str],
    code: str | None,
    param: str,
) -> None:
    status, error = await post(http, f"{pretend.url}/v1/{path}", **data)
    assert (status, error["type"], error.get("code"), error.get("param")) == (
        400,
        "invalid_request_error",
        code,
        param,
    )


async def test_a_refusal_is_kept_by_its_key_so_that_a_card_comes_too_late(
    shop: Shop, pretend: PretendStripe
) -> None:
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await shop.subscribe(key="first")
        assert (refused.value.code, refused.value.param) == ("resource_missing", None)
        pretend.add_card(shop.customer)
    assert [request.is_replay for request in pretend.requests[-2:]] == [False, True]
    assert (await shop.subscribe(key="second")).status == "active"


async def test_a_key_is_for_one_request(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    first, second = [await shop.subscribe(key="k") for _ in range(2)]
    assert first.id == second.id
    assert len(pretend.subscriptions) == 1
    with pytest.raises(stripe.IdempotencyError):
        await shop.subscribe(key="k", off_session=True)
    await pretend.skip(hours=25)
    assert (await shop.subscribe(key="k")).id != first.id


async def test_a_key_of_a_request_that_is_under_way_is_taken(shop: Shop, pretend: PretendStripe) -> None:
    pretend.usage_work = 0.2
    both = await asyncio.gather(*(_keyed(shop) for _ in range(2)), return_exceptions=True)
    (trouble,) = [each for each in both if each is not None]
    assert isinstance(trouble, stripe.StripeError)
    assert trouble.http_status == 409
    await _keyed(shop)
    assert len(pretend.usage) == 1


async def _keyed(shop: Shop) -> None:
    payload = {"stripe_customer_id": shop.customer, "value": "1"}
    await shop.client.v1.billing.meter_events.create_async(
        {"event_name": "sms_outbound", "identifier": "m1", "payload": payload}, {"idempotency_key": "m1"}
    )


async def test_parameters_that_were_wrong_are_not_kept(pretend: PretendStripe, http: aiohttp.ClientSession) -> None:
    headers = {**GOOD, "Idempotency-Key": "k"}
    for data, status in (({"colour": "red"}, 400), ({"name": "Harbor Law"}, 200)):
        async with http.post(f"{pretend.url}/v1/customers", headers=headers, data=data) as answer:
            assert answer.status == status


async def test_pages(client: StripeClient, pretend: PretendStripe) -> None:
    made = [(await client.v1.customers.create_async({"name": str(number)})).id for number in range(7)]
    page = await client.v1.customers.list_async({"limit": 3})
    assert [each.id for each in page.data] == made[:3:-1]
    assert [each.id async for each in page.auto_paging_iter()] == made[::-1]
    back = await client.v1.customers.list_async({"limit": 2, "ending_before": made[0]})
    assert [each.id for each in back.data] == [made[2], made[1]]
    for wrong in ({"limit": 101}, {"starting_after": "cus_nobody"}):
        with pytest.raises(stripe.InvalidRequestError):
            await client.v1.customers.list_async(wrong)  # type: ignore[arg-type]


async def test_expanding(shop: Shop, pretend: PretendStripe) -> None:
    card = pretend.add_card(shop.customer)
    customer = await shop.client.v1.customers.retrieve_async(
        shop.customer, {"expand": ["invoice_settings.default_payment_method"]}
    )
    found: Any = customer.invoice_settings.default_payment_method if customer.invoice_settings else None
    assert (found.id, found.card.last4) == (card, "4242")
    subscription = await shop.subscribe(expand=["latest_invoice.confirmation_secret"])
    invoice: Any = subscription.latest_invoice
    assert invoice.confirmation_secret.client_secret
    with pytest.raises(stripe.InvalidRequestError):
        await shop.client.v1.customers.retrieve_async(shop.customer, {"expand": ["colour"]})


async def test_a_customer_who_was_deleted_comes_back_as_deleted(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    await shop.client.v1.customers.delete_async(shop.customer)
    gone: Any = await shop.client.v1.customers.retrieve_async(shop.customer)
    assert gone.deleted is True
    assert pretend.subscriptions[subscription.id]["status"] == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.subscribe()
    assert (refused.value.code, refused.value.param) == ("resource_missing", "customer")
    await pretend.skip(days=40)


async def test_cards(shop: Shop, pretend: PretendStripe) -> None:
    methods = shop.client.v1.payment_methods
    card = await methods.attach_async("pm_card_visa", {"customer": shop.customer})
    assert (await methods.attach_async(card.id, {"customer": shop.customer})).id == card.id
    with pytest.raises(stripe.CardError) as declined:
        await methods.attach_async("pm_card_visa_chargeDeclined", {"customer": shop.customer})
    assert declined.value.code == "card_declined"
    await methods.attach_async("pm_card_chargeCustomerFail", {"customer": shop.customer})
    listed = await shop.client.v1.customers.payment_methods.list_async(shop.customer, {"type": "card"})
    assert [each.card.last4 for each in listed.data if each.card] == [FAILS_LATER[-4:], "4242"]
    await methods.detach_async(card.id)
    for again in (methods.detach_async(card.id), methods.attach_async(card.id, {"customer": shop.customer})):
        with pytest.raises(stripe.InvalidRequestError):
            await again


async def test_prices_are_found_by_their_lookup_keys(shop: Shop, pretend: PretendStripe) -> None:
    prices = shop.client.v1.prices
    found = await prices.list_async({"lookup_keys": ["flat", "other"], "active": True})
    assert [each.id for each in found.data] == [shop.flat]
    again: Any = {
        "currency": "usd", "product": found.data[0].product, "unit_amount": 1600,
        "recurring": {"interval": "month"}, "lookup_key": "flat",
    }  # fmt: skip
    with pytest.raises(stripe.InvalidRequestError):
        await prices.create_async(again)
    again["transfer_lookup_key"] = True
    newer = await prices.create_async(again)
    found = await prices.list_async({"lookup_keys": ["flat"]})
    assert [each.id for each in found.data] == [newer.id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"recurring": {"interval": "month", "usage_type": "metered"}, "unit_amount": 6},
        {"recurring": {"interval": "month", "usage_type": "metered", "meter": "mtr_none"}, "unit_amount": 6},
        {"recurring": {"interval": "month"}, "billing_scheme": "tiered", "tiers_mode": "graduated"},
        {
            "recurring": {"interval": "month"},
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [{"up_to": 250, "unit_amount": 0}],
        },
        {"recurring": {"interval": "month"}},
    ],
)
async def test_prices_that_cannot_be(shop: Shop, wrong: Any) -> None:
    params: Any = {"currency": "usd", "product_data": {"name": "Two-way SMS"}, **wrong}
    with pytest.raises(stripe.InvalidRequestError):
        await shop.client.v1.prices.create_async(params)
