"""F1 and F14: at every failpoint, one by one in a world that goes on, somebody dies, stumbles or is cancelled."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable

from tests.faults.evidence import gather
from tests.faults.fate import Action
from tests.faults.ground import Ground, Setting
from tests.faults.invariants import Findings, check
from tests.faults.load import Load
from tests.faults.play import Play, Scene
from tests.faults.points import SLOW, points, unit_of
from tests.faults.quiet import settle
from tests.faults.results import Result

PATIENCE = 30.0  # seconds for a scene to come to its moment, and for its end
START = 5.0  # seconds; what happens at a start may follow when all else is done
RETRIES = (0.2,) * 100  # for Slack's own deliveries: as long as it takes
NAMES = {
    Action.KILL: "F1 kill -9 at each failpoint",
    Action.BREAK: "F14 an exception at each failpoint",
    Action.CANCEL: "F14 a cancelled task at each failpoint",
}


def reachable(*, with_slow: bool = True) -> list[tuple[str, Scene]]:
    """The points with their scenes, those too that take long."""
    return [(point, scene) for point, scene in points() if with_slow or unit_of(point) not in SLOW]


async def every_point(
    ground: Ground, setting: Setting, chosen: Iterable[tuple[str, Scene]], *, action: Action = Action.KILL
) -> Result:
    """It happens at each of these; after each the world goes on until all is done, and is checked."""
    chosen, wrong = list(chosen), list[str]()
    result, began = Result(NAMES[action], str(setting), len(chosen)), time.monotonic()
    async with ground.world(setting) as world, Load.on(world, again=0) as load:
        world.slack.retry_delays = RETRIES
        await world.fleet.start()
        play, known = Play(load), set[str]()
        for number, (point, scene) in enumerate(chosen, 1):
            trouble = await _play(play, point, scene, action)
            result.findings = await _found(load, action)
            trouble += [problem for problem in result.findings.problems if problem not in known]
            known |= set(result.findings.problems)
            wrong += [f"{point}: {each}" for each in trouble]
            ground.say(f"  {number} of {len(chosen)}: {point} {'; '.join(trouble)}")
    result.findings.problems = wrong
    result.seconds = time.monotonic() - began
    return result


async def _found(load: Load, action: Action) -> Findings:
    """What is wrong. Nobody can wait for a sweep; what it has just promised is waited for now."""
    stumbles = action is not Action.KILL  # which leaves an incident in the log, as it should
    found = check(await gather(load, may_stumble=stumbles))
    if any(problem.startswith("I4") for problem in found.problems):
        await settle(load.world)
        found = check(await gather(load, may_stumble=stumbles))
    return found


async def _play(play: Play, point: str, scene: Scene, action: Action) -> list[str]:
    """Play a scene, in which it happens, to its end; what went wrong."""
    try:
        playing = scene(play)
        async with asyncio.timeout(PATIENCE):
            await anext(playing)
        play.world.fate.doom(point, action)
        acting = asyncio.create_task(_act(play, playing))
        reached = await _is_reached(play, point, acting, action)
        if action is Action.KILL:
            play.world.let_leases_end()
        await play.world.fleet.start()
        async with asyncio.timeout(PATIENCE):
            await acting
        await settle(play.world)
        return [] if reached else ["nobody came to this point"]
    except (TimeoutError, AssertionError) as error:
        return [f"{type(error).__name__}: {error}"]
    finally:
        await _calm_down(play)


async def _is_reached(play: Play, point: str, acting: "asyncio.Task[None]", action: Action) -> bool:
    """Whether somebody comes to the point while the scene is played, or soon after."""
    happening = asyncio.create_task(play.death(point) if action is Action.KILL else play.stumble(point))
    await asyncio.wait([happening, acting], return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
    await asyncio.wait([happening], timeout=START)
    reached = happening.done() and happening.exception() is None
    happening.cancel()
    return reached


async def _calm_down(play: Play) -> None:
    world = play.world
    world.fate.spare()
    world.slack.clear_faults()
    world.twilio.heal()
    world.stripe.heal()
    world.twilio.lose_status, world.twilio.status_delay = False, 0.01
    await world.fleet.start()


async def _act(play: Play, playing: AsyncIterator[None]) -> None:
    async for _ in playing:
        raise AssertionError("a scene yields once")
    await settle(play.world)
