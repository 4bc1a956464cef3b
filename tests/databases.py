"""PostgreSQL databases with all tables and no rows, each lent to one test at a time.

To make one takes several times longer than to empty one, so one in which only rows have changed is lent again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import uuid4

import asyncpg

from bridge.store import migrate
from bridge.store.tables import metadata

TEMPLATE = "template_bridge"
LARGEST = 2 * 2**20  # bytes of all tables; beyond it a new database is cheaper

# Every change of the tables leaves a newer xmin in one of these.
SHAPE = """
SELECT (SELECT max(xmin::text::bigint) FROM pg_class), (SELECT max(xmin::text::bigint) FROM pg_attribute),
       (SELECT max(xmin::text::bigint) FROM pg_proc), (SELECT max(xmin::text::bigint) FROM pg_trigger),
       (SELECT max(xmin::text::bigint) FROM pg_constraint), (SELECT count(*) FROM pg_class),
       (SELECT count(*) FROM pg_trigger),
       (SELECT count(*) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
        WHERE datname = current_database())
"""
# With statistics the planner plans otherwise, so they are taken back: to make a database anew takes far longer.
COUNTED = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname = ANY($1) AND reltuples >= 0"
UNCOUNT = """
SET allow_system_table_mods = on;
DELETE FROM pg_statistic WHERE starelid IN (SELECT relid FROM pg_stat_user_tables);
UPDATE pg_class SET relpages = 0, reltuples = -1, relallvisible = 0 FROM pg_stat_user_tables WHERE oid = relid;
UPDATE pg_class SET relpages = 1, reltuples = 0 FROM pg_stat_user_indexes WHERE oid = indexrelid;
"""
# Else the server counts rows by itself, now and then, while there are none yet: and plans otherwise from then on.
ALONE = ("ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")
VERSION = "SELECT version_num FROM alembic_version"
SIZE = "SELECT sum(pg_table_size(relid)) FROM pg_stat_user_tables"
SEQUENCES = "SELECT quote_ident(sequencename) FROM pg_sequences"
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Shelf:
    """The databases of one server, by the URL of its maintenance database."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._free: list[str] = []
        self._shapes: dict[str, asyncpg.Record] = {}  # of those that look otherwise than the template
        self._runner = asyncio.Runner()
        self._open: dict[str, asyncpg.Connection] = {}  # one that is kept knows the tables already
        self._runner.run(self._make_template())

    def close(self) -> None:
        """Leave the server alone."""
        for connection in self._open.values():
            self._runner.run(connection.close())
        self._runner.close()

    @contextmanager
    def lend(self) -> Iterator[str]:
        """The URL of a database with all tables and without rows."""
        name = self._free.pop() if self._free else self._runner.run(self._make())
        yield self._url(name)
        if self._runner.run(self._empty(name)):
            self._free.append(name)

    def _url(self, name: str) -> str:
        return self._server.replace("/postgres?", f"/{name}?")

    async def _make_template(self) -> None:
        for statement in ALONE:
            await run(self._server, statement)
        await run(self._server, f"CREATE DATABASE {TEMPLATE}")
        await migrate.upgrade(self._url(TEMPLATE))
        async with connected(self._url(TEMPLATE)) as connection:
            self._shape, self._version = await connection.fetchrow(SHAPE), await connection.fetchval(VERSION)
            sequences = [row[0] for row in await connection.fetch(SEQUENCES)]
        self._forget = [str(table.delete()) for table in metadata.tables.values()]
        self._forget += [f"SELECT setval('{name}', 1, false)" for name in sequences]

    async def _make(self) -> str:
        name = f"t{uuid4().hex}"
        await run(self._server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return name

    async def _empty(self, name: str) -> bool:
        """Whether it is again as it was when it was made; otherwise it is gone."""
        try:
            connection = self._open.get(name) or await asyncpg.connect(_plain(self._url(name)))
            self._open[name] = connection
            await connection.execute(CUT)
            if await self._is_itself(name, connection):
                await self._uncount(name, connection)
                await connection.execute("SET session_replication_role = replica; " + "; ".join(self._forget))
                return True
        except (asyncpg.PostgresError, OSError):
            pass  # whatever is wrong with it, nobody else shall have it
        if kept := self._open.pop(name, None):
            await kept.close()
        await run(self._server, f"DROP DATABASE {name} WITH (FORCE)")
        return False

    async def _is_itself(self, name: str, connection: asyncpg.Connection) -> bool:
        shape = self._shapes.get(name, self._shape)
        if await connection.fetchrow(SHAPE) != shape or await connection.fetchval(SIZE) > LARGEST:
            return False
        return bool(await connection.fetchval(VERSION) == self._version)

    async def _uncount(self, name: str, connection: asyncpg.Connection) -> None:
        if await connection.fetchval(COUNTED, list(metadata.tables)):
            await connection.execute(UNCOUNT)
            self._shapes[name] = await connection.fetchrow(SHAPE)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own."""
    connection = await asyncpg.connect(_plain(url))
    try:
        yield connection
    finally:
        await connection.close()


async def run(url: str, statement: str) -> None:
    """One statement on a connection of its own."""
    async with connected(url) as connection:
        await connection.execute(statement)


def _plain(url: str) -> str:
    return url.replace("+asyncpg", "")
