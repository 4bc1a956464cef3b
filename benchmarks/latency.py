"""How much later than it was sent a text reaches the other side while there is little to do."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks import load
from benchmarks.bench import CONNECTIONS, Bench
from benchmarks.crossing import Next
from benchmarks.figures import Figure
from benchmarks.rig import LEADS, Rig
from benchmarks.wire import Pool, pool

RATE = 20.0  # a second, each way


@dataclass(frozen=True)
class Crossed:
    """Seconds that texts in and replies out took, and microseconds of CPU for each."""

    came: list[float]
    went: list[float]
    cpu: float

    @property
    def both(self) -> list[float]:
        """Both ways, mixed."""
        return self.came + self.went

    @classmethod
    def together(cls, rounds: Sequence["Crossed"]) -> "Crossed":
        """Several rounds as one; of the CPU, the mean."""
        came = [took for each in rounds for took in each.came]
        went = [took for each in rounds for took in each.went]
        return cls(came, went, statistics.mean(each.cpu for each in rounds))


async def added(bench: Bench) -> list[Figure]:
    """Each way; the control answers as many requests as both ways bring."""
    bench.say(f"latency at {RATE:.0f} a second each way")
    control = await bench.limit.latencies(2 * RATE, bench.sizes.latency / 2)
    found = await crossed(bench.rig, bench.sizes.latency)
    return [
        Figure(f"{way}-{name}", bench.title, in_ms(took, share), in_ms(control, share), found.cpu)
        for way, took in (("in", found.came), ("out", found.went))
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]


def in_ms(took: list[float], share: float) -> float:
    """That percentile."""
    return load.percentile(took, share) * 1000


async def crossed(rig: Rig, seconds: float) -> Crossed:
    """Texts and replies at the usual rate. Raises Failed."""
    count = int(RATE * seconds)
    before = rig.cpu()
    with load.no_pauses():
        came, went = await _both_ways(rig, count)
    cpu = (rig.cpu() - before) / (2 * count) * 1e6
    await rig.seen.settled()
    return Crossed(came, went, cpu)


async def _both_ways(rig: Rig, count: int) -> tuple[list[float], list[float]]:
    async with pool(rig.url, CONNECTIONS) as opened, asyncio.TaskGroup() as group:
        came = group.create_task(load.by_the_clock(_crossing(opened, rig.text), RATE, count))
        await asyncio.sleep(0.5 / RATE)  # one way's ticks lie between those of the other
        went = group.create_task(load.by_the_clock(_crossing(opened, rig.reply), RATE, count))
    return came.result(), went.result()


def _crossing(opened: Pool, ask: Next) -> Callable[[int], Awaitable[float]]:
    async def cross(number: int) -> float:
        request, seen = ask(number % LEADS)
        await opened.ask(request)
        return await seen

    return cross
