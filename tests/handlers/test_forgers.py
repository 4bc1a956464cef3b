"""Who keeps forging is turned away unread, and nobody else."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bridge.handlers import door as doors
from tests.handlers.conftest import Open
from tests.handlers.knock import FORM, JSON, SLACK, SMS, knock, line, slack, text, twilio  # fmt: skip
from tests.stage import Stage

PROXY = {"TRUSTED_PROXIES": "127.0.0.0/8, 10.0.0.0/8"}


async def forge(stage: Stage, times: int, path: str, forwarded: str) -> list[int]:
    headers = {**FORM, "X-Forwarded-For": forwarded} if forwarded else FORM
    body = b"&".join(b"%s=%s" % (name.encode(), value.encode()) for name, value in text(From="1", To="1").items())
    return [(await knock(stage, path, body, headers)).status for _ in range(times)]


@pytest.mark.faults("S16")
@pytest.mark.parametrize(("path", "refused"), [(SLACK, 401), (SMS, 403)])
async def test_who_keeps_forging_is_turned_away_unread_and_nobody_else(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch, path: str, refused: int
) -> None:
    async with open_stage(**PROXY) as stage:
        assert await forge(stage, 21, path, "203.0.113.7") == [refused] * 20 + [429]
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\nContent-Length: 9\r\n\r\n"
        async with line(stage) as (reader, writer), asyncio.timeout(2):
            writer.write(head.encode())
            assert b"429" in await reader.readline()  # although the body has not come
        # the real ones, behind the same proxy
        assert (await twilio(stage, text(), SMS, **{"X-Forwarded-For": "203.0.113.8"})).status == 200
        verification = {"type": "url_verification", "challenge": "x"}
        assert (await slack(stage, verification, {**JSON, "X-Forwarded-For": "203.0.113.8"})).status == 200
        monkeypatch.setattr(doors, "WINDOW", 0.0)
        assert await forge(stage, 1, path, "203.0.113.7") == [refused]


@pytest.mark.faults("S16")
async def test_only_addresses_out_there_are_counted(open_stage: Open) -> None:
    cases = {
        "": False,  # this machine
        "192.168.1.5": False,
        "10.1.2.3": False,  # a second proxy, and nobody behind it
        "203.0.113.1, 10.1.2.3": True,
        "203.0.113.2, 203.0.113.3": True,  # only what our own proxy added is believed
        "nonsense": False,
        "203.0.113.4,": False,
        "::ffff:203.0.113.5": True,
        "2001:db8::1": True,
        "fe80::1": False,
    }
    async with open_stage(**PROXY) as stage:
        for forwarded, is_counted in cases.items():
            last = 429 if is_counted else 401
            assert await forge(stage, 22, SLACK, forwarded) == [401] * 20 + [last] * 2, forwarded
        assert await forge(stage, 1, SLACK, "203.0.113.2") == [401]


@pytest.mark.faults("S16")
async def test_an_attacker_has_one_ipv6_network_and_not_all_of_ipv4(open_stage: Open) -> None:
    async with open_stage(**PROXY) as stage:
        for n in range(20):
            assert await forge(stage, 1, SLACK, f"2001:db8:0:1:{n:x}::1") == [401]
        assert await forge(stage, 1, SLACK, "2001:db8:0:1:ffff::1") == [429]
        assert await forge(stage, 1, SLACK, "2001:db8:0:2::1") == [401]
        assert await forge(stage, 20, SLACK, "::ffff:203.0.113.7") == [401] * 20
        assert await forge(stage, 1, SLACK, "::ffff:203.0.113.8") == [401]


@pytest.mark.faults("S16")
async def test_without_a_trusted_proxy_nobody_can_say_who_they_are(door: Stage) -> None:
    assert await forge(door, 25, SLACK, "203.0.113.7") == [401] * 25


@pytest.mark.faults("S16")
def test_a_public_address_that_names_another_may_be_a_proxy_and_is_not_turned_away() -> None:
    request = make_mocked_request("POST", SLACK).clone(remote="203.0.113.7")
    via = request.clone(headers={"X-Forwarded-For": "203.0.113.99"})
    failures = doors.Failures()
    for _ in range(25):
        failures.count(via)
    failures.turn_away(via)
    failures.turn_away(request)
    for _ in range(20):
        failures.count(request)
    with pytest.raises(web.HTTPTooManyRequests):
        failures.turn_away(request)
    failures.turn_away(via)


@pytest.mark.faults("S16", "S18")
async def test_an_attacker_with_many_addresses_does_not_fill_the_memory(
    open_stage: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "MOST_ADDRESSES", 3)
    async with open_stage(**PROXY) as stage:
        for n in range(8):
            assert await forge(stage, 1, SLACK, f"203.0.113.{n}") == [401]
        assert await forge(stage, 21, SLACK, "203.0.113.99") == [401] * 20 + [429]
