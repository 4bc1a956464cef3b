"""F1: kill -9 at random moments, under load in both directions."""

import asyncio
import random
import statistics
import time

from tests.faults.ground import Ground, Setting
from tests.faults.results import Result
from tests.faults.trial import Trial, trial

LIVES = (0.05, 1.2)  # seconds from one kill to the next, at the least and at the most, once all are ready
SHORT_CALL = 5.0  # seconds; the services answer at once here, as soon as they come to it
TWICE = 0.2  # the share of those that die once more before they are ready


async def random_kills(ground: Ground, setting: Setting, rounds: int, *, seed: int = 1) -> Result:
    """Somebody dies, comes back, and somebody dies again; in a pair it may be any of the four."""
    chance, back = random.Random(seed), list[float]()
    async with trial(ground, setting, "F1 kill -9 at random", rounds, conversations=12, pause=0.05) as this:
        for _ in this.rounds():
            back.append(await _kill_and_return(this, chance))
    this.result.figures["ready again after"] = f"{statistics.median(back):.2f} s (slowest {max(back):.2f} s)"
    return this.result


async def _kill_and_return(this: Trial, chance: random.Random) -> float:
    """Seconds until it was ready again."""
    fleet = this.world.fleet
    await asyncio.sleep(chance.uniform(*LIVES))
    member = chance.choice(fleet.alive)
    await this.kill(member, longest_call=SHORT_CALL)
    if chance.random() < TWICE:
        fleet.launch(member)
        await asyncio.sleep(chance.uniform(0, 0.4))
        await this.kill(member, longest_call=SHORT_CALL)
    began = time.monotonic()
    await fleet.begin(member)
    return time.monotonic() - began
