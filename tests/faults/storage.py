"""F11 and F12: the disk is full, and somebody else holds the database.

A full disk is a small tmpfs where one may be mounted, and otherwise a limit to the size of files, which the kernel
enforces in the same place: both end with a write that fails, and can be undone while the app runs.
"""

import asyncio
import os
import resource
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from tests.apart import Lock
from tests.faults.ground import SQLITE, Ground, Setting
from tests.faults.history import ACKNOWLEDGED
from tests.faults.results import Result
from tests.faults.trial import Trial, trial

SIZE = "16m"
FULL_FOR = 2.5  # seconds
BUSY = 503
TWILIO_WAITS, OUR_DEADLINE, SLACK_WAITS = 15.0, 9.0, 3.0  # seconds


def may_mount() -> bool:
    """Whether a small disk can be made here."""
    with suppress(OSError, subprocess.CalledProcessError), small_disk():
        return True
    return False


@contextmanager
def small_disk() -> Iterator[Path]:
    """A disk of 16 MiB. Raises CalledProcessError where nobody may mount one."""
    place = Path(tempfile.mkdtemp(prefix="disk"))
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place))
        try:
            yield place
        finally:
            _run("umount", "-l", str(place))
    finally:
        place.rmdir()


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603 (our own words)


async def full_disk(ground: Ground, rounds: int) -> Result:
    """On a disk of its own, which is filled and emptied so many times under load. Needs the right to mount."""
    with small_disk() as place:
        async with trial(ground, SQLITE, "F11 disk full (tmpfs)", rounds, database_folder=place) as this:
            for _ in range(rounds):
                with _filled(place):
                    await _nothing_is_promised(this)
                await asyncio.sleep(1)
    return this.result


@contextmanager
def _filled(place: Path) -> Iterator[None]:
    filler = place / "filler"
    file = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (65536, 512):
            with suppress(OSError):
                while os.write(file, bytes(size)):
                    pass
        yield
    finally:
        os.close(file)
        filler.unlink()


async def full_quota(ground: Ground, rounds: int) -> Result:
    """The app's files may not grow any more, for a while, so many times."""
    async with trial(ground, SQLITE, "F11 disk full (file size limit)", rounds) as this:
        process = this.world.fleet.members[0].process
        assert process is not None
        for _ in range(rounds):
            process.limit(resource.RLIMIT_FSIZE, _size(f"{this.world.database}-wal"))
            await _nothing_is_promised(this)
            process.limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
            await asyncio.sleep(1)
    return this.result


def _size(file: str) -> int:
    return Path(file).stat().st_size


async def _nothing_is_promised(this: Trial) -> None:
    """What cannot be stored is answered 503, the process lives, and what is acknowledged all the same is kept."""
    process, before = this.world.fleet.members[0].process, this.answers().get(BUSY, 0)
    assert process is not None
    async with asyncio.timeout(20):
        while this.answers().get(BUSY, 0) == before:  # Twilio's senders learn it after nine seconds
            await asyncio.sleep(0.1)
    await asyncio.sleep(FULL_FOR)
    this.expect(process.is_alive, "the process did not survive a full disk")
    this.expect(set(this.answers()) <= {ACKNOWLEDGED, BUSY}, f"other answers than 200 and 503: {this.answers()}")


async def locked(ground: Ground, setting: Setting, rounds: int, *, seconds: float) -> Result:
    """Somebody else writes for so long, so many times: answers come late, or are 503 while it is of use."""
    async with trial(ground, setting, f"F12 database locked {seconds:.0f} s", rounds) as this:
        for _ in range(rounds):
            async with _held(this.world.database_url):
                await asyncio.sleep(seconds)
            await asyncio.sleep(1)
    this.result.figures["slowest answers"] = (
        f"{this.slowest('in'):.1f} s to Twilio, {this.slowest('out'):.1f} s to Slack"
    )
    allowed = {ACKNOWLEDGED} if seconds < OUR_DEADLINE else {ACKNOWLEDGED, BUSY}
    problems = this.result.findings.problems
    if not set(this.answers("in")) <= allowed:
        problems.append(f"Twilio was answered {this.answers('in')}")
    if not set(this.answers("out")) <= {ACKNOWLEDGED, BUSY}:
        problems.append(f"Slack was answered {this.answers('out')}")
    if this.slowest("in") >= TWILIO_WAITS or this.slowest("out") >= SLACK_WAITS:
        problems.append("an answer came when nobody waited for it any more")
    return this.result


@asynccontextmanager
async def _held(url: str) -> AsyncIterator[None]:
    lock = Lock(url)
    await lock.take()
    yield
    await lock.free()
