"""How soon the app is ready, and how much memory it needs after much work."""

import statistics
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from benchmarks import load
from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.processes import Process, limit
from benchmarks.rig import LEADS, Rig
from benchmarks.sizes import Sizes

AT_ONCE = 16  # connections; how much memory it takes is asked here, not how fast it goes
BIT = 4_000  # messages that wait for their providers at once; what waits is in the database, and in our own lists
REPLIES = 10  # every so manieth message is a reply
MB = 1_000_000

Starting = Callable[[], AbstractAsyncContextManager[Rig]]


async def ready(title: str, app: Starting, sizes: Sizes, say: Callable[[str], None]) -> list[Figure]:
    """A restart: the database is there, with everything that was measured before."""
    own, control = [], []
    for number in range(sizes.starts):
        say(f"start {number + 1}")
        async with app() as rig:
            own.append(_cost(rig.processes[0]))
        async with limit() as (_, process):
            control.append(_cost(process))
    seconds, cpu = (statistics.median(one[at] for one in own) for at in (0, 1))
    of_limit, limits_cpu = (statistics.median(one[at] for one in control) for at in (0, 1))
    return [Figure("start", title, seconds, of_limit, cpu, limits_cpu)]


def _cost(process: Process) -> tuple[float, float]:
    """Seconds until it said that it was ready, and microseconds of CPU until now."""
    return process.ready_after, process.cpu() * 1e6


async def resident(bench: Bench) -> list[Figure]:
    """After so many messages, those of the figures before included. The control has answered its share, too."""
    before, sent = bench.rig.cpu(), bench.rig.sent
    while (left := bench.sizes.memory - bench.rig.sent) > 0:
        bench.say(f"{left:,} messages to go until memory is read")
        await _send(bench.rig, min(left, BIT))
    cpu = (bench.rig.cpu() - before) / max(bench.rig.sent - sent, 1) * 1e6
    own = sum(process.memory() for process in bench.rig.processes) / MB
    control = bench.limit.process.memory() / MB
    return [Figure("memory", bench.title, own, control, cpu, many=bench.rig.sent)]


async def _send(rig: Rig, count: int) -> None:
    asks = [rig.text] * (REPLIES - 1) + [rig.reply]
    requests = [asks[number % REPLIES](number // REPLIES % LEADS)[0] for number in range(count)]
    await load.flood(rig.url, requests, AT_ONCE)
    await rig.seen.settled()
