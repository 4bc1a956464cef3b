"""Buttons, menus, commands and shortcuts reach the app and its answers are shown."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bridge.sandbox.slack import PretendSlack
from tests.sandbox.slack.conftest import App

MENU = [
    {"text": {"type": "plain_text", "text": "Resolve"}, "value": "resolve"},
    {"text": {"type": "plain_text", "text": "Assign"}, "value": "assign"},
]


def button(action_id: str, value: str) -> dict[str, object]:
    text = {"type": "plain_text", "text": value}
    return {"type": "button", "action_id": action_id, "value": value, "text": text}


BLOCKS: list[dict[str, Any]] = [
    {
        "type": "section",
        "block_id": "top",
        "text": {"type": "mrkdwn", "text": "Sarah"},
        "accessory": {"type": "overflow", "action_id": "more", "options": MENU},
    },
    {"type": "actions", "block_id": "one", "elements": [button("send", "1")]},
    {"type": "actions", "block_id": "two", "elements": [button("send", "2")]},
]


async def test_a_button_of_a_message_in_a_thread(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    root = (await client.chat_postMessage(channel="C1INBOX", text="root"))["ts"]
    ts = (await client.chat_postMessage(channel="C1INBOX", text="x", blocks=BLOCKS, thread_ts=root))["ts"]
    await slack.settled()
    result = await slack.click("T1", "U1AGENT", "C1INBOX", ts, "send", value="2")
    assert (result.status, result.problem) == (200, None)
    payload = app.last
    assert (payload["type"], payload["user"]["id"], payload["team"]["id"]) == ("block_actions", "U1AGENT", "T1")
    assert payload["actions"][0]["value"] == "2"
    assert payload["actions"][0]["block_id"] == "two"
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": "C1INBOX",
        "is_ephemeral": False,
        "thread_ts": root,
    }
    assert payload["message"]["thread_ts"] == root
    assert payload["channel"] == {"id": "C1INBOX", "name": "leads"}
    assert payload["api_app_id"] == "A0BRIDGE"
    assert "x-slack-signature" in app.received[-1].headers
    assert [d.kind for d in slack.deliveries][-1] == "block_actions"
    await slack.click("T1", "U1AGENT", "C1INBOX", ts, "send")
    assert app.last["actions"][0]["value"] == "1"


async def test_a_menu_of_a_message(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    ts = (await client.chat_postMessage(channel="C1INBOX", text="x", blocks=BLOCKS))["ts"]
    await slack.click("T1", "U1AGENT", "C1INBOX", ts, "more", selected="assign")
    assert app.last["actions"][0]["selected_option"] == MENU[1]
    with pytest.raises(LookupError, match="not in the menu"):
        await slack.click("T1", "U1AGENT", "C1INBOX", ts, "more", selected="dance")
    with pytest.raises(LookupError, match="nothing to use is called"):
        await slack.click("T1", "U1AGENT", "C1INBOX", ts, "nothing")
    with pytest.raises(LookupError):
        await slack.click("T1", "U1AGENT", "C1INBOX", ts, "send", value="3")


async def test_a_button_of_an_ephemeral_message(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    answer = await client.chat_postEphemeral(channel="C1INBOX", user="U1AGENT", text="x", blocks=BLOCKS)
    await slack.click("T1", "U1AGENT", "C1INBOX", answer["message_ts"], "send")
    assert app.last["container"]["is_ephemeral"] is True
    assert "message" not in app.last
    with pytest.raises(LookupError, match="sees no message"):
        await slack.click("T1", "U1ADMIN", "C1INBOX", answer["message_ts"], "send")


async def test_a_command_and_its_answers(slack: PretendSlack, app: App) -> None:
    app.will_answer({"text": "done"}, web.Response(text="plain"), {"text": "all", "response_type": "in_channel"})
    result = await slack.command("T1", "U1AGENT", "C1INBOX", "/sms", "new payload sarah & co")
    fields = app.last
    assert (fields["command"], fields["text"], fields["user_id"]) == ("/sms", "new payload sarah & co", "U1AGENT")
    assert (fields["channel_name"], fields["team_id"]) == ("leads", "T1")
    assert result.json == {"text": "done"}
    await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")
    await slack.command("T1", "U1ADMIN", "G1SECRET", "/sms")
    assert app.last["channel_name"] == "privategroup"
    assert [e["text"] for e in slack.ephemerals("T1", "C1INBOX", "U1AGENT")] == ["done", "plain"]
    assert [m["text"] for m in slack.messages("T1", "G1SECRET")] == ["all"]


async def test_what_goes_wrong_with_a_command(slack: PretendSlack, app: App) -> None:
    app.will_answer({"blocks": [{"type": "nonsense"}]}, web.Response(status=500))
    result = await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")
    assert result.problem is not None
    assert result.problem.startswith("invalid_command_response")
    assert (await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")).problem == "http_error"
    app.delay, slack.timeout = 0.3, 0.05
    result = await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")
    assert (result.status, result.problem) == (0, "http_timeout")
    assert len(app.received) == 3  # never repeated


async def test_shortcuts(slack: PretendSlack, app: App) -> None:
    ts = await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
    await slack.settled()
    await slack.shortcut("T1", "U1AGENT", "new_conversation")
    assert (app.last["type"], app.last["callback_id"], "channel" in app.last) == (
        "shortcut",
        "new_conversation",
        False,
    )
    await slack.shortcut("T1", "U1AGENT", "lead_card", channel_id="C1INBOX", message_ts=ts)
    assert (app.last["type"], app.last["message"]["text"]) == ("message_action", "hi")
    assert app.last["channel"]["id"] == "C1INBOX"


async def test_without_the_scope_there_are_no_commands(slack: PretendSlack) -> None:
    slack.workspaces["T1"].scopes.remove("commands")
    with pytest.raises(LookupError, match="no scope commands"):
        await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")
    with pytest.raises(LookupError, match="no scope commands"):
        await slack.shortcut("T1", "U1AGENT", "new_conversation")


async def test_nobody_can_click_without_an_app(slack: PretendSlack) -> None:
    slack.request_url = None
    with pytest.raises(RuntimeError, match="request_url"):
        await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")


# ---------------------------------------------------------------------------------------------- response urls


async def test_a_response_url_answers_five_times(slack: PretendSlack, app: App) -> None:
    await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")
    hook = AsyncWebhookClient(app.last["response_url"], retry_handlers=[])
    for number in range(4):
        assert (await hook.send(text=str(number))).body == "ok"
    assert (await hook.send(text="for all", response_type="in_channel")).status_code == 200
    assert (await hook.send(text="too many")).status_code == 404
    assert [e["text"] for e in slack.ephemerals("T1", user_id="U1AGENT")] == ["0", "1", "2", "3"]
    assert [m["text"] for m in slack.messages("T1", "C1INBOX")] == ["for all"]


async def test_a_response_url_ends_after_half_an_hour(slack: PretendSlack, app: App) -> None:
    await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")
    now = slack.clock() + 1801
    slack.clock = lambda: now
    assert (await AsyncWebhookClient(app.last["response_url"]).send(text="x")).status_code == 404


async def test_a_response_url_replaces_and_removes_what_was_clicked(
    slack: PretendSlack, client: AsyncWebClient, app: App
) -> None:
    ts = (await client.chat_postMessage(channel="C1INBOX", text="x", blocks=BLOCKS))["ts"]
    quiet = await client.chat_postEphemeral(channel="C1INBOX", user="U1AGENT", text="x", blocks=BLOCKS)
    await slack.settled()
    for clicked in (ts, quiet["message_ts"]):
        await slack.click("T1", "U1AGENT", "C1INBOX", clicked, "send")
        hook = AsyncWebhookClient(app.last["response_url"])
        assert (await hook.send(text="sent", replace_original=True)).body == "ok"
        await slack.settled()
        assert "sent" in [m["text"] for m in slack.messages("T1", "C1INBOX") + slack.ephemerals("T1")]
        assert (await hook.send(delete_original=True)).body == "ok"
        await slack.settled()
    assert slack.roots("T1", "C1INBOX") == []
    assert slack.ephemerals("T1") == []


async def test_bad_answers_to_a_response_url(slack: PretendSlack, app: App) -> None:
    await slack.command("T1", "U1AGENT", "C1INBOX", "/sms")
    async with aiohttp.ClientSession() as session:
        for body in (b"[", b"{}", b'{"blocks": [{"type": "x"}]}'):
            async with session.post(app.last["response_url"], data=body) as answer:
                assert answer.status == 400


# ---------------------------------------------------------------------------------------------- the Home tab


async def test_the_home_tab(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    assert slack.home("T1", "U1AGENT") is None
    first = (await client.views_publish(user_id="U1AGENT", view={"type": "home", "blocks": BLOCKS}))["view"]
    view = slack.home("T1", "U1AGENT")
    assert view is not None
    assert view["id"] == first["id"]
    await slack.click_view("T1", "U1AGENT", view["id"], "send", value="2")
    assert (app.last["container"]["type"], app.last["view"]["type"]) == ("view", "home")
    assert "response_url" not in app.last
    await slack.click_view("T1", "U1AGENT", view["id"], "send", value="2", block_id="published anew since")
    assert app.last["actions"][0]["block_id"] == "two"
    empty = {"type": "home", "blocks": []}
    again = (await client.views_publish(user_id="U1AGENT", view=empty, hash=first["hash"]))["view"]
    assert again["id"] == first["id"]
    await slack.open_home("T1", "U1AGENT")
    await slack.settled()
    assert app.received[-1].event["view"]["id"] == first["id"]
    with pytest.raises(Exception, match="hash_conflict"):
        await client.views_publish(user_id="U1AGENT", view=empty, hash=first["hash"])
    with pytest.raises(Exception, match="invalid_arguments"):
        await client.views_publish(user_id="U2AGENT", view=empty)


async def test_concurrent_clicks_each_get_their_answer(
    slack: PretendSlack, client: AsyncWebClient, app: App
) -> None:
    ts = (await client.chat_postMessage(channel="C1INBOX", text="x", blocks=BLOCKS))["ts"]
    app.delay = 0.05
    clicks = [slack.click("T1", "U1AGENT", "C1INBOX", ts, "send") for _ in range(5)]
    assert [r.status for r in await asyncio.gather(*clicks)] == [200] * 5
