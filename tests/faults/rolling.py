"""F30: processes are asked to end under load, and others take their places."""

import asyncio

from tests.faults.fleet import Member
from tests.faults.ground import Ground, Setting
from tests.faults.results import Result
from tests.faults.trial import Trial, trial

DRAINED = 10.0  # seconds
BUSY, LATE = 503, -1
BETWEEN = 0.3  # seconds from a start to the next stop


async def restarts(ground: Ground, setting: Setting, rounds: int) -> Result:
    """Everybody is replaced, one after the other, so many times. With several processes nobody outside notices."""
    async with trial(
        ground, setting, "F30 SIGTERM and restart under load", rounds, conversations=12, pause=0.3
    ) as this:
        drains = [await _replace(this, member) for _ in this.rounds() for member in this.world.fleet.members]
    this.result.figures["ended within"] = f"{max(drains):.1f} s"
    # A 503 in time, to whoever comes again, is no error; it is counted among the other answers all the same.
    broken = [status for status in this.load.history.refusals() if status not in {BUSY, LATE}]
    if setting.shape == "pair" and broken:
        this.result.findings.problems.append(f"{len(broken)} requests were not served: {sorted(set(broken))}")
    return this.result


async def _replace(this: Trial, member: Member) -> float:
    """How many seconds its end took."""
    await asyncio.sleep(BETWEEN)
    process = member.process
    assert process is not None
    seconds = await process.stop()
    this.expect(process.status == 0, f"{member.command} ended with {process.status}: {process.said[-500:]}")
    this.expect(seconds <= DRAINED, f"{member.command} took {seconds:.1f} seconds to end")
    await this.world.fleet.begin(member)
    return seconds
