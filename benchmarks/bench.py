"""One database's turn: the app that is measured, the limit beside it, and how much of everything."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import load, texts
from benchmarks.processes import Process
from benchmarks.rig import LEADS, Rig
from benchmarks.sizes import Sizes
from benchmarks.wire import pool

CONNECTIONS = 64
GUESS = 400  # requests that show how many fill some seconds


@dataclass(frozen=True)
class Rate:
    """Messages per second, and microseconds of CPU that each cost."""

    per_second: float
    cpu: float


@dataclass(frozen=True)
class Limit:
    """The control: a process that only parses and checks signatures."""

    url: str
    process: Process

    async def rate(self, seconds: float) -> Rate:
        """As fast as it can, for about so long. Raises Failed."""
        guess = await load.flood(self.url, self._texts(GUESS), CONNECTIONS)
        return await flooded(self.url, self._texts(int(guess * seconds)), self.process.cpu)

    async def latencies(self, rate: float, seconds: float) -> list[float]:
        """Seconds that its answers take at this rate. Raises Failed."""
        requests = self._texts(int(rate * seconds))
        async with pool(self.url, CONNECTIONS) as opened:
            with load.no_pauses():
                return await load.by_the_clock(opened.timed(requests), rate, len(requests))

    def _texts(self, count: int) -> list[bytes]:
        return [texts.text(self.url, number, number % LEADS) for number in range(count)]


async def flooded(url: str, requests: list[bytes], cpu: Callable[[], float]) -> Rate:
    """Everything at once over the fixed number of connections."""
    before = cpu()
    per_second = await load.flood(url, requests, CONNECTIONS)
    return Rate(per_second, (cpu() - before) / len(requests) * 1e6)


@dataclass
class Bench:
    """What every figure needs. `say` tells how far it is."""

    title: str
    rig: Rig
    limit: Limit
    sizes: Sizes
    say: Callable[[str], None]
    accepted: Rate | None = None  # once that is known


def middle(rounds: list[tuple[Rate, Rate]]) -> tuple[Rate, Rate]:
    """Of pairs of a rate and its control, the one whose ratio is the median."""
    return sorted(rounds, key=lambda pair: pair[0].per_second / pair[1].per_second)[len(rounds) // 2]


def mean(one: Rate, other: Rate) -> Rate:
    """What was most likely true between two measurements."""
    return Rate(statistics.mean([one.per_second, other.per_second]), statistics.mean([one.cpu, other.cpu]))
