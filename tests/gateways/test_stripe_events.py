"""A webhook is opened only when Stripe has signed it, lately, and with our secret."""

import json
import time
from typing import Any

import pytest
import stripe as library

from bridge.gateways.stripe_events import NotGenuine, NotReadable, opened
from bridge.sandbox.stripe.signing import header
from tests.gateways.desk import Desk

SECRET = "whsec_of_the_endpoint"
THIN = {"object": "v2.core.event", "id": "evt_1", "type": "v1.billing.meter.error_report_triggered"}


def body(**more: Any) -> bytes:
    thing = {"id": "sub_1", "object": "subscription", "customer": "cus_1"}
    event = {"id": "evt_1", "object": "event", "type": "customer.subscription.updated", "created": 1700000000}
    return json.dumps({**event, "data": {"object": thing}, **more}).encode()


def signed(raw: bytes, secret: str = SECRET, *, age: int = 0) -> str:
    return header(secret, raw, int(time.time()) - age)


def test_what_it_tells() -> None:
    event = opened(body(), signed(body()), SECRET)
    assert (event.id, event.type, event.created.year) == ("evt_1", "customer.subscription.updated", 2023)
    assert (event.about, event.customer, event.subscription) == ("sub_1", "cus_1", "sub_1")


@pytest.mark.parametrize(
    ("thing", "customer", "subscription"),
    [
        ({"id": "cus_1", "object": "customer"}, "cus_1", ""),
        ({"id": "pm_1", "object": "payment_method", "customer": None}, "", ""),
        (
            {
                "id": "in_1",
                "object": "invoice",
                "customer": "cus_1",
                "parent": {"subscription_details": {"subscription": "sub_1", "metadata": {}}},
            },
            "cus_1",
            "sub_1",
        ),
        ({"id": "in_1", "object": "invoice", "customer": "cus_1", "parent": None}, "cus_1", ""),
        ({"id": "sub_1", "object": "subscription", "customer": {"id": "cus_1"}}, "cus_1", "sub_1"),
    ],
)
def test_whom_it_is_about(thing: dict[str, Any], customer: str, subscription: str) -> None:
    raw = body(data={"object": thing})
    event = opened(raw, signed(raw), SECRET)
    assert (event.about, event.customer, event.subscription) == (thing["id"], customer, subscription)


@pytest.mark.parametrize("signature", [None, "", "garbage", "t=x,v1=y", "t=1700000000"])
def test_what_nobody_has_signed(signature: str | None) -> None:
    with pytest.raises(NotGenuine):
        opened(body(), signature, SECRET)


@pytest.mark.parametrize(
    ("raw", "of", "by", "age", "secret"),
    [
        (body(), body(), "whsec_of_another", 0, SECRET),
        (body(), body(), "", 0, ""),
        (body(), body(), SECRET, 302, SECRET),
        (body(type="invoice.paid"), body(), SECRET, 0, SECRET),
        (body() + b" ", body(), SECRET, 0, SECRET),
        (b"\xff\xfe", b"\xff\xfe", SECRET, 0, SECRET),
    ],
    ids=["another secret", "no secret", "too old", "another body", "a longer body", "no text"],
)
def test_what_stripe_has_not_signed(raw: bytes, of: bytes, by: str, age: int, secret: str) -> None:
    with pytest.raises(NotGenuine):
        opened(raw, signed(of, by, age=age), secret)


def test_two_signatures_while_the_secret_is_changed() -> None:
    mine, other = signed(body()), signed(body(), "whsec_of_another")
    assert opened(body(), f"{other},{mine.split(',')[1]}", SECRET).id == "evt_1"
    assert opened(body(), signed(body(), age=290), SECRET).id == "evt_1"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"not json",
        b"[" * 100_000,
        json.dumps(THIN).encode(),
        body(id=None),
        body(created="yesterday"),
        body(data={}),
        body(data={"object": {"object": "subscription"}}),
    ],
    ids=["nothing", "a list", "no JSON", "depth", "thin", "no id", "no moment", "no thing", "a thing without id"],
)
def test_what_is_signed_and_no_event_of_ours(raw: bytes) -> None:
    with pytest.raises(NotReadable):
        opened(raw, signed(raw), SECRET)


async def test_what_the_pretend_stripe_sends(desk: Desk) -> None:
    """As it is told, so the list of events has it."""
    since = desk.pretend.now()
    begun = await desk.begun()
    (told,) = await desk.gateway.events_since(["invoice.paid"], since)
    raw = json.dumps(desk.pretend.events[told.id]).encode()
    signature = library.WebhookSignature.generate_signature_header(raw.decode(), SECRET)
    assert opened(raw, signature, SECRET) == told
    assert told.subscription == begun.id
