"""F11 and F12: the disk is full, and somebody else holds the database.

A full disk is a small tmpfs where one may be mounted, and otherwise a limit to the size of files, which the kernel
enforces in the same place: both end with a write that fails, and can be undone while the app runs.
"""

import asyncio
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.ground import Ground, Setting
from tests.faults.history import ACKNOWLEDGED
from tests.faults.results import ImpossibleError, Result
from tests.faults.trial import Trial, trial
from tests.lock import Lock

SIZE = "16m"
NOTHING = 4096  # bytes; a database and its log are larger from the start, and no file is written to beyond it
FULL_FOR = 2.5  # seconds
NOTICED = 20.0  # seconds; Twilio's senders learn of it after nine
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


async def full_disk(ground: Ground, setting: Setting, rounds: int) -> Result:
    """On a disk of its own, which is filled and emptied so many times under load.

    Raises ImpossibleError where nobody may mount one.
    """
    if not may_mount():
        raise ImpossibleError("nobody may mount a small disk")
    with small_disk() as place:
        async with trial(ground, setting, "F11 disk full (tmpfs)", rounds, database_folder=place) as this:
            for _ in this.rounds():
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


async def full_quota(ground: Ground, setting: Setting, rounds: int) -> Result:
    """None of the app's files can be written to, not even its log, for a while, so many times.

    Raises ImpossibleError where the system does not let anybody limit another process.
    """
    async with trial(ground, setting, "F11 disk full (file size limit)", rounds) as this:
        process = this.world.fleet.members[0].process
        assert process is not None
        for _ in this.rounds():
            try:
                before = process.limit(resource.RLIMIT_FSIZE, NOTHING)
            except OSError as error:
                raise ImpossibleError("nobody may limit the files of another process") from error
            await _nothing_is_promised(this)
            process.limit(resource.RLIMIT_FSIZE, before)
            await asyncio.sleep(1)
    return this.result


async def _nothing_is_promised(this: Trial) -> None:
    """What cannot be stored is answered 503, the process lives, and what is acknowledged all the same is kept."""
    process, before = this.world.fleet.members[0].process, this.answers().get(BUSY, 0)
    assert process is not None
    until = time.monotonic() + NOTICED
    while this.answers().get(BUSY, 0) == before and time.monotonic() < until:
        await asyncio.sleep(0.1)
    this.expect(this.answers().get(BUSY, 0) > before, f"nobody was answered {BUSY} within {NOTICED:.0f} seconds")
    await asyncio.sleep(FULL_FOR)
    this.expect(process.is_alive, "the process did not survive a full disk")
    this.expect(set(this.answers()) <= {ACKNOWLEDGED, BUSY}, f"other answers than 200 and 503: {this.answers()}")


async def locked(ground: Ground, setting: Setting, rounds: int, *, seconds: float) -> Result:
    """Somebody else writes for so long, so many times: answers come late, or are 503 while it is of use."""
    async with trial(ground, setting, f"F12 database locked {seconds:.0f} s", rounds) as this:
        for _ in this.rounds():
            await _hold(this.world.database_url, seconds)
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


async def _hold(url: str, seconds: float) -> None:
    lock = Lock(url)
    await lock.take()
    await asyncio.sleep(lock.since + seconds - time.monotonic())
    await lock.free()
