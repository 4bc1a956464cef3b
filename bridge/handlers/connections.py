"""Connections to the front door: silent ones are closed, and what is no HTTP gets an answer but no line in the log.

aiohttp's own handler waits an hour for a first request, tells its version to whoever sends nonsense, repeats the
nonsense, and logs each time with a traceback (seen with aiohttp 3.14).
"""

import asyncio
from functools import partial

from aiohttp import web

SILENCE = 10.0  # seconds a new connection has to say what it wants
KEPT = 630.0  # seconds between requests; longer than any proxy keeps its own, so that it is the proxy who hangs up
LINGER = 2.0  # seconds in which the rest of a refused body is thrown away, so that its sender reads why
MOST = 900  # connections at once; a process may open 1,024 files by default, and the database needs some


class Connection(web.RequestHandler):
    """One connection, until it is closed."""

    __slots__ = ("_silence",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody called."""
        super().connection_made(transport)
        crowded = self._manager is not None and len(self._manager.connections) > MOST
        self._silence = self._loop.call_later(0 if crowded else SILENCE, self.force_close)

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
    return await loop.create_server(factory, host, port, backlog=1024)
