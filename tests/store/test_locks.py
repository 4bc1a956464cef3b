"""One process serves an SQLite database, however the file is reached; the lock dies with its holder."""

import asyncio
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url

from bridge.store import locks

HOLD = """
import sys, time
from sqlalchemy.engine import make_url
from bridge.store import locks
locks.beside(make_url(sys.argv[1]), "serve").take()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def url(tmp_path: Path) -> URL:
    (tmp_path / "bridge.db").touch()
    return make_url(f"sqlite+aiosqlite:///{tmp_path}/bridge.db")


def test_a_second_taker_is_refused_until_the_first_lets_go(url: URL) -> None:
    first, second = locks.beside(url, "serve"), locks.beside(url, "serve")
    first.take()
    with pytest.raises(locks.TakenError):
        second.take()
    locks.beside(url, "migrate").take()  # another purpose is another lock
    first.release()
    second.take()


def test_another_path_to_the_same_file_is_the_same_lock(url: URL, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "bridge.db")
    first = locks.beside(url, "serve")
    first.take()
    with pytest.raises(locks.TakenError):
        locks.beside(make_url(f"sqlite+aiosqlite:///{tmp_path}/link.db"), "serve").take()


async def test_the_lock_of_a_killed_process_is_free(url: URL) -> None:
    command = (sys.executable, "-c", HOLD, str(url))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    mine = locks.beside(url, "serve")
    with pytest.raises(locks.TakenError):
        mine.take()
    process.kill()
    await process.wait()
    mine.take()


async def test_who_waits_gets_it_when_it_is_free(url: URL) -> None:
    first = locks.beside(url, "migrate")
    first.take()
    entered = asyncio.Event()

    async def enter() -> None:
        async with locks.waiting_for(locks.beside(url, "migrate")):
            entered.set()

    waiting = asyncio.create_task(enter())
    await asyncio.sleep(0.15)
    assert not entered.is_set()
    first.release()
    await asyncio.wait_for(waiting, 5)
