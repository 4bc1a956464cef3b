"""What Stripe tells is a reason to look, and no more: twice, late, in any order, forged, or not at all."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from bridge.sandbox.stripe.records import Delivery
from bridge.services import audit
from bridge.store import tables
from bridge.store.subscriptions import Subscription
from bridge.views import billing as views
from bridge.views import portal
from tests.cast import LAW
from tests.pretenders import STRIPE_SECRET
from tests.till import CONFIRM, Till

pytestmark = pytest.mark.faults("F31")
PAID_ONCE = (True, [("paid", 1500)], ["active"])


async def stands(till: Till) -> tuple[bool, list[tuple[str, int]], list[str]]:
    """Whether it is on, what was billed, and what runs."""
    return await till.is_on(), till.bills(), till.running()


async def ends(till: Till) -> None:
    """An admin turns it off at once."""
    await till.portal.command("disable")
    values = {portal.WHEN: portal.AT_ONCE, portal.WHAT: portal.SILENT}
    await till.stage.slack.submit(LAW.team_id, LAW.admin, till.portal.modal["id"], values)
    await till.stage.settle()


async def asked(till: Till) -> tuple[int, int, Subscription | None]:
    """How often Stripe was asked something, how much was promised, and what we know."""
    (promised,) = await till.stage.rows(select(func.count()).select_from(tables.outbox))
    return len(till.stripe.requests), promised[0], await till.known()


async def test_twice_and_in_any_order_they_change_nothing(till: Till) -> None:
    till.stripe.duplicates, till.stripe.disorder = 2, True
    await till.enables()
    assert await stands(till) == PAID_ONCE
    await ends(till)
    await till.enables(card=None)
    assert (await till.is_on(), till.running()) == (True, ["active"])
    assert [each["on"] for each in await till.entries("two_way")][-3:] == [True, False, True]
    assert till.messages().count(views.SENTENCES[views.Outcome.ON]) == 2


async def test_days_later_they_come_again_to_no_effect(till: Till) -> None:
    await till.enables()
    await ends(till)
    before = (await stands(till), till.messages())
    till.stage.skip(days=3)
    for event in list(till.stripe.events):
        assert all(each.status == 200 for each in await till.stripe.send(event))
    await till.stage.settle()
    assert (await stands(till), till.messages()) == before


async def test_before_the_answer_they_take_nothing_ahead(till: Till) -> None:
    till.stripe.fail("subscription_create", hang=0.2, accept_first=True)
    await till.enables()
    told = [each.at for each in till.stripe.deliveries if each.type == "invoice.paid"]
    (begun,) = [each for each in till.stripe.requests if each.operation == "subscription_create"]
    assert min(told) < begun.at.fromtimestamp(begun.at.timestamp() + 0.2, begun.at.tzinfo)
    assert await stands(till) == PAID_ONCE
    assert till.messages() == [views.SENTENCES[views.Outcome.ON]]


async def test_after_the_answer_they_add_nothing(till: Till) -> None:
    endpoints = dict(till.stripe.endpoints)
    till.stripe.endpoints.clear()
    await till.enables()
    assert await stands(till) == PAID_ONCE
    till.stripe.endpoints.update(endpoints)
    for event in reversed(list(till.stripe.events)):
        await till.stripe.send(event)
    await till.stage.settle()
    assert await stands(till) == PAID_ONCE
    assert till.messages() == [views.SENTENCES[views.Outcome.ON]]


async def test_what_none_of_them_tells_is_found_within_a_day(till: Till) -> None:
    till.stripe.endpoints.clear()
    await till.enables(CONFIRM)
    (invoice,) = till.stripe.invoices
    till.stripe.confirm(invoice)
    await till.stage.settle()
    assert not await till.is_on()
    till.stage.skip(hours=21)
    await till.look_for_missed()
    assert await stands(till) == PAID_ONCE


def event(till: Till, **more: Any) -> bytes:
    """That the firm's subscription is over, which it is not."""
    (one,) = till.stripe.subscriptions.values()
    return till.stripe.made_up("customer.subscription.deleted", {**one, "status": "canceled", **more})


async def sent(till: Till, body: bytes, **how: Any) -> Delivery:
    """To the app."""
    url = f"{till.stage.settings.public_base_url}/stripe/events"
    return await till.stripe.send_raw(url, body, **how)


async def test_what_is_not_stripes_is_refused(till: Till) -> None:
    await till.enables()
    before = await asked(till)
    for status, body, how in (
        (400, event(till), {}),
        (400, event(till), {"signature": "t=1,v1=00"}),
        (400, event(till), {"secret": "whsec_of_somebody_else"}),
        (400, event(till), {"secret": STRIPE_SECRET, "age": 301}),
        (400, b"hello", {"secret": STRIPE_SECRET}),
        (400, b"[]", {"secret": STRIPE_SECRET}),
        (400, b'{"object": "v2.core.event", "id": "evt_1"}', {"secret": STRIPE_SECRET}),
        (413, event(till, padding="x" * 600_000), {"secret": STRIPE_SECRET}),
    ):
        assert (await sent(till, body, **how)).status == status
    await till.stage.settle()
    assert await asked(till) == before


async def test_about_somebody_else_it_is_taken_and_nobody_looks(till: Till) -> None:
    await till.enables()
    before = await asked(till)
    for customer in ("cus_of_another_account", "", None):
        assert (await sent(till, event(till, customer=customer), secret=STRIPE_SECRET)).status == 200
    await till.stage.settle()
    assert await asked(till) == before


async def test_whatever_it_claims_only_what_stripe_answers_counts(till: Till) -> None:
    await till.enables()
    for more in ({}, {"livemode": True}, {"account": "acct_of_somebody"}):
        told = {**json.loads(event(till)), **more}
        assert (await sent(till, json.dumps(told).encode(), secret=STRIPE_SECRET)).status == 200
        await till.stage.settle()
        assert await stands(till) == PAID_ONCE


@pytest.mark.faults("S27")
async def test_what_was_confirmed_charged_and_ended_is_on_the_trail(till: Till) -> None:
    await till.enables()
    await ends(till)
    a, firm = tables.audit.c, till.stage.law
    about_money = ("set_plan", "confirm_charge", "subscribe", "two_way", "end_charge")
    found = select(a.action, a.actor, a.facts).where(a.firm_id == firm.id, a.action.in_(about_money)).order_by(a.id)
    written = [(row.action, row.actor) for row in await till.stage.rows(found)]
    admin = LAW.admin
    assert written[-6:] == [
        ("set_plan", "operator"),
        ("confirm_charge", admin),
        ("two_way", admin),
        ("subscribe", admin),
        ("two_way", admin),
        ("end_charge", admin),
    ]
    (confirmed,), (begun,), (ended,) = [
        await till.entries(each) for each in ("confirm_charge", "subscribe", "end_charge")
    ]
    (subscription,) = till.stripe.subscriptions
    assert (begun["outcome"], ended["when"], ended["subscription"]) == ("on", "now", subscription)
    assert portal.COMPLIANCE in confirmed["confirmed"]
    till.stage.skip(minutes=2)
    await audit.seal_all(till.stage.app.deps, till.stage.clock())
    look = await audit.look_through(till.stage.app.deps, firm, "")
    assert (look.wrong, look.unsealed) == (None, 0)
