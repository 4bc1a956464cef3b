"""F1: kill -9 at random moments, under load in both directions."""

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.cast import FirmCast
from tests.faults.evidence import gather
from tests.faults.ground import Ground, Setting
from tests.faults.health import Health
from tests.faults.invariants import check
from tests.faults.load import Load, pairs_of
from tests.faults.quiet import settle
from tests.faults.results import Result
from tests.faults.world import World

LIVES = (0.05, 1.2)  # seconds from one kill to the next, at the least and at the most, once all are ready


@asynccontextmanager
async def under_load(load: Load, pairs: list[tuple[FirmCast, str]], pause: float) -> AsyncIterator[None]:
    """Both ends of all these conversations write while this block lasts, and until their last is acknowledged."""
    stop = asyncio.Event()
    talking = [asyncio.create_task(load.converse(firm, phone, stop, pause)) for firm, phone in pairs]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*talking)


async def random_kills(
    ground: Ground, setting: Setting, rounds: int, *, seed: int = 1, conversations: int = 12, pause: float = 0.05
) -> Result:
    """Somebody dies, comes back, and somebody dies again; in a pair it may be any of the four."""
    result, began, chance = (
        Result("F1 kill -9 at random", str(setting), rounds),
        time.monotonic(),
        random.Random(seed),
    )
    async with ground.world(setting) as world, Load.on(world, seed=seed) as load, Health.of(world.fleet) as health:
        await world.fleet.start()
        pairs = pairs_of(world, conversations)
        await load.open(pairs)
        async with under_load(load, pairs, pause):
            back = [await _kill_and_return(world, chance) for _ in range(rounds)]
        await settle(world, 120)
        result.findings = check(await gather(load, slowest_health=health.slowest))
        result.figures = {
            "back after": f"{statistics.median(back):.2f} s (slowest {max(back):.2f} s)",
            "slowest /healthz": f"{health.slowest * 1000:.0f} ms",
            "answers that were no 200": len(load.history.refusals()),
        }
        load.history.keep(world.folder / "history")
    result.seconds = time.monotonic() - began
    return result


async def _kill_and_return(world: World, chance: random.Random) -> float:
    """Seconds until it was ready again. Some die a second time before they were."""
    await asyncio.sleep(chance.uniform(*LIVES))
    member = await world.fleet.kill(chance.choice(world.fleet.alive))
    world.let_leases_end()
    if chance.random() < 0.2:
        world.fleet.launch(member)
        await asyncio.sleep(chance.uniform(0, 0.4))
        await world.fleet.kill(member)
    began = time.monotonic()
    await world.fleet.begin(member)
    return time.monotonic() - began
