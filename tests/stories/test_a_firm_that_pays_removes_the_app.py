"""Who removes the app from Slack does not pay for it for ever, and who brings it back in time goes on."""

import pytest
from sqlalchemy import select

from bridge.services.endings import REMOVED
from bridge.store import tables
from bridge.views import billing as views
from bridge.views.portal import AT_END
from tests.cast import LAW
from tests.stories.test_the_addon_ends import ends
from tests.till import CONFIRM, Till

LATER = 200  # seconds; what Slack refuses is tried again after more
TOLD = "This app was removed from the workspace, so two-way SMS ends on"


async def removed(till: Till) -> None:
    """By somebody who may; our token is dead from then on."""
    await till.stage.slack.uninstall(LAW.team_id)
    await till.stage.settle()


async def brought_back(till: Till) -> None:
    """With the same token; it is noticed by the next try."""
    await till.stage.slack.restore_token(LAW.team_id, LAW.bot_token)
    till.stage.skip(minutes=6)
    await till.stage.settle(ahead=400)


def will_end(till: Till) -> list[bool]:
    return [each["cancel_at_period_end"] for each in till.stripe.subscriptions.values()]


@pytest.mark.rows(41)
@pytest.mark.faults("F6")
async def test_the_add_on_ends_with_what_is_paid_for(till: Till) -> None:
    await till.enables()
    await removed(till)
    assert (await till.is_on(), till.running(), will_end(till)) == (True, ["active"], [True])
    a = tables.audit.c
    assert await till.stage.rows(select(a.actor).where(a.action == "end_charge")) == [(REMOVED,)]
    till.stage.skip(days=32)
    await till.stage.settle()
    assert (await till.is_on(), till.running()) == (False, [])
    assert [bill for bill in till.bills() if bill[1]] == [("paid", 1500)]


@pytest.mark.rows(41)
@pytest.mark.faults("F6")
async def test_who_brings_it_back_reads_it_and_keeps_it(till: Till) -> None:
    await till.enables()
    await removed(till)
    assert not any(said.startswith(TOLD) for said in till.messages())
    await brought_back(till)
    assert len([said for said in till.messages() if TOLD in said]) == 1
    assert "turns off on" in await till.portal.opens()
    await till.portal.presses(views.KEEP)
    assert will_end(till) == [False]


@pytest.mark.faults("F2", "F6")
async def test_slack_may_tell_it_twice_and_what_ends_already_stays_as_it_is(till: Till) -> None:
    await till.enables()
    await removed(till)
    await removed(till)
    asked = [each["when"] for each in await till.entries("end_charge")]
    await brought_back(till)
    assert (asked, will_end(till)) == (["end"], [True])
    assert len([said for said in till.messages() if TOLD in said]) == 1


@pytest.mark.rows(41)
@pytest.mark.faults("F6", "F31")
async def test_it_ends_though_somebody_had_just_wanted_to_keep_it(till: Till) -> None:
    await till.enables()
    await ends(till, AT_END)
    await till.portal.opens()
    till.stripe.fail("*", times=10_000, status=503)
    await till.portal.presses(views.KEEP)
    await till.stage.slack.uninstall(LAW.team_id)
    await till.stage.settle(ahead=0)
    till.stripe.heal()
    await till.stage.settle(ahead=LATER)
    assert will_end(till) == [True]


@pytest.mark.faults("F4", "F6")
async def test_the_same_news_after_it_was_kept_changes_nothing(till: Till) -> None:
    await till.enables()
    news = {"type": "app_uninstalled"}
    assert await till.stage.slack.send_event(LAW.team_id, news, event_time=1_790_000_000) == [200]
    await till.stage.settle()
    assert will_end(till) == [True]
    await brought_back(till)
    await till.portal.opens()
    await till.portal.presses(views.KEEP)
    assert await till.stage.slack.send_event(LAW.team_id, news, event_time=1_790_000_000, times=2) == [200] * 2
    await till.stage.settle(ahead=LATER)
    assert will_end(till) == [False]


async def test_what_was_never_paid_ends_at_once(till: Till) -> None:
    await till.enables(CONFIRM)
    assert till.running() == ["incomplete"]
    await removed(till)
    await brought_back(till)
    assert (till.running(), [said for said in till.messages() if TOLD in said]) == ([], [])
    assert "Your bank wants you to confirm" not in await till.portal.opens()


@pytest.mark.faults("F6")
async def test_a_token_that_is_revoked_ends_nothing(till: Till) -> None:
    await till.enables()
    await till.stage.slack.revoke_token(LAW.team_id)
    await till.stage.settle()
    assert (will_end(till), await till.entries("end_charge")) == ([False], [])


async def test_where_nothing_is_charged_there_is_nothing_to_end(till: Till) -> None:
    await removed(till)
    assert (await till.entries("end_charge"), till.stripe.subscriptions) == ([], {})


@pytest.mark.faults("F6", "F31")
async def test_stripe_may_be_away_meanwhile(till: Till) -> None:
    await till.enables()
    till.stripe.fail("*", times=10_000, status=503)
    await removed(till)
    assert will_end(till) == [False]
    till.stripe.heal()
    await till.stage.settle(ahead=LATER)
    assert will_end(till) == [True]
