"""What several processes cost beside one of each: they share one database, and wake each other through it."""

import statistics
from collections.abc import Callable
from contextlib import AsyncExitStack

from benchmarks.crossing import crossed
from benchmarks.databases import Fresh
from benchmarks.figures import Figure
from benchmarks.rig import Rig, rig
from benchmarks.sizes import Sizes

ONE_EACH = ("web", "worker")
TWO_EACH = ("web", "web", "worker", "worker")


async def measure(title: str, fresh: Fresh, sizes: Sizes, say: Callable[[str], None]) -> list[Figure]:
    """In turns, so that both see the same weather. Raises Failed."""
    found: dict[tuple[str, ...], list[float]] = {ONE_EACH: [], TWO_EACH: []}
    async with AsyncExitStack() as stack:
        copies = {commands: await stack.enter_async_context(rig(await fresh(), commands)) for commands in found}
        for number in range(sizes.several_rounds):
            for commands, copy in copies.items():
                say(f"CPU with {', '.join(commands)}, round {number + 1}")
                found[commands].append(await _cost(copy, sizes))
    one, two = statistics.median(found[ONE_EACH]), statistics.median(found[TWO_EACH])
    return [Figure("several", title, two, one, two, one)]


async def _cost(copy: Rig, sizes: Sizes) -> float:
    """Microseconds of CPU for a text in and a reply out, on average."""
    ways = [await crossed(copy, ask, sizes.warm_up, sizes.several) for ask in (copy.text, copy.reply)]
    return statistics.mean(way.cpu for way in ways)
