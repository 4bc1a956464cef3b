"""F31: firms enable two-way SMS, text, and end it, again and again, while Stripe and the app fail them.

Whatever happens: one subscription at a time, each month of it paid once, and each text that counts reported once.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.faults.evidence import gather
from tests.faults.ground import Ground, Setting
from tests.faults.invariants import check
from tests.faults.load import Load, lead
from tests.faults.payer import Payer
from tests.faults.quiet import settle
from tests.faults.results import Result
from tests.faults.world import Size, World, until

FIRMS = 4  # of which the second has a carrier's account of its own
LIVES = (0.1, 2.0)  # seconds from one death to the next
REPORTED = 660.0  # seconds after which texts are reported
PATIENCE = 1.5  # seconds that an admin waits before pressing once more
LOOKS = 20.0  # seconds in which whoever starts has looked, at the most
CALM = 120.0  # seconds for everything to settle
FIRST_LEAD = 500
STRIPE: tuple[dict[str, Any], ...] = (
    {"status": 429},
    {"status": 500},
    {"status": 500, "accept_first": True},
    {"status": 503, "body": "<html>unavailable</html>"},
    {"drop": True},
    {"drop": True, "accept_first": True},
    {"cut": True},
    {"hang": 0.5},
    {"hang": 1.0, "accept_first": True},
)
CALLS = ("*", "customer", "subscription_create", "subscription_create", "subscription_cancel", "usage_create")


async def deaths(ground: Ground, setting: Setting, rounds: int, *, seed: int = 1) -> Result:
    """In each round somebody dies: one process, or all of them, and then time passes before they come back."""
    chance, began = random.Random(seed), time.monotonic()
    result = Result("F31 kill -9 while firms pay", str(setting), rounds)
    size = Size(firms=FIRMS, agents=4)
    async with ground.world(setting, size=size) as world, Load.on(world, again=0) as load:
        payers = [Payer(world, firm, firm.admin) for firm in world.firms]
        for payer in payers:
            await payer.begins()
        await world.fleet.start()
        over = asyncio.Event()
        lives = [
            asyncio.create_task(_live(load, payer, random.Random(seed + n), n, over))
            for n, payer in enumerate(payers)
        ]
        world.stripe.duplicates, world.stripe.disorder = 1, True
        for number in range(rounds):
            await _die(world, chance)
            for life in lives:
                if life.done():
                    life.result()
            if number % 20 == 19:
                ground.say(f"  {number + 1} of {rounds}, {len(world.stripe.subscriptions)} subscriptions")
        world.stripe.heal()
        over.set()
        await asyncio.gather(*lives)
        await _calm(world, payers)
        result.findings = check(await gather(load))
        result.findings.problems += [each for payer in payers for each in await payer.wrong()]
        result.figures = {
            "subscriptions": len(world.stripe.subscriptions),
            "texts reported": sum(len(payer.reported()) for payer in payers),
            "requests to Stripe": len(world.stripe.requests),
            "webhooks": len(world.stripe.deliveries),
            "webhooks that nobody took": sum(each.status != 200 for each in world.stripe.deliveries),
        }
    result.seconds = time.monotonic() - began
    return result


async def _die(world: World, chance: random.Random) -> None:
    """Stripe stumbles over what comes next, and in the midst of it a process dies, or all do."""
    for _ in range(chance.randint(0, 2)):
        world.stripe.fail(chance.choice(CALLS), **chance.choice(STRIPE))
    await asyncio.sleep(chance.uniform(*LIVES))
    if chance.random() < 0.5:
        member = chance.choice(world.fleet.alive)
        await world.fleet.kill(member)
        await world.fleet.begin(member)
        return
    await world.fleet.kill_all()
    world.fate.skip(REPORTED)  # so what they had claimed is free as well
    await world.fleet.start()


async def _calm(world: World, payers: list[Payer]) -> None:
    """Nothing is on its way, and what could be reported has been, by whoever looks at the start."""
    await settle(world, CALM)
    await world.fleet.kill_all()
    world.fate.skip(REPORTED)
    await world.fleet.start()
    began = time.monotonic()
    while any([await payer.wrong() for payer in payers]) and time.monotonic() - began < LOOKS:
        await settle(world, CALM)
        await asyncio.sleep(0.1)
    await settle(world, CALM)


async def _live(load: Load, payer: Payer, chance: random.Random, number: int, over: asyncio.Event) -> None:
    """Enable it, write to a lead, end it; at the end it is on."""
    phone = lead(FIRST_LEAD + number)
    await _want(payer, "enable", payer.confirms, is_on=True)
    await load.text(payer.firm, phone)
    await until(lambda: load.has_root(payer.firm, phone), CALM, what="a first thread")
    while not over.is_set():
        for _ in range(chance.randint(0, 3)):
            await load.reply(payer.firm, phone)
        await asyncio.sleep(chance.uniform(0, 0.3))
        if chance.random() < 0.8:
            await _want(payer, "disable", payer.turns_off, is_on=False)
            await asyncio.sleep(chance.uniform(0, 0.2))
            await _want(payer, "enable", payer.confirms, is_on=True)


async def _want(payer: Payer, words: str, press: Callable[[], Awaitable[None]], *, is_on: bool) -> None:
    """Until it is so; who waits for long asks once more, and then it is another wish."""
    while await payer.is_on() != is_on:
        if await payer.is_asked(words):
            await asyncio.gather(press(), press())
        asked = time.monotonic()
        while await payer.is_on() != is_on and time.monotonic() - asked < PATIENCE:
            await asyncio.sleep(0.1)
