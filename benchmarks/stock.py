"""Months of messages, put into a database by SQL: what an app that has been in use for long has to look through.

The app has set the database up and is not running. Nothing is there that it would have forgotten by now.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.databases import connected
from benchmarks.providers import CHANNEL

DAYS = 100  # over which the messages are spread
PER_CONVERSATION = 20
BIT = 50_000  # rows in one statement; the app's own limit for how long a statement may take does not hold here

_N = "WITH RECURSIVE n(i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {end})"


@dataclass(frozen=True)
class Rows:
    """One statement of stock.sql: rows for each conversation, or for each pair of the last `days`."""

    statement: str
    days: int | None

    def bits(self, talks: int, pairs: int) -> Iterator[tuple[int, int]]:
        """The numbers from which and up to which each bit goes."""
        count = talks if self.days is None else pairs
        for first in range(0 if self.days is None else count - count * self.days // DAYS, count, BIT):
            yield first, min(first + BIT, count)


def _statements() -> Iterator[Rows]:
    for part in Path(__file__).with_suffix(".sql").read_text("utf-8").split(";\n"):
        comment, _, statement = part.partition("INSERT ")
        if statement:
            days = re.search(r"^-- Of (\d+) days?\.", comment, re.MULTILINE)
            yield Rows("INSERT " + statement, int(days.group(1)) if days else None)


async def fill(url: str, messages: int) -> None:
    """So many messages, half of them replies, and everything that hangs on them."""
    pairs, talks = messages // 2, max(messages // PER_CONVERSATION, 64)
    async with connected(url) as connection:
        facts = await _facts(connection) | {"talks": talks, "channel": CHANNEL} | _moments(connection, pairs)
        await _without_waiting(connection)
        for rows in _statements():
            for first, end in rows.bits(talks, pairs):
                n = _N.format(first=first, end=end)
                await connection.execute(text(rows.statement.format(n=n, **facts).replace(":", "\\:")))
        await _settle(connection)


async def _facts(connection: AsyncConnection) -> dict[str, object]:
    found = (await connection.execute(text("SELECT firm_id, id FROM numbers"))).one()
    return {"firm": found[0], "number": found[1]}


def _moments(connection: AsyncConnection, pairs: int) -> dict[str, object]:
    """When message pair i was, and when everything began, in the database's own words."""
    began = time.time() - DAYS * 86_400 + 3_600
    at = f"{began:.0f} + i * {(DAYS * 86_400 - 7_200) / pairs:.6f}"
    if connection.dialect.name == "sqlite":
        spell = "strftime('%Y-%m-%d %H:%M:%f000', {}, 'unixepoch')"
    else:
        spell = "to_timestamp({})"
    return {"at": spell.format(at), "began": spell.format(f"{began:.0f}")}


async def _without_waiting(connection: AsyncConnection) -> None:
    """How it is filled is not measured, so nothing waits for the disk until the end."""
    if connection.dialect.name == "sqlite":
        for pragma in ("synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
            await connection.execute(text(f"PRAGMA {pragma}"))
    else:
        await connection.execute(text("SET synchronous_commit = off"))


async def _settle(connection: AsyncConnection) -> None:
    """As it would be by now: on disk, with statistics, and with the next id behind the last."""
    if connection.dialect.name == "sqlite":
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        return
    for table in ("contacts", "conversations", "threads", "messages"):
        following = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608 (ours)
        await connection.execute(text(following))
    await connection.execute(text("VACUUM ANALYZE"))
    await connection.execute(text("CHECKPOINT"))
