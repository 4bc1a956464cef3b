"""The operator takes another price from now on: who pays already goes on as agreed, and reads what they pay."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bridge.services import usage
from bridge.views import billing as views
from tests.pretenders import TERMS, set_up_billing
from tests.till import Till

DEARER = {"price_per_month": Decimal(20), "price_per_text": Decimal("0.10"), "free_texts_per_month": 100}
TOLD = "$15/month + $0.06 per outbound message over 250/month"
NEW = "$20/month + $0.10 per outbound message over 100/month"


async def gets_dearer(till: Till) -> None:
    """As after stripe-setup and a start of the app with other settings."""
    terms = replace(TERMS, month=Decimal(2000), each=Decimal(10), free=100)
    await set_up_billing(till.stage.app.deps.clients.stripe().setup, terms)
    await till.stage.stop_app()
    till.stage.settings = till.stage.settings.model_copy(update=DEARER)
    await till.stage.start_app()


@pytest.mark.rows(28, 34)
async def test_who_pays_already_reads_and_pays_what_was_agreed(till: Till) -> None:
    await till.enables()
    await till.stage.lead_texts("Hello?")
    await till.stage.staff_says("One")
    await till.has_sent(259)
    await gets_dearer(till)
    for shown in (await till.portal.opens(), await till.portal.command("usage")):
        assert "*260 of 250* included" in shown
        assert "This month comes to $15.60 so far" in shown
        assert (TOLD in shown, NEW in shown) == (True, False)
    await till.reports()
    till.stage.skip(days=31, hours=2)
    await till.stage.settle()
    assert till.bills() == [("paid", 1500), ("paid", 1560)]


@pytest.mark.rows(32)
async def test_admins_are_warned_by_the_allowance_that_they_have(till: Till) -> None:
    await till.enables()
    await till.stage.lead_texts("Hello?")
    await till.stage.staff_says("One")
    await gets_dearer(till)
    await till.has_sent(150)
    await usage.watch(till.stage.app.deps, till.stage.clock())
    await till.stage.settle()
    assert not [said for said in till.messages() if "this month" in said]


@pytest.mark.rows(32, 34, 41)
async def test_until_the_paid_month_is_over_its_price_is_read_though_it_has_ended(till: Till) -> None:
    await till.enables()
    await till.stage.lead_texts("Hello?")
    await till.stage.staff_says("One")
    await till.has_sent(150)
    await gets_dearer(till)
    await till.stage.turn_two_way(on=False)
    await till.stage.settle(ahead=900)
    await usage.watch(till.stage.app.deps, till.stage.clock())
    await till.stage.settle()
    assert not [said for said in till.messages() if "this month" in said]
    assert "*151 of 250* included" in await till.portal.command("usage")
    till.stage.skip(days=32)
    assert "*0 of 100* included" in await till.portal.command("usage")


@pytest.mark.rows(6, 28)
async def test_who_ends_it_begins_anew_at_the_new_price(till: Till) -> None:
    await till.enables()
    await gets_dearer(till)
    await till.stage.turn_two_way(on=False)
    await till.stage.settle()
    assert NEW in await till.portal.opens()
    await till.enables(card=None)
    assert NEW in await till.portal.opens()
    assert till.bills()[-1] == ("paid", 2000)


@pytest.mark.rows(6)
@pytest.mark.faults("F31")
async def test_nobody_pays_a_price_that_came_while_stripe_was_away(till: Till) -> None:
    await till.has_card()
    await till.asks()
    till.stripe.fail("*", times=10_000, status=503)
    await till.confirms()
    till.stripe.heal()
    await gets_dearer(till)
    await till.stage.settle(ahead=400)
    assert (await till.is_on(), till.running(), till.bills()) == (False, [], [])
    assert views.SENTENCES[views.Outcome.OTHER_PRICE] in await till.portal.opens()
    assert "has changed since you confirmed it" in till.messages()[-1]
    await till.enables(card=None)
    assert (await till.is_on(), till.bills()) == (True, [("paid", 2000)])


@pytest.mark.faults("F31")
async def test_what_had_begun_when_the_answer_was_lost_is_what_was_agreed(till: Till) -> None:
    await till.has_card()
    await till.asks()
    till.stripe.fail("subscription_create", status=500, accept_first=True)
    await till.submits()
    async with asyncio.timeout(20):
        while not till.stripe.subscriptions:
            await asyncio.sleep(0.01)
    till.stripe.fail("subscription_list", times=10_000, status=503)
    await gets_dearer(till)
    till.stripe.heal()
    await till.stage.settle(ahead=400)
    assert (await till.is_on(), till.bills()) == (True, [("paid", 1500)])
    assert TOLD in await till.portal.opens()
