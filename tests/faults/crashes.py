"""F1: kill -9 at random moments, under load in both directions."""

import asyncio
import random
import statistics
import time

from tests.faults.ground import Ground, Setting
from tests.faults.results import Result
from tests.faults.trial import trial
from tests.faults.world import World

LIVES = (0.05, 1.2)  # seconds from one kill to the next, at the least and at the most, once all are ready
TWICE = 0.2  # the share of those that die once more before they are ready


async def random_kills(ground: Ground, setting: Setting, rounds: int, *, seed: int = 1) -> Result:
    """Somebody dies, comes back, and somebody dies again; in a pair it may be any of the four."""
    chance, back = random.Random(seed), list[float]()
    async with trial(ground, setting, "F1 kill -9 at random", rounds, conversations=12, pause=0.05) as this:
        for _ in this.rounds():
            back.append(await _kill_and_return(this.world, chance))
    this.result.figures["ready again after"] = f"{statistics.median(back):.2f} s (slowest {max(back):.2f} s)"
    return this.result


async def _kill_and_return(world: World, chance: random.Random) -> float:
    """Seconds until it was ready again."""
    await asyncio.sleep(chance.uniform(*LIVES))
    member = await world.fleet.kill(chance.choice(world.fleet.alive))
    world.let_leases_end()
    if chance.random() < TWICE:
        world.fleet.launch(member)
        await asyncio.sleep(chance.uniform(0, 0.4))
        await world.fleet.kill(member)
    began = time.monotonic()
    await world.fleet.begin(member)
    return time.monotonic() - began
