"""Knocking at the app's doors by hand: requests that no decent client would send."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest
from yarl import URL

from bridge.sandbox.twilio.records import new_sid
from bridge.sandbox.twilio.signing import Params
from tests.cast import ACCOUNT, LAW, MARIA
from tests.stage import Stage

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SLACK, SMS, STATUS = "/slack/events", "/twilio/sms", "/twilio/status"


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    text: str
    headers: Mapping[str, str]


async def knock(
    stage: Stage, path: str, body: Any = b"", headers: Mapping[str, str] | None = None, method: str = "POST"
) -> Answer:
    """One request to the app, on a connection of its own."""
    sent = io.BytesIO(body) if isinstance(body, bytes) and len(body) > 500_000 else body
    url = URL(f"{stage.app.url}{path}", encoded=True)  # exactly as it stands here
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=sent, headers=headers, allow_redirects=False) as answer,
    ):
        return Answer(answer.status, await answer.text(errors="replace"), dict(answer.headers))


async def slack(stage: Stage, body: bytes | dict[str, Any], headers: Mapping[str, str] = JSON) -> Answer:
    """A request that Slack has signed."""
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    return await knock(stage, SLACK, raw, {**headers, **stage.slack.sign(raw)})


def text(**changed: str | None) -> dict[str, str]:
    """The form of a lead's text; None leaves a parameter out."""
    form = {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "Body": "Hello there",
        "From": MARIA,
        "MessageSid": new_sid("SM"),
        "NumMedia": "0",
        "To": LAW.number,
    }
    return {name: value for name, value in (form | changed).items() if value is not None}


def receipt(sid: str, **changed: str) -> dict[str, str]:
    """The form of a receipt for one of our texts."""
    form = {"AccountSid": ACCOUNT, "From": LAW.number, "MessageSid": sid, "MessageStatus": "delivered", "To": MARIA}
    return form | changed


async def twilio(
    stage: Stage, form: Params, path: str = SMS, *, account: str = ACCOUNT, signed_url: str = "", **headers: str
) -> Answer:
    """A form that Twilio has signed for an account, over the app's own URL unless another is given."""
    signature = stage.twilio.sign(account, signed_url or f"{stage.app.url}{path}", form)
    body = urlencode(list(form.items()) if isinstance(form, Mapping) else form, errors="surrogatepass").encode()
    return await knock(stage, path, body, {**FORM, "X-Twilio-Signature": signature, **headers})


@asynccontextmanager
async def line(stage: Stage) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to the app on which anything can be said."""
    url = urlsplit(stage.app.url or "")
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def say(stage: Stage, words: bytes, seconds: float = 3.0) -> bytes:
    """Everything the app says to these bytes until it hangs up."""
    async with line(stage) as (reader, writer), asyncio.timeout(seconds):
        writer.write(words)
        return await reader.read()


def nothing_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> bool:
    """Whether neither the app nor what it is made of wrote a line."""
    vendors = [f"{record.name} {record.getMessage()}" for record in caplog.records]
    assert (stage.logs, vendors) == ([], []), (stage.logs, vendors)
    return True
