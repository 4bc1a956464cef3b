"""Every refusal and every silence of Slack says what may be done."""

import logging
from typing import Any

import aiohttp
import pytest

from bridge.gateways import slack_http
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.slack import SlackGateway
from tests.gateways.stand import Answer, Stand, cut, endless, says, stall

TOKEN, CHANNEL, TEXT = "xoxb-of-the-first-firm", "C0INBOX", "the red door +14155550111"
DOUBT, LATER, NEVER, REPAIR = Retry.DOUBT, Retry.LATER, Retry.NEVER, Retry.REPAIR


@pytest.fixture
def slack(session: aiohttp.ClientSession, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> SlackGateway:
    monkeypatch.setattr(slack_http, "CALL_SECONDS", 0.5)
    monkeypatch.setattr(slack_http, "VIEW_SECONDS", 0.2)
    return SlackGateway(session, TOKEN, base_url=f"{stand.url}/api/")


async def post(slack: SlackGateway) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await slack.post(CHANNEL, text=TEXT, blocks=[], key="k")
    return caught.value


async def update(slack: SlackGateway) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await slack.update(CHANNEL, "1.0", text=TEXT, blocks=[])
    return caught.value


OK = {"ok": True}
HTML = "<!DOCTYPE html><title>Oops</title>"


@pytest.mark.faults("F5")
@pytest.mark.parametrize(
    ("answer", "code", "posting", "updating", "after"),
    [
        (says({"ok": False, "error": "ratelimited"}, 429, Retry_After="30"), "ratelimited", LATER, LATER, 30.0),
        (says("", 429, "text/html", Retry_After="3600"), "ratelimited", LATER, LATER, 3600.0),
        (says({"ok": False, "error": "ratelimited"}, Retry_After="1"), "ratelimited", LATER, LATER, 1.0),
        (says({"ok": False, "error": "ratelimited"}), "ratelimited", LATER, LATER, None),
        (says({"ok": False, "error": "rate_limited"}), "rate_limited", LATER, LATER, None),
        (says({"ok": False, "error": "team_added_to_org"}), "team_added_to_org", LATER, LATER, None),
        (says({"ok": False, "error": "fatal_error"}), "fatal_error", DOUBT, LATER, None),
        (says({"ok": False, "error": "internal_error"}), "internal_error", DOUBT, LATER, None),
        (says({"ok": False, "error": "internal_error"}, 500), "http_500", DOUBT, LATER, None),
        (says(HTML, 500, "text/html"), "http_500", DOUBT, LATER, None),
        (says(HTML, 503, "text/html", Retry_After="5"), "http_503", DOUBT, LATER, 5.0),
        (says("upstream connect error", 502, "text/plain"), "http_502", DOUBT, LATER, None),
        (says(HTML, 200, "text/html"), "garbled", DOUBT, LATER, None),
        (says("ok", 200, "text/plain"), "garbled", DOUBT, LATER, None),
        (says("", 200), "garbled", DOUBT, LATER, None),
        (says("{", 200), "garbled", DOUBT, LATER, None),
        (says([1], 200), "garbled", DOUBT, LATER, None),
        (says({}, 200), "garbled", DOUBT, LATER, None),
        (says("x", 200, "application/gzip"), "garbled", DOUBT, LATER, None),
        (says("", 302, Location="/elsewhere"), "http_302", DOUBT, LATER, None),
        (cut, "connection", DOUBT, LATER, None),
        (stall, "timeout", DOUBT, LATER, None),
        (endless, "too_large", DOUBT, LATER, None),
    ],
)
async def test_only_what_may_stand_already_is_in_doubt(
    slack: SlackGateway,
    stand: Stand,
    answer: Answer,
    code: str,
    posting: Retry,
    updating: Retry,
    after: float | None,
) -> None:
    stand.on("/api/chat.postMessage", answer)
    stand.on("/api/chat.update", answer)
    error = await post(slack)
    assert (error.code, error.retry, error.after, error.scope) == (code, posting, after, Scope.CALL)
    error = await update(slack)
    assert (error.code, error.retry, error.after, error.scope) == (code, updating, after, Scope.CALL)
    assert [one.path for one in stand.seen] == ["/api/chat.postMessage", "/api/chat.update"]


@pytest.mark.faults("F6")
@pytest.mark.parametrize(
    "code",
    ["invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed",
     "team_access_not_granted", "org_login_required"],
)  # fmt: skip
async def test_a_token_that_is_worth_nothing_turns_the_firm_off(
    slack: SlackGateway, stand: Stand, code: str
) -> None:
    stand.on("/api/chat.postMessage", says({"ok": False, "error": code}))
    error = await post(slack)
    assert (error.code, error.retry, error.scope) == (code, REPAIR, Scope.ACCOUNT)


@pytest.mark.faults("F7")
@pytest.mark.parametrize(
    "code",
    ["channel_not_found", "not_in_channel", "is_archived", "restricted_action",
     "restricted_action_thread_only_channel", "restricted_action_read_only_channel"],
)  # fmt: skip
async def test_a_channel_that_cannot_be_used_turns_itself_off(slack: SlackGateway, stand: Stand, code: str) -> None:
    stand.on("/api/chat.postMessage", says({"ok": False, "error": code}))
    error = await post(slack)
    assert (error.code, error.retry, error.scope) == (code, REPAIR, Scope.CHANNEL)


@pytest.mark.faults("F8")
@pytest.mark.parametrize(
    "code",
    ["msg_too_long", "msg_blocks_too_long", "invalid_blocks", "cannot_reply_to_message", "never_heard_of_it"],
)
async def test_other_refusals_are_for_good(slack: SlackGateway, stand: Stand, code: str) -> None:
    stand.on("/api/chat.postMessage", says({"ok": False, "error": code}))
    error = await post(slack)
    assert (error.code, error.retry, error.scope) == (code, NEVER, Scope.CALL)


async def test_a_success_without_a_ts_is_in_doubt(slack: SlackGateway, stand: Stand) -> None:
    for answer in (
        OK,
        {**OK, "ts": "1.0"},
        {**OK, "ts": 1.0, "channel": "C"},
        {**OK, "ts": "1.0", "channel": "C", "message": "odd"},
    ):
        stand.on("/api/chat.postMessage", says(answer))
        error = await post(slack)
        assert (error.code, error.retry) == ("garbled", DOUBT)


@pytest.mark.parametrize(
    "answer",
    [{"ok": True}, {"ok": True, "user": []}, {"ok": True, "user": {"name": "x"}}, {"ok": True, "user": {"id": 7}}],
)
async def test_an_odd_answer_to_a_question_is_asked_again(
    slack: SlackGateway, stand: Stand, answer: object
) -> None:
    stand.on("/api/users.info", says(answer))
    with pytest.raises(GatewayError) as caught:
        await slack.person("U1")
    assert (caught.value.code, caught.value.retry) == ("garbled", LATER)


@pytest.mark.parametrize("call", ["tell", "open_view", "push_view"])
async def test_lines_and_modals_are_not_shown_twice(slack: SlackGateway, stand: Stand, call: str) -> None:
    calls: dict[str, Any] = {
        "tell": lambda: slack.tell(CHANNEL, "U1", text=TEXT),
        "open_view": lambda: slack.open_view("trigger", {}),
        "push_view": lambda: slack.push_view("trigger", {}),
    }
    for method in ("chat.postEphemeral", "views.open", "views.push"):
        stand.on(f"/api/{method}", stall)
    with pytest.raises(GatewayError) as caught:
        await calls[call]()
    assert (caught.value.code, caught.value.retry) == ("timeout", DOUBT)


@pytest.mark.faults("F5")
async def test_nobody_there_is_not_posted(slack: SlackGateway, stand: Stand) -> None:
    await stand.stop()
    error = await post(slack)
    assert (error.code, error.retry) == ("connection", LATER)


@pytest.mark.faults("S22", "S6")
async def test_nothing_personal_is_told_or_logged(
    slack: SlackGateway, stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stand.on("/api/chat.postMessage", says({"ok": False, "error": "invalid_blocks", "detail": TEXT}))
    stand.on("/api/users.info", says({"ok": True, "user": {"id": "U1", "real_name": "Ann Lee"}}))
    error = await post(slack)
    person = await slack.person("U1")
    told = f"{error} {error!r} {error.args} {slack!r} {vars(slack)!r} {person!r} {caplog.text}"
    assert not [word for word in ("red door", "4155550111", TOKEN, "Ann Lee") if word in told]
