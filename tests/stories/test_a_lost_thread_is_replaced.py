"""When a thread is gone a new one takes its place: it links the old one and repeats what was said last."""

from itertools import product
from typing import Any

import pytest

from bridge.sandbox.slack import Call
from bridge.services import installs
from bridge.store import tables
from bridge.store.channels import ReplyMode
from tests.cast import LAW, MANY, MARIA
from tests.stage import Stage

FURTHER = "C01NEW"
RECAP = "The earlier thread is gone; here are its last messages."


async def lose_root(stage: Stage, phone: str = MARIA, *, all_of_it: bool = False) -> str:
    """Somebody deletes a lead's root, or `all_of_it` in a way that no event tells us of; the ts of the root."""
    root_ts, subscriptions = str(stage.root(phone)["ts"]), set(stage.slack.subscriptions)
    if all_of_it:
        stage.slack.subscriptions.discard("message.channels")
        for message in stage.thread(phone):
            await stage.slack.delete(LAW.team_id, LAW.channel, message["ts"])
    await stage.slack.delete(LAW.team_id, LAW.channel, root_ts)
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
@pytest.mark.parametrize("all_of_it", [False, True])
async def test_a_deleted_thread_is_opened_anew_and_nothing_strays(stage: Stage, all_of_it: bool) -> None:
    for number in range(3):
        await stage.lead_texts(f"Question {number}")
        await stage.staff_says(f"Answer {number}")
    old = await lose_root(stage, all_of_it=all_of_it)

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
    old = await lose_root(stage)

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
    await lose_root(stage, all_of_it=True)
    stage.slack.fail("chat.delete", status=429, retry_after=30)
    await stage.twilio.text(MARIA, LAW.number, "Again")
    await stage.wait(seconds=45)

    assert strays(stage) == []
    assert stage.said() == [RECAP, "Again"]
    posts = [
        call for call in stage.slack.calls if call.method == "chat.postMessage" and call.args["text"] == "Again"
    ]
    assert len(posts) == 2  # the stray one and the one that stands


def fail_once(stage: Stage, text: str, **trouble: Any) -> None:
    """The next post of this text goes wrong in this way."""

    async def fail(call: Call) -> None:
        if call.method == "chat.postMessage" and call.args["text"] == text:
            stage.slack.on_call = None
            stage.slack.fail("chat.postMessage", **trouble)

    stage.slack.on_call = fail


@pytest.mark.rows(61)
@pytest.mark.faults("F5", "F7", "F8")
async def test_trouble_on_the_way_to_the_new_thread_doubles_and_loses_nothing(stage: Stage) -> None:
    troubles: list[dict[str, Any]] = [
        {"status": 429, "retry_after": 2}, {"drop": True}, {"accept_first": True, "drop": True},
        {"error": "invalid_blocks"},
    ]  # fmt: skip
    for phone, (which, trouble) in zip(MANY, product(("root", "recap", "text"), troubles), strict=False):
        await stage.lead_texts("Hello", phone=phone)
        await lose_root(stage, phone)
        roots = len(stage.roots())
        root_text = f"(415) 555-{phone[-4:]}"
        fail_once(stage, {"root": root_text, "recap": RECAP, "text": "Again"}[which], **trouble)

        await stage.twilio.text(phone, LAW.number, "Again")
        for _ in range(3):
            await stage.wait(seconds=5)

        assert stage.slack.on_call is None, "nothing failed"
        assert len(stage.roots()) == roots + 1, (which, trouble)
        assert stage.said(phone) == [RECAP, "Again"], (which, trouble)


@pytest.mark.rows(61)
@pytest.mark.faults("F5", "F7")
async def test_a_try_that_strayed_unseen_is_taken_back_though_another_thread_is_there_by_then(stage: Stage) -> None:
    await stage.lead_texts("Hello")
    root_ts = stage.root()["ts"]

    async def lose_root_and_answer(call: Call) -> None:
        if call.method == "chat.postMessage" and call.args["text"] == "Again":
            stage.slack.on_call = None
            for message in [{"ts": root_ts}, *stage.thread()]:
                await stage.slack.delete(LAW.team_id, LAW.channel, message["ts"])
            stage.slack.fail("chat.postMessage", accept_first=True, drop=True)

    stage.slack.on_call = lose_root_and_answer
    await stage.lead_texts("Again")

    assert strays(stage) == []
    assert stage.said() == [RECAP, "Again"]
    assert stage.root()["ts"] != root_ts


@pytest.mark.rows(61)
@pytest.mark.faults("F5", "F7")
async def test_a_root_posted_unseen_is_found_in_the_channel_that_was_chosen_then(stage: Stage) -> None:
    stage.slack.fail("chat.postMessage", accept_first=True, drop=True)
    stage.slack.fail("conversations.history", status=500)
    await stage.twilio.text(MARIA, LAW.number, "Hello")
    await stage.until(lambda: bool(stage.roots()))
    await open_elsewhere(stage)

    assert stage.said() == ["Hello"]
    assert stage.slack.messages(LAW.team_id, FURTHER) == []
    await stage.staff_says("Hi")
    assert stage.phone() == ["Hi"]


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


@pytest.mark.rows(61)
async def test_what_the_lead_never_got_is_not_repeated(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    await stage.staff_says("x" * 1601)
    await installs.set_reply_mode(stage.app.deps, stage.law, LAW.channel, ReplyMode.CONFIRM, stage.clock())
    await stage.staff_says("Held for a look")
    draft = await stage.staff_says("Taken back")
    await stage.slack.delete(LAW.team_id, LAW.channel, draft)
    await stage.settle()
    await lose_root(stage)
    await stage.lead_texts("Still there?")
    assert repeated(stage) == ["Hi"]
