"""What the app can look up: channels, messages page by page, people."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bridge.sandbox.slack import PretendSlack
from tests.sandbox.slack.refused import refused


async def test_channels(slack: PretendSlack, client: AsyncWebClient) -> None:
    channel = (await client.conversations_info(channel="C1INBOX", include_num_members=True))["channel"]
    assert (channel["name"], channel["is_member"], channel["is_private"]) == ("leads", True, False)
    assert (channel["is_archived"], channel["is_ext_shared"], channel["num_members"]) == (False, False, 3)
    assert (await client.conversations_info(channel="C1ELSE"))["channel"]["is_member"] is False
    await slack.archive("T1", "C1INBOX")
    await slack.share_channel("T1", "C1INBOX")
    channel = (await client.conversations_info(channel="C1INBOX"))["channel"]
    assert (channel["is_archived"], channel["is_ext_shared"]) == (True, True)
    await slack.remove_bot("T1", "G1SECRET")
    assert await refused(client.conversations_info(channel="G1SECRET")) == "channel_not_found"


async def test_members_and_joining(slack: PretendSlack, client: AsyncWebClient) -> None:
    first = await client.conversations_members(channel="C1INBOX", limit=2)
    rest = await client.conversations_members(
        channel="C1INBOX", limit=2, cursor=first["response_metadata"]["next_cursor"]
    )
    assert first["members"] + rest["members"] == ["U1ADMIN", "U1AGENT", "U1BOT"]
    assert rest["response_metadata"]["next_cursor"] == ""
    assert await refused(client.conversations_members(channel="C1INBOX", cursor="junk")) == "invalid_cursor"
    assert await refused(client.conversations_history(channel="C1ELSE")) == "not_in_channel"
    await client.conversations_join(channel="C1ELSE")
    assert (await client.conversations_history(channel="C1ELSE"))["messages"] == []


async def test_opening_direct_messages(slack: PretendSlack, client: AsyncWebClient) -> None:
    channel = (await client.conversations_open(users="U1AGENT"))["channel"]["id"]
    await client.chat_postMessage(channel=channel, text="psst")
    assert [m["text"] for m in slack.dms("T1", "U1AGENT")] == ["psst"]
    assert (await client.conversations_open(channel=channel))["channel"]["id"] == channel
    described = (await client.conversations_open(users="U1AGENT", return_im=True))["channel"]
    assert described["user"] == "U1AGENT"
    assert await refused(client.conversations_open(users="U2AGENT")) == "user_not_found"
    assert await refused(client.api_call("conversations.open", json={})) == "users_list_not_supplied"


async def test_a_thread_is_read_in_pages_with_metadata_on_request(
    slack: PretendSlack, client: AsyncWebClient
) -> None:
    kept = {"event_type": "t", "event_payload": {"key": "k"}}
    root = (await client.chat_postMessage(channel="C1INBOX", text="root", metadata=kept))["ts"]
    replies = [await slack.say("T1", "C1INBOX", "U1AGENT", f"r{n}", thread_ts=root) for n in range(4)]
    first = await client.conversations_replies(channel="C1INBOX", ts=root, limit=3)
    assert [m["text"] for m in first["messages"]] == ["root", "r0", "r1"]
    assert first["has_more"] is True
    assert "metadata" not in first["messages"][0]
    assert (first["messages"][0]["reply_count"], first["messages"][0]["thread_ts"]) == (4, root)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_replies(channel="C1INBOX", ts=root, limit=3, cursor=cursor)
    assert [m["text"] for m in rest["messages"]] == ["r2", "r3"]
    assert rest["has_more"] is False
    whole = await client.conversations_replies(channel="C1INBOX", ts=root, include_all_metadata=True)
    assert whole["messages"][0]["metadata"] == kept
    late = await client.conversations_replies(channel="C1INBOX", ts=root, oldest=replies[1])
    assert [m["text"] for m in late["messages"]] == ["root", "r2", "r3"]
    late = await client.conversations_replies(channel="C1INBOX", ts=root, oldest=replies[1], inclusive=True)
    assert [m["text"] for m in late["messages"]] == ["root", "r1", "r2", "r3"]
    assert await refused(client.conversations_replies(channel="C1INBOX", ts="1.1")) == "thread_not_found"
    wrong = client.conversations_replies(channel="C1INBOX", ts=root, oldest="yesterday")
    assert await refused(wrong) == "invalid_ts_oldest"


async def test_history_has_roots_newest_first(slack: PretendSlack, client: AsyncWebClient) -> None:
    one = await slack.say("T1", "C1INBOX", "U1AGENT", "one")
    two = await slack.say("T1", "C1INBOX", "U1AGENT", "two")
    await slack.say("T1", "C1INBOX", "U1AGENT", "hidden", thread_ts=one)
    await slack.say("T1", "C1INBOX", "U1AGENT", "broadcast", thread_ts=one, broadcast=True)
    gone = await slack.say("T1", "C1INBOX", "U1AGENT", "gone")
    await slack.delete("T1", "C1INBOX", gone)
    await slack.react("T1", "C1INBOX", "U1ADMIN", two, "eyes")
    messages = (await client.conversations_history(channel="C1INBOX"))["messages"]
    assert [m["text"] for m in messages] == ["broadcast", "two", "one"]
    assert messages[1]["reactions"] == [{"name": "eyes", "users": ["U1ADMIN"], "count": 1}]
    assert "reactions" not in messages[2]
    only = await client.conversations_history(channel="C1INBOX", latest=two, oldest=two, inclusive=True, limit=1)
    assert [m["text"] for m in only["messages"]] == ["two"]
    assert (await client.conversations_history(channel="C1INBOX", latest=one))["messages"] == []


async def test_people(slack: PretendSlack, client: AsyncWebClient) -> None:
    slack.add_person("T1", "U1OWNER", "Olive", owner=True)
    slack.add_person("T1", "U1GUEST", "Gus", guest="single", tz="Europe/Vienna")
    slack.add_person("T1", "U1MULTI", "Mia", guest="multi")
    slack.add_person("T1", "U1GONE", "Gone", deleted=True)
    slack.add_person("T1", "U1STRANGE", "Stan", stranger=True)

    async def info(user: str) -> dict[str, Any]:
        return dict((await client.users_info(user=user))["user"])

    agent = await info("U1AGENT")
    assert (agent["real_name"], agent["is_admin"], agent["is_bot"], agent["tz"]) == (
        "Al Agent",
        False,
        False,
        "America/New_York",
    )
    assert "email" not in agent["profile"]
    slack.workspaces["T1"].scopes.add("users:read.email")
    assert (await info("U1AGENT"))["profile"]["email"] == "al@acme.example"
    assert (await info("U1OWNER"))["is_owner"] is True
    guest = await info("U1GUEST")
    assert (guest["is_restricted"], guest["is_ultra_restricted"]) == (True, True)
    assert guest["tz_offset"] in (3600, 7200)
    multi = await info("U1MULTI")
    assert (multi["is_restricted"], multi["is_ultra_restricted"]) == (True, False)
    assert (await info("U1GONE"))["deleted"] is True
    stranger = await info("U1STRANGE")
    assert (stranger["is_stranger"], stranger["team_id"] != "T1") == (True, True)
    assert (await info("U1BOT"))["is_bot"] is True
    assert await refused(client.users_info(user="U2AGENT")) == "user_not_found"
    everyone = await client.users_list(limit=3)
    assert len(everyone["members"]) == 3
    assert everyone["response_metadata"]["next_cursor"]


async def test_the_team(slack: PretendSlack, client: AsyncWebClient) -> None:
    slack.workspaces["T1"].scopes.add("team:read")
    assert (await client.team_info())["team"]["domain"] == "acme-roofing"
    assert await refused(client.team_info(team="T2")) == "team_not_found"
