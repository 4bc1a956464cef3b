"""A lead asks in words of their own not to be texted: nothing goes out until a person has decided, or time has."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.jobs import sweeps
from bridge.refusals import Refusal
from bridge.rules.suspicion import APPLY_AFTER, REMIND_AFTER, business_days_after
from bridge.services import start
from bridge.services.answers import ALREADY
from bridge.store import tables
from bridge.views import suspicion as views
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage

PLEASE = "please don't text me"
ZONE = ZoneInfo("America/New_York")


def _questions(stage: Stage, phone: str = MARIA) -> list[dict[str, Any]]:
    return [each for each in stage.thread(phone) if views.OPT_OUT in str(each.get("blocks"))]


async def _press(stage: Stage, action_id: str, user: str = LAW.agent, ts: str | None = None) -> Any:
    return await stage.slack.click(LAW.team_id, user, LAW.channel, ts or _questions(stage)[-1]["ts"], action_id)


async def _changes(stage: Stage) -> list[tuple[str, str, str]]:
    events = await stage.rows(tables.consent_events.select().order_by(tables.consent_events.c.id))
    return [(event.change, event.source, event.actor) for event in events]


async def _audited(stage: Stage, *actions: str) -> list[tuple[str, str]]:
    a = tables.audit.c
    rows = await stage.rows(tables.audit.select().where(a.action.in_(actions)).order_by(a.id))
    return [(row.actor, row.action) for row in rows]


async def _sweep(stage: Stage) -> None:
    await sweeps.undecided_words(stage.app.deps, stage.clock())
    await stage.settle()


async def _skip_business_days(stage: Stage, since: datetime, days: int) -> None:
    """To just after so many business days have passed since then."""
    until = business_days_after(since, days, ZONE) + timedelta(seconds=5)
    await stage.settle(ahead=0)
    stage.skip(seconds=(until - stage.clock()).total_seconds())


@pytest.mark.rows(131, 133)
async def test_the_text_is_shown_the_thread_asks_and_nothing_goes_out(stage: Stage) -> None:
    await stage.signup("Maria Lopez")
    await stage.lead_texts("Hello")
    sid = await stage.lead_texts(PLEASE)

    assert stage.said() == ["Hello", PLEASE, views.ASKED]
    ts = await stage.staff_says("Just one more thing")
    assert (stage.phone(), stage.told()) == ([], [Refusal.SUSPECTED.sentence])
    assert stage.marks(ts) == ["no_entry"]
    assert not (await stage.contact()).opted_out
    assert await start.find(stage.app.deps, stage.law, "maria", most=20) == []
    (event,) = await stage.rows(tables.consent_events.select())
    assert (event.change, event.source, event.actor) == ("suspected", "sms", "lead")
    assert event.evidence == {"sid": sid, "body": PLEASE, "number": LAW.number}
    assert await _audited(stage, "suspect") == [("bridge", "suspect")]


@pytest.mark.rows(130, 131)
async def test_what_only_has_such_words_in_it_pauses_nothing(stage: Stage) -> None:
    said = await stage.strangers_text(
        ["don't text me before 9, call me", "I can't stop laughing", "stop by tomorrow", "cancel my appointment"]
    )
    assert await stage.count(tables.consent_events) == 0
    assert {phone: stage.said(phone) for phone in said} == {phone: [words] for phone, words in said.items()}


@pytest.mark.rows(131, 133)
async def test_marked_as_an_opt_out_it_is_one(stage: Stage) -> None:
    await stage.lead_texts(PLEASE)
    ts = _questions(stage)[0]["ts"]
    await _press(stage, views.OPT_OUT)
    await stage.settle()

    assert (await stage.contact()).opted_out
    assert (await stage.contact()).suspected_at is None
    asked = stage.slack.find_message(LAW.team_id, LAW.channel, ts).body
    assert asked["text"] == f"<@{LAW.agent}> chose: Mark opted out."
    assert "actions" not in [block["type"] for block in asked["blocks"]]
    assert ":no_entry: opted out" in str(stage.root()["blocks"])
    await stage.staff_says("Hello?")
    assert stage.told() == [Refusal.STOPPED.sentence]
    assert stage.phone() == []
    assert await _changes(stage) == [("suspected", "sms", "lead"), ("opt_out", "staff", LAW.agent)]
    assert await _audited(stage, "opt_out") == [(LAW.agent, "opt_out")]


@pytest.mark.rows(131, 133)
async def test_dismissed_by_anybody_of_the_firm_texting_goes_on(stage: Stage) -> None:
    await stage.lead_texts("can you take me off?")
    await _press(stage, views.DISMISS)
    await stage.settle()
    await stage.staff_says("Off what, the invoice?")

    assert stage.phone() == ["Off what, the invoice?"]
    assert await _changes(stage) == [("suspected", "sms", "lead"), ("dismissed", "staff", LAW.agent)]
    assert await _audited(stage, "dismissed") == [(LAW.agent, "dismissed")]
    await stage.lead_texts("stop texting me")
    assert len(_questions(stage)) == 1  # a new one; the old one is settled
    await stage.staff_says("Sorry!")
    assert stage.phone() == ["Off what, the invoice?"]


@pytest.mark.rows(131)
@pytest.mark.faults("F10")
async def test_five_presses_at_once_are_one_decision(stage: Stage) -> None:
    await stage.lead_texts(PLEASE)
    ts = _questions(stage)[0]["ts"]
    pairs = [
        (views.OPT_OUT, LAW.agent), (views.DISMISS, LAW.second_agent), (views.OPT_OUT, LAW.admin),
        (views.DISMISS, LAW.agent), (views.OPT_OUT, LAW.second_agent),
    ]  # fmt: skip
    await asyncio.gather(*(_press(stage, action, user, ts) for action, user in pairs))
    await stage.settle()

    changes = [change for change, _, _ in await _changes(stage)]
    assert changes[0] == "suspected"
    assert len(changes) == 2
    assert (await stage.contact()).opted_out is (changes[1] == "opt_out")
    told = [sentence for user in (LAW.agent, LAW.second_agent, LAW.admin) for sentence in stage.told(user)]
    assert told == [ALREADY] * 4


@pytest.mark.rows(131)
@pytest.mark.faults("S1")
@pytest.mark.parametrize("who", [LAW.guest, LAW.stranger])
async def test_who_is_not_of_the_firm_decides_nothing(stage: Stage, who: str) -> None:
    await stage.lead_texts(PLEASE)
    await _press(stage, views.DISMISS, who)
    await stage.settle()

    assert await _changes(stage) == [("suspected", "sms", "lead")]
    assert _questions(stage)
    await stage.staff_says("Hello?")
    assert stage.phone() == []


@pytest.mark.rows(131)
async def test_several_such_texts_are_one_question(stage: Stage) -> None:
    await stage.lead_texts(PLEASE)
    await stage.lead_texts("stop texting me")
    await asyncio.gather(*(stage.twilio.text(MARIA, LAW.number, "leave me alone") for _ in range(3)))
    await stage.settle()
    assert len(_questions(stage)) == 1
    assert stage.said().count("leave me alone") == 3


@pytest.mark.rows(122, 123, 131)
@pytest.mark.parametrize(("word", "opted_out"), [("STOP", True), ("START", False)])
async def test_a_keyword_settles_it(stage: Stage, word: str, *, opted_out: bool) -> None:
    await stage.lead_texts(PLEASE)
    await stage.lead_texts(word)

    contact = await stage.contact()
    assert (contact.opted_out, contact.suspected_at) == (opted_out, None)
    await _press(stage, views.DISMISS)
    await stage.settle()
    assert stage.told() == [ALREADY]
    assert (await stage.contact()).opted_out is opted_out


@pytest.mark.rows(131)
async def test_who_has_stopped_already_is_not_asked_about(stage: Stage) -> None:
    await stage.lead_texts("STOP")
    await stage.lead_texts("I said stop texting me")
    assert _questions(stage) == []
    assert (await stage.contact()).opted_out


@pytest.mark.rows(131)
@pytest.mark.faults("F28")
async def test_a_reply_that_waits_is_held_back_too(stage: Stage) -> None:
    await stage.lead_texts("Hello")
    stage.twilio.fail("create", status=429, code=20429, retry_after=20)
    await stage.staff_types("On its way")
    await stage.settle(ahead=0)
    await stage.twilio.text(MARIA, LAW.number, PLEASE)
    await stage.settle(ahead=0)
    await stage.wait(seconds=60)
    await stage.settle()
    assert stage.phone() == []
    assert Refusal.SUSPECTED.sentence in "\n".join(stage.said())


@pytest.mark.rows(18, 131)
async def test_while_two_way_is_off_it_pauses_and_nothing_is_shown(stage: Stage) -> None:
    await stage.turn_two_way(on=False)
    await stage.lead_texts(PLEASE)
    assert stage.roots() == []
    assert (await stage.contact()).suspected_at is not None


@pytest.mark.rows(131, 133)
async def test_undecided_it_is_asked_again_once_and_then_counts_as_an_opt_out(stage: Stage) -> None:
    await stage.lead_texts(PLEASE)
    await stage.staff_says("// who looks at this?", user=LAW.admin)
    since = (await stage.contact()).suspected_at
    await _skip_business_days(stage, since, REMIND_AFTER - 1)
    await _sweep(stage)
    assert len(_questions(stage)) == 1

    await _skip_business_days(stage, since, REMIND_AFTER)
    await asyncio.gather(*(sweeps.undecided_words(stage.app.deps, stage.clock()) for _ in range(3)))
    await _sweep(stage)
    assert [each["text"] for each in _questions(stage)] == [views.ASKED, views.ASKED_AGAIN]
    direct = stage.slack.dms(LAW.team_id, LAW.admin)
    assert [each["text"] for each in direct] == [views.ALERT.format(number="(415) 555-0111")]
    assert not (await stage.contact()).opted_out

    await _skip_business_days(stage, since, APPLY_AFTER)
    await asyncio.gather(*(sweeps.undecided_words(stage.app.deps, stage.clock()) for _ in range(3)))
    await _sweep(stage)
    assert (await stage.contact()).opted_out
    assert stage.said()[-1] == views.APPLIED
    assert ":no_entry: opted out" in str(stage.root()["blocks"])
    assert await _changes(stage) == [
        ("suspected", "sms", "lead"), ("reminded", "system", "bridge"), ("opt_out", "system", "bridge"),
    ]  # fmt: skip
    (*_, last) = await stage.rows(tables.consent_events.select().order_by(tables.consent_events.c.id))
    assert (last.evidence["reason"], last.evidence["body"]) == ("nobody decided", PLEASE)
    await _press(stage, views.DISMISS)
    await stage.settle()
    assert (await stage.contact()).opted_out


@pytest.mark.rows(131)
async def test_the_second_question_can_be_answered_like_the_first(stage: Stage) -> None:
    await stage.lead_texts(PLEASE)
    await _skip_business_days(stage, (await stage.contact()).suspected_at, REMIND_AFTER)
    await _sweep(stage)
    await _press(stage, views.DISMISS)
    await stage.settle()
    await stage.wait(days=30)
    await _sweep(stage)
    assert not (await stage.contact()).opted_out
    await stage.staff_says("Good morning")
    assert stage.phone() == ["Good morning"]


@pytest.mark.rows(131)
@pytest.mark.faults("F1")
async def test_after_a_month_without_the_app_it_goes_on_where_it_ended(stage: Stage) -> None:
    await stage.lead_texts(PLEASE)
    await stage.lead_texts("Hello", phone=NOAH)
    await stage.stop_app()
    stage.clock.skipped += timedelta(days=31)
    await stage.start_app()
    await stage.settle()
    await _sweep(stage)
    assert (await stage.contact()).opted_out
    assert not (await stage.contact(NOAH)).opted_out
    assert [each["text"] for each in _questions(stage)] == [views.ASKED]
    assert stage.said().count(views.APPLIED) == 1


@pytest.mark.rows(131)
@pytest.mark.faults("F4")
async def test_such_a_text_that_comes_late_counts_from_when_it_was_said(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    stage.skip(seconds=2)
    await stage.twilio.text(MARIA, LAW.number, PLEASE, deliver=False)
    said_at = stage.clock()
    stage.skip(hours=5)
    await stage.sweep_for_missed_texts()
    since = (await stage.contact()).suspected_at
    assert abs(since.astimezone(UTC) - said_at) < timedelta(minutes=1)
    assert len(_questions(stage)) == 1


@pytest.mark.rows(123, 131)
@pytest.mark.faults("F4")
async def test_such_a_text_that_comes_after_a_later_start_pauses_nothing(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    stage.skip(seconds=2)
    await stage.twilio.text(MARIA, LAW.number, PLEASE, deliver=False)
    stage.skip(minutes=5)
    await stage.lead_texts("START")
    await stage.sweep_for_missed_texts()
    assert (await stage.contact()).suspected_at is None
    assert _questions(stage) == []
