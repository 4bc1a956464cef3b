"""Entries are sealed once each, in order, whoever dies or comes late."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from bridge import failpoints
from bridge.services import audit
from bridge.store import audit as store
from bridge.store import firms
from bridge.store.database import Database
from bridge.store.trouble import StoreUnavailable
from tests.bench import Bench, opened
from tests.services.trail import chain, look, seal, write
from tests.store.scratch import only_postgres


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    """A firm, and a clock that stands still."""
    async with opened(database_url) as bench:
        bench.stop_clock()
        yield bench


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    """What was logged."""
    with structlog.testing.capture_logs() as logs:
        yield logs


@pytest.mark.faults("S27")
async def test_what_was_written_is_sealed_in_order_and_holds(bench: Bench) -> None:
    await write(bench, 3)
    young = await look(bench)
    assert (young.walk.place, young.unsealed, young.oldest_unsealed, young.wrong) == (0, 3, bench.now, None)
    assert await audit.seal_all(bench.deps, bench.now) == 0  # it may not have settled
    assert await seal(bench) == 3
    await write(bench, 2)
    assert await seal(bench) == 2
    assert await seal(bench) == 0
    assert await chain(bench) == [(place, place) for place in range(1, 6)]
    found = await look(bench)
    assert (found.walk.place, found.unsealed, found.walk.late, found.wrong) == (5, 0, 0, None)


async def test_many_are_sealed_in_several_units_of_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BIT", 20)
    monkeypatch.setattr(audit, "AT_ONCE", 30)
    await write(bench, 95)
    assert await seal(bench) == 95
    assert [place for place, _ in await chain(bench)] == list(range(1, 96))
    assert (await look(bench)).walk.place == 95
    for many in (1, 5, 94, 95, 96):
        monkeypatch.setattr(audit, "AT_ONCE", many)
        assert (await look(bench)).wrong is None


async def test_each_firm_has_a_chain_of_its_own(bench: Bench) -> None:
    async with bench.db.begin() as tx:
        other = await firms.install(tx, "T2", bench.now, name="Other")
    for _ in range(2):
        await write(bench, 2)
        await write(bench, 2, firm_id=other)
    assert await seal(bench) == 8
    assert [place for place, _ in await chain(bench)] == [1, 2, 3, 4]
    async with bench.db.read() as tx:
        theirs = await firms.get(tx, other)
    assert (await audit.look_through(bench.deps, theirs)).walk.place == 4


async def test_who_writes_an_entry_says_one_statement_and_waits_for_nobody(bench: Bench) -> None:
    """What a text costs has not changed: an INSERT, of the columns that it always had."""
    said: list[str] = []
    async with bench.db.begin() as tx:
        tx._line._listeners.append(said.append)  # type: ignore[attr-defined]
        await store.record(tx, bench.firm_id, bench.now, actor="bridge", action="send", facts={})
        tx._line._listeners.remove(said.append)  # type: ignore[attr-defined]
    (words,) = said
    assert words.startswith("INSERT INTO audit (firm_id, at, actor, action, facts)")


# --- whoever comes late, at once, or dies


@only_postgres
async def test_an_entry_of_a_very_long_transaction_is_sealed_behind_the_others_and_told(bench: Bench) -> None:
    other = bench.beside()
    await write(bench)
    async with other.db.begin() as tx:
        await store.record(tx, bench.firm_id, bench.now, actor="slow", action="prefer", facts={})
        await write(bench, 2)
        assert await seal(bench) == 3
        assert await chain(bench) == [(1, 1), (2, 3), (3, 4)]
        assert (await look(bench)).unsealed == 0  # nobody can see it yet
    assert (await look(bench)).unsealed == 1
    assert await seal(bench) == 1
    assert await chain(bench) == [(1, 1), (2, 3), (3, 4), (4, 2)]
    found = await look(bench)
    assert (found.walk.late, found.wrong, found.unsealed) == (1, None, 0)


@only_postgres
async def test_commits_in_any_order_and_sealing_at_any_time_leave_nothing_out(bench: Bench) -> None:
    others = [bench.beside() for _ in range(3)]

    async def write_on(where: Bench, pause: float) -> None:
        for _ in range(8):
            async with where.db.begin() as tx:
                await store.record(tx, bench.firm_id, bench.now, actor="a", action="b", facts={})
                await asyncio.sleep(pause)

    async def seal_on(where: Bench) -> None:
        for _ in range(20):
            await audit.seal_all(where.deps, bench.now + timedelta(minutes=1))
            await asyncio.sleep(0.005)

    writing = [write_on(where, 0.003 * number) for number, where in enumerate([bench, *others])]
    await asyncio.gather(*writing, *(seal_on(where) for where in others[:2]))
    await seal(bench)
    found = await look(bench)
    assert (found.walk.place, found.unsealed, found.wrong) == (32, 0, None)


async def test_two_processes_at_once_seal_each_entry_once(bench: Bench) -> None:
    other = bench.beside()
    for _ in range(5):
        await write(bench, 30)
        bench.skip(minutes=1)
        sealing = [audit.seal_all(each.deps, bench.now) for each in (bench, other, bench, other)]
        done = await asyncio.gather(*sealing, return_exceptions=True)
        assert all(isinstance(each, int | StoreUnavailable) for each in done), done
    await seal(bench)
    found = await look(bench)
    assert (found.walk.place, found.unsealed, found.wrong) == (150, 0, None)


@pytest.mark.faults("F1")
@pytest.mark.parametrize("moment", ["before commit", "after commit"])
async def test_who_dies_while_sealing_leaves_all_of_a_unit_or_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def die(point: str) -> None:
        if point == f"{moment} services.audit._seal_some":
            raise OSError("dead")

    await write(bench, 3)
    with monkeypatch.context() as armed:
        armed.setattr(failpoints, "armed", die)
        with pytest.raises(StoreUnavailable):
            await seal(bench)
    assert len(await chain(bench)) in {0, 3}
    await seal(bench)
    found = await look(bench)
    assert (found.walk.place, found.wrong) == (3, None)


async def test_entries_of_clocks_that_were_set_are_sealed(bench: Bench) -> None:
    bench.set_clock(hours=5)
    await write(bench)
    bench.set_clock(hours=-5)
    await write(bench)
    assert await seal(bench) == 2
    bench.set_clock(days=-1)
    await write(bench)
    assert await seal(bench) == 1
    assert (await look(bench)).wrong is None


@only_postgres
async def test_the_chain_is_found_by_its_indexes(bench: Bench) -> None:
    """Also when it is planned for any values."""
    db: Database = bench.db
    await write(bench, 300)
    await seal(bench)
    async with db.begin() as tx:
        say = tx._line.connection.exec_driver_sql
        await say("ANALYZE audit")  # as PostgreSQL, or else the app, does within a minute
        for question, index in (
            (store._sealed, "uq_audit_firm_id_place"),
            (store._unsealed, "ix_audit_unsealed"),
            (store._waiting, "ix_audit_unsealed"),
            (store._next, "uq_audit_firm_id_place"),
        ):
            values = {"firm_id": 1, "after": 1, "to": 9, "most": 10, "since": bench.now, "until": bench.now}
            wire = question.wire(tx._line.dialect, values)
            await say(f"PREPARE question AS {wire.sql}")
            nothing = ", ".join(["NULL"] * len(wire.args(values)))
            plan = [step[0] for step in await say(f"EXPLAIN (COSTS OFF) EXECUTE question ({nothing})")]
            await say("DEALLOCATE question")
            assert any(index in step for step in plan), plan
