"""A database that is lent again is as good as a new one."""

import asyncio

import pytest

from tests.databases import Shelf, connected, run

INSERT = "INSERT INTO firms (team_id, name, created_at) VALUES ('T1', 'Harbor Law', now())"


def test_rows_and_their_numbers_are_gone_when_it_is_lent_again(shelf: Shelf) -> None:
    for _ in range(2):
        with shelf.lend() as url:
            assert asyncio.run(_inserted(url)) == [1]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE meta ADD COLUMN colour int",
        "DROP TABLE pictures",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE alembic_version SET version_num = 'newer'",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$",
    ],
)
def test_what_is_not_as_it_was_is_lent_to_nobody(shelf: Shelf, change: str) -> None:
    with shelf.lend() as changed:
        asyncio.run(run(changed, change))
    with shelf.lend() as url:
        assert url != changed
        assert asyncio.run(_inserted(url)) == [1]


def test_what_was_counted_is_not_known_any_more(shelf: Shelf) -> None:
    with shelf.lend() as fresh:
        known = asyncio.run(_counts(fresh))
    for _ in range(2):
        with shelf.lend() as url:
            assert asyncio.run(_counts(url)) == known
            assert url == fresh
            asyncio.run(_inserted(url))
            asyncio.run(run(url, "ANALYZE"))
            assert asyncio.run(_counts(url)) != known


async def _counts(url: str) -> list[tuple[object, ...]]:
    """What the planner knows of each table and index, and in how many columns."""
    async with connected(url) as connection:
        return [
            tuple(row)
            for row in await connection.fetch(
                """SELECT relname, relpages, reltuples, relallvisible,
                          (SELECT count(*) FROM pg_statistic WHERE starelid = c.oid)
                   FROM pg_class c WHERE relnamespace = 'public'::regnamespace ORDER BY relname"""
            )
        ]


async def _inserted(url: str) -> list[int]:
    async with connected(url) as connection:
        await connection.execute(INSERT)
        return [row["id"] for row in await connection.fetch("SELECT id FROM firms")]


async def _setting(url: str, name: str) -> str:
    async with connected(url) as connection:
        return str(await connection.fetchval(f"SHOW {name}"))


def test_nobody_counts_rows_behind_a_tests_back(shelf: Shelf) -> None:
    with shelf.lend() as url:
        assert asyncio.run(_setting(url, "autovacuum")) == "off"
