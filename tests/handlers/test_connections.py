"""Who calls while the front door closes is answered, in whichever turn of the loop that falls."""

import asyncio
import socket

import pytest
from aiohttp import web

from bridge.handlers import connections

ASKED = b"GET / HTTP/1.1\r\nHost: bridge\r\n\r\n"


async def _here(_request: web.Request) -> web.Response:
    return web.Response(text="here")


async def _called(turns: int) -> bytes:
    """What somebody hears who has called and asked so many turns before the door closes."""
    app = web.Application()
    app.router.add_get("/", _here)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listener = await connections.listen(runner, "127.0.0.1", 0, patience=5)
    with socket.create_connection((listener.host, listener.port)) as caller:
        caller.sendall(ASKED)
        for _ in range(turns):
            await asyncio.sleep(0)
        await listener.close()
        await runner.cleanup()
        caller.settimeout(1)
        return caller.recv(4096)


@pytest.mark.parametrize("turns", range(8))
async def test_whoever_has_called_is_served_at_whichever_turn_the_door_closes(turns: int) -> None:
    assert (await _called(turns)).endswith(b"here")
