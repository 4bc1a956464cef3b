"""Slack gives a channel another id when it is converted: its conversations go on where they were."""

from typing import Any

import pytest

from bridge.services import installs, overview
from bridge.store import firms, tables
from bridge.store.channels import ReplyMode
from tests.cast import LAW, NOAH
from tests.stage import Stage
from tests.stories.unknown import types_unknown

NEW = "C01CONVERTED"

pytestmark = pytest.mark.faults("F7")


async def convert(stage: Stage) -> None:
    """The first firm's channel becomes private, and Slack tells of it twice."""
    await stage.slack.make_private(LAW.team_id, LAW.channel, NEW)
    event = {"type": "channel_id_changed", "old_channel_id": LAW.channel, "new_channel_id": NEW}
    channel = stage.slack.channel(LAW.team_id, NEW)
    stage.slack.publish(stage.slack.workspace(LAW.team_id), {**event, "event_ts": stage.slack.new_ts()}, channel)
    await stage.settle()


def texts(stage: Stage) -> list[str]:
    """What the converted channel shows, threads included."""
    return [message["text"] for message in stage.slack.messages(LAW.team_id, NEW)]


async def reply(stage: Stage, text: str, **more: Any) -> str:
    """A colleague answers in the converted channel's first thread."""
    root = stage.slack.roots(LAW.team_id, NEW)[0]["ts"]
    ts = await stage.slack.say(LAW.team_id, NEW, LAW.agent, text, thread_ts=root, **more)
    await stage.settle()
    return ts


@pytest.mark.rows(60, 73)
async def test_a_conversation_goes_on_in_its_thread(stage: Stage) -> None:
    await stage.lead_texts("Before")
    sent = await stage.staff_says("Hello")
    await convert(stage)
    await stage.lead_texts("After")
    stage.skip(minutes=2)  # else the author would be told of haste
    await reply(stage, "Still here")
    await reply(stage, NEW)  # words, though they look like the channel

    assert texts(stage) == ["(415) 555-0111", "Before", "Hello", "After", "Still here", NEW]
    assert stage.phone() == ["Hello", "Still here", NEW]
    await stage.slack.edit(LAW.team_id, NEW, sent, "Hullo")
    await stage.settle()
    assert len(stage.slack.ephemerals(LAW.team_id, NEW, LAW.agent)) == 1


async def test_new_threads_open_there_and_its_settings_stay(stage: Stage) -> None:
    await installs.set_reply_mode(stage.app.deps, stage.law, LAW.channel, ReplyMode.ALERTS, stage.clock())
    await convert(stage)
    await stage.lead_texts("Hi", phone=NOAH)
    await reply(stage, "Nobody should get this")
    assert texts(stage)[:2] == ["(415) 555-0112", "Hi"]
    await stage.slack.make_private(LAW.team_id, NEW, LAW.channel)
    await stage.settle()
    await stage.staff_says("Nor this", phone=NOAH)
    assert stage.phone(NOAH) == []


async def test_what_waited_for_the_old_id_goes_at_once(stage: Stage) -> None:
    await stage.lead_texts("Before")
    stage.slack.fail("chat.postMessage", error="channel_not_found", channel=LAW.channel, times=None)
    await stage.lead_texts("Between")
    await stage.lead_texts("Hi", phone=NOAH)
    assert await stage.count(tables.routes, tables.routes.c.off_reason.is_not(None)) == 1

    await convert(stage)
    assert sorted(texts(stage)) == sorted(["(415) 555-0111", "Before", "Between", "(415) 555-0112", "Hi"])
    assert await stage.count(tables.routes, tables.routes.c.off_reason.is_not(None)) == 0


async def root_ts(stage: Stage) -> str:
    """The ts of the only thread's root."""
    return str(stage.slack.roots(LAW.team_id, LAW.channel)[0]["ts"])


@pytest.mark.rows(73)
async def test_a_reply_deleted_before_the_conversion_stays_deleted(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await types_unknown(stage, "Never mind this")
    await stage.slack.delete(LAW.team_id, LAW.channel, ts)
    await stage.settle(ahead=0)
    await stage.slack.make_private(LAW.team_id, LAW.channel, NEW)
    await stage.wait(seconds=31)
    assert stage.phone() == []


@pytest.mark.rows(73)
async def test_a_reply_that_waits_is_not_overtaken_by_one_from_after_the_conversion(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hi", user=LAW.second_agent)
    await types_unknown(stage, "First")
    await stage.slack.make_private(LAW.team_id, LAW.channel, NEW)
    await stage.settle(ahead=0)
    root = stage.slack.roots(LAW.team_id, NEW)[0]["ts"]
    await stage.slack.say(LAW.team_id, NEW, LAW.second_agent, "Second", thread_ts=root)
    await stage.wait(seconds=31)
    assert stage.phone() == ["Hi", "First", "Second"]


@pytest.mark.rows(73)
async def test_a_reply_whose_author_is_being_looked_up_during_the_conversion_goes_out(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.fail("users.info", hang=0.5)
    await stage.staff_types("See you at two")
    await stage.until(lambda: any(call.method == "users.info" for call in stage.slack.calls))
    await stage.slack.make_private(LAW.team_id, LAW.channel, NEW)
    await stage.settle()
    assert stage.phone() == ["See you at two"]


@pytest.mark.rows(73, 121)
async def test_slack_s_next_try_still_names_the_old_id(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    root = await root_ts(stage)
    await convert(stage)
    event = {
        "type": "message",
        "channel": LAW.channel,
        "user": LAW.agent,
        "text": "See you at two",
        "ts": stage.slack.new_ts(),
        "thread_ts": root,
        "client_msg_id": "x1",
    }
    await stage.slack.send_event(LAW.team_id, event)
    await stage.slack.send_event(LAW.team_id, event | {"channel": NEW})
    await stage.settle()
    assert stage.phone() == ["See you at two"]


async def test_converted_twice_and_back_it_is_still_the_same_channel(stage: Stage) -> None:
    await stage.lead_texts("One")
    await convert(stage)
    await stage.slack.make_private(LAW.team_id, NEW, "C01AGAIN")
    await stage.settle()
    await stage.lead_texts("Two")
    await stage.slack.make_private(LAW.team_id, "C01AGAIN", LAW.channel)
    await stage.settle()
    await stage.lead_texts("Three")
    event = {"type": "channel_id_changed", "old_channel_id": LAW.channel, "new_channel_id": NEW, "event_ts": "1.0"}
    await stage.slack.send_event(LAW.team_id, event)  # once more, and long out of date
    await stage.staff_says("All here")
    assert [message["text"] for message in stage.thread()] == ["One", "Two", "Three", "All here"]
    assert stage.phone() == ["All here"]


async def test_people_read_the_id_that_works(stage: Stage) -> None:
    await convert(stage)
    async with stage.app.deps.db.read() as tx:
        law = await firms.get(tx, stage.law.id)
    assert f"<#{NEW}>" in await overview.status(stage.app.deps, law, stage.clock())
    await stage.slack.archive(LAW.team_id, NEW)
    await stage.lead_texts("Hello?")
    (alert,) = stage.slack.dms(LAW.team_id, LAW.admin)
    assert f"<#{NEW}> is archived" in alert["text"]

    await installs.set_channel(stage.app.deps, stage.law, NEW, stage.clock())
    await stage.slack.unarchive(LAW.team_id, NEW)
    await stage.settle()
    assert texts(stage) == ["(415) 555-0111", "Hello?"]


@pytest.mark.rows(73)
async def test_what_came_under_the_new_id_before_slack_told_of_it_is_answered_too(stage: Stage) -> None:
    await stage.lead_texts("Before")
    stage.slack.subscriptions.discard("channel_id_changed")
    await stage.slack.make_private(LAW.team_id, LAW.channel, NEW)
    await installs.set_channel(stage.app.deps, stage.law, NEW, stage.clock())
    await stage.lead_texts("Hi", phone=NOAH)
    event = {"type": "channel_id_changed", "old_channel_id": LAW.channel, "new_channel_id": NEW}
    await stage.slack.send_event(LAW.team_id, {**event, "event_ts": stage.slack.new_ts()})
    await stage.settle()

    roots = {root["text"]: root["ts"] for root in stage.slack.roots(LAW.team_id, NEW)}
    for name, words in (("(415) 555-0111", "Hello you"), ("(415) 555-0112", "Hello too")):
        await stage.slack.say(LAW.team_id, NEW, LAW.agent, words, thread_ts=roots[name])
        await stage.settle()
    assert (stage.phone(), stage.phone(NOAH)) == (["Hello you"], ["Hello too"])
    await stage.lead_texts("Thanks", phone=NOAH)
    assert texts(stage)[-1] == "Thanks"
