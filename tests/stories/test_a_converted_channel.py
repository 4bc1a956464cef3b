"""Slack gives a channel another id when it is converted: its conversations go on where they were."""

from typing import Any

import pytest

from bridge.services import installs
from bridge.store import tables
from bridge.store.channels import ReplyMode
from tests.cast import LAW, NOAH, Stage

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
    await reply(stage, "Still here")

    assert texts(stage) == ["(415) 555-0111", "Before", "Hello", "After", "Still here"]
    assert stage.phone() == ["Hello", "Still here"]
    await stage.slack.edit(LAW.team_id, NEW, sent, "Hullo")
    await stage.settle()
    assert len(stage.slack.ephemerals(LAW.team_id, NEW, LAW.agent)) == 1


async def test_new_threads_open_there_and_its_settings_stay(stage: Stage) -> None:
    await installs.set_reply_mode(stage.app.deps, stage.law, LAW.channel, ReplyMode.ALERTS, stage.clock())
    await convert(stage)
    await stage.lead_texts("Hi", phone=NOAH)
    await reply(stage, "Nobody should get this")
    assert texts(stage)[:2] == ["(415) 555-0112", "Hi"]
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
