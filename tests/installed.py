"""Both firms as they are once they have been set up, kept to be put into empty databases.

So a stage begins as at a restart. To set both firms up anew takes as long as all else that a stage needs.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from bridge.sandbox.twilio import PretendTwilio
from bridge.store.tables import metadata
from tests.databases import connected, run
from tests.stage import Stage


class Installed:
    """What an empty database has in it once a stage was set on it, and what Twilio then knows of the numbers."""

    def __init__(self, url: str, folder: Path) -> None:
        self._kept = folder / "installed"
        asyncio.run(self._keep(url))

    @asynccontextmanager
    async def stage(self, url: str, *, pays: bool = False, **environ: str) -> AsyncIterator[Stage]:
        """A stage on an empty database of the same kind, which nobody has opened yet."""
        if path := _path(url):
            shutil.copy(self._kept, path)
        else:
            await run(url, self._kept.read_text())
        async with Stage.set(url, self._tell, pays=pays, **environ) as stage:
            yield stage

    def _tell(self, twilio: PretendTwilio, base_url: str) -> None:
        """Twilio knows the numbers as ours, and where the app is today."""
        for phone, number in self._numbers.items():
            moved = {name: value.replace(self._base_url, base_url) for name, value in number.settings.items()}
            twilio.numbers[phone] = replace(number, settings=moved)

    async def _keep(self, url: str) -> None:
        async with Stage.set(url) as stage:
            self._base_url, self._numbers = stage.settings.public_base_url, dict(stage.twilio.numbers)
        if path := _path(url):
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(path, self._kept)
        else:
            async with connected(url) as connection:
                self._kept.write_text(await _as_script(connection))


def _path(url: str) -> str | None:
    parsed = make_url(url)
    return parsed.database if parsed.get_backend_name() == "sqlite" else None


async def _as_script(connection: asyncpg.Connection) -> str:
    """All rows, and how far their numbers have come."""
    script = "SET session_replication_role = replica;"
    for name in metadata.tables:
        rows = await connection.fetchval(f"SELECT json_agg(t) FROM {name} t")  # noqa: S608 (our tables)
        if rows:
            given = f"json_populate_recordset(NULL::{name}, $json${rows}$json$)"
            script += f"INSERT INTO {name} SELECT * FROM {given};"  # noqa: S608 (ours, too)
    used = "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL"
    for name, last in await connection.fetch(used):
        script += f"SELECT setval('{name}', {last});"
    return script
