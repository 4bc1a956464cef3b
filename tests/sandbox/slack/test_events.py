"""What people do reaches the app in the shapes that Slack publishes."""

import pytest

from bridge.sandbox.slack import STRANGERS_TEAM, PretendFile, PretendSlack
from tests.sandbox.slack.conftest import App


async def test_a_typed_message_in_its_envelope(slack: PretendSlack, app: App) -> None:
    ts = await slack.say("T1", "C1INBOX", "U1AGENT", "hi @U1ADMIN :wave: https://x.example & <b>")
    await slack.settled()
    outer = app.last
    assert (outer["team_id"], outer["api_app_id"], outer["type"]) == ("T1", "A0BRIDGE", "event_callback")
    assert outer["event_id"].startswith("Ev")
    assert outer["authorizations"][0]["user_id"] == "U1BOT"
    assert outer["is_ext_shared_channel"] is False
    event = outer["event"]
    assert event["text"] == "hi <@U1ADMIN> :wave: <https://x.example> &amp; &lt;b&gt;"
    assert (event["ts"], event["event_ts"], event["channel"], event["channel_type"]) == (
        ts,
        ts,
        "C1INBOX",
        "channel",
    )
    assert (event["user"], event["team"]) == ("U1AGENT", "T1")
    assert event["client_msg_id"]
    assert "thread_ts" not in event
    [section] = event["blocks"][0]["elements"]
    assert [e["type"] for e in section["elements"]] == [
        "text", "user", "text", "emoji", "text", "link", "text",
    ]  # fmt: skip


async def test_a_reply_names_its_thread_and_parent(slack: PretendSlack, app: App) -> None:
    root = await slack.say("T1", "C1INBOX", "U1ADMIN", "root")
    await slack.say("T1", "C1INBOX", "U1AGENT", "reply", thread_ts=root, client_msg_id="m-1")
    await slack.settled()
    event = app.events[-1]
    assert (event["thread_ts"], event["parent_user_id"], event["client_msg_id"]) == (root, "U1ADMIN", "m-1")
    assert "subtype" not in event


async def test_a_broadcast_reply_carries_the_root(slack: PretendSlack, app: App) -> None:
    root = await slack.say("T1", "C1INBOX", "U1ADMIN", "root")
    await slack.say("T1", "C1INBOX", "U1AGENT", "reply", thread_ts=root, broadcast=True)
    await slack.settled()
    event = app.events[-1]
    assert (event["subtype"], event["thread_ts"], event["root"]["text"]) == ("thread_broadcast", root, "root")


async def test_files_come_as_file_share(slack: PretendSlack, app: App) -> None:
    picture = PretendFile("roof.png", b"\x89PNG")
    await slack.say("T1", "C1INBOX", "U1AGENT", "", files=[picture])
    await slack.settled()
    [event] = app.events
    assert (event["subtype"], event["text"], "client_msg_id" in event) == ("file_share", "", False)
    assert (event["files"][0]["mimetype"], event["files"][0]["size"]) == ("image/png", 4)


async def test_an_edit_and_a_deletion(slack: PretendSlack, app: App) -> None:
    ts = await slack.say("T1", "C1INBOX", "U1AGENT", "one")
    await slack.edit("T1", "C1INBOX", ts, "two")
    await slack.delete("T1", "C1INBOX", ts)
    await slack.settled()
    _, changed, deleted = app.events
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "two")
    assert changed["previous_message"]["text"] == "one"
    assert changed["message"]["edited"]["user"] == "U1AGENT"
    assert "edited" not in changed["previous_message"]
    assert changed["ts"] != ts
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert deleted["previous_message"]["text"] == "two"


async def test_a_deleted_root_with_replies_leaves_a_tombstone(slack: PretendSlack, app: App) -> None:
    root = await slack.say("T1", "C1INBOX", "U1AGENT", "root")
    reply = await slack.say("T1", "C1INBOX", "U1AGENT", "reply", thread_ts=root)
    await slack.delete("T1", "C1INBOX", root)
    await slack.settled()
    changed = app.events[-1]
    assert (changed["subtype"], changed["message"]["subtype"]) == ("message_changed", "tombstone")
    assert (changed["message"]["user"], changed["message"]["reply_count"]) == ("USLACKBOT", 1)
    await slack.say("T1", "C1INBOX", "U1AGENT", "still here", thread_ts=root)
    assert len(slack.thread("T1", "C1INBOX", root)) == 3
    for message in slack.thread("T1", "C1INBOX", root)[1:]:
        await slack.delete("T1", "C1INBOX", message["ts"])
    await slack.settled()
    assert slack.roots("T1", "C1INBOX") == []
    assert app.events[-1]["previous_message"]["subtype"] == "tombstone"
    with pytest.raises(LookupError):
        await slack.edit("T1", "C1INBOX", reply, "gone")


async def test_strangers_come_with_their_own_team(slack: PretendSlack, app: App) -> None:
    slack.add_channel("T1", "C1SHARED", "shared", shared=True)
    slack.add_person("T1", "U9STRANGER", "Stan Stranger", stranger=True)
    await slack.say("T1", "C1SHARED", "U9STRANGER", "", files=[PretendFile("a.pdf", b"%PDF")])
    await slack.say("T1", "C1SHARED", "U9STRANGER", "hello")
    await slack.settled()
    first, second = app.received
    assert first.event["files"] == [{"id": slack.files("T1")[0].id, "file_access": "check_file_info"}]
    assert second.json["is_ext_shared_channel"] is True
    assert second.json["team_id"] == "T1"
    assert {second.event[k] for k in ("team", "user_team", "source_team")} == {STRANGERS_TEAM}


async def test_other_bots_are_marked(slack: PretendSlack, app: App) -> None:
    slack.add_person("T1", "U9ROBOT", "Zap", bot=True)
    await slack.say("T1", "C1INBOX", "U9ROBOT", "beep")
    await slack.settled()
    assert app.events[0]["bot_id"] == "B9ROBOT"
    assert "client_msg_id" not in app.events[0]


async def test_private_channels_are_groups(slack: PretendSlack, app: App) -> None:
    await slack.say("T1", "G1SECRET", "U1ADMIN", "psst")
    await slack.settled()
    assert app.events[0]["channel_type"] == "group"


async def test_the_app_hears_only_what_it_may(slack: PretendSlack, app: App) -> None:
    await slack.say("T1", "C1ELSE", "U1ADMIN", "not a member")
    slack.workspaces["T1"].scopes.remove("groups:history")
    await slack.say("T1", "G1SECRET", "U1ADMIN", "no scope")
    slack.workspaces["T1"].scopes.add("groups:history")
    slack.subscriptions.discard("message.groups")
    await slack.say("T1", "G1SECRET", "U1ADMIN", "not subscribed")
    await slack.remove_bot("T1", "C1INBOX")
    await slack.say("T1", "C1INBOX", "U1ADMIN", "thrown out")
    await slack.say("T2", "C2INBOX", "U2AGENT", "other firm")
    await slack.settled()
    assert [(r.json["team_id"], r.event["type"]) for r in app.received] == [
        ("T1", "member_left_channel"),
        ("T2", "message"),
    ]


async def test_channels_change(slack: PretendSlack, app: App) -> None:
    await slack.archive("T1", "C1INBOX")
    with pytest.raises(ValueError, match="archived"):
        await slack.say("T1", "C1INBOX", "U1AGENT", "x")
    await slack.unarchive("T1", "C1INBOX")
    await slack.archive("T1", "G1SECRET")
    await slack.share_channel("T1", "C1INBOX")
    assert await slack.make_private("T1", "C1INBOX", "G1NEW") == "G1NEW"
    await slack.delete_channel("T1", "G1NEW")
    await slack.remove_bot("T1", "G1NEW")
    await slack.invite_bot("T1", "G1NEW")
    await slack.settled()
    kinds = sorted(e["type"] for e in app.events)
    assert kinds == sorted(
        [
            "channel_archive",
            "channel_unarchive",
            "group_archive",
            "channel_shared",
            "channel_id_changed",
            "group_deleted",
            "member_left_channel",
            "member_joined_channel",
        ]
    )


async def test_tokens_revoked_and_restored(slack: PretendSlack, app: App) -> None:
    await slack.uninstall("T1")
    await slack.say("T1", "C1INBOX", "U1AGENT", "unheard")
    await slack.settled()
    assert {e["type"] for e in app.events} == {"tokens_revoked", "app_uninstalled"}
    await slack.restore_token("T1", "xoxb-new")
    await slack.say("T1", "C1INBOX", "U1AGENT", "heard")
    await slack.settled()
    assert app.events[-1]["text"] == "heard"


async def test_the_home_tab_is_opened(slack: PretendSlack, app: App) -> None:
    await slack.open_home("T1", "U1AGENT")
    await slack.settled()
    assert (app.events[0]["tab"], app.events[0]["user"], "view" in app.events[0]) == ("home", "U1AGENT", False)
