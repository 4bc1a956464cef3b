"""F13: PostgreSQL restarts, goes away, cuts its connections, takes nothing in, or has no patience."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.faults.ground import Ground, Setting
from tests.faults.history import ACKNOWLEDGED
from tests.faults.results import Result
from tests.faults.trial import Trial, trial

BUSY = 503
APART = 1.0  # seconds between two troubles

Trouble = Callable[[Ground, Trial], Awaitable[None]]


async def _restart(ground: Ground, _: Trial) -> None:
    await ground.server.crash()


async def _cut(ground: Ground, this: Trial) -> None:
    await ground.server.cut(this.world.database)


def _gone(seconds: float) -> Trouble:
    async def happen(ground: Ground, _: Trial) -> None:
        await ground.server.stop()
        try:
            await asyncio.sleep(seconds)
        finally:  # whatever comes next needs it
            await ground.server.start()

    return happen


def _frozen(seconds: float) -> Trouble:
    """It takes every connection and every question, and says nothing, as behind a network that drops packets."""

    async def happen(ground: Ground, _: Trial) -> None:
        with ground.server.frozen():
            await asyncio.sleep(seconds)

    return happen


async def _read_only(ground: Ground, this: Trial) -> None:
    await _for_a_while(ground, this, "default_transaction_read_only = on", "default_transaction_read_only")


async def _impatient(ground: Ground, this: Trial) -> None:
    await _for_a_while(ground, this, "statement_timeout = '1ms'", "statement_timeout")


async def _for_a_while(ground: Ground, this: Trial, setting: str, name: str) -> None:
    """Every new connection is like this for two seconds."""
    database = this.world.database
    await ground.server.sql(f"ALTER DATABASE {database} SET {setting}")
    await ground.server.cut(database)
    await asyncio.sleep(2)
    await ground.server.sql(f"ALTER DATABASE {database} RESET {name}")
    await ground.server.cut(database)


async def _crowded(ground: Ground, this: Trial) -> None:
    """It takes no more connections for two seconds, and has closed those that there were."""
    database = this.world.database
    await ground.server.sql(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
    await ground.server.cut(database)
    await asyncio.sleep(2)
    await ground.server.sql(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")


TROUBLES: dict[str, tuple[Trouble, bool]] = {  # and whether Twilio must not notice
    "immediate restart": (_restart, True),
    "connections cut": (_cut, True),
    "no connection for 2 s": (_crowded, True),
    "read-only for 2 s": (_read_only, True),
    "statement timeout 1 ms for 2 s": (_impatient, True),
    "gone for 5 s": (_gone(5), True),
    "gone for 14 s": (_gone(14), False),
    "frozen for 5 s": (_frozen(5), True),
    "frozen for 14 s": (_frozen(14), False),
}


async def trouble(ground: Ground, setting: Setting, rounds: int, *, kind: str) -> Result:
    """This trouble so many times, under load. Short ones cost Twilio nothing but time; Slack may have to repeat."""
    happen, is_short = TROUBLES[kind]
    async with trial(ground, setting, f"F13 PostgreSQL: {kind}", rounds) as this:
        for _ in this.rounds():
            await asyncio.sleep(APART)
            await happen(ground, this)
        await asyncio.sleep(APART)
    problems, figures = this.result.findings.problems, this.result.figures
    figures["slowest answers"] = f"{this.slowest('in'):.1f} s to Twilio, {this.slowest('out'):.1f} s to Slack"
    allowed = {ACKNOWLEDGED} if is_short else {ACKNOWLEDGED, BUSY}
    if not set(this.answers("in")) <= allowed:
        problems.append(f"Twilio was answered {this.answers('in')}")
    if not set(this.answers("out")) <= {ACKNOWLEDGED, BUSY}:
        problems.append(f"Slack was answered {this.answers('out')}")
    return this.result


async def absent_at_the_start(ground: Ground, setting: Setting, rounds: int) -> Result:
    """Who starts while it is down says so in one sentence and ends; started again when it is back, all is well."""
    result, began = Result("F13 PostgreSQL: down at the start", str(setting), rounds), time.monotonic()
    async with ground.world(setting) as world:
        for _ in range(rounds):
            await ground.server.stop()
            try:
                process = await world.fleet.maker.run(world.fleet.members[0].command)
            finally:
                await ground.server.start()
            if process.status == 0 or "Traceback" in process.said or not process.said.startswith("Error: "):
                result.findings.problems.append(f"without a database it said: {process.said}")
            await world.fleet.start()
            await world.fleet.kill_all()
    result.figures["it said"] = process.said.splitlines()[0]
    result.seconds = time.monotonic() - began
    return result
