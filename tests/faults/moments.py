"""F1: kill -9 at every failpoint, one after the other, in one world that goes on."""

import asyncio
import time
from collections.abc import Callable, Iterable

from tests.faults.evidence import gather
from tests.faults.ground import SQLITE, Ground, Setting
from tests.faults.invariants import check
from tests.faults.load import Load
from tests.faults.play import Play, Scene
from tests.faults.points import ONLY_ON_SQLITE, SLOW, points, unit_of
from tests.faults.quiet import settle
from tests.faults.results import Result

PATIENCE = 30.0  # seconds for a scene to come to its moment, and for its end
START = 5.0  # seconds; what happens at a start may follow when all else is done
RETRIES = (0.2,) * 100  # for Slack's own deliveries: as long as it takes


def of_setting(setting: Setting, *, with_slow: bool = True) -> list[str]:
    """The points that can be reached there."""
    return [
        point
        for point in points()
        if (setting == SQLITE or unit_of(point) not in ONLY_ON_SQLITE) and (with_slow or unit_of(point) not in SLOW)
    ]


async def every_point(
    ground: Ground, setting: Setting, chosen: Iterable[str], say: Callable[[str], None] = lambda _: None
) -> Result:
    """Somebody dies at each of these; then the world goes on until all is done, and is checked."""
    chosen = list(chosen)
    result, began = Result("F1 kill -9 at each failpoint", str(setting), len(chosen)), time.monotonic()
    async with ground.world(setting) as world, Load.on(world, again=0) as load:
        world.slack.retry_delays = RETRIES
        await world.fleet.start()
        play, known = Play(load), set[str]()
        for number, point in enumerate(chosen, 1):
            wrong = await _die(play, point, points()[point])
            findings = check(await gather(load))
            wrong += [problem for problem in findings.problems if problem not in known]
            known |= set(findings.problems)
            result.findings = findings
            say(f"{number}/{len(chosen)} {point}{': ' + '; '.join(wrong) if wrong else ''}")
            known |= {f"{point}: {each}" for each in wrong}
        result.findings.problems = sorted(known)
    result.seconds = time.monotonic() - began
    return result


async def _die(play: Play, point: str, scene: Scene) -> list[str]:
    """Play a scene in which somebody dies, and bring it to its end; what went wrong."""
    world = play.world
    playing = scene(play)
    try:
        async with asyncio.timeout(PATIENCE):
            await anext(playing)
        world.fate.doom(point)
        acting = asyncio.create_task(_act(play, playing))
        async with asyncio.timeout(PATIENCE):
            dying = asyncio.create_task(play.death(point))
            await asyncio.wait([dying, acting], return_when=asyncio.FIRST_COMPLETED)
            if not dying.done():
                await asyncio.wait([dying], timeout=START)
            reached = dying.done() and dying.exception() is None
            dying.cancel()
        world.let_leases_end()
        await world.fleet.start()
        async with asyncio.timeout(PATIENCE):
            await acting
        await settle(world)
        return [] if reached else ["nobody came to this point"]
    except (TimeoutError, AssertionError) as error:
        return [f"{type(error).__name__}: {error}"]
    finally:
        world.fate.spare()
        world.slack.clear_faults()
        world.twilio.heal()
        world.twilio.lose_status, world.twilio.status_delay = False, 0.01
        await world.fleet.start()


async def _act(play: Play, playing: object) -> None:
    async for _ in playing:  # type: ignore[attr-defined]
        raise AssertionError("a scene yields once")
    await settle(play.world)
