"""A firm that pays for two-way SMS turns it off: at once, or when what is paid for is over."""

from datetime import timedelta

import pytest

from bridge.services import installs
from bridge.views import billing as views
from bridge.views import portal
from tests.cast import LAW
from tests.till import Till


async def ends(till: Till, when: str) -> None:
    """Confirm in the modal that asks for it."""
    await till.portal.command("disable")
    values = {portal.WHEN: when, portal.WHAT: portal.SILENT}
    done = await till.stage.slack.submit(LAW.team_id, LAW.admin, till.portal.modal["id"], values)
    assert (done.json or {})["response_action"] == "update", done.json
    await till.stage.settle()


@pytest.mark.rows(38, 40, 41)
async def test_at_once_it_is_off_and_what_was_used_is_charged(till: Till) -> None:
    await till.enables()
    await till.stage.lead_texts("Hello?")
    await till.stage.staff_says("Yes?")
    await ends(till, portal.AT_ONCE)
    assert (await till.is_on(), till.running()) == (False, [])
    assert [each.value for each in till.stripe.usage] == [1]
    await till.stage.staff_says("Still there?")
    assert till.stage.phone() == ["Yes?"]
    assert [facts["when"] for facts in await till.entries("end_charge")] == ["now"]


@pytest.mark.rows(31, 41)
@pytest.mark.parametrize(("lag", "last_bill"), [(3, 60), (60, 1500)])
async def test_what_stripe_has_not_counted_yet_is_waited_for_but_not_long(
    till: Till, lag: int, last_bill: int
) -> None:
    await till.enables()
    await till.stage.lead_texts("Hello?")
    await till.stage.staff_says("Yes?")
    await till.has_sent(259)
    till.stripe.usage_lag = timedelta(minutes=lag)
    await ends(till, portal.AT_ONCE)
    await till.stage.settle(ahead=90)
    assert (till.running(), till.bills()[-1]) == ([], ("paid", last_bill))


@pytest.mark.rows(41)
async def test_with_the_paid_month_it_goes_on_until_then(till: Till) -> None:
    await till.enables()
    await ends(till, portal.AT_END)
    assert (await till.is_on(), till.running()) == (True, ["active"])
    assert "turns off on" in till.portal.text()
    till.stage.skip(days=32)
    await till.stage.settle()
    await till.portal.opens()
    assert (await till.is_on(), till.running(), till.bills()) == (False, [], [("paid", 1500), ("paid", 0)])
    assert views.ended(was_meant=True, was_unpaid=False).text in till.messages()


@pytest.mark.rows(41)
async def test_who_ends_it_sooner_after_all_reads_what_that_costs(till: Till) -> None:
    await till.enables()
    await ends(till, portal.AT_END)
    await till.portal.command("disable")
    assert "What was paid for this month is not given back" in till.modal_text()
    await ends(till, portal.AT_END)
    assert (await till.is_on(), till.running()) == (True, ["active"])


@pytest.mark.rows(41)
async def test_until_then_somebody_may_change_their_mind(till: Till) -> None:
    await till.enables()
    await ends(till, portal.AT_END)
    await till.portal.presses(views.KEEP)
    assert "turns off on" not in till.portal.text()
    till.stage.skip(days=32)
    await till.stage.settle()
    assert (await till.is_on(), till.bills()) == (True, [("paid", 1500), ("paid", 1500)])


async def test_on_again_in_the_same_month_is_a_month_of_its_own(till: Till) -> None:
    await till.enables()
    await ends(till, portal.AT_ONCE)
    await till.stage.lead_texts("Anybody?")
    assert till.stage.roots() == []
    await till.enables(card=None)
    assert (await till.is_on(), till.running()) == (True, ["active"])
    assert [bill for bill in till.bills() if bill[1]] == [("paid", 1500), ("paid", 1500)]
    assert "Anybody?" in str(till.stage.thread())


async def test_what_is_included_from_now_on_is_not_charged_any_more(till: Till) -> None:
    await till.enables()
    await installs.set_plan(till.stage.app.deps, till.stage.law, "included", till.stage.clock())
    await till.stage.settle()
    assert (await till.is_on(), till.running()) == (True, [])


@pytest.mark.faults("F31")
async def test_an_end_that_no_webhook_tells_is_found(till: Till) -> None:
    await till.enables()
    till.stripe.endpoints.clear()
    await ends(till, portal.AT_END)
    till.stage.skip(days=32)
    await till.stage.settle()
    assert await till.is_on()
    await till.look_for_missed()
    assert not await till.is_on()


async def test_the_operators_switch_ends_what_is_charged(till: Till) -> None:
    await till.enables()
    await till.stage.turn_two_way(on=False)
    await till.stage.settle()
    assert (await till.is_on(), till.running()) == (False, [])


@pytest.mark.rows(41)
@pytest.mark.faults("F31")
async def test_an_end_is_not_given_up_because_stripe_was_away_for_days(till: Till) -> None:
    await till.enables()
    till.stripe.fail("*", times=10_000, status=503)
    await ends(till, portal.AT_ONCE)
    for _ in range(2):
        await till.stage.settle(ahead=6)
        till.stage.skip(hours=25)
    await till.stage.settle(ahead=6)
    till.stripe.heal()
    await till.stage.settle(ahead=400)
    assert (await till.is_on(), till.running()) == (False, [])
    assert till.messages().count(views.told(views.Outcome.NOT_ENDED).text) == 1


async def test_an_end_that_stripe_refused_is_no_trouble_any_more_when_it_is_over(till: Till) -> None:
    await till.enables()
    till.stripe.fail("subscription_cancel", times=10, status=400)
    await till.stage.turn_two_way(on=False)  # by the operator, to whom Slack can deliver nothing
    await till.stage.settle()
    said = views.SENTENCES[views.Outcome.NOT_ENDED]
    assert (said in await till.portal.opens(), views.told(views.Outcome.NOT_ENDED).text in till.messages()) == (
        True, True,
    )  # fmt: skip
    till.stripe.heal()
    (id_,) = till.stripe.subscriptions
    await till.stage.app.deps.clients.stripe().cancel_now(id_)  # by hand
    await till.stage.settle()
    assert said not in await till.portal.opens()
