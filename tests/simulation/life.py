"""What happens in a world, from the first text to the last look: a storm of a minute or so, then quiet time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from bridge.services import installs
from bridge.store import routes
from tests.simulation.apps import App
from tests.simulation.people import People
from tests.simulation.world import ARRIVES_WITHIN, OTHER_CHANNEL, World

ACTS = 5
LATER = 1_400  # seconds; by then every list shows everything, and receipts are overdue by any clock
A_MINUTE = 60  # seconds; by then the audit trail's entries are sealed
PATIENCE = 400  # looks at a world that should come to rest
OPEN = """
SELECT min(max(coalesce(lease_until, due_at), due_at)) FROM outbox WHERE state IN ('ready', 'sending', 'unknown')
"""


class Life:
    """What happens in a world, from its beginning to its end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people = People(world)
        self._hands: dict[str, Callable[[], Any]] = {
            "kill": self._kill,
            "stop": self._stop,
            "hold up": self._hold_up,
            "archive": self._archive,
            "revoke": self._revoke,
            "suspend": self._suspend,
            "delete root": self._delete_root,
            "opt out": self._opt_out,
            "another channel": self._another_channel,
            "jump": self._jump,
        }

    async def storm(self) -> None:
        """Leads and staff write, and things go wrong."""
        world, chance = self.world, self.world.chance
        for _ in range(world.together):
            world.start()
        self.people.lead_texts()
        for _ in range(ACTS):
            await asyncio.sleep(world.weather.some(chance.choice((2, 20))))
            act = chance.choice((self.people.lead_texts, self.people.staff_replies, self.people.somebody_presses))
            act()
            for app in world.alive():  # all at once
                app.seal()
            for name, hand in self._hands.items():
                if world.weather.happens(name):
                    await asyncio.sleep(world.weather.some(3))
                    world.hear(name)
                    await (hand() or asyncio.sleep(0))

    # --- what the hand of chance does

    def _kill(self) -> None:
        if app := self.world.somebody():
            app.process.kill()

    async def _stop(self) -> None:
        if app := self.world.somebody():
            await asyncio.wait({app.process.spawn(app.stop())}, timeout=30)
            app.process.kill()  # whoever takes longer is killed

    def _hold_up(self) -> None:
        """Right after its next claim; when it goes on, others may have taken that over."""
        if app := self.world.somebody():
            app.stands_still = self.world.chance.choice((100, 200))
            self.people.lead_texts()

    def _jump(self) -> None:
        self.world.jump(self.world.chance.choice((-86_400, -600, -5, 5, 40, 600, 86_400)))

    def _archive(self) -> None:
        self.world.slack.archived = not self.world.slack.archived
        self.world.history.was_archived = True

    def _revoke(self) -> None:
        self.world.slack.revoked = not self.world.slack.revoked

    def _suspend(self) -> None:
        self.world.twilio.suspended = not self.world.twilio.suspended

    def _delete_root(self) -> None:
        for root in self.world.slack.roots()[:1]:
            self.people.delete(root)

    def _opt_out(self) -> None:
        self.people.lead_texts(self.world.chance.choice(("STOP", "STOP", "START")))

    async def _another_channel(self) -> None:
        world = self.world

        def choose(app: App) -> Callable[[], Awaitable[None]]:
            return lambda: installs.set_channel(app.deps, world.ground.firm, OTHER_CHANNEL, app.deps.clock())

        await world.ask("another channel", choose, 20)

    # --- the end

    async def quiet(self) -> None:
        """Everything works again, until all has been done that can be."""
        world = self.world
        world.weather.calm()
        for app in world.apps:
            app.process.dies_at = app.process.stands_still = app.stands_still = None
        world.slack.archived = world.slack.revoked = world.twilio.suspended = False
        await asyncio.sleep(ARRIVES_WITHIN)  # no time is skipped while anything is on its way
        await world.ask("repairs", lambda app: lambda: self._repair(app), 60)
        await self._rest()
        world.skip(LATER)
        await asyncio.wait({world.alive()[0].sweep()})
        await self._rest()
        world.skip(A_MINUTE)
        await asyncio.wait({world.alive()[0].seal()})

    async def _repair(self, app: App) -> None:
        async with app.deps.db.begin() as tx:
            await routes.switch_on_all(tx, self.world.ground.firm.id, like="")

    async def _rest(self) -> None:
        """Until nothing is open any more, or nothing more will happen."""
        world = self.world
        for _ in range(PATIENCE):
            await asyncio.sleep(0.5)
            if self.people.are_busy or any(app.is_busy or app.process.wakes_up for app in world.alive()):
                continue
            if not (waits := world.ground.rows(OPEN)[0][0]):
                return
            self._skip_to(waits)

    def _skip_to(self, due: str) -> None:
        wait = (datetime.fromisoformat(due).replace(tzinfo=UTC) - self.world.clock()).total_seconds()
        if wait > 1:
            self.world.skip(wait)
