"""One request, bounded in time and size, sent once; what is not known to have arrived is told apart."""

from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.wire import Reply, ask, open_session
from tests.gateways.stand import Answer, Stand, cut, endless, says, stall


class Nowhere(AbstractResolver):
    """A name service that knows nothing."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        raise OSError("unknown")

    async def close(self) -> None:
        return


async def trouble(session: aiohttp.ClientSession, url: str, lost: Retry = Retry.DOUBT, **what: Any) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await ask(session, "POST", url, seconds=0.3, lost=lost, **what)
    return caught.value


@pytest.mark.faults("F9", "S30")
@pytest.mark.parametrize("lost", [Retry.DOUBT, Retry.LATER])
@pytest.mark.parametrize(("answer", "code"), [(cut, "connection"), (stall, "timeout"), (endless, "too_large")])
async def test_an_answer_that_does_not_come_is_what_the_caller_says(
    session: aiohttp.ClientSession, stand: Stand, answer: Answer, code: str, lost: Retry
) -> None:
    stand.on("/", answer)
    error = await trouble(session, stand.url, lost)
    assert (error.code, error.retry) == (code, lost)
    assert len(stand.seen) == 1


@pytest.mark.faults("S30")
async def test_an_announced_length_over_the_limit_is_not_read(session: aiohttp.ClientSession, stand: Stand) -> None:
    stand.on("/", says(b"x" * 11))
    assert (await trouble(session, stand.url, cap=10)).code == "too_large"
    assert (await ask(session, "GET", stand.url, seconds=1, lost=Retry.LATER, cap=11)).body == b"x" * 11


@pytest.mark.faults("F9")
async def test_what_did_not_leave_may_be_repeated(session: aiohttp.ClientSession, stand: Stand) -> None:
    closed = stand.url
    not_tls = stand.url.replace("http:", "https:")
    assert (await trouble(session, not_tls)).retry is Retry.LATER
    await stand.stop()
    assert (await trouble(session, closed)).retry is Retry.LATER
    async with open_session(Nowhere()) as lost:
        assert (await trouble(lost, "http://nowhere.invalid/")).retry is Retry.LATER
    assert (await trouble(lost, stand.url)).retry is Retry.LATER  # closed session
    assert stand.seen == []


async def test_waiting_for_a_free_connection_is_not_sending(stand: Stand) -> None:
    stand.on("/busy", endless)
    narrow = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1))
    async with narrow, narrow.get(f"{stand.url}/busy"):
        error = await trouble(narrow, f"{stand.url}/waits")
    assert error.retry is Retry.LATER
    assert [one.path for one in stand.seen] == ["/busy"]


@pytest.mark.faults("S30")
async def test_redirects_are_answers_and_cookies_are_not_kept(session: aiohttp.ClientSession, stand: Stand) -> None:
    stand.on("/", says(status=302, Location="/elsewhere", Set_Cookie="a=b"))
    for _ in range(2):
        assert (await ask(session, "GET", stand.url, seconds=1, lost=Retry.LATER)).status == 302
    assert [one.path for one in stand.seen] == ["/", "/"]
    assert "Cookie" not in stand.seen[1].headers


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://"])
async def test_what_is_no_address_is_never_called(session: aiohttp.ClientSession, url: str) -> None:
    error = await trouble(session, url)
    assert (error.code, error.retry) == ("bad_url", Retry.NEVER)


async def test_errors_carry_no_address(session: aiohttp.ClientSession, stand: Stand) -> None:
    await stand.stop()
    error = await trouble(session, f"{stand.url}/+14155550111")
    assert "4155550111" not in f"{error!r} {error} {error.__cause__!r}"
    assert error.__suppress_context__


@pytest.mark.parametrize(
    ("header", "after"), [("30", 30.0), ("1.5", 1.5), ("-1", None), ("nan", None), ("inf", None), ("soon", None)]
)
def test_retry_after_is_seconds(header: str, after: float | None) -> None:
    assert Reply(429, {"Retry-After": header}, b"").after == after


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"text"', b"\xff", b"[" * 100_000])
def test_only_an_object_is_json(body: bytes) -> None:
    assert Reply(200, {}, body).json() is None
