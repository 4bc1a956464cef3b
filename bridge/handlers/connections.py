"""Connections to the front door: silent ones are closed, and what is no HTTP gets an answer but no line in the log.

aiohttp's own handler waits an hour for a first request, tells its version to whoever sends nonsense, repeats the
nonsense, and logs each time with a traceback (seen with aiohttp 3.14).
"""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from aiohttp import web

SILENCE = 10.0  # seconds a new connection has to say what it wants
KEPT = 630.0  # seconds between requests; longer than any proxy keeps its own, so that it is the proxy who hangs up
LINGER = 2.0  # seconds in which the rest of a refused body is thrown away, so that its sender reads why
# A process may open 1,024 files by default. The services may take 200 of them, the database some, and each of those
# who have to make room holds one for four turns of the loop.
MOST = 700  # connections at once
AT_ONCE = 20  # connections taken in one turn of the loop
TURNS = 4  # of the loop, from when a connection is taken until it is among the server's, and one to be sure
HESITATION = 0.5  # seconds that it waits for those who have called and not spoken yet
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
        silent = [each for each in idle if not _has_asked(each)]
        longest = next(iter(silent or idle), self)
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
    """Whether it waits for what its caller will say next."""
    # aiohttp has no public word for either.
    is_waiting = connection._waiter is not None and not connection._messages  # noqa: SLF001 (see above)
    return connection.transport is not None and is_waiting


def _has_asked(connection: web.RequestHandler) -> bool:
    """Whether a whole request ever came on it."""
    return connection._request_count > 0  # noqa: SLF001 (aiohttp counts them, and shows it to nobody)


class Listener:
    """Takes connections for an app, from when it is made until it is closed.

    Then it waits `patience` seconds for requests under way.
    """

    def __init__(
        self, runner: web.AppRunner, server: asyncio.Server, factory: Callable[[], Connection], patience: float
    ) -> None:
        self._runner, self._server, self._factory, self._patience = runner, server, factory, patience
        self.host, self.port = server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """Take no more. Returns when all who had called are served; await it before the runner is cleaned up."""
        loop = asyncio.get_running_loop()
        queues = [socket.fromfd(each.fileno(), each.family, each.type) for each in self._server.sockets]
        for each in self._server.sockets:
            loop.remove_reader(each.fileno())
        for _ in range(
            TURNS
        ):  # who was taken in this very turn is nobody's connection yet, and none of a closed server
            await asyncio.sleep(0)
        self._server.close()
        for queue in queues:
            await self._take_everybody(queue)
        began = time.monotonic()
        while self._somebody_waits(time.monotonic() - began):  # noqa: ASYNC110 (aiohttp tells nobody when it is done)
            await asyncio.sleep(0.01)

    def _somebody_waits(self, seconds: float) -> bool:
        """Whether somebody expects an answer, or has called so shortly before that they may be about to ask."""
        everybody = self._runner.server.connections if self._runner.server is not None else []
        there = [each for each in everybody if each.transport is not None]
        is_served = any(not _is_idle(each) for each in there)
        is_new = any(not _has_asked(each) for each in there)
        return (is_served and seconds < self._patience) or (is_new and seconds < HESITATION)

    async def _take_everybody(self, queue: socket.socket) -> None:
        """Who still waits to be taken would be hung up on without a word."""
        with queue, suppress(OSError):
            while True:
                taken, _ = queue.accept()
                taken.setblocking(False)
                await asyncio.get_running_loop().connect_accepted_socket(self._factory, taken)


async def listen(runner: web.AppRunner, host: str, port: int, *, patience: float) -> Listener:
    """Take connections for an app. Whoever calls this closes the listener, before the runner is cleaned up."""
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
    return Listener(runner, server, factory, patience)
