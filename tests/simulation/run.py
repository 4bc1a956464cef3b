"""One seed: a storm of some minutes, quiet time, and then what must be true."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import structlog

from tests.simulation import checks
from tests.simulation.disk import virtual_disk
from tests.simulation.ground import Ground, in_peace
from tests.simulation.life import Life
from tests.simulation.loop import Stalled, virtual_time
from tests.simulation.processes import task_factory
from tests.simulation.world import World

Tamper = Callable[[World], None]


def _nothing(_: World) -> None:
    """It stays as it is."""


@dataclass
class Outcome:
    """What a seed has shown: what was wrong, if anything, and everything that happened."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)

    @property
    def story(self) -> str:
        """What was wrong, and how to see it again."""
        return "\n".join(
            [f"Seed {self.seed} (make simulate SEED={self.seed}):", *(f"  {each}" for each in self.wrong)]
        )


def simulate(seed: int, ground: Ground, *, calm: bool = False, tamper: Tamper = _nothing) -> Outcome:
    """Let one world run its course; a `calm` one without any trouble. Tests `tamper` with what has come of it."""
    outcome, before = Outcome(seed), random.getstate()
    random.seed(seed)
    ground.fresh()
    try:
        with in_peace(), virtual_time() as loop, structlog.testing.capture_logs() as logs:
            loop.set_task_factory(task_factory)
            loop.set_exception_handler(partial(_noted, outcome))
            world = loop.run_until_complete(_live(seed, ground, outcome, calm=calm))
            tamper(world)
            outcome.wrong += checks.wrong(world, logs)
            for app in world.apps:
                app.process.bury()
    finally:
        random.setstate(before)
    return outcome


def _noted(outcome: Outcome, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a request ended with after its sender had hung up is nobody's trouble; everything else is."""
    if "never retrieved" not in context["message"]:
        outcome.wrong.append(f"{context['message']}: {context.get('exception')!r}")


async def _live(seed: int, ground: Ground, outcome: Outcome, *, calm: bool) -> World:
    world = World(seed, ground)
    if calm:
        world.weather.calm()
    with virtual_disk(world.weather, ground.engines) as world.disk, pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: world.clock().timestamp())
        outcome.trace = world.trace
        life = Life(world)
        try:
            await life.storm()
            await life.quiet()
        except Stalled:
            outcome.wrong.append("everything waits for something that will never happen")
        for app in world.alive():
            app.process.kill()
    return world
