"""Slack's door: only Slack comes in, and nothing that Slack brings is lost, doubled or answered wrongly."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest

from bridge.handlers import signatures
from bridge.refusals import Refusal
from bridge.sandbox.slack import PretendSlack
from tests.cast import DENTAL, LAW, MARIA
from tests.handlers.events import envelope, reply
from tests.handlers.knock import FORM, JSON, SLACK, knock, nothing_logged, slack
from tests.stage import Stage

UNREADABLE = {
    "malformed": (b'{"type": ', JSON),
    "no JSON": (b"hello", JSON),
    "empty": (b"", JSON),
    "array": (b"[1]", JSON),
    "text": (b'"x"', JSON),
    "number": (b"1", JSON),
    "deep": (b"[" * 200_000, JSON),
    "deep objects": (b'{"a":' * 40_000, JSON),
    "not UTF-8": (b'{"a": "\xff\xfe"}', JSON),
    "no event": (b'{"type": "event_callback", "event": []}', JSON),
    "form, not UTF-8": (b"payload=%7B%7D&x=\xff", FORM),
    "form, escaped and not UTF-8": (b"command=%ff", FORM),
    "form of too many fields": (b"a=1&" * 200, FORM),
    "payload, malformed": (b"payload=%7B", FORM),
    "payload, empty": (b"payload=", FORM),
    "payload, array": (b"payload=%5B1%5D", FORM),
    "payload, deep": (b"payload=" + b"[" * 200_000, FORM),
}


@pytest.mark.faults("F20", "S3")
async def test_only_what_slack_signed_comes_in(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    await stage.lead_texts("Hello?")
    raw = json.dumps(envelope(reply(stage, "forged"))).encode()
    good = stage.slack.sign(raw)
    stranger = PretendSlack(signing_secret="another-secret").sign(raw)
    old, ahead = (stage.slack.sign(raw, int(time.time()) + shift) for shift in (-330, +330))
    wrong: list[dict[str, str]] = [
        {},
        stranger,
        old,
        ahead,
        stage.slack.sign(raw, "yesterday"),
        stage.slack.sign(raw, ""),
        {"X-Slack-Signature": good["X-Slack-Signature"]},
        {"X-Slack-Request-Timestamp": good["X-Slack-Request-Timestamp"]},
        {**good, "X-Slack-Signature": ""},
        {**good, "X-Slack-Signature": good["X-Slack-Signature"][:-1]},
        {**good, "X-Slack-Signature": good["X-Slack-Signature"].removeprefix("v0=")},
        {**good, "X-Slack-Signature": "v0=é" + good["X-Slack-Signature"]},
        {**good, "X-Slack-Request-Timestamp": str(int(good["X-Slack-Request-Timestamp"]) + 1)},
        {**good, "X-Slack-Request-Timestamp": "-1"},
    ]
    for headers in wrong:
        assert (await knock(stage, SLACK, raw, {**JSON, **headers})).status == 401, headers
    assert (await knock(stage, SLACK, raw + b" ", {**JSON, **good})).status == 401
    await stage.settle()
    assert stage.phone(MARIA) == []
    assert nothing_logged(stage, caplog)


@pytest.mark.faults("S3")
async def test_bolt_checks_the_signature_once_more(
    door: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Should our own check ever be wrong, Bolt's still stands."""
    await door.lead_texts("Hello?")
    monkeypatch.setattr(signatures, "is_slacks", lambda *_: True)
    for headers, fields in [(JSON, json.dumps(envelope(reply(door, "forged")))), (FORM, "command=%2Fsms&text=x")]:
        answer = await knock(door, SLACK, fields.encode(), {**headers, "X-Slack-Signature": "v0=x"})
        assert answer.status == 401
    await door.settle()
    assert door.phone(MARIA) == []
    assert nothing_logged(door, caplog)


@pytest.mark.faults("F17", "F20", "S3")
async def test_what_cannot_be_read_is_refused_without_a_trace(
    door: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    for what, (body, headers) in UNREADABLE.items():
        assert (await knock(door, SLACK, body, headers)).status == 401, what  # the signature comes first
        assert (await slack(door, body, headers)).status == 400, what
    assert nothing_logged(door, caplog)


@pytest.mark.faults("F20")
async def test_slack_may_look_at_our_address_and_certificate(door: Stage, caplog: pytest.LogCaptureFixture) -> None:
    verification = {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB10FEMAGAZd4FyFQ"}
    answer = await slack(door, verification)
    assert (answer.status, json.loads(answer.text)) == (200, {"challenge": "3eZbrw1aB10FEMAGAZd4FyFQ"})
    assert (await knock(door, SLACK, json.dumps(verification).encode(), JSON)).status == 401
    for check in (b"ssl_check=1&token=x", b"token=x&ssl_check=1"):  # Slack does not sign these
        answer = await knock(door, SLACK, check, FORM)
        assert (answer.status, answer.text) == (200, "")
        assert (await slack(door, check, FORM)).status == 200
    for no_check in (b"ssl_check=10", b"token=ssl_check=1", b"ssl_check=1&" + b"x" * 2000):
        assert (await knock(door, SLACK, no_check, FORM)).status == 401
    assert nothing_logged(door, caplog)


@pytest.mark.faults("F20")
async def test_an_unsigned_certificate_check_carries_nothing_in(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    smuggled = urlencode({"ssl_check": "1", "payload": json.dumps({"type": "block_actions"})}).encode()
    assert (await knock(stage, SLACK, smuggled, FORM)).text == ""
    event = json.dumps(envelope(reply(stage, "&ssl_check=1&"))).encode()
    assert (await knock(stage, SLACK, event, JSON)).text == ""
    await stage.settle()
    assert stage.phone(MARIA) == []


@pytest.mark.faults("F23")
async def test_events_nobody_listens_to_are_no_failed_deliveries(door: Stage) -> None:
    """Slack switches a subscription off when too many deliveries fail."""
    ts = door.slack.new_ts()
    body = {"channel": LAW.channel, "ts": ts, "event_ts": ts}
    silent = ["message_changed", "message_deleted", "me_message", "channel_join", "bot_message", "channel_topic",
              "message_replied", "reminder_add", "document_mention", "something_new"]  # fmt: skip
    events: list[Any] = [{"type": "message", "subtype": subtype, **body} for subtype in silent]
    events += [{"type": kind, **body} for kind in ("reaction_added", "app_home_opened", "channel_archive", "x")]
    events += [{"type": "member_joined_channel", "user": LAW.agent, "channel": LAW.channel}, {}]
    envelopes = [envelope(event, f"Ev{n}") for n, event in enumerate(events)]
    envelopes += [envelope(event, team_id="T0UNKNOWN") for event in events]
    envelopes += [
        {"type": "app_rate_limited", "team_id": LAW.team_id, "minute_rate_limited": 1},
        {"type": "something_new", "team_id": LAW.team_id},
        {"type": "something_new"},
        {},
    ]
    for sent in envelopes:
        assert (await slack(door, sent)).status == 200, sent
    assert {entry["event"] for entry in door.logs} == {"slack_holds_events_back"}


async def test_a_workspace_that_never_installed_the_app_changes_nothing(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.lead_texts("Hello?")
    stage.logs.clear()
    for event in (reply(stage, "hi"), {"type": "app_uninstalled"}, {"type": "tokens_revoked"}):
        assert (await slack(stage, envelope(event, team_id="T0UNKNOWN"))).status == 200
    there = {"team_id": "T0UNKNOWN", "user_id": "U1", "channel_id": "C1", "response_url": f"{stage.app.url}/x"}
    answer = await slack(stage, urlencode({"command": "/sms", "text": "status", **there}).encode(), FORM)
    assert (answer.status, json.loads(answer.text)["text"]) == (
        200,
        "This app is not installed in your workspace any more. Ask an admin to install it again.",
    )
    press = {"type": "block_actions", "team": {"id": "T0UNKNOWN"}, "user": {"id": "U1"}, "actions": [{}], **there}
    assert (await slack(stage, urlencode({"payload": json.dumps(press)}).encode(), FORM)).status == 200
    await stage.settle()
    assert stage.phone(MARIA) == []
    assert nothing_logged(stage, caplog)


async def test_a_command_may_contain_any_word(door: Stage) -> None:
    """Bolt loses a command in whose text "payload" stands."""
    texts = ["payload", "a payload={} here", "payload=%7B", "{", '{"type": "event_callback"}', "&payload=x"]
    for words in [*texts, "ssl_check=1"]:
        result = await door.slack.command(LAW.team_id, LAW.agent, LAW.channel, "/sms", words)
        assert (result.status, result.problem) == (200, None), words
        assert json.loads(result.text)["text"].startswith("I don't know that one."), words


@pytest.mark.rows(121)
@pytest.mark.faults("F2", "F20")
async def test_the_same_request_again_does_nothing(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    raw = json.dumps(envelope(reply(stage, "Once only"))).encode()
    headers = {**JSON, **stage.slack.sign(raw)}
    answers = await asyncio.gather(*(knock(stage, SLACK, raw, headers) for _ in range(5)))
    await stage.settle()
    answers.append(await knock(stage, SLACK, raw, headers))
    await stage.settle()
    assert {answer.status for answer in answers} == {200}
    assert stage.phone(MARIA) == ["Once only"]


@pytest.mark.rows(121)
@pytest.mark.faults("F2")
async def test_the_same_message_under_eleven_event_ids_is_texted_once(stage: Stage) -> None:
    """As Slack sent them in January 2025."""
    await stage.lead_texts("Hello?")
    event = reply(stage, "Once only", client_msg_id="c-1")
    phantom = reply(stage, "Once only", client_msg_id="c-1")  # the same words under another ts
    sent = [envelope(event, f"Ev{n}") for n in range(11)] + [envelope(phantom, "Ev99")]
    answers = await asyncio.gather(*(slack(stage, each) for each in sent))
    await stage.settle()
    assert {answer.status for answer in answers} == {200}
    assert stage.phone(MARIA) == ["Once only"]


@pytest.mark.rows(121)
@pytest.mark.faults("F2")
async def test_a_retry_that_is_the_first_to_arrive_counts(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    headers = {"x-slack-retry-num": "3", "x-slack-retry-reason": "http_timeout"}
    assert await stage.slack.send_event(LAW.team_id, reply(stage, "At last"), headers=headers, times=2) == [200] * 2
    await stage.settle()
    assert stage.phone(MARIA) == ["At last"]


@pytest.mark.faults("S13")
@pytest.mark.parametrize("user", [LAW.guest, LAW.stranger])
async def test_who_is_no_member_is_not_told_how_things_stand(stage: Stage, user: str) -> None:
    result = await stage.slack.command(LAW.team_id, user, LAW.channel, "/sms", "status")
    assert json.loads(result.text)["text"] == Refusal.NOT_STAFF.sentence


async def test_the_second_firms_commands_are_about_the_second_firm(stage: Stage) -> None:
    stage.dental_plays = True
    result = await stage.slack.command(DENTAL.team_id, DENTAL.agent, DENTAL.channel, "/sms", "status")
    told = json.loads(result.text)["text"]
    assert "(415) 555-0120" in told
    assert "(415) 555-0100" not in told
