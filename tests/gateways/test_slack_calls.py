"""What Slack is asked, word for word, and what is read from its answers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.slack import SlackGateway
from bridge.gateways.slack_shapes import Channel, Identity, Person, Posted, Shown
from tests.gateways.stand import Stand, says

TOKEN, CHANNEL, BLOCKS = "xoxb-of-the-first-firm", "C0INBOX", [{"type": "divider"}]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def slack(session: aiohttp.ClientSession, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> SlackGateway:
    """The gateway to a server that says what it is told, with a proxy in the environment that must not be used."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    return SlackGateway(session, TOKEN, base_url=f"{stand.url}/api/")


def ok(**more: Any) -> dict[str, Any]:
    return {"ok": True, **more}


async def test_who_we_are(slack: SlackGateway, stand: Stand) -> None:
    answer = ok(
        url="https://acme.slack.com/", team="Acme", team_id="T1", user="bridge", user_id="U0BOT", bot_id="B1"
    )
    stand.on("/api/auth.test", says(answer, x_oauth_scopes="chat:write, users:read,"))
    scopes = frozenset({"chat:write", "users:read"})
    assert await slack.auth_test() == Identity("T1", "Acme", "U0BOT", "B1", scopes)
    assert stand.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.faults("F22")
async def test_a_post_carries_its_key_and_nothing_comes_alive(slack: SlackGateway, stand: Stand) -> None:
    message = {"ts": "2.0", "thread_ts": "1.0", "text": "x"}
    stand.on("/api/chat.postMessage", says(ok(ts="2.0", channel=CHANNEL, message=message)))
    posted = await slack.post(
        CHANNEL, text="&lt;!channel&gt;", blocks=BLOCKS, thread_ts="1.0", key="01J", username="Ann"
    )
    assert posted == Posted("2.0", "1.0", CHANNEL)
    assert stand.seen[0].json == {
        "channel": CHANNEL,
        "text": "&lt;!channel&gt;",
        "blocks": BLOCKS,
        "thread_ts": "1.0",
        "username": "Ann",
        "metadata": {"event_type": "bridge_outbox", "event_payload": {"key": "01J"}},
        "unfurl_links": False,
        "unfurl_media": False,
        "parse": "none",
        "link_names": False,
    }


@pytest.mark.faults("F7")
async def test_a_post_that_lost_its_thread_says_so(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/chat.postMessage", says(ok(ts="2.0", channel=CHANNEL, message={"ts": "2.0"})))
    assert (await slack.post(CHANNEL, text="x", blocks=BLOCKS, thread_ts="1.0", key="k")).thread_ts is None


async def test_an_update_replaces_text_and_blocks(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/chat.update", says(ok()))
    await slack.update(CHANNEL, "1.0", text="x", blocks=[])
    expected = {"channel": CHANNEL, "ts": "1.0", "text": "x", "blocks": [], "parse": "none", "link_names": False}
    assert stand.seen[0].json == expected


async def test_a_post_is_taken_away(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/chat.delete", says(ok()), says({"ok": False, "error": "message_not_found"}))
    await slack.delete(CHANNEL, "1.0")
    await slack.delete(CHANNEL, "1.0")
    assert dict(stand.seen[0].query) == {"channel": CHANNEL, "ts": "1.0"}


async def test_a_line_for_one_person(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/chat.postEphemeral", says(ok(message_ts="3.0")))
    await slack.tell(CHANNEL, "U1", text="x", thread_ts="1.0")
    expected = {
        "channel": CHANNEL,
        "user": "U1",
        "text": "x",
        "thread_ts": "1.0",
        "parse": "none",
        "link_names": False,
    }
    assert stand.seen[0].json == expected


@pytest.mark.parametrize(
    ("method", "name", "settled"),
    [("reactions.add", "react", "already_reacted"), ("reactions.remove", "unreact", "no_reaction")],
)
async def test_marks_may_be_there_already(
    slack: SlackGateway, stand: Stand, method: str, name: str, settled: str
) -> None:
    call: Callable[..., Awaitable[None]] = getattr(slack, name)
    stand.on(
        f"/api/{method}", says(ok()), says({"ok": False, "error": settled}), says({"ok": False, "error": "bad"})
    )
    await call(CHANNEL, "1.0", "hourglass")
    await call(CHANNEL, "1.0", "hourglass")
    with pytest.raises(GatewayError) as caught:
        await call(CHANNEL, "1.0", "hourglass")
    assert caught.value.code == "bad"
    sent = dict(stand.seen[0].query) or {key: values[0] for key, values in stand.seen[0].form.items()}
    assert sent == {"channel": CHANNEL, "timestamp": "1.0", "name": "hourglass"}


async def test_permalinks(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/chat.getPermalink", says(ok(channel=CHANNEL, permalink="https://acme.slack.com/p1")))
    assert await slack.permalink(CHANNEL, "1.0") == "https://acme.slack.com/p1"


async def test_a_channel(slack: SlackGateway, stand: Stand) -> None:
    channel = {"id": "C1", "name": "leads", "is_private": True, "is_member": True, "is_ext_shared": True}
    stand.on("/api/conversations.info", says(ok(channel=channel)), says(ok(channel={"id": "D1", "is_im": True})))
    assert await slack.channel("C1") == Channel("C1", "leads", True, True, False, True)
    assert await slack.channel("D1") == Channel("D1", "", True, False, False, False)


PERSON = {"id": "U1", "team_id": "T1", "name": "ann", "real_name": "Ann Lee", "tz": "America/New_York"}


@pytest.mark.rows(86)
@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ({}, {}),
        ({"profile": {"display_name": "Annie", "email": "a@x.org"}}, {"name": "Annie", "email": "a@x.org"}),
        ({"profile": {"display_name": "", "real_name": "A. Lee"}}, {"name": "A. Lee"}),
        ({"is_admin": True}, {"is_admin": True}),
        ({"is_primary_owner": True}, {"is_owner": True}),
        ({"is_restricted": True}, {"is_guest": True}),
        ({"is_ultra_restricted": True}, {"is_guest": True}),
        ({"is_stranger": True, "team_id": "T2"}, {"is_stranger": True, "team_id": "T2"}),
        ({"is_bot": True}, {"is_bot": True}),
        ({"id": "USLACKBOT"}, {"user_id": "USLACKBOT", "is_bot": True}),
        ({"deleted": True}, {"is_deleted": True}),
        ({"tz": None, "real_name": None, "name": None}, {"tz": "", "name": "U1"}),
    ],
)
async def test_a_person(slack: SlackGateway, stand: Stand, more: dict[str, Any], changed: dict[str, Any]) -> None:
    stand.on("/api/users.info", says(ok(user={**PERSON, **more})))
    ann: dict[str, Any] = {
        "user_id": "U1",
        "name": "Ann Lee",
        "team_id": "T1",
        "is_admin": False,
        "is_owner": False,
        "is_guest": False,
        "is_stranger": False,
        "is_bot": False,
        "is_deleted": False,
        "email": "",
        "tz": "America/New_York",
    }
    assert await slack.person("U1") == Person(**{**ann, **changed})


async def test_views(slack: SlackGateway, stand: Stand) -> None:
    view = {"type": "modal", "blocks": []}
    for method in ("open", "push", "update", "publish"):
        stand.on(f"/api/views.{method}", says(ok(view={"id": "V1", "hash": "h2"})))
    shown = Shown("V1", "h2")
    assert await slack.open_view("trigger", view) == shown
    assert await slack.push_view("trigger", view) == shown
    assert await slack.update_view("V1", view, view_hash="h1") == shown
    assert await slack.publish_home("U1", view) == shown
    assert [one.json for one in stand.seen] == [
        {"trigger_id": "trigger", "view": view},
        {"trigger_id": "trigger", "view": view},
        {"view_id": "V1", "view": view, "hash": "h1"},
        {"user_id": "U1", "view": view},
    ]


# ------------------------------------------------------------------- finding a post of unknown outcome


def said(ts: str, key: str | None = None, **more: Any) -> dict[str, Any]:
    metadata = {"event_type": "bridge_outbox", "event_payload": {"key": key}} if key else None
    return {"ts": ts, "text": "x", **({"metadata": metadata} if metadata else {}), **more}


def page(*messages: dict[str, Any], cursor: str = "") -> dict[str, Any]:
    return ok(messages=list(messages), response_metadata={"next_cursor": cursor})


@pytest.mark.faults("F5")
async def test_a_post_is_found_by_its_key(slack: SlackGateway, stand: Stand) -> None:
    other = {"event_type": "else", "event_payload": {"key": "k"}}
    first = page(said("1.0", "another"), said("1.1", metadata=other), said("1.2", metadata="odd"), cursor="next")
    first["messages"].pop()
    stand.on("/api/conversations.replies", says(first), says(page(said("1.3", "k", thread_ts="1.0"))))
    found = await slack.find_posted(CHANNEL, thread_ts="1.0", key="k", oldest=NOW)
    assert found == Posted("1.3", "1.0", CHANNEL)
    asked = dict(stand.seen[0].query)
    assert asked == {
        "channel": CHANNEL,
        "ts": "1.0",
        "limit": "50",
        "oldest": f"{NOW.timestamp() - 60:.6f}",
        "include_all_metadata": "1",
    }
    assert stand.seen[1].query["cursor"] == "next"


async def test_a_root_is_found_in_the_channel(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/conversations.history", says(page(said("1.0", "k", thread_ts="1.0"))))
    assert await slack.find_posted(CHANNEL, thread_ts=None, key="k", oldest=NOW) == Posted("1.0", None, CHANNEL)


async def test_a_post_that_is_certainly_not_there(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/conversations.replies", says(page(said("1.0"))))
    assert await slack.find_posted(CHANNEL, thread_ts="1.0", key="k", oldest=NOW) is None


@pytest.mark.faults("F7")
async def test_when_the_thread_is_gone_the_post_is_in_the_channel(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/conversations.replies", says({"ok": False, "error": "thread_not_found"}))
    stand.on("/api/conversations.history", says(page(said("9.0", "k"))))
    assert await slack.find_posted(CHANNEL, thread_ts="1.0", key="k", oldest=NOW) == Posted("9.0", None, CHANNEL)


async def test_a_search_without_end_is_no_answer(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/api/conversations.history", says(page(said("1.0"), cursor="more")))
    with pytest.raises(GatewayError) as caught:
        await slack.find_posted(CHANNEL, thread_ts=None, key="k", oldest=NOW)
    assert (caught.value.code, caught.value.retry) == ("search_incomplete", Retry.DOUBT)
    assert len(stand.seen) == 10


# ------------------------------------------------------------------- answers to interactions


async def test_an_interaction_is_answered_without_the_token(slack: SlackGateway, stand: Stand) -> None:
    stand.on("/actions/1", says("ok", content_type="text/plain"))
    await slack.respond(f"{stand.url}/actions/1", {"text": "done", "replace_original": True})
    assert stand.seen[0].json == {"text": "done", "replace_original": True}
    assert "Authorization" not in stand.seen[0].headers


@pytest.mark.parametrize(
    ("status", "body", "code", "retry"),
    [
        (404, "used_url", "http_404", Retry.NEVER),
        (200, {"ok": False, "error": "invalid_blocks"}, "invalid_blocks", Retry.NEVER),
        (429, "", "ratelimited", Retry.LATER),
        (500, "", "http_500", Retry.DOUBT),
        (302, "", "http_302", Retry.DOUBT),
    ],
)
async def test_an_answer_that_is_not_taken(
    slack: SlackGateway, stand: Stand, status: int, body: object, code: str, retry: Retry
) -> None:
    stand.on("/actions/1", says(body, status))
    with pytest.raises(GatewayError) as caught:
        await slack.respond(f"{stand.url}/actions/1", {"text": "done"})
    assert (caught.value.code, caught.value.retry) == (code, retry)


@pytest.mark.faults("F24")
async def test_answers_go_to_slack_only(session: aiohttp.ClientSession) -> None:
    gateway = SlackGateway(session, TOKEN)
    for url in (
        "https://evil.example/actions",
        "http://hooks.slack.com/actions",
        "https://hooks.slack.com.evil.io/",
        "x",
    ):
        with pytest.raises(GatewayError) as caught:
            await gateway.respond(url, {})
        assert (caught.value.code, caught.value.retry) == ("forbidden_url", Retry.NEVER)
