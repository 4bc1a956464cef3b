"""The shape of every answer: against the examples that Stripe publishes, and the fields that its library knows.

The examples are older than the version of the API: what the library has no more may be missing, and what it has
since may be there. What is empty in an example says nothing about its kind.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import stripe

from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.stripe.world import VERSION
from tests.house import vendor
from tests.sandbox.stripe.shop import CONFIRM, FAILS_LATER, KEY, Shop

CLASSES: dict[str, Any] = {
    "account": stripe.Account,
    "billing.meter": stripe.billing.Meter,
    "billing.meter_event": stripe.billing.MeterEvent,
    "billing.meter_event_adjustment": stripe.billing.MeterEventAdjustment,
    "billing.meter_event_summary": stripe.billing.MeterEventSummary,
    "billing_portal.configuration": stripe.billing_portal.Configuration,
    "billing_portal.session": stripe.billing_portal.Session,
    "customer": stripe.Customer,
    "event": stripe.Event,
    "invoice": stripe.Invoice,
    "line_item": stripe.InvoiceLineItem,
    "payment_method": stripe.PaymentMethod,
    "price": stripe.Price,
    "product": stripe.Product,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
LEFT_OUT = {  # what has nothing to do with what is done here
    "account": {
        "controller", "external_accounts", "future_requirements", "requirements", "settings", "tos_acceptance",
    },
    "account.business_profile": {
        "annual_revenue", "estimated_worker_count", "minority_owned_business_designation", "product_description",
        "support_address", "support_phone", "support_url",
    },
    "event.data": {"previous_attributes"},
}  # fmt: skip
FREE = {"metadata", "payload", "object"}  # whatever is put in


def fields(owner: Any) -> set[str]:
    return set(inspect.get_annotations(owner)) if owner is not None else set()


def differences(ours: Any, theirs: Any, owner: Any, path: str) -> Iterator[str]:
    """Where an answer is of another shape than the example, or has what neither the example nor the library has."""
    known = fields(owner)
    for field in ours:
        if field not in theirs and field not in known:
            yield f"{path}.{field} is an invention"
    for field in theirs:
        is_gone = bool(known) and field not in known
        if field not in ours and not is_gone and field not in LEFT_OUT.get(path, ()):
            yield f"{path}.{field} is missing"
        elif field in ours and ours[field] is not None and theirs[field] is not None:
            yield from compare(ours[field], theirs[field], inner_of(owner, field), f"{path}.{field}")
        elif field in ours and ours[field] is None and theirs[field] is not None and not _may_be_null(owner, field):
            yield f"{path}.{field} is null"


def inner_of(owner: Any, field: str) -> Any:
    name = "".join(part.capitalize() for part in field.split("_"))
    return next((each for each in (getattr(owner, name, None),) if inspect.isclass(each)), None)


def compare(ours: Any, theirs: Any, owner: Any, path: str) -> Iterator[str]:
    if path.rpartition(".")[2] in FREE and path != "event.data":
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        kind = ours.get("object")
        resource = CLASSES.get(kind, owner) if isinstance(kind, str) else owner
        yield from differences(ours, theirs, resource, path)
    elif isinstance(ours, list) and isinstance(theirs, list):
        if ours and theirs:
            yield from compare(ours[0], theirs[0], owner, f"{path}[]")
    elif _kind(ours) is not _kind(theirs):
        yield f"{path} is {type(ours).__name__}, not {type(theirs).__name__}"


def _kind(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _annotation(owner: Any, field: str) -> str:
    return str(inspect.get_annotations(owner).get(field, "")) if owner is not None else "Optional["


def _may_be_null(owner: Any, field: str) -> bool:
    return "Optional[" in _annotation(owner, field) or "Union" in _annotation(owner, field)


def shape_errors(thing: Any) -> list[str]:
    name = thing["object"]
    example = vendor.stripe("fixtures3.json")["resources"][name]
    return list(differences(thing, example, CLASSES[name], name))


def test_the_version_is_that_of_the_library() -> None:
    assert stripe.api_version == VERSION


async def raw(http: aiohttp.ClientSession, url: str, method: str = "GET", **data: str) -> Any:
    headers = {"Authorization": f"Bearer {KEY}", "Stripe-Version": VERSION}
    async with http.request(method, url, headers=headers, data=data or None) as answer:
        return await answer.json()


@pytest.fixture
async def town(shop: Shop, pretend: PretendStripe) -> PretendStripe:
    """One of everything, and subscriptions in every state that they can come into."""
    pretend.add_endpoint("http://127.0.0.1:9/nowhere")
    pretend.retry_delays = ()
    pretend.add_card(shop.customer)
    pretend.save_portal_settings()
    active = await shop.subscribe()
    await shop.text(260, "first")
    await pretend.skip(days=32)
    await shop.client.v1.subscriptions.update_async(active.id, {"cancel_at_period_end": True})
    await pretend.skip(days=31)
    pretend.add_card(shop.customer, CONFIRM)
    await shop.subscribe(payment_behavior="allow_incomplete")
    await pretend.skip(days=2)
    pretend.add_card(shop.customer, FAILS_LATER)
    await shop.subscribe(payment_behavior="allow_incomplete")
    gone = await shop.client.v1.customers.create_async({"name": "Gone"})
    await shop.client.v1.customers.delete_async(gone.id)
    return pretend


KINDS = (
    "customers", "payment_methods", "products", "prices", "billing/meters", "subscriptions", "invoices",
    "billing_portal/configurations", "webhook_endpoints", "events",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_every_resource_has_the_published_shape(
    town: PretendStripe, http: aiohttp.ClientSession, shop: Shop, kind: str
) -> None:
    more = {"subscriptions": "&status=all", "payment_methods": f"&customer={shop.customer}"}.get(kind, "")
    page = await raw(http, f"{town.url}/v1/{kind}?limit=100{more}")
    assert {"object", "data", "has_more", "url"} == set(page)
    assert page["data"]
    assert sorted({each for thing in page["data"] for each in shape_errors(thing)}) == []
    one = page["data"][0]
    assert await raw(http, f"{town.url}/v1/{kind}/{one['id']}") == one


async def test_every_other_answer_has_the_published_shape(
    town: PretendStripe, http: aiohttp.ClientSession, shop: Shop
) -> None:
    async def post(path: str, **data: str) -> Any:
        return await raw(http, f"{town.url}/v1/{path}", "POST", **data)

    taken = await post(
        "billing/meter_events",
        event_name="sms_outbound",
        identifier="one",
        **{"payload[stripe_customer_id]": shop.customer, "payload[value]": "3"},
    )
    minute = town.stamp() // 60 * 60
    span = f"customer={shop.customer}&start_time={minute - 60}&end_time={minute + 60}"
    sums = await raw(http, f"{town.url}/v1/billing/meters/{shop.meter}/event_summaries?{span}")
    back = {"event_name": "sms_outbound", "type": "cancel", "cancel[identifier]": "one"}
    adjusted = await post("billing/meter_event_adjustments", **back)
    session = await post("billing_portal/sessions", customer=shop.customer, return_url="https://example.com/")
    town.add_card(shop.customer)
    active = await shop.subscribe()
    preview = await post("invoices/create_preview", subscription=active.id)
    account = await raw(http, f"{town.url}/v1/account")
    for answer in (taken, sums["data"][0], adjusted, session, preview, account):
        assert shape_errors(answer) == []


async def test_a_shape_that_is_wrong_is_found(shop: Shop, pretend: PretendStripe) -> None:
    customer = pretend.customers[shop.customer]
    wrong = {**customer, "balance": "0", "colour": "red", "livemode": None}
    del wrong["invoice_settings"], wrong["created"]
    assert shape_errors(wrong) == [
        "customer.colour is an invention",
        "customer.balance is str, not int",
        "customer.created is missing",
        "customer.invoice_settings is missing",
        "customer.livemode is null",
    ]
