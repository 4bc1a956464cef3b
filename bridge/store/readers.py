"""Readers: a few lines that look at what is durable, and never wait for the writer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError

from bridge.store.lines import Line, Lines
from bridge.store.tx import to_its_end

MOST = 4
FREE_READER = 2.0  # seconds to wait for one of them
SOON = 0.05  # seconds to wait for one that is in use, before another is opened
SHUTDOWN = 5.0  # seconds that letting go of one may take


class Readers:
    """Lends lines to whoever looks. Those that break are replaced by new ones."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._free: list[Line] = []
        self._places = asyncio.Semaphore(MOST)
        self._came_back = asyncio.Event()
        self._busy = 0
        self._is_closed = False

    @asynccontextmanager
    async def look(self, *, consistent: bool) -> AsyncIterator[Line]:
        """A line to look with. `consistent`: all statements see the same moment; one alone does so anyway.

        Raises TimeoutError when all are in use, SQLAlchemyError or OSError when the database does not answer.
        """
        await self._take_place()
        self._busy += 1
        try:
            line = await self._begun() if consistent else await self._alive()
            try:
                yield line
            except (SQLAlchemyError, OSError):
                await _drop(line)  # it may be dead, and not known to be
                raise
            except Exception:
                await self._give_back(line, consistent=consistent)
                raise
            except BaseException:
                await _drop(line)  # cut off, nobody knows where
                raise
            await self._give_back(line, consistent=consistent)
        finally:
            self._busy -= 1
            self._places.release()

    async def close(self) -> None:
        """Let go of all lines; those in use follow when they come back."""
        self._is_closed = True
        while self._free:
            await _drop(self._free.pop())

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        async with asyncio.timeout(FREE_READER):
            await self._places.acquire()

    async def _alive(self) -> Line:
        if (line := await self._idle()) is not None:
            return line
        if self._busy > 1:  # to open one takes longer than most looks, so another may be given back sooner
            with suppress(TimeoutError):
                async with asyncio.timeout(SOON):
                    return await self._given_back()
        return await self._lines.open()

    async def _given_back(self) -> Line:
        while (line := await self._idle()) is None:
            self._came_back.clear()
            await self._came_back.wait()
        return line

    async def _idle(self) -> Line | None:
        while self._free:
            line = self._free.pop()
            if line.is_alive:
                return line
            await _drop(line)
        return None

    async def _begun(self) -> Line:
        """A line with an open transaction; one that stood idle may turn out to be dead, and costs nothing."""
        while True:
            stood_idle = bool(self._free)
            line = await self._alive()
            try:
                await line.say("BEGIN")
            except (SQLAlchemyError, OSError):
                await _drop(line)
                if not stood_idle:
                    raise
            except BaseException:
                await _drop(line)
                raise
            else:
                return line

    async def _give_back(self, line: Line, *, consistent: bool) -> None:
        try:
            if consistent:
                await line.say("ROLLBACK")
        except (SQLAlchemyError, OSError):
            await _drop(line)  # what was read is as true as before
        except BaseException:
            await _drop(line)
            raise
        else:
            if self._is_closed or not line.is_alive:
                await _drop(line)
            else:
                self._free.append(line)
                self._came_back.set()


async def _drop(line: Line) -> None:
    """Also when somebody cancels that: a connection that nobody lets go of stays open."""
    await to_its_end(line.drop(), SHUTDOWN)
