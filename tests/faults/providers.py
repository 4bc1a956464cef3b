"""F9 and F10: Slack and Twilio fail in every way, before and after they have done what was asked."""

import asyncio
import random
from typing import Any

from tests.faults.ground import Ground, Setting
from tests.faults.results import Result
from tests.faults.trial import Trial, trial
from tests.faults.world import World

# For the next call each; a call that is cut off or answered with 5xx may have been carried out or not.
TWILIO: tuple[dict[str, Any], ...] = (
    {"status": 429, "code": 20429},
    {"status": 429, "code": 20429, "retry_after": 1},
    {"status": 500},
    {"status": 500, "accept_first": True},
    {"status": 502, "body": "<html>bad gateway</html>"},
    {"status": 502, "body": "<html>bad gateway</html>", "accept_first": True},
    {"drop": True},
    {"drop": True, "accept_first": True},
    {"hang": 0.5},
    {"status": 201, "body": "{", "accept_first": True},
)
SLACK: tuple[dict[str, Any], ...] = (
    {"status": 429, "retry_after": 1},
    {"status": 500},
    {"status": 500, "accept_first": True},
    {"status": 503, "body": "<html>unavailable</html>"},
    {"drop": True},
    {"drop": True, "accept_first": True},
    {"error": "ratelimited"},
    {"error": "fatal_error", "accept_first": True},
    {"hang": 0.5},
)
LONGER_THAN_PATIENCE: dict[str, Any] = {"hang": 16, "accept_first": True}  # seconds; Twilio is given 15
OTHERS = ("list", "message")  # what settles a doubt fails too, now and then


async def unclear_answers(
    ground: Ground, setting: Setting, rounds: int, *, seed: int = 1, stalls: int = 0, kills: int = 0
) -> Result:
    """In each round one more call goes wrong; receipts get lost at times. `kills` of the app come in between."""
    chance = random.Random(seed)
    async with trial(ground, setting, "F9 F10 unclear answers", rounds, conversations=12, pause=0.05) as this:
        for _ in range(stalls):
            this.world.twilio.fail("create", **LONGER_THAN_PATIENCE)
        deaths = set(chance.sample(range(rounds), kills))
        for number in this.rounds():
            await _one_more(this.world, chance)
            if number in deaths:
                await _die(this, chance)
        calm(this.world)
    asked, taken = len(this.load.history.acknowledged), len(this.world.twilio.messages())
    this.result.figures |= {
        "calls to Twilio": len(this.world.twilio.requests),
        "texts taken": taken,
        "asked": asked,
    }
    return this.result


async def _one_more(world: World, chance: random.Random) -> None:
    world.twilio.lose_status = chance.random() < 0.2
    match chance.randrange(8):
        case 0:
            world.twilio.fail(chance.choice(OTHERS), status=500)
        case 1 | 2 | 3:
            world.slack.fail("chat.postMessage", **chance.choice(SLACK))
        case _:
            world.twilio.fail("create", **chance.choice(TWILIO))
    await asyncio.sleep(chance.uniform(0.01, 0.15))


def calm(world: World) -> None:
    """Everything works again."""
    world.twilio.lose_status = False
    world.twilio.heal()
    world.slack.clear_faults()


async def _die(this: Trial, chance: random.Random) -> None:
    """While a post is on its way, perhaps that of another process."""
    this.world.slack.fail("chat.postMessage", hang=0.5)
    await asyncio.sleep(chance.uniform(0, 0.2))
    member = chance.choice(this.world.fleet.alive)
    await this.kill(member)
    await this.world.fleet.begin(member)
