"""F16: connections that say nothing, or say it slowly, while others want to be served."""

import asyncio
import resource
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.faults.ground import Ground, Setting
from tests.faults.results import Result
from tests.faults.trial import Trial, trial

HEAD = b"POST /twilio/sms HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
SLOW = 50  # connections of each slow kind
BUSY, LATE = 503, -1  # in time, to who comes again; and when a busy machine has no time for anybody
TOGETHER = 50  # callers who begin at once
DESCRIPTORS = 1024  # what a process may open by default
CLOSED_WITHIN = 10.0  # seconds
GRACE = 2.0  # seconds that a busy machine may add to that


@dataclass
class Caller:
    """One connection. `lasted` is how many seconds it stood, once it was closed from the other side."""

    words: bytes = b""
    drip: bytes = b""  # said again and again, a byte each second
    lasted: float | None = None
    said: bytes = b""

    async def call(self, port: int) -> None:
        """Until the other side hangs up."""
        began = time.monotonic()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            self.lasted = time.monotonic() - began
            return
        dripping = asyncio.create_task(self._drip(writer))
        try:
            writer.write(self.words)
            self.said = await reader.read()
        except OSError:
            pass
        finally:
            self.lasted = time.monotonic() - began
            dripping.cancel()
            writer.close()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        place = 0
        while self.drip:
            await asyncio.sleep(1)
            writer.write(self.drip[place : place + 1])
            place = (place + 1) % len(self.drip)


@dataclass
class Crowd:
    """Many callers of different kinds."""

    kinds: dict[str, list[Caller]] = field(default_factory=dict)

    @asynccontextmanager
    async def calling(self, port: int) -> AsyncIterator[None]:
        """All of them, while this block lasts; each kind when those before it have begun.

        Not all at one stroke: those who mean it well share this process's loop with them.
        """
        calls = []
        for kind in self.kinds.values():
            for first in range(0, len(kind), TOGETHER):
                calls += [asyncio.create_task(caller.call(port)) for caller in kind[first : first + TOGETHER]]
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
        try:
            yield
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    def slowest(self, kind: str) -> float | None:
        """Seconds until the last of this kind was closed; None while one still stands."""
        lasted = [caller.lasted for caller in self.kinds[kind]]
        return None if None in lasted else max(each for each in lasted if each is not None)


def slow_ones() -> dict[str, list[Caller]]:
    """Headers that never end, headers and bodies at a byte a second, and bodies that never come."""
    announced = HEAD + b"Content-Length: 500\r\n\r\n"
    return {
        "headers never end": [Caller(HEAD) for _ in range(SLOW)],
        "a byte of a header each second": [Caller(HEAD, b"X-Slow: 1\r\n") for _ in range(SLOW)],
        "a body never comes": [Caller(announced) for _ in range(SLOW)],
        "a byte of a body each second": [Caller(announced, b"Body=Hello&") for _ in range(SLOW)],
    }


async def slow_and_silent(
    ground: Ground, setting: Setting, rounds: int, *, silent: int = 2000, patience: float = CLOSED_WITHIN + GRACE
) -> Result:
    """All slow kinds, and so many who say nothing at all; nobody who means it well must notice.

    With less `patience` than CLOSED_WITHIN, in seconds, nobody waits until all are hung up on.
    """
    async with trial(ground, setting, "F16 slow and silent connections", rounds, pause=0.2) as this:
        process = this.world.fleet.members[0].process
        assert process is not None
        process.limit(resource.RLIMIT_NOFILE, DESCRIPTORS)
        most, memory = 0, process.memory
        for _ in this.rounds():
            before = len(this.load.history.inputs)
            crowd = Crowd({**slow_ones(), "silent": [Caller() for _ in range(silent)]})
            async with crowd.calling(this.world.port):
                most = max(most, await _watch(this, crowd, patience))
            _judge(this, crowd, this.load.history.inputs[before:], patience)
        grown = (process.memory - memory) / 2**20
        this.expect(most < DESCRIPTORS, f"{most} files and connections were open")
        this.expect(process.is_alive, "the process ended")
        this.result.figures |= {"connections at most": most, "memory": f"{grown:+.0f} MiB"}
    return this.result


async def _watch(this: Trial, crowd: Crowd, patience: float) -> int:
    """Until all were hung up on; the most that the process had open meanwhile."""
    most, until = 0, time.monotonic() + patience
    process = this.world.fleet.members[0].process
    assert process is not None
    while time.monotonic() < until and any(crowd.slowest(kind) is None for kind in crowd.kinds):
        most = max(most, process.descriptors)
        await asyncio.sleep(0.1)
    return most


def _judge(this: Trial, crowd: Crowd, served: Sequence[object], patience: float) -> None:
    for kind in crowd.kinds:
        slowest = crowd.slowest(kind)
        is_due = patience > CLOSED_WITHIN
        this.expect(slowest is not None or not is_due, f"{kind}: still open after {patience:.0f} seconds")
        this.result.figures[f"{kind}, closed within"] = f"{slowest:.1f} s" if slowest is not None else "never"
    answers = [given for given in this.load.history.inputs if given in served]
    seconds = [each for given in answers for each in given.seconds]
    others = [status for given in answers for status in given.answers if status not in {200, BUSY, LATE}]
    this.expect(not others, f"{len(others)} of {len(seconds)} good requests were not served: {set(others)}")
    this.result.figures["good answers meanwhile"] = (
        f"{len(seconds)}, median {statistics.median(seconds) * 1000:.0f} ms, slowest {max(seconds) * 1000:.0f} ms"
    )
