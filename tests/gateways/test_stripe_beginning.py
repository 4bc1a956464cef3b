"""A subscription begins once, whatever happens on the way; each way in which it does not begin has its value."""

import asyncio
from typing import Any

import pytest
import stripe

from bridge.gateways.errors import Retry
from bridge.gateways.stripe_shapes import Begun, Declined, NoCard, Unconfirmed, of_card
from bridge.sandbox.stripe import Fate
from tests.gateways.desk import CONFIRM, FAILS_LATER, Desk, refused


async def test_it_begins_and_is_charged_at_once(desk: Desk) -> None:
    card = desk.pretend.add_card(desk.customer)
    outcome = await desk.subscribe(card)
    assert isinstance(outcome, Begun)
    begun = outcome.subscription
    assert (begun.status, begun.is_paying, begun.is_over, begun.attempt) == ("active", True, False, "1")
    assert begun.prices == desk.prices
    assert begun.period_start == begun.created
    assert (begun.period_end - begun.period_start).days in range(28, 32)
    assert desk.totals() == [("paid", 1500)]
    stored = desk.pretend.subscriptions[begun.id]
    assert (stored["metadata"], stored["default_payment_method"]) == ({"firm": "T1", "attempt": "1"}, card)


async def test_a_card_that_is_nobodys_default_is_found_and_charged(desk: Desk) -> None:
    assert await desk.gateway.card_of(desk.customer) is None
    desk.pretend.add_card(desk.customer, FAILS_LATER, default=False)
    newest = desk.pretend.add_card(desk.customer, default=False)
    card = await desk.gateway.card_of(desk.customer)
    assert card is not None
    assert (card.id, card.brand, card.last4, card.is_default) == (newest, "visa", "4242", False)
    assert isinstance(await desk.subscribe(card.id), Begun)
    await desk.gateway.use_card(desk.customer, card.id)
    card = await desk.gateway.card_of(desk.customer)
    assert card is not None
    assert card.is_default


async def test_no_card_writes_nothing_and_a_card_added_since_is_charged(desk: Desk) -> None:
    """The refusal is kept by its key; another card makes another one."""
    gone = desk.pretend.add_card(desk.customer)
    desk.pretend.remove_card(gone)
    assert await desk.subscribe(gone) == NoCard()
    assert await desk.subscribe(gone) == NoCard()
    assert desk.pretend.subscriptions == {}
    assert isinstance(await desk.subscribe(desk.pretend.add_card(desk.customer)), Begun)


@pytest.mark.parametrize(
    ("fate", "reason"),
    [
        (Fate.DECLINED, "generic_decline"),
        (Fate.NO_FUNDS, "insufficient_funds"),
        (Fate.EXPIRED, "expired_card"),
    ],
)
async def test_a_card_is_declined(desk: Desk, fate: Fate, reason: str) -> None:
    card = desk.pretend.add_card(desk.customer, FAILS_LATER)
    desk.pretend.fates[card] = fate
    assert await desk.subscribe(card) == Declined(reason)
    assert desk.pretend.subscriptions == {}
    desk.pretend.fates[card] = Fate.GOOD
    assert await desk.subscribe(card) == Declined(reason), (
        "the same attempt with the same card is answered as before"
    )
    assert isinstance(await desk.subscribe(card, "2"), Begun)


async def test_its_owner_must_confirm(desk: Desk) -> None:
    card = desk.pretend.add_card(desk.customer, CONFIRM)
    outcome = await desk.subscribe(card)
    assert isinstance(outcome, Unconfirmed)
    assert outcome.link.startswith(f"{desk.pretend.url}/pay/")
    assert outcome.link not in repr(outcome)
    assert outcome.subscription.status == "incomplete"
    assert await desk.gateway.confirm_link(outcome.subscription.id) == outcome.link
    assert await desk.subscribe(card) == outcome
    assert len(desk.pretend.subscriptions) == 1
    desk.pretend.confirm(str(outcome.subscription.latest_invoice))
    again = await desk.subscribe(card)
    assert isinstance(again, Begun), "as it stands now, and not as it stood when its key was used"
    assert await desk.gateway.confirm_link(again.subscription.id) is None


async def test_what_nobody_confirmed_is_another_attempt(desk: Desk) -> None:
    card = desk.pretend.add_card(desk.customer, CONFIRM)
    first = await desk.subscribe(card)
    assert isinstance(first, Unconfirmed)
    await desk.pretend.skip(hours=23, minutes=30)
    error = await refused(desk.subscribe(card))
    assert (error.code, error.retry) == ("attempt_is_over", Retry.NEVER)
    assert isinstance(await desk.subscribe(card, "2"), Unconfirmed)
    found = await desk.gateway.subscriptions_of(desk.customer)
    assert [each.status for each in found] == ["incomplete", "incomplete_expired"]
    assert [each.is_over for each in found] == [False, True]


@pytest.mark.parametrize(
    "fault",
    [
        {"drop": True},
        {"drop": True, "accept_first": True},
        {"cut": True},
        {"status": 500, "accept_first": True},
        {"status": 502, "body": "<html>"},
        {"status": 200, "body": "{", "accept_first": True},
        {"status": 200, "body": "[]", "accept_first": True},
        {"status": 200, "body": "{}", "accept_first": True},
    ],
)
@pytest.mark.parametrize("what", ["subscription_create", "subscription_retrieve"])
async def test_a_repeat_settles_every_doubt(desk: Desk, what: str, fault: dict[str, Any]) -> None:
    card = desk.pretend.add_card(desk.customer)
    reads = what == "subscription_retrieve"  # which aiohttp sends once more when it is cut off
    desk.pretend.fail(what, times=1 + (reads and "drop" in fault), **fault)
    assert (await refused(desk.subscribe(card))).retry is Retry.DOUBT
    assert isinstance(await desk.subscribe(card), Begun)
    assert len(desk.pretend.subscriptions) == 1
    assert desk.totals() == [("paid", 1500)]


async def test_a_failure_that_its_key_keeps_is_settled_by_looking(desk: Desk) -> None:
    """Stripe answers a key with the trouble that it had with it, for a day, though it was done."""
    card = desk.pretend.add_card(desk.customer)
    desk.pretend.fail("subscription_create", status=500, accept_first=True, keep=True)
    for _ in range(2):
        assert (await refused(desk.subscribe(card))).retry is Retry.DOUBT
    (found,) = await desk.gateway.subscriptions_of(desk.customer)
    assert (found.status, found.attempt) == ("active", "1")


async def test_five_at_once_begin_one(desk: Desk) -> None:
    card = desk.pretend.add_card(desk.customer)
    outcomes = await asyncio.gather(*(desk.subscribe(card) for _ in range(5)))
    assert {outcome.subscription.id for outcome in outcomes if isinstance(outcome, Begun)} == set(
        desk.pretend.subscriptions
    )
    assert len(desk.pretend.subscriptions) == 1


async def test_a_double_click_while_the_first_is_under_way(desk: Desk) -> None:
    card = desk.pretend.add_card(desk.customer)
    desk.pretend.fail("subscription_create", status=409, code="idempotency_key_in_use", kind="idempotency_error")
    error = await refused(desk.subscribe(card))
    assert (error.code, error.retry) == ("idempotency_key_in_use", Retry.DOUBT)


@pytest.mark.parametrize("prices", [["price_none"], []])
async def test_what_is_wrong_with_the_account_is_no_matter_of_the_card(desk: Desk, prices: list[str]) -> None:
    card = desk.pretend.add_card(desk.customer)
    error = await refused(desk.gateway.subscribe(desk.customer, card, prices, firm="T1", attempt="1"))
    assert error.retry is Retry.NEVER
    error = await refused(desk.gateway.subscribe("cus_none", card, desk.prices, firm="T1", attempt="1"))
    assert (error.code, error.retry) == ("resource_missing", Retry.NEVER)


async def test_a_firm_has_one_customer(desk: Desk) -> None:
    gateway, customers = desk.gateway, desk.pretend.customers
    assert await gateway.ensure_customer(None, firm="T1", name="Harbor Law", attempt="0") == desk.customer
    assert await gateway.ensure_customer(desk.customer, firm="T1", name="Harbor Law", attempt="0") == desk.customer
    customers[desk.customer] = {"id": desk.customer, "object": "customer", "deleted": True}
    assert await gateway.card_of(desk.customer) is None
    other = await gateway.ensure_customer(desk.customer, firm="T1", name="Harbor Law", attempt="0")
    assert other != desk.customer
    assert await gateway.ensure_customer(desk.customer, firm="T1", name="Harbor Law", attempt="0") == other
    assert await gateway.ensure_customer("cus_none", firm="T1", name="Harbor Law", attempt="0") not in (
        other,
        desk.customer,
    )
    assert customers[other]["metadata"] == {"firm": "T1"}


async def test_trouble_that_a_key_keeps_is_got_past_by_another_attempt(desk: Desk) -> None:
    desk.pretend.fail("customer_create", status=500, accept_first=True, keep=True)
    for _ in range(2):
        call = desk.gateway.ensure_customer(None, firm="T2", name="Maple Dental", attempt="1")
        assert (await refused(call)).retry is Retry.DOUBT
    assert await desk.gateway.ensure_customer(None, firm="T2", name="Maple Dental", attempt="2")


def test_what_is_charged_may_be_no_card() -> None:
    method = stripe.PaymentMethod.construct_from({"id": "pm_1", "type": "link", "link": {}}, None)
    card = of_card(method, is_default=True)
    assert (card.id, card.brand, card.last4, card.is_default) == ("pm_1", "link", "", True)


async def test_the_answer_about_a_customer_is_lost(desk: Desk) -> None:
    desk.pretend.fail("customer_create", drop=True, accept_first=True)
    ensured = desk.gateway.ensure_customer
    assert (await refused(ensured(None, firm="T2", name="Maple Dental", attempt="1"))).retry is Retry.DOUBT
    customer = await ensured(None, firm="T2", name="Maple Dental", attempt="1")
    assert [each for each in desk.pretend.customers if each != desk.customer] == [customer]
