"""F27: several processes want the same at the same moment."""

import asyncio
import random
import re
import shutil
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

from bridge.sandbox.ports import free_port
from bridge.store import migrate
from tests.faults.ground import Ground, Setting
from tests.faults.results import Result
from tests.faults.trial import Trial, trial
from tests.faults.world import World

MIGRATING = 4  # processes
WAKING = 0.2  # seconds from waking to a call that had been prepared before
STILL = 1.5  # seconds, of which the clock that all go by makes minutes
ANSWERED = 30.0  # seconds in which each copy has its 200: longer than a service waits, as a busy machine is slow
TAKEN = "Error: "  # how a sentence to the operator begins


async def the_same_to_both(ground: Ground, setting: Setting, rounds: int) -> Result:
    """Every webhook and every event comes three times at the same moment, to whichever process takes it."""
    name = "F27 everything three times at once"
    async with trial(ground, setting, name, rounds, copies=3, again=1, waits=ANSWERED) as this:
        await asyncio.sleep(rounds)
    others = {status: times for status, times in this.answers().items() if status != 200}
    if others:
        this.result.findings.problems.append(f"not every copy was answered 200: {others}")
    return this.result


async def standing_still(ground: Ground, setting: Setting, rounds: int, *, seed: int = 1) -> Result:
    """One of two workers stands still until its claims have run out, and goes on as if nothing had happened.

    Who stops between the last look at a claim and the call, a millisecond later, calls on waking. Nobody can keep
    a line in a thread from standing there twice then; it is counted by itself. A text to a lead is no such case.
    """
    chance, woken = random.Random(seed), list[float]()
    name = "F27 a worker stands still for longer than its claims"
    async with trial(ground, setting, name, rounds, conversations=12, pause=0.2) as this:
        for _ in this.rounds():
            await asyncio.sleep(chance.uniform(0.2, 1))
            process = chance.choice(this.world.fleet.workers).process
            assert process is not None
            process.signal(signal.SIGSTOP)
            try:
                this.world.let_leases_end()
                await asyncio.sleep(STILL)
            finally:
                woken.append(this.world.fate.clock().timestamp())
                process.signal(signal.SIGCONT)
    _excuse(this, woken)
    return this.result


def _excuse(this: Trial, woken: Sequence[float]) -> None:
    """What was shown twice because somebody called in the very moment of waking."""
    calls = [call for call in this.world.slack.calls if call.method == "chat.postMessage"]
    awake = [call for call in calls if any(0 <= call.at - moment < WAKING for moment in woken)]
    found, shown = this.result.findings, " ".join(str(call.args.get("text")) for call in awake)
    excused = [
        each
        for each in found.problems
        if (known := re.match(r"I[23] (i\d+) took effect", each)) and known[1] in shown
    ]
    found.problems = [each for each in found.problems if each not in excused]
    found.doubled -= sum(each.startswith("I2") for each in excused)
    found.out_of_order -= sum(each.startswith("I3") for each in excused)
    this.result.figures["shown twice by who had just woken"] = sum(each.startswith("I2") for each in excused)


async def migrations(ground: Ground, setting: Setting, rounds: int) -> Result:
    """Several migrate an empty database while two start to serve; on SQLite one of these is refused."""
    result, began = Result("F27 migrated by several at once", str(setting), rounds), time.monotonic()
    async with ground.world(setting) as world:
        for _ in range(rounds):
            async with _empty(ground, setting, world) as url:
                result.findings.problems += await _migrate(world, setting, url)
    result.seconds = time.monotonic() - began
    return result


async def _migrate(world: World, setting: Setting, url: str) -> list[str]:
    """What went wrong."""
    maker, environ = world.fleet.maker, {"DATABASE_URL": url.replace("+aiosqlite", "").replace("+asyncpg", "")}
    migrating = [maker.make("migrate", environ=environ) for _ in range(MIGRATING)]
    serving = [maker.make("serve", environ=environ | {"PORT": str(free_port())}) for _ in range(2)]
    await asyncio.gather(*(process.end_within(30) for process in migrating))
    problems = [f"migrate: {process.said}" for process in migrating if process.status != 0]
    async with asyncio.timeout(30):
        while not all("is ready" in process.said or not process.is_alive for process in serving):
            await asyncio.sleep(0.02)
    ready = [process for process in serving if process.is_alive]
    refused = [process.said for process in serving if not process.is_alive]
    if len(ready) != (1 if setting.database == "sqlite" else 2):
        problems.append(f"{len(ready)} of two serve: {refused}")
    problems += [f"serve: {said}" for said in refused if not said.startswith(TAKEN)]
    for process in ready:
        await process.kill()
    if left := await migrate.differences(url):
        problems.append(f"the tables are not those that they should be: {left}")
    return problems


@asynccontextmanager
async def _empty(ground: Ground, setting: Setting, world: World) -> AsyncIterator[str]:
    name = f"e{uuid4().hex}"
    if setting.database == "sqlite":
        (world.folder / name).mkdir(mode=0o700)
        yield f"sqlite+aiosqlite:///{world.folder / name}/bridge.db"
        shutil.rmtree(world.folder / name)
        return
    await ground.server.sql(f"CREATE DATABASE {name}")
    yield ground.server.url(name)
    await ground.server.sql(f"DROP DATABASE {name} WITH (FORCE)")
