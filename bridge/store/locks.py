"""Locks between processes: a file beside an SQLite database, an advisory lock on PostgreSQL."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import URL

PAUSE = 0.1  # seconds between tries to take a file lock


class TakenError(Exception):
    """Another process holds the lock."""


class FileLock:
    """Exclusive while this process lives and has not released it, however the process ends."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> None:
        """Take it now. Raises TakenError."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TakenError from None

    def release(self) -> None:
        """Let go of it; the file stays, since removing it would let two processes lock two files."""
        os.close(self._file)


def beside(url: URL, purpose: str) -> FileLock:
    """The lock of an SQLite database for a purpose, by whatever path the database is reached."""
    return FileLock(Path(f"{Path(url.database or '').resolve()}.{purpose}.lock"))


@asynccontextmanager
async def waiting_for(lock: FileLock) -> AsyncIterator[None]:
    """Hold the lock in this block; waits as long as it takes."""
    try:
        while True:
            try:
                lock.take()
                break
            except TakenError:
                await asyncio.sleep(PAUSE)
        yield
    finally:
        lock.release()
