"""Webhooks that fail: repeated as their URL asks, then the fallback, then silence."""

import asyncio
from typing import Any

import pytest

from bridge.sandbox.twilio import PretendTwilio

ACCOUNT, OURS, LEAD = "AC" + "a" * 32, "+14155550100", "+14155550111"
NOBODY = "http://127.0.0.1:1/twilio/sms"


def point(twilio: PretendTwilio, url: str, fallback: str = "") -> None:
    """Set the number's addresses, and lose no time between attempts."""
    twilio.numbers[OURS].settings.update({"SmsUrl": url, "SmsFallbackUrl": fallback})
    twilio.retry_pause = 0.001


async def test_by_default_an_error_is_not_repeated(twilio: PretendTwilio, app: Any) -> None:
    app.status = 500
    await twilio.text(LEAD, OURS, "Hi")
    assert [webhook.status for webhook in twilio.webhooks] == [500]


async def test_by_default_a_refused_connection_is_tried_twice(twilio: PretendTwilio) -> None:
    point(twilio, NOBODY)
    await twilio.text(LEAD, OURS, "Hi")
    assert [(webhook.status, webhook.attempt) for webhook in twilio.webhooks] == [(None, 1), (None, 2)]
    assert twilio.webhooks[0].error.startswith("no connection")


async def test_the_fragment_asks_for_more(twilio: PretendTwilio, app: Any) -> None:
    point(twilio, f"{app.url}/sms?x=1#rc=3&rp=ct,rt,5xx")
    app.plan = [500, 503]
    await twilio.text(LEAD, OURS, "Hi")
    assert [webhook.status for webhook in twilio.webhooks] == [500, 503, 200]
    assert all(call.genuine for call in app.calls)
    assert str(app.calls[0].request.url) == f"{app.url}/sms?x=1"
    tokens = [call.headers.get("I-Twilio-Idempotency-Token") for call in app.calls]
    assert tokens[0] is None
    assert tokens[1] == tokens[2] is not None


@pytest.mark.parametrize(
    ("fragment", "status", "attempts"),
    [("rc=2&rp=5xx", 500, 3), ("rc=2&rp=5xx", 404, 1), ("rc=2&rp=4xx", 404, 3), ("rc=9&rp=all", 500, 6),
     ("rc=0&rp=all", 500, 1), ("rc=x", 500, 1)],
)  # fmt: skip
async def test_causes_and_counts(
    twilio: PretendTwilio, app: Any, fragment: str, status: int, attempts: int
) -> None:
    point(twilio, f"{app.url}/sms#{fragment}")
    app.status = status
    await twilio.text(LEAD, OURS, "Hi")
    assert len(app.calls) == attempts


async def test_a_slow_answer_is_a_timeout(twilio: PretendTwilio, app: Any) -> None:
    twilio.webhook_timeout, app.delay = 0.05, 0.3
    point(twilio, f"{app.url}/sms#rc=1&rp=rt")
    await twilio.text(LEAD, OURS, "Hi")
    assert [webhook.error for webhook in twilio.webhooks] == ["no answer: TimeoutError"] * 2
    await asyncio.sleep(0.3)


@pytest.mark.parametrize(("code", "broken"), [("11200", "/sms"), ("11205", NOBODY)])
async def test_the_fallback_hears_why(twilio: PretendTwilio, app: Any, code: str, broken: str) -> None:
    url = broken if broken == NOBODY else app.url + broken
    point(twilio, url, f"{app.url}/sms?fb=1")
    app.plan = [500] if broken != NOBODY else []
    sid = await twilio.text(LEAD, OURS, "Hi")
    call = app.calls[-1]
    assert (call.request.query["fb"], call.genuine) == ("1", True)
    assert (call.form["ErrorCode"], call.form["ErrorUrl"], call.form["MessageSid"]) == (code, url, sid)
    assert twilio.webhooks[-1].kind == "fallback"


async def test_status_callbacks_are_repeated_but_have_no_fallback(
    twilio: PretendTwilio, app: Any, client: Any
) -> None:
    point(twilio, app.url, f"{app.url}/fallback")
    app.status = 500
    callback = f"{app.url}/status#rc=1&rp=5xx"
    await client.messages.create_async(to=LEAD, from_=OURS, body="Hi", status_callback=callback)
    await twilio.settled()
    assert [call.form["MessageStatus"] for call in app.calls] == ["sent", "sent", "delivered", "delivered"]


async def test_stopping_ends_what_hangs(twilio: PretendTwilio, app: Any) -> None:
    app.delay = 1.0
    waiting = asyncio.create_task(twilio.text(LEAD, OURS, "Hi"))
    await asyncio.sleep(0.05)
    await asyncio.wait_for(twilio.stop(), 0.5)
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_restart_keeps_what_was_known(twilio: PretendTwilio, app: Any) -> None:
    await twilio.text(LEAD, OURS, "Before")
    await twilio.stop()
    with pytest.raises(RuntimeError, match="not running"):
        _ = twilio.session
    await twilio.start()
    await twilio.text(LEAD, OURS, "After")
    assert [message.body for message in twilio.messages()] == ["Before", "After"]
    assert len(app.calls) == 2
