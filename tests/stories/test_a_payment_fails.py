"""A renewal is not paid: some days of grace, then nothing is sent; paid again, everything goes on by itself."""

import pytest

from bridge.refusals import Refusal
from bridge.sandbox.stripe.magic import Fate
from bridge.views import billing as views
from tests.till import GOOD, Till


async def fails(till: Till) -> None:
    """The card is declined when the next month is due."""
    card = await till.has_card()
    await till.enables(card=None)
    await till.stage.lead_texts("Hello?")
    till.stripe.fates[card] = Fate.NO_FUNDS
    till.stage.skip(days=31, hours=2)
    await till.stage.settle()
    await till.portal.opens()


@pytest.mark.rows(37)
async def test_texts_go_out_for_a_while_and_then_not_and_leads_are_heard_all_along(till: Till) -> None:
    till.stripe.after_collection = "past_due"
    await fails(till)
    assert [told for told in till.messages() if "payment for two-way SMS failed" in told] != []
    assert "Pay now" in till.portal.text()
    await till.stage.staff_says("Still here.")
    assert till.stage.phone() == ["Still here."]
    till.stage.skip(days=7, hours=1)
    await till.look_for_missed()
    await till.stage.staff_says("And now?")
    assert till.stage.phone() == ["Still here."]
    assert till.stage.told() == [Refusal.UNPAID.sentence]
    assert views.stopped().text in till.messages()
    await till.stage.lead_texts("Are you there?")
    assert "Are you there?" in str(till.stage.thread())


@pytest.mark.rows(37)
async def test_with_another_card_it_is_paid_at_once_and_goes_on(till: Till) -> None:
    till.stripe.after_collection = "past_due"
    await fails(till)
    till.stage.skip(days=8)
    await till.stage.settle()
    till.stripe.add_card(await till.customer(), GOOD)
    await till.stage.settle()
    assert views.paid_again().text in till.messages()
    assert (await till.firm()).unpaid_since is None
    await till.stage.staff_says("Here I am.")
    assert till.stage.phone() == ["Here I am."]


@pytest.mark.rows(37)
async def test_another_card_pays_though_stripe_stumbles_over_it_for_an_hour(till: Till) -> None:
    till.stripe.after_collection = "past_due"
    await fails(till)
    till.stripe.fail("subscription_update", times=16, status=500)
    till.stripe.add_card(await till.customer(), GOOD)
    await till.stage.settle(ahead=400)
    assert ((await till.firm()).unpaid_since, till.bills()[-1]) == (None, ("paid", 1500))


@pytest.mark.rows(37)
async def test_what_is_never_paid_ends_and_is_off(till: Till) -> None:
    await fails(till)
    till.stage.skip(days=20)
    await till.stage.settle()
    assert (await till.is_on(), till.running()) == (False, [])
    assert views.ended(was_meant=False, was_unpaid=True).text in till.messages()


@pytest.mark.faults("F31")
async def test_admins_are_told_once_of_each_step(till: Till) -> None:
    till.stripe.after_collection = "past_due"
    till.stripe.duplicates = 2
    till.stripe.disorder = True
    await fails(till)
    for _ in range(3):
        await till.look_for_missed()
    assert len([told for told in till.messages() if "payment for two-way SMS failed" in told]) == 1
