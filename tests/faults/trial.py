"""The frame of most experiments: a fresh world under load in both directions, trouble, calm, and the checker."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.cast import FirmCast
from tests.faults.evidence import gather
from tests.faults.fleet import Member
from tests.faults.ground import Ground, Setting
from tests.faults.health import Health
from tests.faults.history import ACKNOWLEDGED, Way
from tests.faults.invariants import check
from tests.faults.load import Load, pairs_of
from tests.faults.quiet import settle
from tests.faults.results import Result
from tests.faults.world import LONGEST_CALL, World

CALM = 150.0  # seconds for everything to settle
TOLD_EVERY = 10.0  # seconds


@dataclass
class Trial:
    """One experiment under way. `problems` are what it finds wrong itself, beside the invariants.

    What is done `beside` ends before everything has to settle.
    """

    world: World
    load: Load
    health: Health
    result: Result
    ground: Ground
    problems: list[str] = field(default_factory=list)
    beside: list[asyncio.Task[None]] = field(default_factory=list)

    def expect(self, is_so: bool, problem: str) -> None:
        """Remember a problem unless it is so."""
        if not is_so:
            self.problems.append(problem)

    async def kill(self, member: Member, *, longest_call: float = LONGEST_CALL) -> None:
        """kill -9; others inherit its claims while the trial goes on, as soon as every call of theirs is over."""
        await self.world.fleet.kill(member)
        if not self.world.db.is_sqlite:  # where who starts is alone, and takes over at once
            self.beside.append(asyncio.create_task(self.world.inherit(longest_call=longest_call)))

    def rounds(self) -> Iterator[int]:
        """Each of them by its number; now and then it is told how far this has come."""
        told = time.monotonic()
        for number in range(self.result.rounds):
            yield number
            if time.monotonic() - told > TOLD_EVERY:
                told = time.monotonic()
                acknowledged = len(self.load.history.acknowledged)
                self.ground.say(f"  round {number + 1} of {self.result.rounds}, {acknowledged:,} acknowledged")

    def answers(self, way: Way | None = None) -> dict[int, int]:
        """How often each status was the answer; 0 stands for none."""
        counted: dict[int, int] = {}
        for given in self.load.history.inputs:
            for status in given.answers + given.others if way in {None, given.way} else ():
                counted[status] = counted.get(status, 0) + 1
        return counted

    def slowest(self, way: Way) -> float:
        """Seconds that the slowest answer took."""
        return max((max(given.seconds) for given in self.load.history.inputs if given.way == way), default=0.0)


@asynccontextmanager
async def trial(
    ground: Ground,
    setting: Setting,
    experiment: str,
    rounds: int,
    *,
    conversations: int = 8,
    pause: float = 0.1,
    again: float = 0.1,
    copies: int = 1,
    waits: float | None = None,
    may_stumble: bool = False,
    database_folder: Path | None = None,
) -> AsyncIterator[Trial]:
    """Everything runs and talks while this block lasts; afterwards `result` says what came of it."""
    result, began = Result(experiment, str(setting), rounds), time.monotonic()
    async with (
        ground.world(setting, database_folder=database_folder) as world,
        Load.on(world, again=again, copies=copies, waits=waits) as load,
        Health.of(world.fleet) as health,
    ):
        await world.fleet.start()
        pairs = pairs_of(world, conversations)
        await load.open(pairs)
        this = Trial(world, load, health, result, ground)
        async with under_load(load, pairs, pause):
            yield this
        await asyncio.gather(*this.beside)
        await settle(world, CALM)
        found = await gather(load, slowest_health=health.slowest, may_stumble=may_stumble)
        result.findings = check(found, healthy_within=ground.healthy_within)
        result.findings.problems += this.problems
        bad = {status: times for status, times in this.answers().items() if status != ACKNOWLEDGED}
        result.figures |= health.told() | ({"other answers than 200": bad} if bad else {})
        result.seconds = time.monotonic() - began


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
