"""Waking the worker: at once within a process, by LISTEN and NOTIFY between processes on PostgreSQL.

A wake is only a hint. The table is the truth, and the worker also looks by itself.
"""

import asyncio
from contextlib import suppress

from sqlalchemy.engine import URL

from bridge.strays import is_meant

CHANNEL = "bridge_outbox"
AGAIN = 1.0  # seconds before a lost connection is opened again
LONGEST_CALL = 5.0  # seconds


class Wake:
    """Tells whoever waits that there are new outbox rows. Without a URL it stays within this process."""

    def __init__(self, url: URL | None) -> None:
        self._url = url
        self._here = asyncio.Event()
        self._to_tell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def nudge(self) -> None:
        """Wake whoever waits in this process only."""
        self._here.set()

    def announce(self) -> None:
        """There are new rows, and they are durable."""
        self._here.set()
        if self._url is not None:
            self._to_tell.set()
            self.connect()

    def connect(self) -> None:
        """Start to listen and tell across processes; nothing to do on SQLite."""
        if self._url is not None and self._task is None and not self._is_closed:
            self._task = asyncio.create_task(self._exchange(self._url))

    async def wait(self, seconds: float) -> None:
        """Until woken, or for so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0)):
                await self._here.wait()
        self._here.clear()

    async def close(self) -> None:
        """Stop listening."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _exchange(self, url: URL) -> None:
        while True:
            try:
                await self._exchange_once(url)
            except (
                Exception,
                asyncio.CancelledError,
            ) as error:  # a hint may fail in any way: the worker also looks
                if is_meant(error):
                    raise
            await asyncio.sleep(AGAIN)

    async def _exchange_once(self, url: URL) -> None:
        import asyncpg  # noqa: PLC0415 (an optional extra)

        connection = await asyncpg.connect(_libpq(url), timeout=LONGEST_CALL, command_timeout=LONGEST_CALL)
        try:
            own = connection.get_server_pid()
            await connection.add_listener(CHANNEL, lambda _, pid, *__: None if pid == own else self._here.set())
            # A lost connection is noticed by the NOTIFY that fails on it.
            connection.add_termination_listener(lambda _: self._to_tell.set())
            self._here.set()  # nobody knows what was told while this process did not listen
            while True:
                # In a transaction of its own: within the main one NOTIFY would serialise every commit.
                await self._to_tell.wait()
                self._to_tell.clear()
                await connection.execute(f"NOTIFY {CHANNEL}")
        except BaseException:
            self._to_tell.set()  # what was not told is told on the next connection
            raise
        finally:
            await connection.close(timeout=2)


def _libpq(url: URL) -> str:
    """The URL as asyncpg itself reads it, which has libpq's word for what SQLAlchemy's dialect calls ssl."""
    query = {"sslmode" if name == "ssl" else name: value for name, value in url.query.items()}
    return url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)
