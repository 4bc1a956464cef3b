"""API requests that go wrong on demand, as the app's gateway will meet them."""

import asyncio
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from bridge.sandbox.twilio import PretendTwilio

ACCOUNT, TOKEN, OURS, LEAD = "AC" + "a" * 32, "token-of-the-first-firm", "+14155550100", "+14155550111"


async def create(client: Any, to: str = LEAD) -> Any:
    """Send something."""
    return await client.messages.create_async(to=to, from_=OURS, body="Hi")


@pytest.mark.parametrize(
    ("fault", "status", "code", "accepted"),
    [
        ({}, 500, 20500, 0),
        ({"status": 429}, 429, 20429, 0),
        ({"status": 503}, 503, 20503, 0),
        ({"status": 401}, 401, 20003, 0),
        ({"code": 21611}, 400, 21611, 0),
        ({"code": 20429}, 429, 20429, 0),
        ({"code": 30001, "status": 400, "message": "Queue overflow"}, 400, 30001, 0),
        ({"status": 500, "accept_first": True}, 500, 20500, 1),
        ({"status": 502, "body": "<html>bad gateway</html>"}, 502, 502, 0),
    ],
)
async def test_refusals(
    twilio: PretendTwilio, client: Any, fault: dict[str, Any], status: int, code: int, accepted: int
) -> None:
    twilio.fail("create", **fault)
    with pytest.raises(TwilioRestException) as refusal:
        await create(client)
    assert (refusal.value.status, refusal.value.code) == (status, code)
    assert len(twilio.messages()) == accepted
    assert (await create(client)).status == "queued"


async def test_times_and_recipients(twilio: PretendTwilio, client: Any) -> None:
    twilio.fail("create", times=2, status=429, to=LEAD)
    assert (await create(client, "+14155550112")).sid
    for _ in range(2):
        with pytest.raises(TwilioRestException):
            await create(client)
    assert (await create(client)).sid
    assert [request.status for request in twilio.requests] == [201, 429, 429, 201]


async def test_retry_after(twilio: PretendTwilio, http: aiohttp.ClientSession) -> None:
    twilio.fail("create", status=429, retry_after=7)
    url = f"{twilio.url}/api/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
    async with http.post(url, data={"To": LEAD}, headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
        assert await answer.json() == {
            "code": 20429,
            "message": "Too Many Requests",
            "more_info": "https://www.twilio.com/docs/errors/20429",
            "status": 429,
        }


@pytest.mark.parametrize("accept_first", [True, False])
async def test_a_cut_connection(
    twilio: PretendTwilio, client: Any, caplog: pytest.LogCaptureFixture, accept_first: bool
) -> None:
    twilio.fail("create", drop=True, accept_first=accept_first)
    with pytest.raises(aiohttp.ClientError):
        await create(client)
    assert len(twilio.messages()) == accept_first
    assert twilio.requests[-1].status is None
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []
    assert (await create(client)).sid


@pytest.mark.parametrize("accept_first", [True, False])
async def test_a_stall_beyond_the_timeout(twilio: PretendTwilio, client: Any, accept_first: bool) -> None:
    twilio.fail("create", hang=0.2, accept_first=accept_first)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(create(client), 0.05)
    await asyncio.sleep(0.3)
    assert len(twilio.messages()) == accept_first


async def test_a_stall_within_the_timeout_changes_nothing(twilio: PretendTwilio, client: Any) -> None:
    twilio.fail("create", hang=0.05)
    twilio.fail("create", hang=0.05, accept_first=True)
    await create(client)
    await create(client)
    assert len(twilio.messages()) == 2


async def test_a_garbled_success(twilio: PretendTwilio, client: Any) -> None:
    twilio.fail("create", status=201, body="{", content_type="application/json", accept_first=True)
    with pytest.raises(ValueError, match="Expecting"):
        await create(client)
    assert len(twilio.messages()) == 1


async def test_other_operations_fail_too(twilio: PretendTwilio, client: Any) -> None:
    for what in ("list", "lookup", "number_list", "service", "account"):
        twilio.fail(what, status=500)
    calls = [
        client.messages.list_async(),
        client.lookups.v2.phone_numbers(LEAD).fetch_async(),
        client.incoming_phone_numbers.list_async(),
        client.messaging.v1.services.list_async(),
        client.api.accounts(ACCOUNT).fetch_async(),
    ]
    for call in calls:
        with pytest.raises(TwilioException):
            await call
    assert await client.messages.list_async() == []


async def test_faults_can_be_forgotten_and_must_be_known(twilio: PretendTwilio, client: Any) -> None:
    twilio.fail("*", times=100, status=500)
    twilio.heal()
    assert (await create(client)).sid
    with pytest.raises(ValueError, match="no operation"):
        twilio.fail("creat")


async def test_stopping_ends_a_stall(twilio: PretendTwilio, client: Any) -> None:
    twilio.fail("create", hang=60)
    sending = asyncio.create_task(create(client))
    await asyncio.sleep(0.05)
    await asyncio.wait_for(twilio.stop(), 2)
    with pytest.raises((aiohttp.ClientError, TwilioException)):
        await sending
