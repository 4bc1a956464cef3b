"""HTTP connections that cost the asking side next to nothing, so that the answering side is what is measured."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Self
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Failed(Exception):
    """Something was refused, lost or doubled: a figure over that would be a lie."""


def post(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A whole request, ready to be written."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        "Accept: */*",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection(asyncio.Protocol):
    """One kept-alive connection; one question at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._came = bytearray()
        self._answer: asyncio.Future[bytes] | None = None

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connected to the server at this URL."""
        place = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, place.hostname or "", place.port or 80)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio wants it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """As asyncio wants it."""
        self._came += data
        if self._answer is not None and _is_whole(self._came):
            whole = bytes(self._came)
            self._came.clear()
            answer, self._answer = self._answer, None
            answer.set_result(whole)

    @property
    def is_open(self) -> bool:
        """Whether neither side has hung up."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio wants it."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(Failed(f"a connection was cut before its answer came: {exc or 'closed'}"))

    async def ask(self, request: bytes) -> None:
        """Send it and wait for the answer. Raises Failed for any answer but a success."""
        if self._transport is None or self._transport.is_closing():
            raise Failed("a connection was cut before it was used")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        answer = await self._answer
        if answer[9:10] != b"2":
            asked, answered = request.partition(b" HTTP/")[0].decode(), answer[9:].decode(errors="replace")
            raise Failed(f"{asked} was answered with {answered}")

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def _is_whole(came: bytearray) -> bool:
    """Whether the answer is there from beginning to end."""
    end = came.find(b"\r\n\r\n")
    length = _LENGTH.search(came, 0, end + 2) if end >= 0 else None
    return end >= 0 and len(came) >= end + 4 + (int(length.group(1)) if length else 0)


class Pool:
    """As many connections as are needed at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[Connection] = []
        self._every: list[Connection] = []

    async def ask(self, request: bytes) -> None:
        """On a connection that is free, a new one if there is none. Raises Failed.

        The app hangs up on who says nothing for ten seconds, and so may have on one that was never needed.
        """
        connection = next((each for each in self._taken() if each.is_open), None) or await self._opened()
        await connection.ask(request)
        self._idle.append(connection)

    def _taken(self) -> Iterator[Connection]:
        while self._idle:
            yield self._idle.pop()

    async def _opened(self) -> Connection:
        connection = await Connection.open(self._url)
        self._every.append(connection)
        return connection

    def timed(self, requests: Sequence[bytes]) -> Callable[[int], Awaitable[float]]:
        """Asks the request with this number; when, by the monotonic clock, it was answered."""

        async def ask(number: int) -> float:
            await self.ask(requests[number])
            return time.monotonic()

        return ask

    async def fill(self, count: int) -> None:
        """Open so many beforehand."""
        self._idle += [await self._opened() for _ in range(count)]

    def close(self) -> None:
        """Hang up all of them."""
        for connection in self._every:
            connection.close()


@asynccontextmanager
async def pool(url: str, connections: int) -> AsyncIterator[Pool]:
    """Connections to this server while the block lasts."""
    opened = Pool(url)
    try:
        await opened.fill(connections)
        yield opened
    finally:
        opened.close()
