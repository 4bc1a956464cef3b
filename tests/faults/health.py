"""Asking every web process all the time whether it is alive: a loop that is blocked answers late.

In a thread of its own: the load generator's loop has much to do, and what it is late with is not the app's fault.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread

from tests.faults.fleet import Fleet, Member

EVERY, LONGEST = 0.1, 30.0  # seconds


class Health:
    """`slowest` is in seconds, `asked` how many answers there were.

    `late` are the seconds by which our own loop was late, which is in all that it measures.
    """

    def __init__(self, fleet: Fleet) -> None:
        self.slowest, self.asked = 0.0, 0
        self.late = [0.0]
        self._fleet, self._ended = fleet, Event()

    @classmethod
    @asynccontextmanager
    async def of(cls, fleet: Fleet) -> AsyncIterator["Health"]:
        """While this block lasts."""
        health = cls(fleet)
        asking = Thread(target=health._ask, daemon=True)
        asking.start()
        feeling = asyncio.create_task(health._feel())
        try:
            yield health
        finally:
            feeling.cancel()
            health._ended.set()
            await asyncio.to_thread(asking.join)

    def told(self) -> dict[str, str]:
        """For the table."""
        late, slowest = sorted(self.late), f"{self.slowest * 1000:.0f} ms of {self.asked:,}"
        own = f"median {late[len(late) // 2] * 1000:.0f} ms, at most {late[-1] * 1000:.0f} ms"
        return {"slowest /healthz": slowest, "the load generator itself was late by": own}

    async def _feel(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(EVERY)
            self.late.append(time.monotonic() - began - EVERY)

    def _ask(self) -> None:
        while not self._ended.wait(EVERY):
            for member in self._fleet.webs:
                if member.is_alive and member.port is not None:
                    self._ask_one(member, member.port)

    def _ask_one(self, member: Member, port: int) -> None:
        """One that dies meanwhile, or has not begun to listen, is not slow."""
        process, began = member.process, time.monotonic()
        connection = HTTPConnection("127.0.0.1", port, timeout=LONGEST)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except TimeoutError:
            pass
        except (OSError, HTTPException):
            return
        finally:
            connection.close()
        if process is member.process and member.is_alive:
            self.asked += 1
            self.slowest = max(self.slowest, time.monotonic() - began)
