"""A text is handed over once, and every answer says whether it may be handed over again."""

import logging
from typing import Any

import aiohttp
import pytest

from bridge.gateways import twilio_http
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.twilio import TwilioGateway
from bridge.sandbox.twilio import PretendTwilio
from tests.gateways.conftest import ACCOUNT, OURS, TOKEN
from tests.gateways.stand import Answer, Stand, says

PHONE, BODY, SERVICE = "+14155550111", "The red door, 5 o'clock & +1", "MG" + "b" * 32
CALLBACK = "https://sms.example.com/twilio/status?mid=01J"
CREATE = f"/api/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


async def refused(gateway: TwilioGateway, **changes: Any) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await gateway.send(**{"to": PHONE, "from_": OURS, "body": BODY, "status_callback": CALLBACK, **changes})
    return caught.value


def creates(pretend: PretendTwilio) -> int:
    return sum(request.operation == "create" for request in pretend.requests)


async def test_a_text_is_accepted_and_arrives_as_written(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    accepted = await twilio.send(to=PHONE, from_=OURS, body=BODY + " 😀\n", status_callback=CALLBACK)
    await pretend.settled()
    assert accepted.sid.startswith("SM")
    assert (accepted.status, accepted.segments) == ("queued", 1)
    assert [text.body for text in pretend.texts_to(PHONE)] == [BODY + " 😀\n"]
    sent = pretend.requests[0].params
    assert (sent["StatusCallback"], sent["ValidityPeriod"], sent["From"]) == (CALLBACK, "14400", OURS)


async def test_a_key_is_used_instead_of_the_token(session: aiohttp.ClientSession, pretend: PretendTwilio) -> None:
    pretend.add_key(ACCOUNT, "SK" + "c" * 32, "secret-of-the-key")
    gateway = TwilioGateway(
        session, ACCOUNT, "unused", key_sid="SK" + "c" * 32, key_secret="secret-of-the-key", base_url=pretend.url
    )
    assert (await gateway.send(to=PHONE, from_=OURS, body="Hi", status_callback=CALLBACK)).sid in pretend.log


async def test_a_service_and_pictures_go_along(session: aiohttp.ClientSession, stand: Stand) -> None:
    stand.on(CREATE, says({"sid": "SM" + "d" * 32, "status": "accepted", "num_segments": "0"}, 201))
    gateway = TwilioGateway(session, ACCOUNT, TOKEN, base_url=stand.url)
    accepted = await gateway.send(
        to=PHONE,
        from_=OURS,
        body="",
        media_urls=["https://sms.example.com/m/1?a=b&c=d", "https://sms.example.com/m/2"],
        status_callback=CALLBACK,
        validity=600,
        messaging_service_sid=SERVICE,
    )
    assert (accepted.status, accepted.segments) == ("accepted", None)
    form = stand.seen[0].form
    assert form["MediaUrl"] == ["https://sms.example.com/m/1?a=b&c=d", "https://sms.example.com/m/2"]
    assert (form["MessagingServiceSid"], form["From"], form["ValidityPeriod"]) == ([SERVICE], [OURS], ["600"])
    assert "Body" not in form


async def test_half_a_character_is_replaced(session: aiohttp.ClientSession, stand: Stand) -> None:
    stand.on(CREATE, says({"sid": "SM" + "d" * 32, "status": "queued", "num_segments": "1"}, 201))
    gateway = TwilioGateway(session, ACCOUNT, TOKEN, base_url=stand.url)
    await gateway.send(to=PHONE, from_=OURS, body="so\ud83d", status_callback=CALLBACK)
    assert stand.seen[0].form["Body"] == ["so?"]


@pytest.mark.faults("F9")
@pytest.mark.parametrize(
    ("fault", "code", "retry", "after", "scope"),
    [
        ({"status": 429, "code": 20429, "retry_after": 7}, "20429", Retry.LATER, 7.0, Scope.CALL),
        ({"status": 429, "body": "<html>slow down"}, "http_429", Retry.DOUBT, None, Scope.CALL),
        ({"code": 21611}, "21611", Retry.LATER, None, Scope.CALL),
        ({"status": 500}, "20500", Retry.DOUBT, None, Scope.CALL),
        ({"status": 503, "body": "<html>"}, "http_503", Retry.DOUBT, None, Scope.CALL),
        ({"status": 500, "accept_first": True}, "20500", Retry.DOUBT, None, Scope.CALL),
        ({"status": 201, "body": "{"}, "garbled", Retry.DOUBT, None, Scope.CALL),
        ({"status": 201, "body": "{}"}, "garbled", Retry.DOUBT, None, Scope.CALL),
        ({"status": 201, "body": ""}, "garbled", Retry.DOUBT, None, Scope.CALL),
        ({"status": 201, "body": "x" * 1_100_000}, "too_large", Retry.DOUBT, None, Scope.CALL),
        ({"status": 307, "body": ""}, "http_307", Retry.DOUBT, None, Scope.CALL),
        ({"status": 400, "body": "<html>proxy"}, "http_400", Retry.DOUBT, None, Scope.CALL),
        ({"status": 400, "body": '{"code": 400}'}, "http_400", Retry.DOUBT, None, Scope.CALL),
        ({"drop": True}, "connection", Retry.DOUBT, None, Scope.CALL),
        ({"drop": True, "accept_first": True}, "connection", Retry.DOUBT, None, Scope.CALL),
        ({"hang": 5.0}, "timeout", Retry.DOUBT, None, Scope.CALL),
        ({"code": 21211}, "21211", Retry.NEVER, None, Scope.CALL),
        ({"code": 21617}, "21617", Retry.NEVER, None, Scope.CALL),
        ({"code": 21408, "status": 403}, "21408", Retry.NEVER, None, Scope.CALL),
        ({"code": 20003, "status": 401}, "20003", Retry.REPAIR, None, Scope.ACCOUNT),
        ({"code": 20003, "status": 403}, "20003", Retry.REPAIR, None, Scope.ACCOUNT),
        ({"code": 70051, "status": 401}, "70051", Retry.REPAIR, None, Scope.ACCOUNT),
        ({"status": 401, "body": ""}, "http_401", Retry.REPAIR, None, Scope.ACCOUNT),
        ({"code": 21606}, "21606", Retry.REPAIR, None, Scope.CHANNEL),
        ({"code": 21659}, "21659", Retry.REPAIR, None, Scope.CHANNEL),
        ({"code": 21703}, "21703", Retry.REPAIR, None, Scope.CHANNEL),
        ({"code": 21712, "status": 409}, "21712", Retry.REPAIR, None, Scope.CHANNEL),
    ],
)
async def test_every_failure_says_what_may_be_done(
    twilio: TwilioGateway,
    pretend: PretendTwilio,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    code: str,
    retry: Retry,
    after: float | None,
    scope: Scope,
) -> None:
    monkeypatch.setattr(twilio_http, "CALL_SECONDS", 0.5)
    pretend.fail("create", **fault)
    error = await refused(twilio)
    assert (error.code, error.retry, error.after, error.scope) == (code, retry, after, scope)
    assert creates(pretend) == 1


@pytest.mark.faults("F9")
@pytest.mark.parametrize(("phone", "code"), [("+14155550199", "21610"), ("+14155550197", "21614")])
async def test_a_lead_that_cannot_be_texted(twilio: TwilioGateway, phone: str, code: str) -> None:
    error = await refused(twilio, to=phone)
    assert (error.code, error.retry) == (code, Retry.NEVER)


@pytest.mark.faults("F9")
async def test_wrong_credentials_turn_the_account_off(
    session: aiohttp.ClientSession, pretend: PretendTwilio
) -> None:
    gateway = TwilioGateway(session, ACCOUNT, "wrong", base_url=pretend.url)
    error = await refused(gateway)
    assert (error.code, error.retry, error.scope) == ("20003", Retry.REPAIR, Scope.ACCOUNT)


@pytest.mark.faults("F9")
async def test_nobody_there_is_not_sent(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    await pretend.stop()
    error = await refused(twilio)
    assert (error.code, error.retry) == ("connection", Retry.LATER)


@pytest.mark.faults("F9")
@pytest.mark.parametrize(
    ("problem", "retry"),
    [
        ({"type": "about:blank", "title": "No", "status": 400, "code": 21211}, Retry.NEVER),
        ({"type": "about:blank", "title": "Busy", "status": 503, "code": 20503}, Retry.DOUBT),
    ],
)
async def test_the_newer_form_of_errors_is_understood(
    session: aiohttp.ClientSession, stand: Stand, problem: dict[str, Any], retry: Retry
) -> None:
    stand.on(CREATE, says(problem, problem["status"], "application/problem+json"))
    error = await refused(TwilioGateway(session, ACCOUNT, TOKEN, base_url=stand.url))
    assert (error.code, error.retry) == (str(problem["code"]), retry)


@pytest.mark.faults("S22", "S6")
@pytest.mark.parametrize(
    "answer", [says({"code": 21211, "message": f"{PHONE} is not valid: {BODY}"}, 400), says("[", 500)]
)
async def test_nothing_personal_is_told_or_logged(
    session: aiohttp.ClientSession, stand: Stand, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    caplog.set_level(logging.DEBUG)
    stand.on(CREATE, answer)
    gateway = TwilioGateway(session, ACCOUNT, TOKEN, base_url=stand.url)
    error = await refused(gateway)
    told = f"{error} {error!r} {error.args} {gateway!r} {vars(gateway)!r} {caplog.text}"
    assert not [word for word in (PHONE[1:], "red door", TOKEN) if word in told]
