"""Somebody sets the clock: what waits goes on in its time, and nobody is taken for dead."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bridge.gateways.errors import GatewayError, Retry
from bridge.jobs import schedule
from bridge.jobs.outcomes import FEWEST_TRIES
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import routes
from bridge.store.outbox import LEASE, Kind, Row
from bridge.store.tables import outbox as table
from tests.bench import Bench, done, running
from tests.jobs.diary import Diary
from tests.jobs.hand import LATER

pytestmark = pytest.mark.faults("F15")


async def _waiting(bench: Bench) -> list[int]:
    """One row that waits by itself, one whose way rests, one of somebody who died and one in doubt; their ids."""
    later = bench.now + timedelta(seconds=60)
    ids = [
        await bench.put(f"lane {number}", route=f"post:C{number}", due_in=60 * (number == 0)) for number in range(4)
    ]
    async with bench.db.begin() as tx:
        await routes.delay(tx, bench.firm_id, "post:C1", later)
        dead = table.update().where(table.c.id == ids[2])
        await tx.run(
            dead.values(state="sending", lease="gone", lease_until=bench.now + LEASE, started_at=bench.now)
        )
        await tx.run(table.update().where(table.c.id == ids[3]).values(state="unknown", due_at=later))
    return ids


async def test_what_waits_goes_on_when_it_is_set_back(bench: Bench, logs: list[Any]) -> None:
    ids = await _waiting(bench)
    diary = Diary()
    async with running(bench.worker(diary.promises, alone=False)):
        await bench.put("begin", route="post:C9")
        await bench.until(_kept(diary, "begin"))
        bench.set_clock(days=-1)
        await bench.until(_logged(logs, "clock_was_set"))
        bench.skip(seconds=LEASE.total_seconds() + 1)  # much less than a day
        await bench.until_all_are("done")
    assert sorted(row_id for lane in diary.kept.values() for row_id in lane)[: len(ids)] == ids


async def test_who_was_under_way_when_it_was_set_ahead_is_no_day_older(bench: Bench) -> None:
    row_id = await bench.put()
    tries = 0

    async def keep(deps: Deps, row: Row, _now: datetime) -> None:
        nonlocal tries
        tries += 1
        if row.attempts < FEWEST_TRIES:
            raise GatewayError("lost", Retry.LATER)
        if row.attempts == FEWEST_TRIES:
            bench.set_clock(days=1)
            raise GatewayError("lost", Retry.LATER)
        await done(deps, row)

    async def is_tried_again() -> bool:
        bench.skip(seconds=10)
        return await bench.state(row_id) in {"done", "dead"}

    async with running(bench.worker({Kind.POST: Promise(keep=keep)})):
        await bench.until(is_tried_again)
    assert (await bench.state(row_id), tries) == ("done", FEWEST_TRIES + 1)


async def test_waits_stay_as_long_as_they_were(bench: Bench, logs: list[Any]) -> None:
    row_id = await bench.put("patient", due_in=600)
    diary = Diary()
    async with running(bench.worker(diary.promises)):
        bench.set_clock(days=-1)
        await bench.until(_logged(logs, "clock_was_set"))
        await bench.put("begin", route="post:C9")
        await bench.until(_kept(diary, "begin"))
        due_at = (await bench.fields(row_id)).due_at
        assert timedelta(seconds=540) < due_at - bench.now <= timedelta(seconds=600)
    assert "patient" not in diary.kept


async def test_what_waits_goes_on_where_it_was_set_back_between_two_processes(bench: Bench) -> None:
    await _waiting(bench)
    bench.set_clock(days=-1)
    diary = Diary()
    async with running(bench.worker(diary.promises)):
        await bench.put("begin", route="post:C9")
        await bench.until(_kept(diary, "begin"))
        bench.skip(seconds=61)
        await bench.until_all_are("done")


async def test_nobody_is_taken_for_dead_when_it_is_set_ahead(bench: Bench) -> None:
    row_id = await bench.put("theirs")
    async with bench.db.begin() as tx:
        await tx.run(
            table.update().values(state="sending", lease="theirs", lease_until=bench.now + LEASE, attempts=1)
        )
    diary = Diary()
    async with running(bench.worker(diary.promises, alone=False)):
        bench.set_clock(hours=1)
        await bench.put("ours")
        await bench.until(_kept(diary, "ours"))
        assert await bench.state(row_id) == "sending"
        bench.skip(seconds=LEASE.total_seconds() + 1)  # who lives has renewed it by now
        await bench.until_all_are("done")


async def test_what_was_tried_is_looked_for_from_when_it_was_tried(bench: Bench) -> None:
    tried_at = bench.now
    await bench.put("tried")
    async with bench.db.begin() as tx:
        await tx.run(
            table.update().values(state="unknown", started_at=tried_at, due_at=tried_at + timedelta(hours=1))
        )
    diary = Diary()
    diary.held_up.add("post:C1")
    async with running(bench.worker(diary.promises)):
        bench.set_clock(days=-1)

        async def is_tried() -> bool:
            return diary.busy["post:C1"] == 1

        bench.skip(hours=1)
        await bench.until(is_tried)
        async with bench.db.read() as tx:
            started_at = await tx.value(select(table.c.started_at))
        diary.go_on.set()
    assert abs(started_at - (tried_at - timedelta(days=1))) < timedelta(seconds=1)


async def test_nothing_is_given_up_for_its_age_when_it_is_set_ahead(bench: Bench) -> None:
    row_id = await bench.put("tried often")
    tried = table.update().values(attempts=20, started_at=bench.now, due_at=bench.now + timedelta(hours=60))
    async with bench.db.begin() as tx:
        await tx.run(tried)

    async def keep(deps: Deps, row: Row, _now: datetime) -> None:
        if row.id == row_id:
            raise LATER
        await done(deps, row)

    async with running(bench.worker({Kind.POST: Promise(keep=keep)})):
        bench.set_clock(hours=60)
        bench.skip(seconds=1)

        async def is_tried() -> bool:
            return bool((await bench.fields(row_id)).attempts == 21)

        await bench.until(is_tried)
    assert await bench.state(row_id) == "ready"


async def test_what_the_clock_starts_is_started_when_it_is_set_back(bench: Bench) -> None:
    clock = schedule.scheduler(bench.deps)
    clock.start(paused=True)
    for job in clock.get_jobs():
        job.modify(next_run_time=datetime.now(UTC) + timedelta(days=1))
    schedule.again(clock)
    assert all(job.next_run_time <= datetime.now(UTC) for job in clock.get_jobs())
    clock.shutdown(wait=False)


def _kept(diary: Diary, lane: str) -> Callable[[], Awaitable[bool]]:
    async def is_kept() -> bool:
        return lane in diary.kept

    return is_kept


def _logged(logs: list[Any], event: str) -> Callable[[], Awaitable[bool]]:
    async def is_logged() -> bool:
        return any(entry["event"] == event for entry in logs)

    return is_logged
