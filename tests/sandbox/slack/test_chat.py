"""What the app says, as Slack's own client says it."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bridge.sandbox.slack import PretendSlack
from tests.sandbox.slack.conftest import App
from tests.sandbox.slack.refused import refused

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


async def test_a_post_is_kept_and_comes_back_as_an_event(
    slack: PretendSlack, client: AsyncWebClient, app: App
) -> None:
    answer = await client.chat_postMessage(channel="C1INBOX", text="hello", blocks=[SECTION])
    await slack.settled()
    assert answer["message"]["bot_id"] == "B1BOT"
    assert "chat:write" in answer.headers["x-oauth-scopes"]
    [message] = slack.messages("T1", "C1INBOX")
    assert (message["ts"], message["text"], message["user"]) == (answer["ts"], "hello", "U1BOT")
    assert message["blocks"][0]["block_id"]
    [event] = app.events
    assert (event["type"], event["bot_id"], event["channel_type"]) == ("message", "B1BOT", "channel")
    assert "client_msg_id" not in event


async def test_a_username_makes_a_bot_message_without_a_user(slack: PretendSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C1INBOX", text="hi", username="Sarah")
    [message] = slack.messages("T1", "C1INBOX")
    assert (message["subtype"], message["username"], "user" in message) == ("bot_message", "Sarah", False)


async def test_replies_land_in_their_thread(slack: PretendSlack, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C1INBOX", text="root")
    reply = await client.chat_postMessage(channel="C1INBOX", text="reply", thread_ts=root["ts"])
    assert reply["message"]["thread_ts"] == root["ts"]
    assert [m["text"] for m in slack.thread("T1", "C1INBOX", root["ts"])] == ["root", "reply"]
    assert [m["text"] for m in slack.roots("T1", "C1INBOX")] == ["root"]


@pytest.mark.parametrize("thread_ts", ["1700000000.000001", "of a reply", "of a deleted root"])
async def test_a_lost_thread_posts_to_the_channel_without_an_error(
    slack: PretendSlack, client: AsyncWebClient, thread_ts: str
) -> None:
    root = (await client.chat_postMessage(channel="C1INBOX", text="root"))["ts"]
    if thread_ts == "of a reply":
        thread_ts = (await client.chat_postMessage(channel="C1INBOX", text="r", thread_ts=root))["ts"]
    elif thread_ts == "of a deleted root":
        await slack.delete("T1", "C1INBOX", root)
        thread_ts = root
    answer = await client.chat_postMessage(channel="C1INBOX", text="lost", thread_ts=thread_ts)
    assert "thread_ts" not in answer["message"]
    assert [m["text"] for m in slack.roots("T1", "C1INBOX")][-1] == "lost"


async def test_a_user_id_opens_direct_messages(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    answer = await client.chat_postMessage(channel="U1ADMIN", text="psst")
    await slack.settled()
    assert answer["channel"].startswith("D")
    assert [m["text"] for m in slack.dms("T1", "U1ADMIN")] == ["psst"]
    assert app.events == []  # message.im is not subscribed
    assert (await client.chat_postMessage(channel=answer["channel"], text="again"))["ok"]


async def test_posts_are_refused_where_the_app_may_not_post(slack: PretendSlack, client: AsyncWebClient) -> None:
    async def post(channel: str) -> str:
        return await refused(client.chat_postMessage(channel=channel, text="x"))

    assert await post("C0NOWHERE") == "channel_not_found"
    assert await post("C2INBOX") == "channel_not_found"
    assert await post("U2AGENT") == "channel_not_found"
    assert await post("C1ELSE") == "not_in_channel"
    await slack.remove_bot("T1", "G1SECRET")
    assert await post("G1SECRET") == "channel_not_found"
    await slack.archive("T1", "C1INBOX")
    assert await post("C1INBOX") == "is_archived"
    await slack.delete_channel("T1", "C1INBOX")
    assert await post("C1INBOX") == "channel_not_found"


async def test_what_is_wrong_with_a_message_is_refused(client: AsyncWebClient) -> None:
    async def post(**content: object) -> str:
        return await refused(client.api_call("chat.postMessage", json={"channel": "C1INBOX", **content}))

    assert await post() == "no_text"
    assert await post(text=" ") == "no_text"
    assert await post(text="x", nonsense=1) == "invalid_arguments"
    assert await post(blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]) == "invalid_blocks"
    assert await post(blocks="{") == "invalid_blocks_format"
    assert await post(blocks=[_section(2900)] * 5) == "msg_blocks_too_long"
    assert await post(text="x", metadata={"event_type": "t"}) == "invalid_metadata_format"
    assert await post(text="x", markdown_text="y") == "markdown_text_conflict"
    assert await post(text="x", attachments=[{}] * 101) == "too_many_attachments"


def _section(length: int) -> dict[str, object]:
    return {"type": "section", "text": {"type": "plain_text", "text": "x" * length}}


async def test_very_long_text_is_cut(client: AsyncWebClient) -> None:
    answer = await client.chat_postMessage(channel="C1INBOX", text="x" * 40_001)
    assert len(answer["message"]["text"]) == 40_000


async def test_an_update_replaces_blocks_and_keeps_metadata(
    slack: PretendSlack, client: AsyncWebClient, app: App
) -> None:
    kept = {"event_type": "t", "event_payload": {"k": "v"}}
    posted = await client.chat_postMessage(channel="C1INBOX", text="a", blocks=[SECTION], metadata=kept)
    await client.chat_update(channel="C1INBOX", ts=posted["ts"], text="b")
    await slack.settled()
    [message] = slack.messages("T1", "C1INBOX")
    assert (message["text"], "blocks" in message, message["metadata"]) == ("b", False, kept)
    changed = app.events[-1]
    assert changed["subtype"] == "message_changed"
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("b", "a")
    assert changed["message"]["bot_id"] == "B1BOT"


async def test_updates_that_slack_refuses(slack: PretendSlack, client: AsyncWebClient) -> None:
    own = (await client.chat_postMessage(channel="C1INBOX", text="own"))["ts"]
    theirs = await slack.say("T1", "C1INBOX", "U1AGENT", "theirs")
    assert await refused(client.chat_update(channel="C1INBOX", ts=theirs, text="x")) == "cant_update_message"
    assert await refused(client.chat_update(channel="C1INBOX", ts="1.1", text="x")) == "message_not_found"
    assert await refused(client.chat_update(channel="C1INBOX", ts=own, text="x" * 4001)) == "msg_too_long"
    assert await refused(client.chat_delete(channel="C1INBOX", ts=theirs)) == "cant_delete_message"
    await slack.archive("T1", "C1INBOX")
    assert await refused(client.chat_update(channel="C1INBOX", ts=own, text="x")) == "is_inactive"


async def test_the_app_deletes_its_message(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    posted = await client.chat_postMessage(channel="C1INBOX", text="oops")
    await client.chat_delete(channel="C1INBOX", ts=posted["ts"])
    await slack.settled()
    assert app.events[-1]["subtype"] == "message_deleted"
    assert slack.roots("T1", "C1INBOX") == []
    assert slack.messages("T1", "C1INBOX")[0]["deleted"]


async def test_only_members_see_ephemerals(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    await client.chat_postEphemeral(channel="C1INBOX", user="U1AGENT", text="only you", thread_ts="1.2")
    await slack.settled()
    [shown] = slack.ephemerals("T1", "C1INBOX", "U1AGENT")
    assert (shown["text"], shown["user"], shown["thread_ts"]) == ("only you", "U1AGENT", "1.2")
    assert app.received == []
    assert slack.messages("T1", "C1INBOX") == []
    outsider = client.chat_postEphemeral(channel="C1INBOX", user="U2AGENT", text="x")
    assert await refused(outsider) == "user_not_in_channel"


async def test_reactions(slack: PretendSlack, client: AsyncWebClient) -> None:
    ts = await slack.say("T1", "C1INBOX", "U1AGENT", "hi")

    async def add(name: str = "eyes", timestamp: str = ts) -> None:
        await client.reactions_add(channel="C1INBOX", timestamp=timestamp, name=name)

    await slack.react("T1", "C1INBOX", "U1AGENT", ts, "eyes")
    await add()
    assert slack.messages("T1", "C1INBOX")[0]["reactions"][0]["count"] == 2
    assert await refused(add()) == "already_reacted"
    assert await refused(add("no_such_emoji")) == "invalid_name"
    assert await refused(add(timestamp="now")) == "bad_timestamp"
    assert await refused(add(timestamp="1.2")) == "message_not_found"
    await client.reactions_remove(channel="C1INBOX", timestamp=ts, name="eyes")
    assert slack.reactions("T1", "C1INBOX", ts) == ["eyes"]
    await slack.react("T1", "C1INBOX", "U1AGENT", ts, "eyes", remove=True)
    assert slack.reactions("T1", "C1INBOX", ts) == []
    assert await refused(client.reactions_remove(channel="C1INBOX", timestamp=ts, name="eyes")) == "no_reaction"


async def test_permalinks(slack: PretendSlack, client: AsyncWebClient) -> None:
    root = await slack.say("T1", "C1INBOX", "U1AGENT", "root")
    reply = await slack.say("T1", "C1INBOX", "U1AGENT", "reply", thread_ts=root)
    link = (await client.chat_getPermalink(channel="C1INBOX", message_ts=root))["permalink"]
    assert link == f"https://acme-roofing.slack.com/archives/C1INBOX/p{root.replace('.', '')}"
    link = (await client.chat_getPermalink(channel="C1INBOX", message_ts=reply))["permalink"]
    assert link.endswith(f"?thread_ts={root}&cid=C1INBOX")


async def test_mentions_in_what_the_app_posts_are_told(slack: PretendSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C1INBOX", text="&lt;!channel&gt; quiet")
    rich: dict[str, Any] = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}
    rich["elements"][0]["elements"] = [{"type": "user", "user_id": "U1AGENT"}]
    await client.chat_postMessage(channel="C1INBOX", text="<!channel> loud", blocks=[rich])
    assert [m["notifies"] for m in slack.messages("T1", "C1INBOX")] == [[], ["!channel", "@U1AGENT"]]
