"""Asking every web process all the time whether it is alive: a loop that is blocked answers late."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.faults.fleet import Fleet, Member

EVERY, LONGEST = 0.1, 30.0  # seconds


class Health:
    """`slowest` is in seconds, `asked` how many answers there were."""

    def __init__(self, fleet: Fleet) -> None:
        self.slowest, self.asked = 0.0, 0
        self._fleet = fleet

    @classmethod
    @asynccontextmanager
    async def of(cls, fleet: Fleet) -> AsyncIterator["Health"]:
        """While this block lasts."""
        health = cls(fleet)
        asking = asyncio.create_task(health._ask())
        try:
            yield health
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask(self) -> None:
        timeout = aiohttp.ClientTimeout(total=LONGEST)
        async with aiohttp.ClientSession(
            timeout=timeout, connector=aiohttp.TCPConnector(force_close=True)
        ) as session:
            while True:
                for member in self._fleet.webs:
                    if member.is_alive:
                        await self._ask_one(session, member)
                await asyncio.sleep(EVERY)

    async def _ask_one(self, session: aiohttp.ClientSession, member: Member) -> None:
        """One that dies meanwhile, or has not begun to listen, is not slow."""
        process, began = member.process, time.monotonic()
        try:
            async with session.get(f"http://127.0.0.1:{member.port}/healthz") as answer:
                await answer.read()
        except TimeoutError:
            pass
        except aiohttp.ClientError:
            return
        if process is member.process and member.is_alive:
            self.asked += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
