"""Connections to the front door: silent ones are closed, and what is no HTTP gets an answer but no line in the log.

aiohttp's own handler waits an hour for a first request, tells its version to whoever sends nonsense, repeats the
nonsense, and logs each time with a traceback (seen with aiohttp 3.14).
"""

import asyncio
import socket
from functools import partial

from aiohttp import web

SILENCE = 10.0  # seconds a new connection has to say what it wants
KEPT = 630.0  # seconds between requests; longer than any proxy keeps its own, so that it is the proxy who hangs up
LINGER = 2.0  # seconds in which the rest of a refused body is thrown away, so that its sender reads why
# A process may open 1,024 files by default. The services may take 200 of them, the database some, and each of those
# who have to make room holds one for four turns of the loop.
MOST = 700  # connections at once
AT_ONCE = 20  # connections taken in one turn of the loop
WAITING = 1024  # connections that may wait to be taken


class Connection(web.RequestHandler):
    """One connection, until it is closed."""

    __slots__ = ("_silence",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody called."""
        super().connection_made(transport)
        self._silence = self._loop.call_later(SILENCE, self.force_close)
        if self._manager is not None and len(self._manager.connections) > MOST:
            self._make_room(self._manager.connections)

    def _make_room(self, everybody: list[web.RequestHandler]) -> None:
        """Who has been silent for longest goes, else who is idle; whoever is being served stays.

        To turn the newest away would let those who only hold connections keep everybody else out.
        """
        idle = [each for each in everybody if each is not self and _is_idle(each)]
        longest = next((each for each in idle if not each._request_count), idle[0] if idle else self)  # noqa: SLF001
        longest.force_close()

    def data_received(self, data: bytes) -> None:
        """Something came; from a whole request on it is up to the handlers how long they listen."""
        super().data_received(data)
        if self._request_count:
            self._silence.cancel()

    def connection_lost(self, exc: BaseException | None) -> None:
        """They hung up, or we did."""
        self._silence.cancel()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP is answered shortly; everything else here is a bug, and aiohttp tells it."""
        if status != web.HTTPBadRequest.status_code:
            return super().handle_error(request, status, exc, message)
        answer = web.Response(status=status, text="this is not HTTP", headers={"Server": "bridge"})
        answer.force_close()
        return answer


def _is_idle(connection: web.RequestHandler) -> bool:
    is_open = connection.transport is not None
    return is_open and not connection._request_in_progress and not connection._messages  # noqa: SLF001


async def listen(runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
    """Take connections for an app. Whoever calls this closes the server, before the runner is cleaned up."""
    assert runner.server is not None  # noqa: S101 (after setup() there is one)
    loop = asyncio.get_running_loop()
    factory = partial(
        Connection,
        runner.server,
        loop=loop,
        access_log=None,  # type: ignore[arg-type]  # it would tell who called, and when
        keepalive_timeout=KEPT,
        lingering_time=LINGER,
        auto_decompress=False,  # packed bodies are refused, and nobody needs to see how large they would be
    )
    server = await loop.create_server(factory, host, port, backlog=AT_ONCE)
    for listening in server.sockets:
        with socket.fromfd(listening.fileno(), listening.family, listening.type) as same:
            same.listen(WAITING)
    return server
