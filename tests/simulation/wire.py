"""The network between the app and its services: where aiohttp's session is otherwise, with all that may go wrong.

What reaches a service is carried out there, also when whoever asked is dead by then, or has stopped waiting.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import aiohttp


@dataclass(frozen=True)
class Answer:
    """What a service says."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a service is asked. `args` are those of the query and of the body."""

    method: str
    path: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Fate:
    """What becomes of one request; times in seconds.

    Without a `there` it never arrives. `instead` is answered in the service's place, which never hears of it;
    `garbled` replaces an answer that the service did give; `back` of None means that its answer is lost.
    """

    there: float | None = 0.01
    back: float | None = 0.01
    instead: Answer | None = None
    garbled: Answer | None = None
    broken: Exception | None = None  # what the caller hears instead of waiting


Service = Callable[[Request], Answer]


class Network(Protocol):
    """Who decides about requests."""

    def fate(self, request: Request) -> Fate:
        """What becomes of this one."""

    def hear(self, *what: object) -> None:
        """For the trace."""


class Wire:
    """A session to one service."""

    closed = False

    def __init__(self, service: Service, network: Network) -> None:
        self._service = service
        self._network = network
        self._on_their_way: dict[asyncio.TimerHandle, Callable[[], None]] = {}

    def hurry(self, within: Callable[[], float]) -> None:
        """Whoever asked is gone, and with it the connection: what can still arrive does so soon."""
        loop = asyncio.get_running_loop()
        for timer, arrive in self._on_their_way.items():
            if timer.when() > loop.time() and not timer.cancelled():
                timer.cancel()
                loop.call_later(within(), arrive)
        self._on_their_way.clear()

    def request(self, method: str, url: Any, *, timeout: aiohttp.ClientTimeout, **what: Any) -> "_Call":
        """As aiohttp's."""
        return _Call(self._send(_read(method, str(url), what), timeout.total or 0.0))

    async def _send(self, request: Request, seconds: float) -> Answer:
        loop, fate = asyncio.get_running_loop(), self._network.fate(request)
        answered: asyncio.Future[Answer] = loop.create_future()

        def arrive() -> None:
            answer = fate.instead or self._service(request)
            self._network.hear("answers", request.path, answer.status)
            if fate.back is not None:
                loop.call_later(fate.back, tell, fate.garbled or answer)

        def tell(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        if fate.there is not None:
            self._on_their_way[loop.call_later(fate.there, arrive)] = arrive
        if fate.broken is not None:
            await asyncio.sleep((fate.there or 0.0) + 0.01)
            raise fate.broken
        async with asyncio.timeout(seconds):
            return await answered


class _Call:
    """A request under way."""

    def __init__(self, work: Any) -> None:
        self._work = work

    async def __aenter__(self) -> "_Heard":
        return _Heard(await self._work)

    async def __aexit__(self, *_: object) -> None:
        """It is over."""


class _Heard:
    """An answer, as aiohttp hands it out."""

    content_length = None

    def __init__(self, answer: Answer) -> None:
        self.status, self.headers = answer.status, answer.headers
        self._body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.content = self

    async def iter_chunked(self, _size: int) -> Any:
        """All at once."""
        yield self._body


def _read(method: str, url: str, what: Mapping[str, Any]) -> Request:
    parts = urlsplit(url)
    args: dict[str, Any] = dict(parse_qsl(parts.query))
    for name in ("params", "json", "data"):
        given = what.get(name)
        args |= dict(parse_qsl(given.decode())) if isinstance(given, bytes) else given or {}
    return Request(method, parts.path, args)
