"""Webhooks: signed as Stripe's library wants it, repeated, doubled, out of order; and the list of events."""

import json
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.stripe.signing import header
from tests.sandbox.stripe.shop import Shop

KINDS = ["customer.created", "customer.updated", "payment_method.attached"]


def kinds(app: Any) -> list[str]:
    return [json.loads(call.body)["type"] for call in app.calls]


async def test_a_webhook_is_signed(client: StripeClient, pretend: PretendStripe, app: Any) -> None:
    secret = pretend.add_endpoint(app.url)
    customer = await client.v1.customers.create_async({"name": "Harbor Law"})
    await pretend.settled()
    (call,) = app.calls
    event = client.construct_event(call.body, call.signature, secret)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
    with pytest.raises(stripe.SignatureVerificationError):
        client.construct_event(call.body, call.signature, "whsec_other")


def test_the_signature_is_that_of_the_library() -> None:
    theirs = stripe.WebhookSignature.generate_signature_header("{}", "whsec_1", 1700000000)
    assert header("whsec_1", b"{}", 1700000000) == theirs


async def test_the_secret_is_told_once(client: StripeClient, app: Any) -> None:
    made = await client.v1.webhook_endpoints.create_async(
        {"url": app.url, "enabled_events": ["invoice.paid"], "api_version": "2026-10-28.endive"}
    )
    assert made.secret
    again = await client.v1.webhook_endpoints.retrieve_async(made.id)
    assert getattr(again, "secret", None) is None
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.webhook_endpoints.create_async({"url": app.url, "enabled_events": ["invoice.sent"]})


async def test_only_what_was_asked_for(shop: Shop, pretend: PretendStripe, app: Any) -> None:
    pretend.add_endpoint(app.url, ["customer.subscription.*", "invoice.paid"])
    pretend.add_card(shop.customer)
    await shop.subscribe()
    await pretend.settled()
    assert sorted(kinds(app)) == ["customer.subscription.created", "invoice.paid"]


async def test_repeats_until_it_is_taken(client: StripeClient, pretend: PretendStripe, app: Any) -> None:
    pretend.add_endpoint(app.url)
    app.plan = [500, 302]
    await client.v1.customers.create_async({})
    await pretend.settled()
    assert [delivery.status for delivery in pretend.deliveries] == [500, 302, 200]
    app.status = 500
    await client.v1.customers.create_async({})
    await pretend.settled()
    assert [delivery.attempt for delivery in pretend.deliveries[3:]] == [1, 2, 3]


async def test_twice_and_out_of_order(shop: Shop, pretend: PretendStripe, app: Any) -> None:
    pretend.add_endpoint(app.url, KINDS)
    pretend.duplicates, pretend.disorder = 1, True
    pretend.add_card(shop.customer)
    await pretend.settled()
    assert sorted(kinds(app)) == sorted(2 * ["customer.updated", "payment_method.attached"])
    assert kinds(app)[0] == "customer.updated"


async def test_again_and_made_up(shop: Shop, pretend: PretendStripe, app: Any) -> None:
    secret = pretend.add_endpoint(app.url, ["payment_method.attached"])
    pretend.add_card(shop.customer)
    await pretend.settled()
    (event,) = [id_ for id_, each in pretend.events.items() if each["type"] == "payment_method.attached"]
    await pretend.send(event)
    body = pretend.made_up("invoice.paid", {"id": "in_1", "object": "invoice"})
    await pretend.send_raw(app.url, body, secret=secret, age=400)
    assert len(app.calls) == 3
    assert app.calls[0].body == app.calls[1].body
    with pytest.raises(stripe.SignatureVerificationError):
        shop.client.construct_event(app.calls[2].body, app.calls[2].signature, secret)


async def test_nothing_goes_out_of_this_machine(client: StripeClient, pretend: PretendStripe, app: Any) -> None:
    pretend.retry_delays = ()
    pretend.add_endpoint("https://sms.example.com/stripe/events")
    await client.v1.customers.create_async({})
    await pretend.settled()
    pretend.proxies["https://sms.example.com"] = app.url.removesuffix("/stripe/events")
    await client.v1.customers.create_async({})
    await pretend.settled()
    assert [delivery.error for delivery in pretend.deliveries] == ["not on this machine", ""]
    assert len(app.calls) == 1


async def test_events_are_listed_for_thirty_days(client: StripeClient, pretend: PretendStripe) -> None:
    await client.v1.customers.create_async({})
    await client.v1.products.create_async({"name": "Two-way SMS"})
    since = pretend.stamp()
    page = await client.v1.events.list_async({"types": ["customer.created"], "created": {"gte": since - 5}})
    assert [event.type for event in page.data] == ["customer.created"]
    assert (await client.v1.events.list_async({"type": "product.*"})).data[0].type == "product.created"
    assert (await client.v1.events.retrieve_async(page.data[0].id)).id == page.data[0].id
    await pretend.skip(days=31)
    assert (await client.v1.events.list_async()).data == []


async def test_a_change_says_what_was_before(shop: Shop, pretend: PretendStripe) -> None:
    await shop.client.v1.customers.update_async(shop.customer, {"name": "Harbor & Sons"})
    event = list(pretend.events.values())[-1]
    assert event["type"] == "customer.updated"
    assert event["data"]["previous_attributes"] == {"name": "Harbor Law"}
    assert event["data"]["object"]["name"] == "Harbor & Sons"
