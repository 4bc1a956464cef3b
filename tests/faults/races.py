"""F27: several processes want the same at the same moment."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from bridge.store import migrate
from tests.cast import free_port
from tests.faults.ground import Ground, Setting
from tests.faults.results import Result
from tests.faults.trial import trial
from tests.faults.world import World

MIGRATING = 4  # processes
TAKEN = "Error: "  # how a sentence to the operator begins


async def the_same_to_both(ground: Ground, setting: Setting, rounds: int) -> Result:
    """Every webhook and every event comes three times at the same moment, to whichever process takes it."""
    async with trial(ground, setting, "F27 everything three times at once", rounds, copies=3, again=1) as this:
        await asyncio.sleep(rounds)
    others = {status: times for status, times in this.answers().items() if status != 200}
    if others:
        this.result.findings.problems.append(f"not every copy was answered 200: {others}")
    return this.result


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
