"""Every failure says what may be done, tells nothing personal, and leaves nothing behind."""

import logging
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import stripe as library

from bridge import metrics
from bridge.gateways import stripe_http
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_http import operation
from bridge.sandbox.stripe import PretendStripe
from tests.gateways.desk import Desk, refused
from tests.gateways.stand import Stand, cut, endless, says, stall
from tests.pretenders import STRIPE_KEY

HTML = "<html>somebody on the way"


@pytest.mark.faults("F9")
@pytest.mark.parametrize(
    ("fault", "code", "retry", "after"),
    [
        ({"status": 429, "headers": {"Retry-After": "7"}}, "rate_limit", Retry.LATER, 7.0),
        ({"status": 429, "body": HTML}, "http_429", None, None),
        ({"status": 409, "code": "lock_timeout"}, "lock_timeout", Retry.LATER, None),
        ({"status": 409, "code": "idempotency_key_in_use"}, "idempotency_key_in_use", None, None),
        ({"status": 400, "kind": "idempotency_error"}, "idempotency_error", None, None),
        ({"status": 400, "code": "parameter_unknown"}, "parameter_unknown", Retry.NEVER, None),
        ({"status": 400}, "invalid_request_error", Retry.NEVER, None),
        ({"status": 400, "body": HTML}, "http_400", None, None),
        ({"status": 401}, "http_401", Retry.REPAIR, None),
        ({"status": 401, "body": HTML}, "http_401", Retry.REPAIR, None),
        ({"status": 403, "code": "more_permissions_required"}, "more_permissions_required", Retry.REPAIR, None),
        ({"status": 500}, "http_500", None, None),
        ({"status": 503, "body": HTML}, "http_503", None, None),
        ({"status": 307, "body": ""}, "http_307", None, None),
        ({"status": 200, "body": "{"}, "garbled", None, None),
        ({"status": 200, "body": "[]"}, "garbled", None, None),
        ({"status": 200, "body": "{}"}, "garbled", None, None),
        ({"status": 200, "body": "x" * 1_100_000}, "too_large", None, None),
        ({"status": 200, "body": b"\xff\xfe"}, "garbled", None, None),
        ({"drop": True}, "connection", None, None),
        ({"cut": True}, "connection", None, None),
        ({"hang": 5.0}, "timeout", None, None),
    ],
)
@pytest.mark.parametrize("reads", [True, False])
async def test_every_failure_says_what_may_be_done(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    code: str,
    retry: Retry | None,
    after: float | None,
    reads: bool,
) -> None:
    """Where nothing is said (None), what only reads is repeated, and of what changes something it is not known."""
    begun = await desk.begun()
    monkeypatch.setattr(stripe_http, "CALL_SECONDS", 0.4)
    desk.pretend.fail("*", times=1 + (reads and "drop" in fault), **fault)  # aiohttp sends what reads once more
    call = desk.gateway.subscription if reads else desk.gateway.cancel_at_period_end
    error = await refused(call(begun.id))
    expected = retry or (Retry.LATER if reads else Retry.DOUBT)
    assert (error.code, error.retry, error.after) == (code, expected, after)
    assert error.scope is (Scope.ACCOUNT if expected is Retry.REPAIR else Scope.CALL)
    assert error.__cause__ is None
    assert "somebody" not in repr(error)


async def test_a_wrong_key_is_a_matter_of_the_account(
    session: aiohttp.ClientSession, pretend_stripe: PretendStripe
) -> None:
    gateway = StripeGateway(session, "sk_test_canary_canary", base_url=pretend_stripe.url)
    error = await refused(gateway.setup.account_id())
    assert (error.retry, error.scope) == (Retry.REPAIR, Scope.ACCOUNT)
    assert "canary" not in repr(error)


@pytest.mark.parametrize("answer", [cut, stall, endless, says("", 200), says({"object": "account"}, 200)])
async def test_an_answer_that_is_none(
    session: aiohttp.ClientSession, stand: Stand, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(stripe_http, "CALL_SECONDS", 0.4)
    stand.on("/v1/account", answer)
    error = await refused(StripeGateway(session, STRIPE_KEY, base_url=stand.url).setup.account_id())
    assert error.retry is Retry.LATER
    assert len(stand.seen) == 1 + (answer is cut), "only aiohttp sends what reads once more when it is cut off"


async def test_redirects_are_not_followed(session: aiohttp.ClientSession, stand: Stand) -> None:
    stand.on("/v1/account", says(b"", 302, Location=f"{stand.url}/v1/elsewhere"))
    await refused(StripeGateway(session, STRIPE_KEY, base_url=stand.url).setup.account_id())
    assert [each.path for each in stand.seen] == ["/v1/account"]


async def test_nobody_answers(session: aiohttp.ClientSession) -> None:
    gateway = StripeGateway(session, STRIPE_KEY, base_url="http://127.0.0.1:9")
    error = await refused(gateway.cancel_now("sub_1"))
    assert (error.code, error.retry) == ("connection", Retry.LATER)


async def test_what_goes_out(desk: Desk, caplog: pytest.LogCaptureFixture, stand: Stand) -> None:
    """The version that the types describe, a key of ours, and nothing about how long calls took."""
    caplog.set_level(logging.INFO)
    stand.on("/v1/subscriptions", says({}, 200))
    gateway = StripeGateway(desk.gateway._http._lean_session, STRIPE_KEY, base_url=stand.url)
    await refused(gateway.subscribe("cus_1", "pm_1", ["price_1"], firm="T1", attempt="a"))
    headers = stand.seen[0].headers
    assert headers["Stripe-Version"] == library.api_version
    assert headers["Idempotency-Key"] == "subscribe-cus_1-a-pm_1"
    assert headers["Authorization"] == f"Bearer {STRIPE_KEY}"
    assert "X-Stripe-Client-Telemetry" not in headers
    assert "platform" not in headers["X-Stripe-Client-User-Agent"]
    assert STRIPE_KEY not in caplog.text


async def test_no_file_is_written(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    await desk.begun()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 (no path is opened here)


async def test_what_a_refusal_says_stays_with_the_gateway(desk: Desk) -> None:
    desk.pretend.fail("subscription_retrieve", status=400, message="No card of Maria's")
    error = await refused(desk.gateway.subscription("sub_1"))
    assert isinstance(error, stripe_http.Refused)
    assert "Maria" in error.sentence
    assert "Maria" not in f"{error!r} {error} {error.args}"


async def test_every_call_has_a_name_that_is_counted(desk: Desk) -> None:
    await desk.begun()
    asked = [(request.method, f"{desk.pretend.url}{request.path}") for request in desk.pretend.requests]
    assert {operation(*each) for each in asked} <= set(metrics.METHODS)
    assert operation("GET", "https://api.stripe.com/v1/charges") == ""
    assert operation("GET", "https://stand.example.com/base/v1/events?limit=1") == "events.list"
    assert set(stripe_http.OPERATIONS) <= set(metrics.METHODS)


async def test_the_clock_of_stripe(desk: Desk) -> None:
    assert desk.gateway.ahead is not None
    assert abs(desk.gateway.ahead) < 5


async def test_outcomes_are_counted(desk: Desk) -> None:
    def count(outcome: str) -> float:
        found = metrics.REGISTRY.get_sample_value(
            "bridge_calls_total", {"service": "stripe", "method": "subscriptions.retrieve", "outcome": outcome}
        )
        return found or 0.0

    before = count("never"), count("busy")
    await desk.gateway.subscription("sub_none")
    desk.pretend.fail("subscription", status=429, headers={"Retry-After": "1"})
    with pytest.raises(GatewayError):
        await desk.gateway.subscription("sub_none")
    assert (count("never"), count("busy")) == (before[0] + 1, before[1] + 1)
