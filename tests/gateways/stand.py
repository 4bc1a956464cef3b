"""A server on loopback that says exactly what a test tells it, and notes what it was asked."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from multidict import CIMultiDictProxy, MultiMapping

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """One request that arrived."""

    method: str
    path: str
    query: MultiMapping[str]
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True)


def says(body: object = b"", status: int = 200, content_type: str = "application/json", **headers: str) -> Answer:
    """Answers so; anything but bytes and str goes out as JSON. Underscores in header names become hyphens."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=raw, status=status, content_type=content_type, headers=named)

    return answer


async def cut(request: web.Request) -> web.StreamResponse:
    """Reads the request and closes the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def stall(_: web.Request) -> web.StreamResponse:
    """Reads the request and says nothing; hanging up cancels it."""
    await asyncio.Event().wait()
    return web.Response()


async def endless(request: web.Request) -> web.StreamResponse:
    """Sends without end and without an announced length."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await answer.write(b"\xff\xd8\xff" + b"x" * 65536)
    return answer


class Stand:
    """Answers by path: several answers are given one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.url = ""
        self._answers: dict[str, list[Answer]] = {}
        self._runner: web.AppRunner | None = None

    def on(self, path: str, *answers: Answer) -> None:
        self._answers[path] = list(answers)

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(Seen(request.method, request.path, request.query, request.headers, body))
        answers = self._answers.get(request.path) or [says({"error": "nothing to say"}, 404)]
        return await (answers.pop(0) if len(answers) > 1 else answers[0])(request)
