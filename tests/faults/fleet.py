"""The app's processes in one of its two shapes: one `serve`, or two `web` and two `worker` behind a front."""

import asyncio
import random
from dataclasses import dataclass

from bridge.sandbox.ports import free_port
from tests.faults.front import Front
from tests.faults.processes import Maker, Process

TRIES = 3  # to start everybody; some are meant to stumble at the first


@dataclass
class Member:
    """One place in the fleet, and the process that holds it now. Webs have a port."""

    command: str
    port: int | None
    process: Process | None = None

    @property
    def is_alive(self) -> bool:
        """Whether somebody holds it."""
        return self.process is not None and self.process.is_alive


async def _is_ready(member: Member) -> bool:
    """Wait until it is, or has ended."""
    assert member.process is not None
    try:
        await member.process.ready()
    except AssertionError:
        return False
    return True


class Fleet:
    """All processes of the app. `shape` is "serve" or "pair"."""

    def __init__(self, maker: Maker, port: int, shape: str) -> None:
        self.maker, self.shape = maker, shape
        self.front: Front | None = None
        self.limits: dict[str, tuple[int, int]] = {}
        self._turn = asyncio.Lock()  # nobody takes a place while somebody else is taking it
        if shape == "serve":
            self.members = [Member("serve", port)]
        else:
            self.front = Front(port)
            self.members = [Member("web", free_port()), Member("web", free_port())]
            self.members += [Member("worker", None), Member("worker", None)]

    @property
    def webs(self) -> list[Member]:
        """Those that answer requests."""
        return [member for member in self.members if member.port is not None]

    @property
    def workers(self) -> list[Member]:
        """Those that keep promises."""
        return [member for member in self.members if member.command != "web"]

    @property
    def alive(self) -> list[Member]:
        """Those that run."""
        return [member for member in self.members if member.is_alive]

    async def start(self) -> None:
        """Start whoever does not run, and wait until all are ready."""
        async with self._turn:
            if self.front is not None and not self.front.ports:
                await self.front.start()
                self.front.ports = [member.port for member in self.webs if member.port is not None]
            for _ in range(TRIES):
                for member in self.members:
                    if not member.is_alive:
                        self.launch(member)
                if all(await asyncio.gather(*(_is_ready(member) for member in self.members))):
                    return
        raise AssertionError(f"not everybody starts: {self.maker.said()[-2000:]}")

    async def restart(self) -> None:
        """kill -9 to everybody, and start everybody, without waiting until they are ready."""
        async with self._turn:
            await self.kill_all()
            for member in self.members:
                self.launch(member)

    async def begin(self, member: Member) -> None:
        """Start one, and wait until it is ready."""
        self.launch(member)
        assert member.process is not None
        await member.process.ready()

    def launch(self, member: Member) -> None:
        """Start one, and do not wait."""
        more = {} if member.port is None else {"PORT": str(member.port)}
        member.process = self.maker.make(member.command, environ=more, limits=self.limits)

    async def kill(self, member: Member | None = None) -> Member:
        """kill -9, anybody if nobody is named."""
        member = member or random.choice(self.alive)
        if member.process is not None:
            await member.process.kill()
        return member

    async def kill_all(self) -> None:
        """kill -9, everybody at once."""
        await asyncio.gather(*(self.kill(member) for member in self.alive))

    async def stop_all(self) -> list[float]:
        """SIGTERM to everybody; the seconds that each took."""
        return await asyncio.gather(*(member.process.stop() for member in self.alive if member.process))

    async def someone_died(self, seconds: float) -> bool:
        """Wait for a death; False when none came within so many seconds."""
        deaths = [asyncio.create_task(m.process.ended.wait()) for m in self.alive if m.process is not None]
        done, left = await asyncio.wait(deaths, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        return bool(done)

    async def close(self) -> None:
        """Let go of the front's port."""
        if self.front is not None:
            await self.front.stop()
