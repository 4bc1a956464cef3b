"""Other programs hand in leads, each with a key that the operator gave it; and what they are told about how."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from aiohttp import web

from bridge.handlers import problems
from bridge.handlers.door import Failures, read_body
from bridge.rules import intake as rules
from bridge.rules.intake import Handed
from bridge.rules.signups import Signup
from bridge.services import api_keys, intake
from bridge.services.deps import Deps
from bridge.store.api_keys import Key
from bridge.store.database import patiently
from bridge.store.firms import Firm
from bridge.views import api_page, openapi
from bridge.views.problems import MEDIA_TYPE, Result, Results, result, written

PATIENCE = 4.0  # seconds that the database is given for each step
A_TURN = 25  # leads that are looked at and entered before others have a turn: texts wait for no more than these

T = TypeVar("T")
Caller = tuple[Firm, Key]
Turn = AbstractAsyncContextManager[None]


class IntakeDoor:
    """Where leads come in."""

    def __init__(self, deps: Deps, failures: Failures) -> None:
        self._deps = deps
        self._failures = failures
        # Of those who bring many one after the other: what waits at once is written at once, and texts wait for it.
        self._turn = asyncio.Lock()

    @property
    def _base_url(self) -> str:
        return self._deps.settings.public_base_url

    async def add(self, request: web.Request) -> web.Response:
        """One lead, or several. What is answered as created or known is stored."""
        caller = await self._caller(request)
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        body = await read_body(request, rules.LIMIT)
        try:
            handed = rules.handed(body)
        except ValueError:
            await self._count(caller, 0)
            return problems.answer(self._base_url, "no-json")
        await self._count(caller, len(handed.leads) if isinstance(handed, Handed) else 0)
        if not isinstance(handed, Handed):
            return problems.answer(self._base_url, "not-entered", errors=handed)
        results = await self._take_in(caller, handed)
        return _answered(results, is_one=handed.is_one)

    async def forget(self, request: web.Request) -> web.Response:
        """A lead by the caller's id. It is gone afterwards, whether it was there or not."""
        firm, key = caller = await self._caller(request)
        await self._count(caller, 0)
        identity = request.match_info["id"]
        if not rules.is_id(identity):
            raise web.HTTPNotFound  # of no lead that there could be
        await _patiently(lambda: intake.forget(self._deps, firm, key, identity, self._deps.clock()))
        return web.Response(status=204)

    async def document(self, _request: web.Request) -> web.Response:
        """How to do all this, for programs."""
        return web.json_response(openapi.document(self._base_url))

    async def docs(self, _request: web.Request) -> web.Response:
        """And for people."""
        page = api_page.page(openapi.document(self._base_url))
        headers = {"Content-Security-Policy": api_page.POLICY}
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def _caller(self, request: web.Request) -> Caller:
        """Who asks. Raises 401 without saying what is wrong with the key, and 429 for who asks too much."""
        self._failures.turn_away(request)
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        key = shown.strip() if scheme.lower() == "bearer" else ""
        caller = await _patiently(lambda: api_keys.whose(self._deps, key))
        if caller is None:
            self._failures.count(request)
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
        if api_keys.is_used_up(caller[1], now := self._deps.clock()):
            raise _too_many(now)
        return caller

    async def _count(self, caller: Caller, leads: int) -> None:
        now = self._deps.clock()
        if not await _patiently(lambda: api_keys.count(self._deps, caller[1], leads, now)):
            raise _too_many(now)

    async def _take_in(self, caller: Caller, handed: Handed) -> list[Result]:
        """Some at a time, and each time durable."""
        results, numbered = list[Result](), enumerate(handed.leads)
        while some := list(islice(numbered, A_TURN)):
            placed = [(handed.place(number), said) for number, said in some]
            results += await self._take_in_some(caller, placed, nullcontext() if handed.is_one else self._turn)
        return results

    async def _take_in_some(self, caller: Caller, some: list[tuple[str, Any]], turn: Turn) -> list[Result]:
        now, by = self._deps.clock(), f"key {caller[1].prefix}"
        read = [rules.read(said, place, by=by, now=now) for place, said in some]
        good = [each for each in read if isinstance(each, Signup)]

        async def enter() -> list[str]:
            async with turn:
                return await intake.take_in(self._deps, *caller, good, now)

        became = iter(await _patiently(enter) if good else ())
        return [
            result(self._base_url, rules.identity(said), "rejected", each)
            if isinstance(each, list)
            else result(self._base_url, rules.identity(said), next(became))
            for (_, said), each in zip(some, read, strict=True)
        ]


def _answered(results: list[Result], *, is_one: bool) -> web.Response:
    if not is_one:
        return web.Response(body=written(Results(results=results)), content_type="application/json")
    [one] = results
    if one.error is not None:
        return web.Response(status=one.error.status, body=written(one.error), content_type=MEDIA_TYPE)
    status = 201 if one.status == "created" else 200
    return web.Response(status=status, body=written(one), content_type="application/json")


def _too_many(now: datetime) -> web.HTTPException:
    return web.HTTPTooManyRequests(headers={"Retry-After": str(api_keys.seconds_left(now))})


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    return await patiently(work, seconds=PATIENCE)
