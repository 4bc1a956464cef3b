"""Neither rows nor databases nor clocks end the loop."""

import asyncio
import sqlite3
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from bridge import failpoints
from bridge.jobs import outcomes, worker
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import agenda
from bridge.store.outbox import Kind, Row
from bridge.store.tables import outbox as table
from bridge.store.tx import Tx
from tests.bench import Bench, done, running
from tests.jobs.diary import Diary
from tests.store.scratch import only_postgres, only_sqlite


@pytest.mark.faults("F29")
async def test_neither_a_row_that_breaks_nor_one_that_nobody_understands_stops_the_loop(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "_backoff", lambda _: timedelta(milliseconds=1))
    diary = Diary()

    async def keep(deps: Deps, row: Row, now: datetime) -> None:
        if row.payload.get("poison"):
            raise ZeroDivisionError
        await diary.keep(deps, row, now)

    poison = await bench.put("poison", poison=True)
    newer = await bench.put("of a newer version", route="pigeon:1")
    async with bench.db.begin() as tx:
        await tx.run(table.update().where(table.c.id == newer).values(kind="telepathy"))
    others = [await bench.put(f"lane {number}") for number in range(5)]
    async with running(bench.worker({Kind.POST: Promise(keep=keep)})):

        async def is_over() -> bool:
            states = [await bench.state(row_id) for row_id in others]
            return set(states) == {"done"} and await bench.state(poison) == "dead"

        await bench.until(is_over)
    assert await bench.state(newer) == "ready", "it waits for a process that knows what to do"


@only_sqlite
@pytest.mark.faults("F12", "F14")
async def test_a_database_that_is_locked_for_a_while_is_waited_out(bench: Bench) -> None:
    left_behind = await bench.put("of a process that died")
    async with bench.db.begin() as tx:
        await tx.run(
            table.update().values(state="sending", lease="gone", lease_until=bench.now + timedelta(hours=1))
        )
    await bench.put("b")
    other = sqlite3.connect(bench.db.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    diary = Diary()
    loop = bench.worker(diary.promises)
    async with running(loop):
        await asyncio.sleep(0.8)
        assert diary.kept == {}
        other.execute("COMMIT")
        other.close()
        await bench.until_all_are("done")
    assert diary.kept["of a process that died"] == [left_behind], "the lock at the start is no reason to forget it"


@only_postgres
@pytest.mark.faults("F13", "F14")
async def test_a_database_that_ends_every_connection_is_waited_out(bench: Bench) -> None:
    diary = Diary(takes=0.01)
    async with running(bench.worker(diary.promises, alone=False)):
        for number in range(40):
            await bench.deps.keep(partial(bench.put, f"lane {number % 8}"))
            if number % 10 == 5:
                await _end_connections(bench.beside())
        await bench.until_all_are("done", "unknown")
        bench.skip(minutes=3)
        await bench.until_all_are("done")


async def _end_connections(bench: Bench) -> None:
    """Of everybody but the one who does it."""
    everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    async with bench.db.read() as tx:
        await tx.rows(text(f"{everybody} AND pid <> pg_backend_pid()"))


@pytest.mark.faults("F15")
async def test_a_clock_that_jumps_ahead_ends_no_call_that_is_under_way(bench: Bench) -> None:
    diary = Diary()
    diary.held_up.add("post:C1")
    row_id = await bench.put()
    async with running(bench.worker(diary.promises)):

        async def is_busy() -> bool:
            return diary.busy["post:C1"] == 1

        await bench.until(is_busy)
        bench.skip(hours=1)
        await bench.put("other", route="post:C2")
        await bench.until_all_are("done", "sending")
        assert await bench.state(row_id) == "sending"
        diary.go_on.set()
        await bench.until_all_are("done")
    assert diary.kept["thread:1"] == [row_id]


@pytest.mark.faults("F14")
@pytest.mark.parametrize("error", [ZeroDivisionError, asyncio.CancelledError])
async def test_an_error_in_the_loop_itself_is_survived_and_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, logs: list[Any], error: type[BaseException]
) -> None:
    """A cancellation that nobody meant for the loop is an error like others."""
    diary, broken = Diary(), True
    real = agenda.outlook

    async def outlook(tx: Tx, now: datetime) -> agenda.Outlook:
        if broken:
            raise error
        return await real(tx, now)

    monkeypatch.setattr(agenda, "outlook", outlook)
    monkeypatch.setattr(worker, "STUCK_AFTER", 0.3)
    loop = bench.worker(diary.promises)
    await bench.put()
    async with running(loop):
        await asyncio.sleep(0.5)
        assert loop.is_stuck()
        broken = False
        await bench.until_all_are("done")
        assert not loop.is_stuck()
    assert [entry["incident"] for entry in logs if entry["event"] == "worker_stumbled"]


@pytest.mark.faults("F14")
async def test_a_cancellation_that_went_astray_costs_a_row_one_try(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, logs: list[Any]
) -> None:
    monkeypatch.setattr(outcomes, "_backoff", lambda _: timedelta(milliseconds=1))
    diary = Diary()

    async def keep(deps: Deps, row: Row, now: datetime) -> None:
        if row.attempts == 1:
            raise asyncio.CancelledError
        await diary.keep(deps, row, now)

    row_id = await bench.put()
    async with running(bench.worker({Kind.POST: Promise(keep=keep)})):
        await bench.until_all_are("done")
    assert diary.kept["thread:1"] == [row_id]
    assert [entry["event"] for entry in logs if "incident" in entry] == ["promise_broken"]


@pytest.mark.faults("F13", "F14")
async def test_what_was_claimed_without_an_answer_is_claimed_again_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection was lost with the COMMIT: what it claimed would wait for its lease, and nobody works on it."""
    lost: list[str] = []

    def lose_the_answer(moment: str) -> None:
        if moment == "after commit jobs.worker.Worker._claim" and not lost:
            lost.append(moment)
            raise ConnectionError

    row_ids = [await bench.put(f"lane {number}") for number in range(3)]
    in_doubt = await bench.put("lane in doubt")
    async with bench.db.begin() as tx:
        await tx.run(table.update().where(table.c.id == in_doubt).values(state="unknown"))
    monkeypatch.setattr(failpoints, "armed", lose_the_answer)
    diary = Diary()
    settled: list[int] = []

    async def settle(deps: Deps, row: Row, _now: datetime) -> None:
        await done(deps, row)
        settled.append(row.id)

    async with running(bench.worker({Kind.POST: Promise(diary.keep, settle)}, alone=False)):
        await bench.until_all_are("done", seconds=5)
    assert lost
    assert sorted(row_id for ids in diary.kept.values() for row_id in ids) == row_ids
    assert settled == [in_doubt]
    assert {(await bench.fields(row_id)).attempts for row_id in [*row_ids, in_doubt]} == {1}
