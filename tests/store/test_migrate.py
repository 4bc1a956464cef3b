"""The tables are brought up to date by one process at a time, and nobody works on tables of another version."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest
from alembic import command
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bridge.commands import trouble
from bridge.store import locks, migrate, revisions
from bridge.store.tables import metadata

UPGRADE = "import asyncio, sys; from bridge.store import migrate; asyncio.run(migrate.upgrade(sys.argv[1]))"


@asynccontextmanager
async def _engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url)
    yield engine
    await engine.dispose()


async def _tables(url: str) -> set[str]:
    async with _engine(url) as engine, engine.connect() as connection:
        found = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    return found - {"alembic_version"}


async def test_to_ask_makes_no_database(empty_url: str) -> None:
    if make_url(empty_url).get_backend_name() == "sqlite":
        with pytest.raises(FileNotFoundError):
            await migrate.check(empty_url)
    else:
        with pytest.raises(migrate.OutdatedError):
            await migrate.check(empty_url)


async def _downgrade(url: str) -> None:
    async with _engine(url) as engine, engine.begin() as connection:
        await connection.run_sync(revisions.downgrade)


async def _start_upgrade(url: str) -> Process:
    return await _start(UPGRADE, url)


async def _start(program: str, url: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-W", "error", "-c", program, url, stderr=PIPE)


async def _ended_well(process: Process) -> None:
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, said.decode()


async def test_an_upgrade_from_nothing_makes_just_the_tables_that_are_described(empty_url: str) -> None:
    await migrate.upgrade(empty_url)
    await migrate.check(empty_url)
    assert await migrate.differences(empty_url) == []
    assert await _tables(empty_url) == set(metadata.tables)
    await migrate.upgrade(empty_url)  # once more does nothing
    assert await migrate.differences(empty_url) == []


async def test_alembic_agrees_on_what_is_newest(database_url: str) -> None:
    """All migrations lead to one end, and its number is the highest."""
    async with _engine(database_url) as engine, engine.connect() as connection:
        heads = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_heads())
    assert heads == (migrate.newest(),)


async def test_a_start_with_nothing_to_change_does_without_alembic(database_url: str) -> None:
    unloaded = f"{UPGRADE}; assert 'alembic' not in sys.modules"
    await _ended_well(await _start(unloaded, database_url))


async def test_it_goes_back_and_forth(database_url: str) -> None:
    await _downgrade(database_url)
    assert await _tables(database_url) == set()
    with pytest.raises(migrate.OutdatedError):
        await migrate.check(database_url)
    await migrate.upgrade(database_url)
    await migrate.check(database_url)
    assert await migrate.differences(database_url) == []


def _upgrade_to(revision: str) -> Callable[[Connection], None]:
    return lambda connection: command.upgrade(revisions._config(connection), revision)


async def test_leads_are_found_as_before_and_can_be_removed(empty_url: str) -> None:
    """From 0007 on terms do not hold their leads."""
    async with _engine(empty_url) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade_to("0006"))
            await connection.execute(
                text("INSERT INTO firms (team_id, name, created_at) VALUES ('T', 'F', CURRENT_TIMESTAMP)")
            )
            await connection.execute(
                text("INSERT INTO leads (firm_id, name, created_at) VALUES (1, 'Dana', CURRENT_TIMESTAMP)")
            )
            await connection.execute(text("INSERT INTO lead_terms (firm_id, term, lead_id) VALUES (1, 'dana', 1)"))
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade_to("0007"))
            terms = (await connection.execute(text("SELECT firm_id, term, lead_id FROM lead_terms"))).all()
            assert [tuple(term) for term in terms] == [(1, "dana", 1)]
            assert await connection.run_sync(lambda sync: len(inspect(sync).get_foreign_keys("lead_terms"))) == 1
            await connection.execute(text("DELETE FROM leads"))


@pytest.mark.faults("F1")
async def test_a_migration_that_breaks_off_leaves_nothing_behind(empty_url: str) -> None:
    async with _engine(empty_url) as engine, engine.begin() as connection:
        await connection.execute(text("CREATE TABLE seen (in_the_way INTEGER)"))
    with pytest.raises(DBAPIError):
        await migrate.upgrade(empty_url)
    assert await _tables(empty_url) == {"seen"}
    async with _engine(empty_url) as engine, engine.begin() as connection:
        await connection.execute(text("DROP TABLE seen"))
    await migrate.upgrade(empty_url)
    assert await migrate.differences(empty_url) == []


async def test_two_processes_that_start_at_once_both_find_it_done(empty_url: str) -> None:
    processes = await asyncio.gather(_start_upgrade(empty_url), _start_upgrade(empty_url))
    await asyncio.gather(*(_ended_well(process) for process in processes))
    await migrate.check(empty_url)


async def test_a_second_start_waits_while_somebody_migrates(empty_url: str) -> None:
    url = make_url(empty_url)
    if url.get_backend_name() == "sqlite":
        async with locks.waiting_for(locks.beside(url, "migrate")):
            process = await _start_upgrade(empty_url)
            await asyncio.sleep(1.5)
            assert await _tables(empty_url) == set()
            assert process.returncode is None
    else:
        connection = await asyncpg.connect(empty_url.replace("+asyncpg", ""))
        await connection.execute(f"SELECT pg_advisory_lock({migrate.ADVISORY_LOCK})")
        process = await _start_upgrade(empty_url)
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.02)
        assert await _tables(empty_url) == set()
        await connection.close()
    await _ended_well(process)
    await migrate.check(empty_url)


def test_whoever_is_behind_is_told_what_to_do() -> None:
    assert str(migrate.OutdatedError()) == "The database is not up to date. Run: python -m bridge migrate"


async def test_tables_of_a_newer_version_are_left_as_they_are(database_url: str) -> None:
    async with _engine(database_url) as engine, engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for try_ in (migrate.upgrade, migrate.check):
        with pytest.raises(migrate.NewerError) as refused:
            await try_(database_url)
        assert trouble.sentence(refused.value) == str(refused.value)
