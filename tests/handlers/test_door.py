"""Nobody can fill the memory, the log or all connections by knocking at a door."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from bridge.handlers import connections
from bridge.handlers import door as doors
from tests.handlers.knock import (
    FORM,
    JSON,
    SLACK,
    SMS,
    STATUS,
    knock,
    line,
    nothing_logged,
    say,
    slack,
    text,
    twilio,
)  # fmt: skip
from tests.stage import Stage

LIMITS = {SLACK: 256 * 1024, SMS: 64 * 1024, STATUS: 64 * 1024}


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 65536


@pytest.mark.faults("F17", "S17")
@pytest.mark.parametrize("path", LIMITS)
async def test_a_body_that_is_too_large_is_refused_and_the_sender_reads_why(
    door: Stage, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    for body in (b"x" * (LIMITS[path] + 1), b"x" * (10 * 1024 * 1024), endless()):
        answer = await knock(door, path, body, FORM)
        assert (answer.status, answer.text) == (413, "too large")
        assert answer.headers["Connection"] == "close"
    assert nothing_logged(door, caplog)


@pytest.mark.faults("F17", "S17")
async def test_a_body_of_just_the_limit_is_read(door: Stage) -> None:
    form = text(Padding="")
    form["Padding"] = "x" * (LIMITS[SMS] - len(urlencode(form)))
    assert (await twilio(door, form)).status == 200
    body = b'{"type":"event_callback","padding":"' + b"x" * (LIMITS[SLACK] - 38) + b'"}'
    assert len(body) == LIMITS[SLACK]
    assert (await slack(door, body)).status == 200


@pytest.mark.faults("F17", "S17")
@pytest.mark.parametrize("path", LIMITS)
async def test_a_packed_body_is_refused_unopened(door: Stage, caplog: pytest.LogCaptureFixture, path: str) -> None:
    bomb = await asyncio.to_thread(gzip.compress, b"x" * 50_000_000)
    opened = await asyncio.to_thread(_seconds_to_open, bomb)
    started = time.process_time()
    for packed in ("gzip", "deflate", "br", "gzip, gzip"):
        answer = await knock(door, path, bomb, {**FORM, "Content-Encoding": packed})
        assert answer.status == 415
    assert time.process_time() - started < 2 * opened  # of four
    assert nothing_logged(door, caplog)


def _seconds_to_open(bomb: bytes) -> float:
    started = time.thread_time()
    assert len(gzip.decompress(bomb)) > len(bomb)
    return time.thread_time() - started


@pytest.mark.faults("F16", "S17")
@pytest.mark.parametrize("path", LIMITS)
async def test_a_body_must_come_soon(door: Stage, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    assert doors.DEADLINE + connections.LINGER <= 10
    monkeypatch.setattr(doors, "DEADLINE", 0.2)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode()
    async with line(door) as (reader, writer), asyncio.timeout(5):
        writer.write(head)
        for _ in range(8):  # a byte now and then is not enough
            writer.write(b"x")
            await asyncio.sleep(0.05)
        assert b"408 Request Timeout" in await reader.readuntil(b"\r\n\r\n")
        await reader.read()  # and hangs up


@pytest.mark.faults("F16", "S17")
async def test_a_silent_connection_is_closed(door: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert connections.SILENCE <= 10
    monkeypatch.setattr(connections, "SILENCE", 0.2)
    assert await say(door, b"") == b""
    assert await say(door, b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Le") == b""


@pytest.mark.faults("S17")
async def test_one_that_has_spoken_may_speak_again_later(door: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SILENCE", 0.1)
    async with line(door) as (reader, writer), asyncio.timeout(5):
        for _ in range(2):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in await reader.readuntil(b"alive")
            await reader.read(2)
            await asyncio.sleep(0.3)


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


UNFINISHED = b"POST /twilio/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"


@pytest.mark.faults("F16", "S17", "S18")
async def test_in_a_crowd_who_is_silent_makes_room_then_who_is_idle_and_nobody_who_is_served(
    door: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        line(door) as (served, busy),
        line(door) as (idle, spoken),
        line(door) as (silent, unfinished),
        asyncio.timeout(5),
    ):
        busy.write(UNFINISHED)
        spoken.write(HEALTH)
        unfinished.write(HEALTH[:-2])
        assert b"alive" in await idle.readuntil(b"}")
        monkeypatch.setattr(connections, "MOST", 3)
        assert b"alive" in await say(door, HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert await silent.read() == b""  # it had said half of something, and nothing whole
        monkeypatch.setattr(connections, "MOST", 2)
        async with line(door) as (reader, writer):
            assert await idle.read() == b""
            writer.write(HEALTH)
            assert b"alive" in await reader.readuntil(b"}")
        await asyncio.sleep(0.05)
        monkeypatch.setattr(connections, "MOST", 0)
        assert await say(door, b"") == b""  # hung up at once
        busy.write(b"Body=good")
        assert b"400 Bad Request" in await served.readuntil(b"\r\n\r\n")  # it was listened to


@pytest.mark.faults("F30")
async def test_who_has_called_before_the_end_is_served(door: Stage) -> None:
    async with line(door) as (reader, writer), line(door) as (late, second), asyncio.timeout(5):
        writer.write(HEALTH[:-2])
        await asyncio.sleep(0.05)
        ending = asyncio.create_task(door.stop_app())
        second.write(HEALTH)
        await asyncio.sleep(0.2)
        writer.write(HEALTH[-2:])
        for each in (reader, late):
            assert b"alive" in await each.read()
        await ending
    await door.start_app()


NO_HTTP = [
    b"\x16\x03\x01 canary\r\n\r\n",
    b"canary\r\n\r\n",
    b"POST /canary HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nCanary: " + b"canary" * 5000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"A%d: x\r\n" % n for n in range(500)) + b"\r\n",
    b"GET /" + b"canary" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: canary\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nBad Header: canary\r\n\r\n",
]


@pytest.mark.faults("F17", "S21")
async def test_what_is_no_http_gets_a_short_answer_and_no_line_in_the_log(
    door: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    for words in NO_HTTP:
        said = await say(door, words)
        assert said.startswith(b"HTTP/1.0 400 "), words[:60]
        assert b"aiohttp" not in said
        assert b"Python" not in said
        assert b"canary" not in said
    assert nothing_logged(door, caplog)


@pytest.mark.faults("F17")
@pytest.mark.parametrize("path", LIMITS)
async def test_a_body_that_breaks_off_leaves_no_trace(
    door: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(doors, "DEADLINE", 0.3)
    chunked = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".encode()
    async with line(door) as (reader, writer), asyncio.timeout(5):
        writer.write(chunked)
        await asyncio.sleep(0.05)
        writer.write(b"zzz\r\n")
        assert (await reader.readline()).split()[1] in {b"400", b"408"}  # by whichever parser aiohttp has here
    async with line(door) as (_, writer):
        writer.write(chunked)  # and hangs up
    await asyncio.sleep(0.05)
    assert nothing_logged(door, caplog)


@pytest.mark.faults("S21")
async def test_every_answer_tells_browsers_to_keep_out_and_nobody_a_version(door: Stage) -> None:
    answers = [
        await knock(door, "/healthz", method="GET"),
        await knock(door, "/metrics", method="GET"),
        await twilio(door, text()),
        await twilio(door, text(Body=None)),
        await knock(door, SMS, b"", FORM),
        await knock(door, SMS, method="GET"),
        await knock(door, SLACK, b"{}", JSON),
        await slack(door, b"["),
        await slack(door, {"type": "url_verification", "challenge": "x"}),
        await knock(door, SLACK, b"x" * (LIMITS[SLACK] + 1), JSON),
        await knock(door, SLACK, b"x", {"Content-Encoding": "gzip"}),
        await knock(door, "/", method="GET"),
        await knock(door, "/media/1/1/9/x", method="GET"),
    ]
    assert {answer.status for answer in answers} == {200, 400, 401, 404, 405, 413, 415}
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
        assert "Server" not in answer.headers
