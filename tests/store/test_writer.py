"""Group commit: many share one COMMIT, and what happens to one of them happens to nobody else."""

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bridge.store import sqlite_driver, writer
from bridge.store import tx as tx_module
from bridge.store.database import Database, patiently
from bridge.store.prepared import Prepared
from bridge.store.trouble import Hindered, Overloaded, StoreUnavailable
from tests.store.scratch import (
    Commits,
    busy,
    held,
    kept,
    only_postgres,
    only_sqlite,
    put,
    slow_commits,
    until_waiting,
    write,
)


async def test_all_who_wait_share_one_commit(db: Database) -> None:
    commits = Commits(db)
    await asyncio.gather(*(put(db, f"k{n}") for n in range(50)))
    assert commits.count == 1
    assert await kept(db) == {f"k{n}" for n in range(50)}

    await put(db, "later")
    assert commits.count == 2


async def test_a_group_is_bounded(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_IN_GROUP", 10)
    commits = Commits(db)
    await asyncio.gather(*(put(db, f"k{n}") for n in range(25)))
    assert commits.count == 3
    assert len(await kept(db)) == 25


async def test_nobody_goes_on_before_the_commit(db: Database) -> None:
    done: list[str] = []

    async def noted() -> None:
        done.append(await put(db, "first"))

    first = asyncio.create_task(noted())
    async with held(db):  # behind the first one, in the same group
        assert done == []
        assert await kept(db) == set()
    await first
    assert await kept(db) == {"first", "held"}


async def test_a_unit_that_fails_rolls_back_alone(db: Database) -> None:
    async def fails() -> None:
        async with db.begin() as tx:
            await write(tx, "wrong")
            raise LookupError("a bug")

    commits = Commits(db)
    outcomes = await asyncio.gather(put(db, "a"), fails(), put(db, "b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str, LookupError, str]
    assert await kept(db) == {"a", "b"}
    assert commits.count == 1


async def test_a_broken_constraint_is_the_callers_business_alone(db: Database) -> None:
    await put(db, "taken")
    outcomes = await asyncio.gather(put(db, "a"), put(db, "taken"), put(db, "b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str, IntegrityError, str]
    assert await kept(db) == {"taken", "a", "b"}


@pytest.mark.faults("F14")
async def test_a_commit_that_fails_fails_everybody_and_then_all_is_well(db: Database) -> None:
    commits = Commits(db)
    commits.fail_next = True
    outcomes = await asyncio.gather(*(put(db, f"k{n}") for n in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 5
    assert await kept(db) == set()

    assert await put(db, "later") == "later"
    assert await kept(db) == {"later"}


async def test_who_is_cancelled_in_the_queue_harms_nobody(db: Database) -> None:
    async with held(db):
        gone = asyncio.create_task(put(db, "gone"))
        stays = asyncio.create_task(put(db, "stays"))
        await until_waiting(db, 2)
        gone.cancel()
    await stays
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await kept(db) == {"held", "stays"}


@only_postgres  # on SQLite there is no middle: the loop does nothing else meanwhile
@pytest.mark.parametrize("form", [lambda statement: statement, Prepared], ids=["usual", "prepared"])
async def test_who_is_cancelled_in_the_middle_of_a_statement_harms_nobody(
    db: Database, monkeypatch: pytest.MonkeyPatch, form: Any
) -> None:
    monkeypatch.setattr(tx_module, "GRACE", 20)  # on a busy machine it may take its time
    reached = asyncio.Event()

    async def slow() -> None:
        async with db.begin() as tx:
            await write(tx, "gone")
            reached.set()
            await tx.value(form(busy(db, 0.2)))

    before = asyncio.create_task(put(db, "before"))
    gone = asyncio.create_task(slow())
    after = asyncio.create_task(put(db, "after"))
    await reached.wait()
    await asyncio.sleep(0.05)
    line = db._writer._line
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert [await before, await after] == ["before", "after"]
    assert await kept(db) == {"before", "after"}
    assert db._writer._line is line, "a cancelled caller is no reason for a new connection"


async def test_who_is_cancelled_while_waiting_for_the_commit_harms_nobody(db: Database) -> None:
    early = asyncio.create_task(put(db, "early"))
    async with held(db):
        early.cancel()
        with pytest.raises(asyncio.CancelledError):
            await early
    assert await put(db, "later") == "later"
    assert await kept(db) == {"early", "held", "later"}  # it had done its part


@only_postgres
async def test_who_is_cancelled_during_the_commit_of_a_full_group_harms_nobody(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slow_commits(db, 0.4)
    monkeypatch.setattr(writer, "MOST_IN_GROUP", 1)
    async with db.begin() as tx:
        full = asyncio.create_task(put(db, "full"))
        next_one = asyncio.create_task(put(db, "next"))
        await until_waiting(db, 2)
        await tx.value(text("SELECT 1"))
    await asyncio.sleep(0.2)  # the next one is first to see that the group is full, and commits it
    next_one.cancel()
    assert await asyncio.wait_for(full, 5) == "full"
    with pytest.raises(asyncio.CancelledError):
        await next_one
    assert await kept(db) == {"full"}


async def test_a_unit_that_hangs_is_cut_and_the_others_are_not(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LONGEST_UNIT", 0.1)

    async def hangs() -> None:
        async with db.begin() as tx:
            await write(tx, "hangs")
            await asyncio.Event().wait()

    outcomes = await asyncio.gather(put(db, "a"), hangs(), put(db, "b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str, Hindered, str]
    assert await kept(db) == {"a", "b"}


async def test_a_statement_that_hangs_is_cut_and_the_database_goes_on(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LONGEST_UNIT", 0.1)
    monkeypatch.setattr(tx_module, "GRACE", 0.1)
    monkeypatch.setattr(sqlite_driver, "LONGEST_STATEMENT", 0.1)

    async def hangs() -> None:
        async with db.begin() as tx:
            await write(tx, "hangs")
            await tx.value(busy(db, 1.0))

    with pytest.raises(StoreUnavailable):
        await hangs()
    await patiently(lambda: put(db, "later"), seconds=9)
    assert await kept(db) == {"later"}


@pytest.mark.faults("S18")
async def test_too_many_waiting_are_turned_away_at_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 3)
    async with held(db):
        waiting = [asyncio.create_task(put(db, f"k{n}")) for n in range(3)]
        await until_waiting(db, 3)
        with pytest.raises(Overloaded):
            await put(db, "one too many")
    await asyncio.gather(*waiting)
    assert await kept(db) == {"held", "k0", "k1", "k2"}


async def test_closing_commits_what_is_under_way_and_refuses_the_rest(database_url: str) -> None:
    db = Database(database_url)
    tasks = [asyncio.create_task(put(db, f"k{n}")) for n in range(20)]
    await asyncio.sleep(0)  # each has asked for its turn, the first is still connecting
    await db.close()
    assert await asyncio.gather(*tasks) == [f"k{n}" for n in range(20)]
    with pytest.raises(StoreUnavailable):
        await put(db, "late")

    again = Database(database_url)
    assert await kept(again) == {f"k{n}" for n in range(20)}
    await again.close()


async def test_closing_never_hangs(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "SHUTDOWN", 0.2)
    db = Database(database_url)
    begun = asyncio.Event()

    async def hangs() -> None:
        async with db.begin() as tx:
            await write(tx, "hangs")
            begun.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hangs())
    await begun.wait()
    await asyncio.wait_for(db.close(), 10)
    hanging.cancel()
    with pytest.raises((asyncio.CancelledError, StoreUnavailable)):
        await hanging


@only_sqlite
@pytest.mark.faults("F11")
async def test_a_full_disk_loses_nothing_that_was_promised(db: Database) -> None:
    await put(db, "first")
    async with db.begin() as tx:
        pages = await tx.value(text("PRAGMA page_count"))
        await tx.value(text(f"PRAGMA max_page_count = {pages + 2}"))

    async def big() -> None:
        async with db.begin() as tx:
            await tx.run(text("INSERT INTO meta (key, value) VALUES ('big', zeroblob(200000))"))

    work = [put(db, "a"), put(db, "b"), big(), put(db, "c"), put(db, "d")]
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    assert isinstance(outcomes[2], StoreUnavailable)
    promised = {outcome for outcome in outcomes if isinstance(outcome, str)}
    assert await kept(db) == {"first"} | promised, "SQLite undoes the whole transaction, without a word"
    assert all(isinstance(outcome, str | StoreUnavailable) for outcome in outcomes)

    await big()  # there is space again: the connection with the limit is gone
    assert "big" in await kept(db)


async def test_whatever_happens_nobody_is_told_a_lie(db: Database) -> None:
    """Random units, some broken, some cancelled: who was told "stored" is stored, who failed is not."""
    chance = random.Random(11)
    await put(db, "taken")

    async def unit(key: str) -> str:
        async with db.begin() as tx:
            await write(tx, key)
            match chance.randrange(6):
                case 0:
                    raise LookupError
                case 1:
                    await write(tx, "taken")
                case 2:
                    await asyncio.sleep(chance.uniform(0, 0.003))
        return key

    for number in range(12):
        tasks = [asyncio.create_task(unit(f"{number}-{n}")) for n in range(12)]
        await asyncio.sleep(chance.uniform(0, 0.01))
        for task in chance.sample(tasks, 3):
            task.cancel()
        outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
        stored = {key for key in await kept(db) if key.startswith(f"{number}-")}
        for n, outcome in enumerate(outcomes):
            key = f"{number}-{n}"
            assert isinstance(outcome, str | LookupError | IntegrityError | asyncio.CancelledError)
            if isinstance(outcome, str):
                assert key in stored
            elif not isinstance(outcome, asyncio.CancelledError):
                assert key not in stored
