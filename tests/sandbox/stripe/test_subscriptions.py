"""Subscriptions: how they begin, what time brings them, how they end."""

from typing import Any

import pytest
import stripe

from bridge.sandbox.stripe import Fate, PretendStripe
from bridge.sandbox.stripe.months import end_of, later
from tests.sandbox.stripe.shop import CONFIRM, FAILS_LATER, Shop

DAY = 86400


async def test_the_flat_fee_is_charged_at_once(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    invoice: Any = subscription.latest_invoice
    assert (subscription.status, invoice.status, invoice.attempt_count) == ("active", "paid", 1)
    assert shop.totals() == [("subscription_create", "paid", 1500)]
    assert [line.amount for line in invoice.lines.data] == [1500]
    items = subscription["items"].data
    assert [getattr(item, "quantity", None) for item in items] == [1, None]
    assert items[0].current_period_start == subscription.created


@pytest.mark.parametrize(
    ("number", "status", "code", "decline"),
    [
        (None, 400, "resource_missing", None),
        (FAILS_LATER, 402, "card_declined", "generic_decline"),
        (CONFIRM, 402, "subscription_payment_intent_requires_action", None),
    ],
)
async def test_what_cannot_be_paid_writes_nothing(
    shop: Shop, pretend: PretendStripe, number: str | None, status: int, code: str, decline: str | None
) -> None:
    if number:
        pretend.add_card(shop.customer, number)
    with pytest.raises(stripe.StripeError) as refused:
        await shop.subscribe()
    error = refused.value.error
    assert error is not None
    assert (refused.value.http_status, error.code, getattr(error, "decline_code", None)) == (status, code, decline)
    assert getattr(error, "param", None) is None
    assert pretend.subscriptions == pretend.invoices == {}


async def test_a_card_that_is_not_the_default_is_not_charged(shop: Shop, pretend: PretendStripe) -> None:
    card = pretend.add_card(shop.customer, default=False)
    with pytest.raises(stripe.InvalidRequestError):
        await shop.subscribe()
    assert (await shop.subscribe(default_payment_method=card)).status == "active"


async def test_a_card_of_somebody_else(shop: Shop, pretend: PretendStripe) -> None:
    other = await shop.client.v1.customers.create_async({})
    card = pretend.add_card(other.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.subscribe(default_payment_method=card)
    assert (refused.value.code, refused.value.param) == ("resource_missing", "default_payment_method")


@pytest.mark.parametrize("fate", [Fate.NO_FUNDS, Fate.EXPIRED])
async def test_why_a_card_is_declined(shop: Shop, pretend: PretendStripe, fate: Fate) -> None:
    pretend.fates[pretend.add_card(shop.customer)] = fate
    with pytest.raises(stripe.CardError) as refused:
        await shop.subscribe()
    assert refused.value.error is not None
    assert refused.value.error.decline_code == fate.value


async def test_a_card_runs_out(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer, exp_month=1, exp_year=2020)
    with pytest.raises(stripe.CardError) as refused:
        await shop.subscribe()
    assert refused.value.code == "expired_card"


@pytest.mark.parametrize(
    "wrong",
    [
        {"payment_behavior": "pending_if_incomplete"},
        {"items": [{"price": "price_none"}]},
        {"items": []},
    ],
)
async def test_beginnings_that_cannot_be(shop: Shop, pretend: PretendStripe, wrong: Any) -> None:
    pretend.add_card(shop.customer)
    with pytest.raises(stripe.InvalidRequestError):
        await shop.subscribe(**wrong)


async def test_usage_has_no_quantity(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    with pytest.raises(stripe.InvalidRequestError):
        await shop.subscribe(items=[{"price": shop.usage, "quantity": 1}])


async def test_confirming_within_a_day(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer, CONFIRM)
    subscription = await shop.subscribe(payment_behavior="allow_incomplete")
    invoice: Any = subscription.latest_invoice
    assert (subscription.status, invoice.status) == ("incomplete", "open")
    assert (invoice.attempted, invoice.attempt_count, invoice.next_payment_attempt) == (True, 0, None)
    with pytest.raises(stripe.CardError) as refused:
        await shop.client.v1.invoices.pay_async(invoice.id)
    assert refused.value.code == "invoice_payment_intent_requires_action"
    pretend.confirm(invoice.id)
    assert (await shop.client.v1.subscriptions.retrieve_async(subscription.id)).status == "active"
    await pretend.skip(days=32)
    assert shop.totals()[-1] == ("subscription_cycle", "paid", 1500)


async def test_what_nobody_confirms_runs_out_after_23_hours(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer, CONFIRM)
    subscription = await shop.subscribe(payment_behavior="allow_incomplete")
    await pretend.skip(hours=22, minutes=59)
    assert pretend.subscriptions[subscription.id]["status"] == "incomplete"
    await pretend.skip(minutes=2)
    assert pretend.subscriptions[subscription.id]["status"] == "incomplete_expired"
    assert shop.totals() == [("subscription_create", "void", 1500)]
    with pytest.raises(stripe.InvalidRequestError):
        await shop.client.v1.invoices.pay_async(pretend.invoices_of(shop.customer)[0]["id"])


async def test_an_open_first_invoice_is_paid_with_another_card(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer, FAILS_LATER)
    subscription = await shop.subscribe(payment_behavior="allow_incomplete")
    invoice: Any = subscription.latest_invoice
    assert (invoice.attempt_count, invoice.next_payment_attempt) == (1, None)
    card = pretend.add_card(shop.customer, default=False)
    paid = await shop.client.v1.invoices.pay_async(invoice.id, {"payment_method": card})
    assert paid.status == "paid"
    assert pretend.subscriptions[subscription.id]["status"] == "active"
    with pytest.raises(stripe.InvalidRequestError):
        await shop.client.v1.invoices.pay_async(invoice.id)


@pytest.mark.parametrize(("texts", "cents"), [(0, 1500), (250, 1500), (251, 1506), (260, 1560), (1250, 7500)])
async def test_a_renewal_holds_what_was_used_and_the_next_month(
    shop: Shop, pretend: PretendStripe, texts: int, cents: int
) -> None:
    pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    if texts:
        await shop.text(texts, "all")
    start, end = (pretend.subscriptions[subscription.id]["items"]["data"][0][f"current_period_{each}"]
                  for each in ("start", "end"))  # fmt: skip
    pretend.pass_time(_until(pretend, end))
    await pretend.settled()
    draft = pretend.invoices_of(shop.customer)[-1]
    assert (draft["status"], draft["period_start"], draft["period_end"]) == ("draft", start, end)
    await pretend.skip(hours=1, seconds=1)
    assert shop.totals()[1:] == [("subscription_cycle", "paid", cents)]
    item = pretend.subscriptions[subscription.id]["items"]["data"][0]
    assert (item["current_period_start"], item["current_period_end"]) == (end, later(start, 2))


def _until(pretend: PretendStripe, stamp: int) -> Any:
    from datetime import UTC, datetime  # noqa: PLC0415 (only here)

    return datetime.fromtimestamp(stamp + 1, UTC) - pretend.now()


async def test_usage_that_is_late_counts_while_the_invoice_is_a_draft(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    end = subscription["items"].data[0].current_period_end
    pretend.pass_time(_until(pretend, end))
    await shop.text(260, "late", timestamp=end - 5)
    await pretend.skip(hours=2)
    assert shop.totals()[-1] == ("subscription_cycle", "paid", 1560)
    await shop.text(100, "too late", timestamp=end - 5)
    await pretend.skip(days=31)
    assert shop.totals()[-1] == ("subscription_cycle", "paid", 1500)


async def test_a_renewal_that_fails_is_tried_again_and_ends(shop: Shop, pretend: PretendStripe) -> None:
    pretend.fates[card := pretend.add_card(shop.customer)] = Fate.GOOD
    subscription = await shop.subscribe()
    pretend.fates[card] = Fate.NO_FUNDS
    await pretend.skip(days=32)
    assert pretend.subscriptions[subscription.id]["status"] == "past_due"
    assert pretend.invoices_of(shop.customer)[-1]["attempt_count"] == 1
    await pretend.skip(days=3)
    assert pretend.invoices_of(shop.customer)[-1]["attempt_count"] == 2
    await pretend.skip(days=13)
    assert pretend.subscriptions[subscription.id]["status"] == "canceled"
    assert pretend.subscriptions[subscription.id]["cancellation_details"]["reason"] == "payment_failed"


async def test_a_renewal_that_failed_is_paid_with_a_new_card(shop: Shop, pretend: PretendStripe) -> None:
    old = pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    pretend.remove_card(old)
    await pretend.skip(days=32)
    assert pretend.subscriptions[subscription.id]["status"] == "past_due"
    pretend.add_card(shop.customer)
    await pretend.skip(days=3)
    assert pretend.subscriptions[subscription.id]["status"] == "active"
    assert shop.totals()[-1] == ("subscription_cycle", "paid", 1500)


@pytest.mark.parametrize("end", ["unpaid", "past_due"])
async def test_the_account_says_how_a_failed_collection_ends(shop: Shop, pretend: PretendStripe, end: str) -> None:
    pretend.after_collection = end
    card = pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    pretend.fates[card] = Fate.DECLINED
    await pretend.skip(days=55)
    assert pretend.subscriptions[subscription.id]["status"] == end
    await pretend.skip(days=31)


@pytest.mark.parametrize(("invoice_now", "last"), [(True, ("manual", "paid", 600)), (False, None)])
async def test_an_end_at_once_loses_usage_unless_it_is_invoiced(
    shop: Shop, pretend: PretendStripe, invoice_now: bool, last: Any
) -> None:
    pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    await shop.text(350, "all")
    ended = await shop.client.v1.subscriptions.cancel_async(
        subscription.id, {"invoice_now": invoice_now, "prorate": False}
    )
    assert ended.status == "canceled"
    assert shop.totals()[1:] == ([last] if last else [])
    await pretend.skip(days=70)
    assert len(shop.totals()) == 1 + bool(last)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.client.v1.subscriptions.cancel_async(subscription.id)
    assert (refused.value.http_status, refused.value.param) == (404, "id")
    with pytest.raises(stripe.InvalidRequestError):
        await shop.client.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": False})


async def test_a_last_invoice_below_the_minimum_waits_on_the_account(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    await shop.text(251, "all")
    await shop.client.v1.subscriptions.cancel_async(subscription.id, {"invoice_now": True})
    invoice = pretend.invoices_of(shop.customer)[-1]
    assert (invoice["total"], invoice["amount_due"], invoice["status"]) == (6, 0, "paid")
    assert pretend.customers[shop.customer]["balance"] == 6
    again = await shop.subscribe()
    paid: Any = again.latest_invoice
    assert (paid.total, paid.amount_due, paid.starting_balance) == (1500, 1506, 6)
    assert pretend.customers[shop.customer]["balance"] == 0


async def test_an_end_with_the_period_pays_for_the_last_usage(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    changed = await shop.client.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})
    assert (changed.status, changed.cancel_at) == ("active", changed["items"].data[0].current_period_end)
    undone = await shop.client.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": False})
    assert (undone.cancel_at, undone.canceled_at) == (None, None)
    await shop.client.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})
    await shop.text(260, "all")
    await pretend.skip(days=32)
    assert pretend.subscriptions[subscription.id]["status"] == "canceled"
    assert shop.totals()[1:] == [("subscription_cycle", "paid", 60)]


async def test_ending_what_has_not_begun(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer, CONFIRM)
    subscription = await shop.subscribe(payment_behavior="allow_incomplete")
    ended = await shop.client.v1.subscriptions.cancel_async(subscription.id)
    assert ended.status == "incomplete_expired"
    assert shop.totals() == [("subscription_create", "void", 1500)]


async def test_lists_leave_out_what_was_canceled(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    ids = [(await shop.subscribe()).id for _ in range(2)]
    await shop.client.v1.subscriptions.cancel_async(ids[0])
    listing = shop.client.v1.subscriptions.list_async
    assert [each.id for each in (await listing({"customer": shop.customer})).data] == [ids[1]]
    assert [each.id for each in (await listing({"status": "all"})).data] == ids[::-1]
    assert [each.id for each in (await listing({"status": "canceled"})).data] == [ids[0]]


async def test_a_preview(shop: Shop, pretend: PretendStripe) -> None:
    pretend.add_card(shop.customer)
    subscription = await shop.subscribe()
    await shop.text(300, "all")
    preview = await shop.client.v1.invoices.create_preview_async({"subscription": subscription.id})
    assert (preview.total, [line.amount for line in preview.lines.data]) == (1800, [0, 300, 1500])
    assert len(pretend.invoices) == 1
    await shop.client.v1.subscriptions.cancel_async(subscription.id)
    for nothing in ({"subscription": subscription.id}, {"customer": shop.customer}, {}):
        with pytest.raises(stripe.InvalidRequestError):
            await shop.client.v1.invoices.create_preview_async(nothing)  # type: ignore[arg-type]


def test_months_end_where_the_first_one_began() -> None:
    last_of_january = 1769860800  # 2026-01-31 12:00
    assert later(last_of_january, 1) == 1772280000  # 2026-02-28
    assert end_of(last_of_january, later(last_of_january, 1)) == later(last_of_january, 2) == 1774958400  # 03-31
    assert later(last_of_january, 12) - last_of_january == 365 * DAY
