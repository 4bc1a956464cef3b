"""A firm pays for two-way SMS by itself: what it confirms, what is charged, and every way in which that ends."""

import asyncio

import pytest

from bridge.sandbox.stripe.magic import Fate
from bridge.services import installs
from bridge.store import firms, subscriptions
from bridge.views import billing as views
from bridge.views import portal
from tests.cast import LAW
from tests.till import CONFIRM, GOOD, Till


@pytest.mark.rows(3, 4, 6, 28)
async def test_home_shows_the_price_and_a_click_what_will_be_charged(till: Till) -> None:
    assert "Add Two-Way SMS" in till.portal.text()
    assert "$15/month + $0.06 per outbound message over 250/month" in till.portal.text()
    modal = await till.asks()
    assert (modal["title"]["text"], modal["submit"]["text"]) == ("Add Two-Way SMS", "Confirm & Enable")
    said = str(modal["blocks"])
    assert "You'll be charged the $15 flat fee immediately." in said
    assert portal.COMPLIANCE in said
    assert not await till.is_on()


@pytest.mark.rows(8, 11, 17, 31)
@pytest.mark.faults("S14")
async def test_confirmed_it_is_charged_once_and_is_on_everywhere(till: Till) -> None:
    await till.enables()
    assert await till.is_on()
    assert (till.bills(), till.running()) == ([("paid", 1500)], ["active"])
    assert "Two-way SMS is on" in till.modal_text()
    assert till.messages() == [views.SENTENCES[views.Outcome.ON]]
    assert "No conversations yet" in till.portal.text()
    (confirmed,) = await till.entries("confirm_charge")
    assert confirmed["price"] == "$15/month + $0.06 per outbound message over 250/month"
    assert (confirmed["now"], confirmed["confirmed"]) == ("$15", portal.COMPLIANCE)


@pytest.mark.rows(7)
async def test_closing_the_modal_changes_and_charges_nothing(till: Till) -> None:
    await till.has_card()
    modal = await till.asks()
    await till.stage.slack.close_view(LAW.team_id, LAW.admin, modal["id"])
    await till.stage.settle()
    assert (await till.is_on(), till.bills(), till.running()) == (False, [], [])


@pytest.mark.rows(9, 10)
async def test_without_a_card_the_portal_is_a_click_away_and_then_it_works(till: Till) -> None:
    await till.enables(card=None)
    assert "Please add a payment method to enable two-way SMS" in till.modal_text()
    button = till.portal.button(views.LINK)
    assert button is not None
    assert button["text"]["text"] == "Open billing portal"
    status, where = await till.follows(button["url"])
    assert (status, where.startswith(till.stripe.url)) == (303, True)
    assert (till.bills(), till.running()) == ([], [])
    till.stripe.add_card(await till.customer(), GOOD)
    await till.enables(card=None)  # at once, whatever was known before
    assert (await till.is_on(), till.bills()) == (True, [("paid", 1500)])


async def test_a_declined_card_is_said_so_and_another_one_works(till: Till) -> None:
    card = await till.has_card()
    till.stripe.fates[card] = Fate.NO_FUNDS
    await till.enables(card=None)
    assert "declined" in till.modal_text()
    assert "not enough money" in till.portal.text()
    assert (await till.is_on(), till.running()) == (False, [])
    await till.enables(GOOD)
    assert (await till.is_on(), till.bills()[-1], till.running()) == (True, ("paid", 1500), ["active"])


async def test_what_the_bank_wants_confirmed_turns_on_by_itself_then(till: Till) -> None:
    await till.enables(CONFIRM)
    assert not await till.is_on()
    assert "Your bank wants you to confirm" in till.portal.text()
    button = till.portal.button(views.LINK)
    assert button is not None
    status, where = await till.follows(button["url"])
    assert (status, where.startswith(till.stripe.url)) == (303, True)
    (invoice,) = till.stripe.invoices
    till.stripe.confirm(invoice)
    await till.stage.settle()
    assert (await till.is_on(), till.bills(), till.running()) == (True, [("paid", 1500)], ["active"])
    assert till.messages()[-1] == views.SENTENCES[views.Outcome.ON]


@pytest.mark.rows(10)
async def test_the_card_that_pays_what_waited_pays_the_next_months_too(till: Till) -> None:
    till.stripe.endpoints.clear()  # else a webhook tells of the new card, and it is chosen for that
    await till.enables(CONFIRM)
    card = await till.has_card()
    await till.stage.app.deps.clients.stripe().use_card(await till.customer(), card)
    await till.enables(card=None)
    (one,) = till.stripe.subscriptions.values()
    assert (till.bills(), one["default_payment_method"]) == ([("paid", 1500)], card)


@pytest.mark.rows(6)
async def test_nobody_pays_a_price_that_they_were_not_shown(till: Till) -> None:
    await till.has_card()
    await till.asks()
    await till.stage.prefers(billing="credits")
    await till.confirms()
    assert "$0.06 per credit over" in till.modal_text()
    assert (await till.is_on(), till.bills()) == (False, [])
    await till.confirms()
    assert (await till.is_on(), till.bills()) == (True, [("paid", 1500)])


async def test_what_is_included_by_the_time_it_is_confirmed_does_not_stay_on_its_way(till: Till) -> None:
    await till.asks()
    await installs.set_plan(till.stage.app.deps, till.stage.law, "included", till.stage.clock())
    await till.confirms()
    await installs.set_plan(till.stage.app.deps, till.stage.law, "add-on", till.stage.clock())
    assert views.WORKING not in await till.portal.opens()


async def test_what_is_never_confirmed_runs_out_and_costs_nothing(till: Till) -> None:
    await till.enables(CONFIRM)
    till.stage.skip(hours=24)
    await till.stage.settle()
    await till.portal.opens()
    assert (await till.is_on(), till.running()) == (False, [])
    assert "Your bank wants you to confirm" not in till.portal.text()
    await till.enables(GOOD)
    assert (await till.is_on(), [bill for bill in till.bills() if bill[0] == "paid"]) == (True, [("paid", 1500)])


@pytest.mark.rows(25)
@pytest.mark.faults("F31")
async def test_confirmed_twice_at_once_it_is_charged_once(till: Till) -> None:
    await till.has_card()
    await till.asks()
    await asyncio.gather(till.submits(), till.submits())
    await till.stage.settle()
    assert (till.bills(), till.running()) == ([("paid", 1500)], ["active"])


@pytest.mark.rows(25)
@pytest.mark.faults("F31")
async def test_two_admins_at_once_pay_once(till: Till) -> None:
    till.stage.slack.add_person(LAW.team_id, "U01EVA", "Eva Admin", admin=True)
    await till.has_card()
    eva = type(till)(till.stage, type(till.portal)(till.stage, "U01EVA"))
    await eva.portal.opens()
    await till.asks()
    await eva.asks()
    await asyncio.gather(till.submits(), eva.submits(user="U01EVA"))
    await till.stage.settle()
    assert (await till.is_on(), till.bills(), till.running()) == (True, [("paid", 1500)], ["active"])


@pytest.mark.rows(26)
@pytest.mark.faults("S12")
async def test_who_is_no_admin_any_more_as_they_confirm_is_refused(till: Till) -> None:
    await till.has_card()
    await till.asks()
    till.stage.slack.add_person(LAW.team_id, LAW.admin, "Ada Admin")
    till.stage.skip(minutes=6)
    done = await till.confirms()
    assert (done.json or {})["response_action"] == "errors"
    assert (await till.is_on(), till.running()) == (False, [])


async def test_while_stripe_does_not_answer_it_is_told_and_tried_again(till: Till) -> None:
    await till.has_card()
    await till.asks()
    till.stripe.fail("subscription_create", times=1, status=500)
    await till.submits()
    await till.stage.settle(ahead=400)
    assert views.SENTENCES[views.Outcome.TROUBLE] in till.messages()
    assert (await till.is_on(), till.bills(), till.running()) == (True, [("paid", 1500)], ["active"])


@pytest.mark.parametrize("accept_first", [False, True])
async def test_trouble_that_stripe_keeps_under_its_key_is_got_past(till: Till, *, accept_first: bool) -> None:
    await till.has_card()
    await till.asks()
    till.stripe.fail("subscription_create", times=1, status=500, keep=True, accept_first=accept_first)
    await till.submits()
    await till.stage.settle(ahead=400)
    assert (await till.is_on(), till.bills(), till.running()) == (True, [("paid", 1500)], ["active"])


async def test_before_the_operator_has_set_stripe_up_nothing_is_charged(till: Till) -> None:
    await till.has_card()
    till.stripe.prices.clear()
    await till.enables(card=None)
    assert views.SENTENCES[views.Outcome.NOT_SET_UP] in till.modal_text()
    assert (await till.is_on(), till.running()) == (False, [])


@pytest.mark.faults("F31")
async def test_what_was_begun_elsewhere_is_taken_as_it_is(till: Till) -> None:
    await till.enables()
    async with till.stage.app.deps.db.begin() as tx:  # as in a backup that was put back
        await firms.change(tx, till.stage.law.id, two_way=False)
        values = {"stripe_id": None, "status": None, "read_at": None}
        await subscriptions.change(tx, till.stage.law.id, **values)
    await till.portal.opens()
    await till.enables(card=None)
    assert (await till.is_on(), till.bills(), till.running()) == (True, [("paid", 1500)], ["active"])


async def test_an_admin_whom_slack_does_not_name_right_now_is_not_told_to_be_none(till: Till) -> None:
    await till.enables(card=None)
    button = till.portal.button(views.LINK)
    assert button is not None
    till.stage.skip(minutes=6)
    till.stage.slack.fail("users.info", hang=2)
    status, said = await till.follows(button["url"])
    assert (status, "for admins" in said) == (503, False)


async def test_nobody_else_gets_in_by_a_link(till: Till) -> None:
    await till.enables(card=None)
    button = till.portal.button(views.LINK)
    assert button is not None
    link = button["url"]
    assert (await till.follows(link[:-2] + "xx"))[0] == 404
    assert (await till.follows(link.replace(LAW.admin, LAW.agent)))[0] == 404
    till.stage.slack.add_person(LAW.team_id, LAW.admin, "Ada Admin")
    till.stage.skip(minutes=6)
    assert (await till.follows(link))[0] == 403
    till.stage.skip(hours=1)
    assert (await till.follows(link))[0] == 404
