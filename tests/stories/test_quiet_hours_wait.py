"""Nobody is texted first by night: it waits for the morning where they are, can be canceled, and goes out once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.rules.sending import Purpose
from bridge.services import restored, stuck
from bridge.services.answers import ALREADY
from bridge.store import leads as lead_store
from bridge.store import tables
from bridge.views import later as views
from bridge.views.threads import SEND_AGAIN
from tests.cast import LAW, MARIA
from tests.stage import Stage
from tests.stories.doubt import UNSURE, pass_time
from tests.stories.nights import PACIFIC, by_clock, first, known_staff, line, opening, press, put_off, state


@pytest.mark.rows(126)
async def test_at_night_a_first_text_is_refused_or_waits_and_a_reply_goes_out(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    assert await first(stage) is Refusal.QUIET_HOURS
    message_id = await put_off(stage)
    assert stage.phone() == []
    assert line(stage)["text"].startswith("Will be sent <!date^")
    await stage.staff_says("You asked, so here is the answer.")
    assert stage.phone() == ["You asked, so here is the answer."]  # what waits holds nobody up

    await by_clock(stage, 8, 59)
    await stage.settle()
    assert await state(stage, message_id) == State.LATER
    await by_clock(stage, 9, day=0)
    await stage.settle()
    assert stage.phone()[1:] == ["Good morning"]
    assert await state(stage, message_id) == State.DELIVERED
    await press(stage, views.CANCEL)
    assert stage.told()[-1] == ALREADY


async def test_by_day_and_where_the_firm_takes_the_risk_it_goes_out_at_once(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 12)
    assert await opening(stage) is None
    assert isinstance(await first(stage, "By day"), int)
    await by_clock(stage, 20, 30, day=0)
    assert await opening(stage) is not None
    await stage.prefers(quiet_hours="federal")
    assert isinstance(await first(stage, "Until nine"), int)
    await by_clock(stage, 23, day=0)
    assert await first(stage) is Refusal.QUIET_HOURS
    await stage.prefers(quiet_hours="off")
    assert isinstance(await first(stage, "At any hour"), int)
    await stage.settle()
    assert stage.phone() == ["By day", "Until nine", "At any hour"]


@pytest.mark.rows(182)
async def test_who_wrote_within_a_day_is_answered_at_any_hour_but_not_advertised_to(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    await stage.lead_texts("Still there?")
    await by_clock(stage, 3)
    assert await opening(stage) is None
    c = tables.contacts.c
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.contacts.update().where(c.phone == MARIA).values(marketing="granted"))
    assert await first(stage, purpose=Purpose.MARKETING) is Refusal.QUIET_HOURS
    assert isinstance(await first(stage, "We are"), int)
    await stage.settle()
    assert stage.phone() == ["We are"]


async def test_a_keyword_by_night_is_no_text_that_waits_for_an_answer(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    await stage.lead_texts("HELP")
    assert await first(stage) is Refusal.QUIET_HOURS


async def test_the_leads_own_zone_counts_before_that_of_the_number(stage: Stage) -> None:
    await known_staff(stage)
    await stage.signup("Maria Example")
    signups = tables.leads
    async with stage.app.deps.db.begin() as tx:
        await tx.run(signups.update().where(signups.c.phone == MARIA).values(time_zone="America/New_York"))
        lead = await lead_store.newest(tx, stage.law.id, MARIA)
    assert lead is not None
    await by_clock(stage, 18)  # 21 in New York
    assert await first(stage) is Refusal.QUIET_HOURS
    at = await opening(stage)
    assert at is not None
    assert at.astimezone(ZoneInfo("America/New_York")).hour == 9


async def test_who_may_be_anywhere_is_texted_by_the_firms_clock_and_the_strict_hours(stage: Stage) -> None:
    await known_staff(stage)
    await stage.prefers(quiet_hours="federal", time_zone="Pacific/Honolulu")
    await by_clock(stage, 23)  # 20 or 21 in Honolulu, and no toll-free number tells where it is
    at = await opening(stage, "+18885550123")
    assert at is not None
    assert at.astimezone(ZoneInfo("Pacific/Honolulu")).hour == 9


@pytest.mark.faults("F28")
async def test_what_stood_still_until_night_waits_for_the_morning_and_that_is_said_once(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 19, 58)
    stage.twilio.fail("create", code=20429, times=100)
    message_id = await first(stage, "Before eight")
    assert isinstance(message_id, int)
    await pass_time(stage, 4, minutes=5)
    stage.twilio.heal()
    await pass_time(stage, 3, minutes=5)
    assert (await state(stage, message_id), stage.phone()) == (State.LATER, [])
    assert len([each for each in stage.said() if each.startswith("Will be sent")]) == 1
    await by_clock(stage, 9)
    await stage.settle()
    assert stage.phone() == ["Before eight"]


@pytest.mark.faults("F10")
async def test_in_doubt_by_night_it_is_sent_again_in_the_morning(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 19, 50)
    stage.twilio.fail("create", drop=True)
    message_id = await first(stage)
    assert isinstance(message_id, int)
    await pass_time(stage, 12)
    asked = next(each for each in stage.thread() if each["text"] == UNSURE)
    await stage.slack.click(LAW.team_id, LAW.agent, LAW.channel, asked["ts"], SEND_AGAIN)
    await stage.settle()
    assert (await state(stage, message_id), stage.phone()) == (State.LATER, [])
    assert stage.slack.find_message(LAW.team_id, LAW.channel, asked["ts"]).body["text"].endswith("Send again.")
    await by_clock(stage, 9)
    await stage.settle()
    assert stage.phone() == ["Good morning"]


async def test_down_over_the_opening_it_goes_out_late_and_down_all_day_not_at_all(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    ids = [await put_off(stage, "An hour late")]
    await stage.stop_app()
    stage.clock.skipped += timedelta(hours=12)  # ten in the morning
    await stage.start_app()
    await stage.settle()
    assert stage.phone() == ["An hour late"]
    await by_clock(stage, 22, day=0)
    ids.append(await put_off(stage, "Too late"))
    await stage.stop_app()
    stage.clock.skipped += timedelta(hours=16)
    await stage.start_app()
    await stage.settle()
    assert stage.phone() == ["An hour late"]
    assert [await state(stage, each) for each in ids] == [State.DELIVERED, State.REFUSED]
    assert stage.said()[-1] == Refusal.STALE.sentence


async def test_several_for_one_morning_keep_their_order(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    for number in range(5):
        await put_off(stage, f"Number {number}")
    await by_clock(stage, 9)
    await stage.staff_types("And good morning from me")
    await stage.settle()
    assert [text for text in stage.phone() if text.startswith("Number")] == [f"Number {n}" for n in range(5)]
    assert len(stage.phone()) == 6


async def test_on_the_night_in_which_clocks_are_set_it_waits_an_hour_less(stage: Stage) -> None:
    await known_staff(stage)
    change = datetime(2027, 3, 13, 22, tzinfo=PACIFIC)
    days = (change.date() - stage.clock().astimezone(PACIFIC).date()).days
    if days < 1:
        pytest.skip("this night has passed")
    await by_clock(stage, 22, day=days)
    at = await opening(stage)
    assert at == datetime(2027, 3, 14, 16, tzinfo=UTC)  # nine by summer time
    assert at is not None
    assert at - stage.clock() < timedelta(hours=10)


async def test_a_clock_that_is_set_back_sends_nothing_by_night(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    await put_off(stage)
    stage.set_clock(hours=-1)
    await stage.settle()
    stage.skip(hours=11)  # nine, as it was before
    await stage.settle(ahead=0)
    assert stage.phone() == []
    stage.skip(hours=1)
    await stage.settle()
    assert stage.phone() == ["Good morning"]
    assert len([each for each in stage.said() if each.startswith("Will be sent")]) == 1


async def test_what_waits_for_its_hour_is_not_stuck(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    await put_off(stage)
    stage.skip(hours=2)
    assert await stuck.listing(stage.app.deps, stage.clock(), 10) == []


async def test_put_back_from_a_copy_it_is_looked_for_before_anybody_sends_it(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    message_id = await put_off(stage)
    await restored.doubt_everything(stage.app.deps, stage.clock())
    await pass_time(stage, 4)
    assert (stage.phone(), stage.said()[-1]) == ([], UNSURE)
    assert await state(stage, message_id) == State.DOUBT
