"""A running pretend Twilio, an app that notes how it is called, and the real Twilio client."""

import asyncio
import logging
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from multidict import MultiDict
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bridge.sandbox.twilio import PretendTwilio
from tests.sandbox.served import served

ACCOUNT, TOKEN, OURS = "AC" + "a" * 32, "token-of-the-first-firm", "+14155550100"


class RewritingHttp(AsyncHttpClient):  # type: ignore[misc]  # twilio-python has no types
    """Sends what is meant for api.twilio.com to {base}/api, and so on, as the app's own client does."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        super().__init__(logging.getLogger("tests.twilio"), True)
        self.session, self.base = session, base

    async def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: Any = None,  # noqa: ASYNC109 (Twilio's signature)
        allow_redirects: bool = False,
    ) -> Response:
        """One call, to loopback."""
        parts = urlsplit(uri)
        host = (parts.hostname or "").split(".", maxsplit=1)[0]
        url = f"{self.base}/{host}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        sent = {**(headers or {}), "Authorization": aiohttp.encode_basic_auth(*auth)}
        async with self.session.request(method, url, params=params, data=data, headers=sent) as answer:
            return Response(answer.status, await answer.text(), answer.headers)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A plain client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def app() -> AsyncIterator[Any]:
    """An app that answers as it is told (`plan` first, then `status`) and notes its `calls`."""
    seen = SimpleNamespace(calls=[], plan=[], status=200, text="", content_type="text/xml", delay=0.0)
    seen.validator, seen.files = RequestValidator(TOKEN), {}

    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seen.delay)
        garbled = b"\xff" in await request.read()  # aiohttp raises on such a form
        form: MultiDict[Any] = MultiDict({} if garbled else await request.post())
        signature = request.headers.get("X-Twilio-Signature", "")
        genuine = seen.validator.validate(str(request.url), form, signature)
        seen.calls.append(SimpleNamespace(request=request, form=form, headers=request.headers, genuine=genuine))
        status = seen.plan.pop(0) if seen.plan else seen.status
        return web.Response(status=status, text=seen.text, content_type=seen.content_type)

    async def file(request: web.Request) -> web.StreamResponse:
        seen.calls.append(SimpleNamespace(request=request, method=request.method))
        content, content_type = seen.files[request.match_info["name"]]
        return web.Response(body=content, headers={"Content-Type": content_type})

    server = web.Application()
    server.router.add_get("/files/{name}", file)
    server.router.add_route("*", "/{tail:.*}", answer)
    async with served(server) as seen.url:
        yield seen


@pytest.fixture
async def twilio(app: Any) -> AsyncIterator[PretendTwilio]:
    """One account with one number that leads to the app."""
    pretender = PretendTwilio()
    await pretender.start()
    pretender.add_account(ACCOUNT, TOKEN)
    pretender.add_number(ACCOUNT, OURS, sms_url=f"{app.url}/twilio/sms")
    pretender.status_delay = 0.001
    yield pretender
    await pretender.stop()


@pytest.fixture
def client(twilio: PretendTwilio, http: aiohttp.ClientSession) -> Client:
    """Twilio's own library, talking to the pretender."""
    return Client(ACCOUNT, TOKEN, http_client=RewritingHttp(http, twilio.url))
