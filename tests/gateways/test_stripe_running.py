"""A subscription that runs: how it stands, how it ends, what is paid late, and the links that people get."""

from datetime import timedelta

import pytest

from bridge.gateways.errors import Retry
from bridge.gateways.stripe_shapes import Declined, MustConfirm, NoCard, Paid, Unconfirmed
from bridge.sandbox.stripe import Fate
from tests.gateways.desk import CONFIRM, FAILS_LATER, GOOD, Desk, refused

BACK = "https://slack.example.com/back"


async def test_there_is_none_of_this_id(desk: Desk) -> None:
    assert await desk.gateway.subscription("sub_none") is None
    assert await desk.gateway.cancel_now("sub_none") is None
    for wrong in ("", "../customers", "sub_1?x=1"):
        error = await refused(desk.gateway.subscription(wrong))
        assert (error.code, error.retry) == ("bad_id", Retry.NEVER)


async def test_an_end_at_once_charges_what_was_used(desk: Desk) -> None:
    begun = await desk.begun()
    await desk.text(350, "all")
    ended = await desk.gateway.cancel_now(begun.id)
    assert ended is not None
    assert (ended.status, ended.is_over, ended.ended_at is not None) == ("canceled", True, True)
    assert desk.totals() == [("paid", 1500), ("paid", 600)]
    assert await desk.gateway.cancel_now(begun.id) == ended
    assert len(desk.totals()) == 2


async def test_the_answer_to_an_end_is_lost(desk: Desk) -> None:
    begun = await desk.begun()
    desk.pretend.fail("subscription_cancel", cut=True)
    assert (await refused(desk.gateway.cancel_now(begun.id))).retry is Retry.DOUBT
    ended = await desk.gateway.cancel_now(begun.id)
    assert ended is not None
    assert ended.is_over


async def test_an_end_with_the_period_can_be_taken_back(desk: Desk) -> None:
    begun = await desk.begun()
    ending = await desk.gateway.cancel_at_period_end(begun.id)
    assert (ending.status, ending.ends_with_period, ending.period_end) == ("active", True, begun.period_end)
    assert not (await desk.gateway.keep_subscription(begun.id)).ends_with_period
    await desk.gateway.cancel_at_period_end(begun.id)
    await desk.text(260, "all")
    await desk.pretend.skip(days=32)
    ended = await desk.gateway.subscription(begun.id)
    assert ended is not None
    assert ended.is_over
    assert desk.totals()[1:] == [("paid", 60)]
    assert (await refused(desk.gateway.keep_subscription(begun.id))).retry is Retry.NEVER


async def test_a_renewal_that_was_not_paid(desk: Desk) -> None:
    begun = await desk.begun()
    desk.pretend.fates[next(iter(desk.pretend.cards))] = Fate.NO_FUNDS
    await desk.pretend.skip(days=32)
    owing = await desk.gateway.subscription(begun.id)
    assert owing is not None
    assert (owing.status, owing.is_paying, owing.is_over) == ("past_due", False, False)
    assert owing.period_start == begun.period_end
    link = await desk.gateway.confirm_link(begun.id)
    invoice = await desk.gateway.invoice(str(owing.latest_invoice))
    assert (invoice.status, invoice.due, invoice.link) == ("open", 1500, link)
    assert invoice.link not in repr(invoice)
    card = desk.pretend.add_card(desk.customer)
    assert await desk.gateway.pay_invoice(invoice.id, card, attempt="1") == Paid()
    assert await desk.gateway.pay_invoice(invoice.id, card, attempt="2") == Paid()
    owing = await desk.gateway.subscription(begun.id)
    assert owing is not None
    assert owing.is_paying


async def test_what_is_owed_is_paid_oldest_first(desk: Desk) -> None:
    desk.pretend.after_collection = "past_due"
    begun = await desk.begun()
    desk.pretend.fates[next(iter(desk.pretend.cards))] = Fate.DECLINED
    await desk.pretend.skip(days=63)
    owed = await desk.gateway.open_invoices(begun.id)
    assert [invoice.period_end for invoice in owed] == sorted(invoice.period_end for invoice in owed)
    assert len(owed) == 2
    card = desk.pretend.add_card(desk.customer)
    for invoice in owed:
        assert await desk.gateway.confirm_link(begun.id) == invoice.link
        await desk.gateway.pay_invoice(invoice.id, card, attempt="1")
    assert await desk.gateway.confirm_link(begun.id) is None
    paid = await desk.gateway.subscription(begun.id)
    assert paid is not None
    assert paid.is_paying
    error = await refused(desk.gateway.confirm_link("sub_none"))
    assert error.retry is Retry.NEVER


async def test_how_a_payment_may_end(desk: Desk) -> None:
    outcome = await desk.subscribe(desk.pretend.add_card(desk.customer, CONFIRM))
    assert isinstance(outcome, Unconfirmed)
    invoice = str(outcome.subscription.latest_invoice)
    cards = {number: desk.pretend.add_card(desk.customer, number) for number in (CONFIRM, FAILS_LATER, GOOD)}
    pay = desk.gateway.pay_invoice
    assert await pay(invoice, cards[CONFIRM], attempt="1") == MustConfirm(outcome.link)
    assert await pay(invoice, cards[FAILS_LATER], attempt="1") == Declined("generic_decline")
    assert await pay(invoice, "pm_none", attempt="1") == NoCard()
    desk.pretend.fail("invoice_pay", drop=True, accept_first=True)
    assert (await refused(pay(invoice, cards[GOOD], attempt="1"))).retry is Retry.DOUBT
    assert await pay(invoice, cards[GOOD], attempt="1") == Paid()
    assert desk.totals() == [("paid", 1500)]


async def test_what_is_void_cannot_be_paid(desk: Desk) -> None:
    outcome = await desk.subscribe(desk.pretend.add_card(desk.customer, CONFIRM))
    assert isinstance(outcome, Unconfirmed)
    await desk.pretend.skip(days=1)
    card, invoice = desk.pretend.add_card(desk.customer), str(outcome.subscription.latest_invoice)
    assert (await refused(desk.gateway.pay_invoice(invoice, card, attempt="1"))).retry is Retry.NEVER


async def test_a_preview(desk: Desk) -> None:
    begun = await desk.begun()
    await desk.text(300, "all")
    preview = await desk.gateway.preview(begun.id)
    assert preview is not None
    assert (preview.total, preview.currency, preview.link) == (1800, "usd", "")
    assert [(line.quantity, line.amount) for line in preview.lines] == [(250, 0), (50, 300), (1, 1500)]
    desk.pretend.fail("invoice_preview", drop=True)
    assert (await refused(desk.gateway.preview(begun.id))).retry is Retry.LATER
    await desk.gateway.cancel_now(begun.id)
    assert await desk.gateway.preview(begun.id) is None
    assert await desk.gateway.preview("sub_none") is None


async def test_all_subscriptions_are_found_over_several_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.gateways.stripe._PAGE", 2)
    card = desk.pretend.add_card(desk.customer)
    for attempt in range(5):
        await desk.subscribe(card, str(attempt))
    found = await desk.gateway.subscriptions_of(desk.customer)
    assert [each.attempt for each in found] == ["4", "3", "2", "1", "0"]
    assert desk.asked("subscription_list") == 3


async def test_a_link_into_the_portal(desk: Desk) -> None:
    error = await refused(
        desk.gateway.portal_session(desk.customer, return_url=BACK, configuration="bpc_none", for_card=True)
    )
    assert error.retry is Retry.NEVER
    portal = await desk.gateway.setup.ensure_portal(return_url=BACK)
    links = {
        await desk.gateway.portal_session(desk.customer, return_url=BACK, configuration=portal, for_card=each)
        for each in (True, False, False)
    }
    assert len(links) == 3, "each is new"
    assert all(link.startswith(f"{desk.pretend.url}/portal/") for link in links)
    flows = [visit.is_flow for visit in desk.pretend.visits.values()]
    assert flows.count(True) == 1
    desk.pretend.fail("session", drop=True)
    trouble = await refused(desk.gateway.portal_session(desk.customer, return_url=BACK, configuration=portal))
    assert trouble.retry is Retry.LATER


async def test_periods_move_on(desk: Desk) -> None:
    begun = await desk.begun()
    desk.pretend.pass_time(begun.period_end - begun.created + timedelta(hours=2))
    now = await desk.gateway.subscription(begun.id)
    assert now is not None
    assert now.period_start == begun.period_end
    assert now.period_end > now.period_start
    assert desk.totals() == [("paid", 1500), ("paid", 1500)]
