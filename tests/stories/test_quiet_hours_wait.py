"""Nobody is texted first by night: it waits for the morning where they are, can be canceled, and goes out once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.rules.sending import Purpose
from bridge.services import hours, restored, sending, stuck
from bridge.services.answers import ADMINS_ONLY, ALREADY
from bridge.services.drafts import Draft
from bridge.store import contacts, conversations, firms, numbers, tables
from bridge.store import leads as lead_store
from bridge.store.contacts import Contact
from bridge.views import later as views
from bridge.views.threads import SEND_AGAIN
from tests.apart import Apart, is_text
from tests.cast import LAW, MARIA
from tests.stage import Stage
from tests.store.scratch import only_postgres
from tests.stories.doubt import UNSURE, creates, pass_time

PACIFIC = ZoneInfo("America/Los_Angeles")  # where +1 415 is


async def by_clock(stage: Stage, hour: int, minute: int = 0, *, day: int | None = None) -> datetime:
    """Let time pass until it is so late where Maria is; on a day of so many from now, if that matters."""
    await stage.settle(ahead=0)
    local = stage.clock().astimezone(PACIFIC)
    then = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    then += timedelta(days=day if day is not None else int(then <= local))
    stage.skip(seconds=(then.astimezone(UTC) - stage.clock()).total_seconds() + 1)
    return stage.clock()


async def known_staff(stage: Stage) -> None:
    """Ben and Ada have been looked up, and Maria has a thread; she wrote long ago."""
    await stage.prefers(quiet_hours="strict")
    await stage.lead_texts("Hello?")
    await stage.staff_says("// I am here")
    await stage.staff_says("// and I", user=LAW.admin)
    stage.skip(hours=25)


async def first(stage: Stage, body: str = "Good morning", *, phone: str = MARIA, **more: Any) -> int | Refusal:
    """Ben texts somebody first."""
    now, deps = stage.clock(), stage.app.deps
    async with deps.db.begin() as tx:
        firm = await firms.get(tx, stage.law.id)
        contact = (await contacts.ensure_all(tx, firm.id, [phone], now))[phone]
        number = (await numbers.of_firm(tx, firm.id))[0]
        talk = (await conversations.ensure_all(tx, firm.id, {contact.id: (number.id, now)}))[contact.id]
        values = {"purpose": Purpose.FIRST, "author_id": LAW.agent} | more
        return await sending.queue(tx, firm, talk, Draft(body=body, **values), now)


async def opening(stage: Stage, phone: str = MARIA) -> datetime | None:
    """When they may be texted first."""
    async with stage.app.deps.db.read() as tx:
        firm = await firms.get(tx, stage.law.id)
        contact = await contacts.by_phone(tx, firm.id, phone) or Contact(0, phone)
        return await hours.next_opening(tx, firm, contact, None, stage.clock())


async def put_off(stage: Stage, body: str = "Good morning", **more: Any) -> int:
    """Ben texts somebody first, at the next opening."""
    accepted = await first(stage, body, send_at=await opening(stage), **more)
    assert isinstance(accepted, int)
    await stage.settle()
    return accepted


async def state(stage: Stage, message_id: int) -> str:
    m = tables.messages.c
    return str((await stage.rows(tables.messages.select().where(m.id == message_id)))[0].state)


def line(stage: Stage) -> dict[str, Any]:
    """The newest line that says when something goes out, or what became of it."""
    return next(each for each in reversed(stage.thread()) if views.CANCEL in str(each["blocks"]))


async def press(stage: Stage, action_id: str, user: str = LAW.agent) -> None:
    clicked = await stage.slack.click(LAW.team_id, user, LAW.channel, line(stage)["ts"], action_id)
    assert clicked.status == 200
    await stage.settle()


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


async def test_canceled_it_never_goes_out_whoever_presses_and_how_often(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    message_id = await put_off(stage)
    shown = line(stage)["ts"]
    clicks = [
        stage.slack.click(LAW.team_id, user, LAW.channel, shown, views.CANCEL)
        for user in (LAW.agent, LAW.admin, LAW.agent, LAW.guest)
    ]
    await asyncio.gather(*clicks)
    await stage.settle()
    assert await state(stage, message_id) == State.CANCELED
    assert stage.slack.find_message(LAW.team_id, LAW.channel, shown).body["text"].endswith("chose: Cancel.")
    assert [*stage.told(), *stage.told(LAW.admin)].count(ALREADY) == 2
    assert stage.told(LAW.guest) == [Refusal.NOT_STAFF.sentence]
    await by_clock(stage, 9)
    await stage.settle()
    assert stage.phone() == []
    assert (await state(stage, message_id), creates(stage)) == (State.CANCELED, 0)


async def say_why(stage: Stage, reason: str) -> None:
    """In the modal; pressed twice."""
    view = stage.slack.views(LAW.team_id, LAW.admin)[-1]
    values = {views.REASON: reason}
    await asyncio.gather(*(stage.slack.submit(LAW.team_id, LAW.admin, view["id"], values) for _ in range(2)))
    await stage.settle()


async def test_only_an_admin_sends_it_now_and_it_is_written_down(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    await put_off(stage)
    await press(stage, views.SEND_NOW)
    assert (stage.phone(), stage.told()[-1]) == ([], ADMINS_ONLY)
    shown = line(stage)["ts"]
    await press(stage, views.SEND_NOW, LAW.admin)
    assert stage.phone() == []
    await say_why(stage, "She called and asked for it")
    assert stage.phone() == ["Good morning"]
    assert (
        stage.slack.find_message(LAW.team_id, LAW.channel, shown).body["text"].startswith(f"<@{LAW.admin}> chose")
    )
    (entry,) = await stage.rows(tables.audit.select().where(tables.audit.c.action == "waive_hours"))
    assert (entry.actor, entry.facts["why"]) == (LAW.admin, "She called and asked for it")
    await by_clock(stage, 9)
    await stage.settle()
    assert stage.phone() == ["Good morning"]


async def test_without_a_reason_or_by_who_is_no_admin_any_more_it_waits_on(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    await put_off(stage)
    await press(stage, views.SEND_NOW, LAW.admin)
    view = stage.slack.views(LAW.team_id, LAW.admin)[-1]
    done = await stage.slack.submit(LAW.team_id, LAW.admin, view["id"], {views.REASON: "  "})
    assert list((done.json or {})["errors"]) == [views.REASON]
    stage.slack.add_person(LAW.team_id, LAW.admin, "Ada Admin")
    async with stage.app.deps.db.begin() as tx:  # as when Slack was asked again
        await tx.run(tables.staff.update().where(tables.staff.c.user_id == LAW.admin).values(role="agent"))
    await say_why(stage, "She called")
    assert (stage.phone(), stage.told(LAW.admin)[-1]) == ([], ADMINS_ONLY)


async def test_send_now_passes_the_gate_like_every_text(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    message_id = await put_off(stage)
    await stage.lead_texts("STOP")
    await press(stage, views.SEND_NOW, LAW.admin)
    await say_why(stage, "She called")
    assert (stage.phone(), stage.told(LAW.admin)[-1]) == ([], Refusal.STOPPED.sentence)
    await by_clock(stage, 9)
    await stage.settle()
    assert (stage.phone(), await state(stage, message_id)) == ([], State.REFUSED)
    assert stage.said()[-1] == Refusal.STOPPED.sentence


async def test_an_admin_waives_the_hours_and_the_reason_is_kept(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 2)
    waived = {"hours_waived_by": LAW.admin, "hours_waived_why": "She is abroad and asked for it"}
    assert isinstance(await first(stage, "Now", **waived), int)
    await stage.settle()
    assert stage.phone() == ["Now"]
    (entry,) = [each for each in await stage.rows(tables.audit.select()) if "hours_waived_by" in each.facts]
    assert entry.facts["hours_waived_why"] == "She is abroad and asked for it"


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


@pytest.mark.faults("F1", "F10")
async def test_it_goes_out_once_whenever_the_app_dies(apart: Apart) -> None:
    stage = apart.stage
    await _in_the_morning(apart, "One", stage.clock() + timedelta(hours=3))
    apart.after(is_text)
    await _its_time_comes(apart)
    await apart.begin_again()
    await stage.settle()
    assert stage.phone() == ["One"]
    assert await stage.count(tables.outbox, tables.outbox.c.state != "done") == 0


@only_postgres
@pytest.mark.faults("F2", "F27")
async def test_two_processes_send_it_once(apart: Apart) -> None:
    stage = apart.stage
    await apart.start(port=0)
    at = stage.clock() + timedelta(hours=3)
    for number in range(8):
        await _in_the_morning(apart, f"Number {number}", at + timedelta(seconds=number))
    await _its_time_comes(apart)
    await stage.settle()
    assert stage.phone() == [f"Number {number}" for number in range(8)]


async def _in_the_morning(apart: Apart, body: str, send_at: datetime) -> None:
    """A first text that waits for an hour that nobody has to wait for here."""
    sent = await first(apart.stage, body, send_at=send_at)
    assert isinstance(sent, int)
    await apart.stage.settle()


async def _its_time_comes(apart: Apart) -> None:
    o, m = tables.outbox.c, tables.messages.c
    now = apart.stage.clock()
    waiting = await apart.stage.rows(tables.messages.select().where(m.state == State.LATER).order_by(m.id))
    async with apart.stage.app.deps.db.begin() as tx:
        for number, message in enumerate(waiting):
            earlier = now - timedelta(seconds=len(waiting) - number)
            await tx.run(tables.messages.update().where(m.id == message.id).values(send_at=earlier))
        await tx.run(tables.outbox.update().where(o.kind == "due").values(due_at=now))
        tx.wakes = True
