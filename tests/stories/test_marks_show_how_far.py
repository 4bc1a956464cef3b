"""The reactions on a staff member's own message show how far its text is: one at a time, within Slack's limits."""

import pytest
from sqlalchemy import select

from bridge.sandbox.twilio import magic
from bridge.services import announce, installs
from bridge.store import tables
from bridge.store.channels import ReplyMode
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage

COLLEAGUES = [f"U01TEAM{number}" for number in range(1, 6)]


@pytest.mark.rows(75, 79)
async def test_a_text_that_is_sent_at_once_costs_one_reaction(stage: Stage) -> None:
    stage.freeze()
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("Hello!")
    assert reactions(stage, ts) == ["+heavy_check_mark"]


@pytest.mark.rows(75)
async def test_a_slow_text_shows_that_it_is_on_its_way_then_sent_then_delivered(stage: Stage) -> None:
    await stage.lead_texts("Hello?", phone=magic.SLOW)
    ts = await stage.staff_says("Hello!", phone=magic.SLOW)
    await stage.until(lambda: stage.marks(ts) == ["heavy_check_mark"])
    assert sorted(reactions(stage, ts)[:2]) == ["+hourglass_flowing_sand", "+white_check_mark"]
    assert reactions(stage, ts)[0] == "+hourglass_flowing_sand"
    assert set(reactions(stage, ts)) == {
        "+hourglass_flowing_sand", "+white_check_mark", "-hourglass_flowing_sand", "+heavy_check_mark",
        "-white_check_mark",
    }  # fmt: skip
    assert stage.phone(magic.SLOW) == ["Hello!"]


@pytest.mark.rows(75)
async def test_a_text_to_a_phone_that_is_off_is_sent_and_not_yet_delivered(stage: Stage) -> None:
    stage.freeze()
    await stage.lead_texts("Hello?")
    stage.twilio.phone_off(MARIA)
    ts = await stage.staff_says("Hello!")
    assert stage.marks(ts) == ["white_check_mark"]
    stage.twilio.phone_on(MARIA)
    await stage.settle()
    assert stage.marks(ts) == ["heavy_check_mark"]
    assert reactions(stage, ts) == ["+white_check_mark", "+heavy_check_mark", "-white_check_mark"]


@pytest.mark.rows(75, 80)
async def test_a_text_that_failed_shows_only_that(stage: Stage) -> None:
    stage.twilio.status_delay = 0.8  # so that "sent" is shown before the carrier says no
    await stage.lead_texts("Hello?", phone=magic.UNREACHABLE)
    ts = await stage.staff_says("Hello!", phone=magic.UNREACHABLE)
    await stage.until(lambda: stage.marks(ts) == ["x"])
    assert "+white_check_mark" in reactions(stage, ts)


@pytest.mark.rows(75)
async def test_a_mark_that_slack_takes_back_later_is_still_taken_back(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.phone_off(MARIA)
    ts = await stage.staff_says("Hello!")
    stage.slack.fail("reactions.remove", status=429, retry_after=30)
    stage.twilio.phone_on(MARIA)
    await stage.settle()
    assert stage.marks(ts) == ["white_check_mark", "heavy_check_mark"]
    stage.skip(seconds=31)
    await stage.settle()
    assert stage.marks(ts) == ["heavy_check_mark"]


@pytest.mark.rows(75)
@pytest.mark.faults("F5")
async def test_a_mark_that_was_put_on_unseen_goes_too_when_the_text_has_come_further(stage: Stage) -> None:
    stage.freeze()
    await stage.lead_texts("Hello?")
    stage.twilio.phone_off(MARIA)
    stage.slack.fail("reactions.add", accept_first=True, drop=True)
    ts = await stage.staff_types("Hello!")
    await stage.until(lambda: len(stage.twilio.off[MARIA]) == 1)
    stage.skip(seconds=1)
    await stage.until(lambda: stage.marks(ts) == ["white_check_mark"])  # Slack has it; we do not know
    stage.twilio.phone_on(MARIA)
    await stage.settle()
    assert stage.marks(ts) == ["heavy_check_mark"]


async def waiting_to_be_sent(stage: Stage, seconds: float) -> tuple[str, int]:
    """Twilio takes so long with a text to a phone that is off, and an earlier try has left a mark to be removed."""
    await stage.lead_texts("Hello?")
    await stage.staff_says("// a note")
    stage.twilio.phone_off(MARIA)
    stage.twilio.fail("create", hang=seconds)
    ts = await stage.staff_types("Hello!")
    await stage.until(lambda: any(asked.operation == "create" for asked in stage.twilio.requests))
    [(message_id,)] = await stage.rows(select(tables.messages.c.id).where(tables.messages.c.origin_ts == ts))
    return ts, message_id


async def unmark(stage: Stage, message_id: int) -> None:
    async with stage.app.deps.db.begin() as tx:
        await announce.unmark_text(tx, stage.law.id, message_id, "white_check_mark", stage.clock())


@pytest.mark.rows(75)
@pytest.mark.faults("F27")
async def test_a_mark_that_goes_while_it_becomes_the_right_one_is_put_on_again(stage: Stage) -> None:
    ts, message_id = await waiting_to_be_sent(stage, seconds=1.0)
    stage.slack.fail("reactions.remove", hang=1.6)
    await unmark(stage, message_id)
    await stage.until(lambda: stage.marks(ts) == ["white_check_mark"])
    await stage.until(lambda: "-white_check_mark" in reactions(stage, ts))
    await stage.settle()
    assert stage.marks(ts) == ["white_check_mark"]


@pytest.mark.rows(75)
@pytest.mark.faults("F1", "F27")
async def test_a_mark_that_somebody_who_died_has_taken_off_is_put_on_again(stage: Stage) -> None:
    ts, message_id = await waiting_to_be_sent(stage, seconds=0.1)
    await stage.settle()
    await stage.app.deps.clients.slack(stage.law).unreact(LAW.channel, ts, "white_check_mark")
    o = tables.outbox.c
    async with stage.app.deps.db.begin() as tx:
        await announce.unmark_text(tx, stage.law.id, message_id, "white_check_mark", stage.clock())
        await tx.run(tables.outbox.update().where(o.kind == "unmark", o.state == "ready").values(attempts=1))
    await stage.settle()
    assert stage.marks(ts) == ["white_check_mark"]


@pytest.mark.rows(75)
@pytest.mark.faults("F27")
async def test_a_mark_that_is_being_put_on_is_not_taken_off(stage: Stage) -> None:
    ts, message_id = await waiting_to_be_sent(stage, seconds=0.1)
    stage.slack.fail("reactions.add", accept_first=True, hang=0.5, drop=True)
    await stage.until(lambda: stage.marks(ts) == ["white_check_mark"])
    await unmark(stage, message_id)
    await stage.settle()
    assert stage.marks(ts) == ["white_check_mark"]
    assert "-white_check_mark" not in reactions(stage, ts)


@pytest.mark.rows(75)
@pytest.mark.faults("F5")
async def test_a_burst_stays_within_slacks_limits_and_every_mark_comes_right(stage: Stage) -> None:
    sent = await burst_of_texts(stage, 30)
    stage.slack.rate_limits = True
    for _ in range(4):
        await stage.settle(ahead=0.5)
        stage.skip(seconds=20)
    stage.twilio.phone_on(MARIA)
    for _ in range(12):
        await stage.settle(ahead=0.5)
        stage.skip(seconds=20)
    await stage.settle()
    assert [stage.marks(ts) for ts in sent] == [["heavy_check_mark"]] * 30
    refused = [call.method for call in stage.slack.calls if call.answer_error == "ratelimited"]
    assert refused == []


async def burst_of_texts(stage: Stage, count: int) -> list[str]:
    """Many replies by several colleagues to a phone that is off, each colleague within the rate limit."""
    await stage.lead_texts("Hello?")
    for number, user in enumerate(COLLEAGUES):
        stage.slack.add_person(LAW.team_id, user, f"Colleague {number}")
        await stage.staff_says("// hello", user=user)
    stage.twilio.phone_off(MARIA)
    return [
        await stage.staff_types(f"Number {number}", user=COLLEAGUES[number % len(COLLEAGUES)])
        for number in range(count)
    ]


@pytest.mark.rows(75)
@pytest.mark.faults("F7")
async def test_marks_of_an_archived_channel_hold_up_no_other_channel(stage: Stage) -> None:
    stage.slack.add_channel(LAW.team_id, "C01OTHER", "other", members=[LAW.agent])
    await stage.lead_texts("Hello?")
    stage.slack.fail("reactions.add", error="is_archived", channel=LAW.channel)
    stage.slack.fail("chat.postEphemeral", error="is_archived", channel=LAW.channel)
    await stage.staff_says("Hello!")
    await stage.staff_says(":party:" + "x" * 1700)
    await installs.set_channel(stage.app.deps, stage.law, "C01OTHER", stage.clock())
    await stage.lead_texts("Hello?", phone=NOAH)
    await installs.set_reply_mode(stage.app.deps, stage.law, "C01OTHER", ReplyMode.CONFIRM, stage.clock())
    [root] = stage.slack.roots(LAW.team_id, "C01OTHER")
    ts = await stage.slack.say(LAW.team_id, "C01OTHER", LAW.agent, "Hello!", thread_ts=root["ts"])
    await stage.settle()
    assert stage.slack.reactions(LAW.team_id, "C01OTHER", ts) == ["lock"]
    assert len(stage.slack.ephemerals(LAW.team_id, "C01OTHER", LAW.agent)) == 1


def reactions(stage: Stage, ts: str) -> list[str]:
    """What was put on a message and taken off it, in order."""
    calls = [call for call in stage.slack.calls if call.args.get("timestamp") == ts and call.performed]
    return [("+" if call.method == "reactions.add" else "-") + call.args["name"] for call in calls]
