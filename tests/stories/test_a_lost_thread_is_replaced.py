"""When a thread is gone a new one takes its place: it links the old one and repeats what was said last."""

from typing import Any

import pytest

from bridge.services import installs
from bridge.store import tables
from tests.cast import LAW, MARIA, Stage

FURTHER = "C01NEW"
RECAP = "The earlier thread is gone; here are its last messages."


async def lose_root(stage: Stage, *, unseen: bool = False) -> str:
    """Somebody deletes a lead's whole thread, `unseen` when no event tells us of it; the ts of the root."""
    root_ts = str(stage.root()["ts"])
    subscriptions = set(stage.slack.subscriptions)
    if unseen:
        stage.slack.subscriptions.discard("message.channels")
    for message in [*stage.thread(), stage.root()]:
        await stage.slack.delete(LAW.team_id, LAW.channel, message["ts"])
    await stage.settle()
    stage.slack.subscriptions = subscriptions
    return root_ts


def strays(stage: Stage) -> list[str]:
    """What stands in the channel itself and is no root of a conversation."""
    return [root["text"] for root in stage.roots() if "(415) 555" not in root["text"]]


def repeated(stage: Stage) -> list[str]:
    """The messages that the newest thread repeats."""
    (recap,) = [message for message in stage.thread() if message["text"] == RECAP]
    quotes = [block for block in recap["blocks"] if block["elements"][0].get("type") == "rich_text_quote"]
    return [quote["elements"][0]["elements"][0]["text"] for quote in quotes]


async def open_elsewhere(stage: Stage) -> None:
    """The operator chooses another channel."""
    stage.slack.add_channel(LAW.team_id, FURTHER, "leads-2", members=[LAW.agent])
    await installs.set_channel(stage.app.deps, stage.law, FURTHER, stage.clock())
    await stage.settle()


@pytest.mark.rows(61, 62)
@pytest.mark.faults("F7")
@pytest.mark.parametrize("unseen", [False, True])
async def test_a_deleted_thread_is_opened_anew_and_nothing_strays(stage: Stage, unseen: bool) -> None:
    for number in range(3):
        await stage.lead_texts(f"Question {number}")
        await stage.staff_says(f"Answer {number}")
    old = await lose_root(stage, unseen=unseen)

    await stage.lead_texts("Are you still there?")

    assert stage.root()["ts"] != old
    assert len(stage.roots()) == 1
    assert strays(stage) == []
    assert stage.said() == [RECAP, "Are you still there?"]
    assert repeated(stage) == ["Question 1", "Answer 1", "Question 2", "Answer 2"]
    await stage.staff_says("Yes, we are")
    await stage.lead_texts("Good")
    assert stage.phone()[-1] == "Yes, we are"
    assert stage.said()[-1] == "Good"
    assert len(stage.roots()) == 1


@pytest.mark.rows(61)
@pytest.mark.faults("F7")
async def test_a_deleted_root_with_replies_is_linked_and_replies_below_it_still_go_out(stage: Stage) -> None:
    await stage.lead_texts("Hello")
    old = stage.root()["ts"]
    await stage.slack.delete(LAW.team_id, LAW.channel, old)
    await stage.settle()

    await stage.lead_texts("Hello again")
    root = stage.root()
    assert root["ts"] != old
    assert f"/archives/{LAW.channel}/p{old.replace('.', '')}|an earlier thread" in str(root["blocks"])

    await stage.slack.say(LAW.team_id, LAW.channel, LAW.agent, "Hi from below", thread_ts=old)
    await stage.settle()
    assert stage.phone() == ["Hi from below"]

    await stage.lead_texts("STOP")  # the root is written anew, and keeps its link
    root = stage.root()
    assert ":no_entry: opted out" in str(root["blocks"])
    assert "an earlier thread" in str(root["blocks"])


@pytest.mark.rows(61)
@pytest.mark.faults("F7")
async def test_a_stray_message_that_cannot_be_taken_back_at_once_goes_later(stage: Stage) -> None:
    await stage.lead_texts("Hello")
    await lose_root(stage, unseen=True)
    stage.slack.fail("chat.delete", status=429, retry_after=30)
    await stage.twilio.text(MARIA, LAW.number, "Again")
    await stage.settle()
    stage.skip(seconds=45)
    await stage.settle()

    assert strays(stage) == []
    assert stage.said() == [RECAP, "Again"]
    posts = [call for call in stage.slack.calls if call.method == "chat.postMessage" and call.args["text"] == "Again"]
    assert len(posts) == 2  # the stray one and the one that stands


@pytest.mark.rows(61)
@pytest.mark.faults("F5", "F7")
@pytest.mark.parametrize(
    "trouble",
    [{"status": 429, "retry_after": 2}, {"drop": True}, {"accept_first": True, "drop": True}, {"error": "invalid_blocks"}],
)
@pytest.mark.parametrize("which", [1, 2, 3])
async def test_trouble_on_the_way_to_the_new_thread_doubles_and_loses_nothing(
    stage: Stage, which: int, trouble: dict[str, Any]
) -> None:
    await stage.lead_texts("Hello")
    await lose_root(stage)
    posts = 0

    async def fail_one(call: Any) -> None:  # the new root, its recap, or the text itself
        nonlocal posts
        if call.method == "chat.postMessage":
            posts += 1
            if posts == which:
                stage.slack.fail("chat.postMessage", **trouble)

    stage.slack.on_call = fail_one
    await stage.twilio.text(MARIA, LAW.number, "Again")
    for _ in range(3):
        await stage.settle()
        stage.skip(seconds=10)
    await stage.settle()

    if which == 1 and "error" in trouble:
        return  # a root that Slack refuses for good is another story
    assert len(stage.roots()) == 1
    assert stage.said() == [RECAP, "Again"]


@pytest.mark.rows(61, 62)
@pytest.mark.faults("F7")
async def test_another_channel_gets_new_threads_and_those_of_a_channel_that_is_gone(stage: Stage) -> None:
    await stage.lead_texts("Before the move")
    old = stage.root()
    await stage.slack.archive(LAW.team_id, LAW.channel)
    await stage.lead_texts("While it was archived")
    await open_elsewhere(stage)

    messages = stage.slack.messages(LAW.team_id, FURTHER)
    assert [message["text"] for message in messages] == ["(415) 555-0111", RECAP, "While it was archived"]
    assert f"/archives/{LAW.channel}/p{old['ts'].replace('.', '')}|an earlier thread" in str(messages[0]["blocks"])
    assert {message["thread_ts"] for message in messages[1:]} == {messages[0]["ts"]}

    await stage.lead_texts("And now")
    assert stage.slack.messages(LAW.team_id, FURTHER)[-1]["text"] == "And now"
    assert await stage.count(tables.threads) == 2


@pytest.mark.rows(61)
async def test_while_the_old_channel_works_its_threads_stay_where_they_are(stage: Stage) -> None:
    await stage.lead_texts("Hello")
    await open_elsewhere(stage)
    await stage.lead_texts("Hello again")

    assert stage.said() == ["Hello", "Hello again"]
    assert stage.slack.messages(LAW.team_id, FURTHER) == []
