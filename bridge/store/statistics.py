"""Statistics: what PostgreSQL's planner knows of the tables.

It plans a statement once for each connection. As long as it has counted nothing, all rows of a firm are as cheap to
it as one row by its key; and it counts up to a minute after the first rows. Until then whatever is looked for by a
key would cost more with each row that is stored. So the first counts are asked for here.
"""

import asyncio
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bridge.store.lines import Lines
from bridge.store.tables import metadata
from bridge.store.tx import Tx

FIRST, FACTOR = 20, 5  # the commit after which it is looked what has grown, and how many times as many for the next
_GROWN = text(
    """SELECT relname FROM pg_class
       WHERE relkind = 'r' AND pg_table_is_visible(oid) AND relname = ANY(:names)
         AND (pg_relation_size(oid) > 4 * relpages * current_setting('block_size')::bigint
              OR pg_stat_get_live_tuples(oid) > 4 * greatest(reltuples, 0))"""
)


class Statistics:
    """Has tables counted that have grown to four times what was known of them. `lines` opens connections."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._commits = 0
        self._next = FIRST
        self._task: asyncio.Task[None] | None = None

    def committed(self) -> None:
        """Something was stored; now and then that is the moment to look."""
        self._commits += 1
        if self._commits >= self._next and (self._task is None or self._task.done()):
            self._next *= FACTOR
            self._task = asyncio.create_task(self._try_to_count())

    async def close(self) -> None:
        """Leave it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _try_to_count(self) -> None:
        with suppress(SQLAlchemyError, OSError):  # PostgreSQL comes to it by itself
            line = await self._lines.open()
            try:
                grown = await Tx(line).rows(_GROWN, {"names": list(metadata.tables)})
                if grown:
                    await line.say(f"ANALYZE {', '.join(sorted(row.relname for row in grown))}")
            finally:
                await line.drop()
