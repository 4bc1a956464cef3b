"""Somebody else who holds a database, so that nobody can write."""

import asyncio
import sqlite3

import asyncpg


class Lock:
    """Keeps everybody from writing: the file on SQLite, the tables on PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._file: sqlite3.Connection | None = None
        self._server: asyncpg.Connection | None = None

    async def take(self) -> None:
        """Wait for it, and have it."""
        if self._url.startswith("sqlite"):
            path = self._url.partition("///")[2]
            self._file = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
            await asyncio.to_thread(self._file.execute, "BEGIN IMMEDIATE")
        else:
            self._server = await asyncpg.connect(self._url.replace("+asyncpg", ""))
            await self._server.execute("BEGIN; LOCK TABLE messages, outbox, seen, threads IN EXCLUSIVE MODE")

    async def free(self) -> None:
        """Let go."""
        if self._file is not None:
            self._file.close()
        if self._server is not None:
            await self._server.close()
