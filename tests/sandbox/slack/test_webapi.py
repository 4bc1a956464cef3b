"""The door of the Web API: tokens, scopes, arguments, limits, and trouble on request."""

import asyncio
import json
import logging

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridge.sandbox.slack import Call, PretendSlack
from tests.sandbox.slack.conftest import App
from tests.sandbox.slack.refused import refusal, refused


async def test_auth_test_and_every_bad_token(slack: PretendSlack, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T1", "U1BOT", "B1BOT")
    assert await refused(client.auth_test(token="xoxb-none")) == "invalid_auth"
    assert await refused(AsyncWebClient(base_url=slack.api_url).auth_test()) == "not_authed"
    await slack.revoke_token("T1")
    assert await refused(client.auth_test()) == "token_revoked"
    await slack.uninstall("T1")
    assert await refused(client.auth_test()) == "account_inactive"
    await slack.restore_token("T1", "xoxb-new")
    assert (await client.auth_test(token="xoxb-new"))["ok"]
    assert await refused(client.auth_test()) == "invalid_auth"


async def test_each_token_sees_its_own_workspace(slack: PretendSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C2INBOX", text="hi", token="xoxb-2")
    assert await refused(client.conversations_info(channel="C2INBOX")) == "channel_not_found"
    assert [(c.method, c.team_id, c.answer_error) for c in slack.calls] == [
        ("chat.postMessage", "T2", None),
        ("conversations.info", "T1", "channel_not_found"),
    ]


async def test_missing_scopes(slack: PretendSlack, client: AsyncWebClient) -> None:
    answer = (await refusal(client.team_info())).response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "team:read")
    assert "chat:write" in answer["provided"]
    slack.workspaces["T1"].scopes -= {"groups:history", "chat:write.customize"}
    hidden = await refusal(client.conversations_history(channel="G1SECRET"))
    assert (hidden.response["error"], hidden.response["needed"]) == ("missing_scope", "groups:history")
    named = client.chat_postMessage(channel="C1INBOX", text="x", username="Sarah")
    assert await refused(named) == "missing_scope"


async def test_arguments_are_checked_strictly(client: AsyncWebClient) -> None:
    unknown = await refusal(client.users_info(user="U1AGENT", fancy="1"))
    assert unknown.response["error"] == "invalid_arguments"
    assert unknown.response["response_metadata"]["messages"] == ["[ERROR] unknown argument: fancy"]
    missing = await refusal(client.api_call("chat.postMessage", json={"text": "x"}))
    assert missing.response["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]
    assert await refused(client.api_call("users.info", json={"user": "U1AGENT"})) == "invalid_arguments"
    for method, odd in (
        ("users.list", {"limit": "many"}),
        ("users.info", {"user": "U1AGENT", "include_locale": "maybe"}),
    ):
        assert await refused(client.api_call(method, http_verb="GET", params=odd)) == "invalid_arguments"
    wrong = client.api_call("chat.postMessage", json={"channel": ["C1INBOX"], "text": "x"})
    assert await refused(wrong) == "invalid_arguments"
    assert await refused(client.api_call("chat.sing")) == "unknown_method"
    assert (await client.auth_test(team_id="T1"))["ok"]  # Bolt's clients send it with every call


async def test_forms_and_json_are_both_read(slack: PretendSlack, client: AsyncWebClient) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
    form = {"channel": "C1INBOX", "text": "x", "blocks": json.dumps([section]), "unfurl_links": "false"}
    assert (await client.api_call("chat.postMessage", data=form))["ok"]
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": "Bearer xoxb-1", "Content-Type": "application/json"}
        async with session.post(f"{slack.api_url}chat.postMessage", data=b"{", headers=headers) as answer:
            assert await answer.json() == {"ok": False, "error": "invalid_json"}
        async with session.post(f"{slack.api_url}auth.test", data={"token": "xoxb-1"}) as answer:
            assert (await answer.json())["ok"]


# ---------------------------------------------------------------------------------------------- trouble


async def test_ratelimited_by_status_and_by_body(slack: PretendSlack, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", status=429, retry_after=3)
    slack.fail("chat.postMessage", error="ratelimited")
    limited = await refusal(client.chat_postMessage(channel="C1INBOX", text="x"))
    assert (limited.response.status_code, limited.response.headers["Retry-After"]) == (429, "3")
    assert limited.response["error"] == "ratelimited"
    limited = await refusal(client.chat_postMessage(channel="C1INBOX", text="x"))
    assert (limited.response.status_code, limited.response["error"]) == (200, "ratelimited")
    assert (await client.chat_postMessage(channel="C1INBOX", text="x"))["ok"]
    assert len(slack.messages("T1", "C1INBOX")) == 1
    assert [(c.status, c.answer_error, c.performed) for c in slack.calls] == [
        (429, "ratelimited", False),
        (200, "ratelimited", False),
        (200, None, True),
    ]


async def test_bodies_that_are_no_json(slack: PretendSlack, client: AsyncWebClient) -> None:
    slack.fail("auth.test", status=503, body="<html>down</html>")
    slack.fail("auth.test", status=502, body="bad gateway", content_type="text/plain")
    assert (await refusal(client.auth_test())).response.status_code == 503
    assert (await refusal(client.auth_test())).response.data == "bad gateway"


async def test_accepted_and_then_failed(slack: PretendSlack, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", status=500, accept_first=True)
    assert (await refusal(client.chat_postMessage(channel="C1INBOX", text="x"))).response.status_code == 500
    slack.fail("chat.postMessage", drop=True, accept_first=True)
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C1INBOX", text="y")
    slack.fail("chat.postMessage", hang=1.5, accept_first=True)
    client.timeout = 1
    with pytest.raises(TimeoutError):
        await client.chat_postMessage(channel="C1INBOX", text="z")
    assert [m["text"] for m in slack.messages("T1", "C1INBOX")] == ["x", "y", "z"]


async def test_cut_or_given_up_before_anything_was_done(
    slack: PretendSlack, client: AsyncWebClient, caplog: pytest.LogCaptureFixture
) -> None:
    slack.fail("chat.postMessage", drop=True)
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C1INBOX", text="x")
    slack.fail("chat.postMessage", hang=1.5)
    client.timeout = 1
    with pytest.raises(TimeoutError):
        await client.chat_postMessage(channel="C1INBOX", text="x")
    await asyncio.sleep(0.7)  # longer than it hangs
    assert slack.messages("T1", "C1INBOX") == []
    assert [c.status for c in slack.calls] == [None, None]
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_a_hang_alone_is_only_late(slack: PretendSlack, client: AsyncWebClient) -> None:
    slack.fail("auth.test", hang=0.05)
    assert (await client.auth_test())["ok"]


async def test_faults_can_be_for_one_channel_or_firm_and_for_good(
    slack: PretendSlack, client: AsyncWebClient
) -> None:
    slack.fail("chat.postMessage", error="is_archived", channel="G1SECRET")
    slack.fail("*", error="fatal_error", team_id="T2", times=None)
    assert (await client.chat_postMessage(channel="C1INBOX", text="x"))["ok"]
    assert await refused(client.chat_postMessage(channel="G1SECRET", text="x")) == "is_archived"
    for _ in range(3):
        assert await refused(client.auth_test(token="xoxb-2")) == "fatal_error"
    slack.clear_faults()
    assert (await client.auth_test(token="xoxb-2"))["ok"]


async def test_hooks_around_a_call(slack: PretendSlack, client: AsyncWebClient) -> None:
    seen: list[tuple[str, int]] = []

    async def before(call: Call) -> None:
        seen.append((f"before {call.method}", len(slack.messages("T1", "C1INBOX"))))

    async def after(call: Call) -> None:
        seen.append((f"after {call.method} {call.performed}", len(slack.messages("T1", "C1INBOX"))))

    slack.on_call, slack.after_call = before, after
    await client.chat_postMessage(channel="C1INBOX", text="x")
    assert seen == [("before chat.postMessage", 0), ("after chat.postMessage True", 1)]


async def test_stop_ends_hanging_calls(app: App) -> None:
    slack = PretendSlack(signing_secret="s")
    await slack.start()
    slack.fail("auth.test", hang=60)
    call = asyncio.create_task(
        AsyncWebClient("x", base_url=slack.api_url, timeout=5, retry_handlers=[]).auth_test()
    )
    await asyncio.sleep(0.1)
    await asyncio.wait_for(slack.stop(), 3)
    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await call


# ---------------------------------------------------------------------------------------------- limits


async def test_limits_are_off_by_default(slack: PretendSlack, client: AsyncWebClient) -> None:
    for number in range(8):
        await client.chat_postMessage(channel="C1INBOX", text=str(number))


async def test_one_post_a_second_per_channel_with_a_burst(slack: PretendSlack, client: AsyncWebClient) -> None:
    now = 1_700_000_000.0
    slack.rate_limits, slack.clock = True, lambda: now
    for _ in range(4):
        await client.chat_postMessage(channel="C1INBOX", text="x")
    limited = await refusal(client.chat_postMessage(channel="C1INBOX", text="x"))
    assert (limited.response.status_code, limited.response.headers["Retry-After"]) == (429, "1")
    assert (await client.chat_postMessage(channel="G1SECRET", text="other channels flow"))["ok"]
    now += 1
    assert (await client.chat_postMessage(channel="C1INBOX", text="x"))["ok"]


async def test_tiers_per_method_and_workspace(slack: PretendSlack, client: AsyncWebClient) -> None:
    now = 1_700_000_000.0
    slack.rate_limits, slack.clock = True, lambda: now
    for _ in range(20):
        await client.users_list()
    now += 10
    limited = await refusal(client.users_list())
    assert (limited.response["error"], limited.response.headers["Retry-After"]) == ("ratelimited", "50")
    assert (await client.users_info(user="U1AGENT"))["ok"]
    assert (await client.users_list(token="xoxb-2"))["ok"]
    now += 50
    assert (await client.users_list())["ok"]
