"""Requests, signed before the clock starts, sent by a fixed number of connections as fast as they are answered."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator

from benchmarks import providers
from benchmarks.processes import SIGNING_SECRET

LEADS = 64
AUTHORS = 40  # each may send ten texts a minute, and their look-ups are paced


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Result:
    """What a run showed: answers per second, seconds at the median and the 99th percentile, refusals."""

    per_second: float
    p50: float
    p99: float
    failed: int


def lead(number: int) -> str:
    """A reserved phone number for each lead."""
    return f"+1{200 + number // 100}55501{number % 100:02d}"


def texts(url: str, count: int, first: int = 0) -> list[Request]:
    """Texts from many leads, as Twilio sends them."""
    return [_text(url, number) for number in range(first, first + count)]


def _text(url: str, number: int) -> Request:
    sid = f"SM{number:032x}"
    params = {
        "MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": providers.ACCOUNT,
        "From": lead(number % LEADS), "To": providers.NUMBER, "Body": f"Hello, this is text number {number}",
        "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received", "ApiVersion": "2010-04-01",
        "FromCity": "", "FromState": "CA", "FromZip": "", "FromCountry": "US",
        "ToCity": "", "ToState": "CA", "ToZip": "", "ToCountry": "US",
    }  # fmt: skip
    signature = RequestValidator(providers.TOKEN).compute_signature(f"{url}/twilio/sms", params)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return Request("/twilio/sms", urlencode(params).encode(), headers)


def replies(roots: Sequence[str], count: int) -> list[Request]:
    """Staff replies in these threads, as Slack sends them."""
    return [_reply(roots[number % len(roots)], number) for number in range(count)]


def _reply(root: str, number: int) -> Request:
    ts = f"1800000000.{number:06d}"
    event = {
        "type": "message", "channel": providers.CHANNEL, "channel_type": "channel",
        "user": f"U{number % AUTHORS:03d}", "team": providers.TEAM,
        "text": f"Reply {number}", "ts": ts, "thread_ts": root,
        "client_msg_id": f"c{number}",
    }  # fmt: skip
    body = json.dumps(
        {"type": "event_callback", "team_id": providers.TEAM, "event_id": f"Ev{number}", "event": event}
    ).encode()
    timestamp = str(int(time.time()))
    digest = hmac.new(SIGNING_SECRET.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={digest}",
        "Content-Type": "application/json",
    }
    return Request("/slack/events", body, headers)


async def send(url: str, requests: Sequence[Request], connections: int = 64) -> Result:
    """Send them all."""
    left, times = iter(requests), list[float]()
    failed = [0]
    began = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        await asyncio.gather(*(_sender(session, url, left, times, failed) for _ in range(connections)))
    elapsed = time.perf_counter() - began
    times.sort()
    return Result(len(times) / elapsed, times[len(times) // 2], times[int(len(times) * 0.99)], failed[0])


async def _sender(
    session: aiohttp.ClientSession, url: str, left: Iterator[Request], times: list[float], failed: list[int]
) -> None:
    for request in left:
        began = time.perf_counter()
        async with session.post(url + request.path, data=request.body, headers=request.headers) as answer:
            await answer.read()
            failed[0] += answer.status >= 300
        times.append(time.perf_counter() - began)


async def until(enough: Callable[[], bool], seconds: float = 60.0) -> float:
    """Seconds until it is so."""
    began = time.perf_counter()
    async with asyncio.timeout(seconds):
        while not enough():
            await asyncio.sleep(0.005)
    return time.perf_counter() - began
