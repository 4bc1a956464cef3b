"""Trouble at random, from one generator: processes die, services fail or slow down, PostgreSQL restarts."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.faults.fleet import Member
from tests.faults.ground import Ground
from tests.faults.providers import SLACK, TWILIO
from tests.faults.world import World

EVERY = (2.0, 8.0)  # seconds from one trouble to the next
SLOW, CALLS = 2.0, 5  # seconds that each of so many calls takes


class Weather:
    """`happened` counts each kind of trouble. Whoever is in `spared` is never killed: their memory is watched."""

    def __init__(self, ground: Ground, world: World, seed: int, spared: list[Member]) -> None:
        self.happened: Counter[str] = Counter()
        self._ground, self._world, self._chance = ground, world, random.Random(seed)
        self._mortal = [member for member in world.fleet.members if member not in spared]
        self._kinds: list[tuple[int, str, Callable[[], Awaitable[None]]]] = [
            (6, "calls of Twilio's go wrong", self._twilio_fails),
            (6, "calls of Slack's go wrong", self._slack_fails),
            (2, "Twilio is slow", self._twilio_is_slow),
            (2, "Slack is slow", self._slack_is_slow),
            (2, "receipts get lost", self._receipts_get_lost),
        ]
        if self._mortal:
            self._kinds.append((3, "kill -9", self._somebody_dies))
        if not world.db.is_sqlite:
            self._kinds += [(1, "PostgreSQL restarts", ground.server.crash), (1, "connections cut", self._cut)]

    async def change(self, stop: asyncio.Event) -> None:
        """One trouble after the other, until the end."""
        weights = [weight for weight, _, _ in self._kinds]
        while not stop.is_set():
            _, name, happen = self._chance.choices(self._kinds, weights)[0]
            self.happened[name] += 1
            await happen()
            await asyncio.sleep(self._chance.uniform(*EVERY))

    async def _somebody_dies(self) -> None:
        member = await self._world.fleet.kill(self._chance.choice(self._mortal))
        await asyncio.sleep(self._chance.uniform(0, 2))
        await self._world.fleet.begin(member)

    async def _twilio_fails(self) -> None:
        for _ in range(CALLS):
            self._world.twilio.fail("create", **self._chance.choice(TWILIO))

    async def _slack_fails(self) -> None:
        for _ in range(CALLS):
            self._world.slack.fail("chat.postMessage", **self._chance.choice(SLACK))

    async def _twilio_is_slow(self) -> None:
        self._world.twilio.fail("create", times=CALLS, hang=SLOW)

    async def _slack_is_slow(self) -> None:
        self._world.slack.fail("*", times=CALLS, hang=SLOW)

    async def _receipts_get_lost(self) -> None:
        self._world.twilio.lose_status = True
        await asyncio.sleep(1)
        self._world.twilio.lose_status = False

    async def _cut(self) -> None:
        await self._ground.server.cut(self._world.database)
