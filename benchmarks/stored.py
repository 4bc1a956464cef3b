"""Whether many stored messages slow down what is new: two copies of the app, one with many, one with few."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from benchmarks import latency
from benchmarks.databases import Fresh
from benchmarks.figures import Figure
from benchmarks.latency import Crossed
from benchmarks.rig import rig
from benchmarks.sizes import Sizes

FEW = 1_000


async def measure(title: str, fresh: Fresh, sizes: Sizes, say: Callable[[str], None]) -> list[Figure]:
    """In turns, so that both see the same weather. Raises Failed."""
    found: dict[int, list[Crossed]] = {FEW: [], sizes.stored: []}
    async with AsyncExitStack() as stack:
        copies = {}
        for messages in found:
            say(f"storing {messages:,} messages")
            copies[messages] = await stack.enter_async_context(rig(await fresh(), stored=messages))
        for number in range(sizes.stored_rounds):
            say(f"latency beside few and beside many messages, round {number + 1}")
            for messages, copy in copies.items():
                found[messages].append(await latency.crossed(copy, sizes.stored_latency))
    return _figures(title, Crossed.together(found[FEW]), Crossed.together(found[sizes.stored]), sizes.stored)


def _figures(title: str, few: Crossed, many: Crossed, stored: int) -> list[Figure]:
    return [
        Figure(
            f"stored-{name}", title, latency.in_ms(many.both, share), latency.in_ms(few.both, share),
            many.cpu, few.cpu, stored,
        )
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]  # fmt: skip
