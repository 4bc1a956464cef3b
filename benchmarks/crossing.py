"""How many texts a second get from one side to the other: in conversations, each waiting for its last to arrive."""

import asyncio
from collections.abc import Callable

from benchmarks import load
from benchmarks.bench import Bench, Rate
from benchmarks.figures import Figure
from benchmarks.load import Window
from benchmarks.rig import LEADS, PATIENCE, Rig
from benchmarks.wire import Connection

DELAY = 50  # milliseconds
Next = Callable[[int], tuple[bytes, asyncio.Future[float]]]


async def at_once(bench: Bench) -> list[Figure]:
    """Both ways, with providers that answer at once."""
    return await _both_ways(bench, "")


async def delayed(bench: Bench) -> list[Figure]:
    """Both ways, with providers that take their time."""
    await bench.rig.delay(DELAY)
    try:
        return await _both_ways(bench, f"-{DELAY}")
    finally:
        await bench.rig.delay(0)


async def _both_ways(bench: Bench, suffix: str) -> list[Figure]:
    return [
        await _figure(bench, f"in{suffix}", bench.rig.text),
        await _figure(bench, f"out{suffix}", bench.rig.reply),
    ]


async def _figure(bench: Bench, key: str, ask: Next) -> Figure:
    bench.say(f"end to end: {key}")
    limit = await bench.limit.rate(1.0)
    found = await crossed(bench.rig, ask, bench.sizes.warm_up, bench.sizes.crossing)
    return Figure(key, bench.title, found.per_second, limit.per_second, found.cpu, limit.cpu)


async def crossed(rig: Rig, ask: Next, warm_up: float, seconds: float) -> Rate:
    """Every lead's conversation goes as fast as it gets through. Raises Failed."""

    async def cross(connection: Connection, lead: int) -> float:
        request, seen = ask(lead)
        await connection.ask(request)
        async with asyncio.timeout(PATIENCE):
            return await seen

    window = Window(warm_up, seconds)
    async with asyncio.TaskGroup() as group:
        used = group.create_task(_used(rig, window))
        await load.in_conversations(rig.door, cross, window, LEADS)
    await rig.seen.settled()
    return Rate(window.done / seconds, used.result() / window.done * 1e6)


async def _used(rig: Rig, window: Window) -> float:
    """Seconds of CPU in the window."""
    await window.opened()
    before = rig.cpu()
    await window.closed()
    return rig.cpu() - before
