"""What stands before several web processes, as a load balancer would: the next of them takes the next connection.

One that does not take connections is passed over. Bytes are handed on as they come, so that signatures stay good.
"""

import asyncio
import socket
from contextlib import suppress

PIECE = 65536  # bytes
PATIENCE = 0.5  # seconds for a connection within this machine


class Front:
    """Listens on one port for all of them; `ports` may change at any time."""

    def __init__(self, port: int) -> None:
        self.port, self.ports = port, list[int]()
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=512)

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            inside = await self._somebody(await reader.read(PIECE))
            if inside is not None:
                try:
                    await asyncio.gather(_hand_on(reader, inside[1]), _hand_on(inside[0], writer))
                finally:
                    inside[1].close()
        finally:
            writer.close()
            self._open.discard(task)

    async def _somebody(self, words: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._turn = turn = self._turn + 1
        for offset in range(len(self.ports)):
            port = self.ports[(turn + offset) % len(self.ports)]
            with suppress(OSError):
                return await asyncio.open_connection(sock=_called(port, words))
        return None


def _called(port: int, words: bytes) -> socket.socket:
    """Spoken to at once, however late our own loop is: who is about to end waits only shortly for the silent."""
    called = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    called.sendall(words)
    called.setblocking(False)
    return called


async def _hand_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(PIECE):
            target.write(piece)
            await target.drain()
    with suppress(OSError):
        if target.can_write_eof():
            target.write_eof()
