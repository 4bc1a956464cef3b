"""Who has nothing to do asks for nothing, and wakes in time."""

import asyncio
import time
from datetime import datetime, timedelta

import pytest

from bridge.gateways.errors import GatewayError, Retry
from bridge.jobs import outcomes, worker
from bridge.jobs.pacing import Pace
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import routes
from bridge.store.outbox import Kind, Row
from tests.bench import Bench, Queries, done, running
from tests.jobs.diary import Diary

FEW = 25  # statements in a second: that is two looks, and a mill makes hundreds


async def _queries_in(bench: Bench, seconds: float) -> float:
    """Statements per second of a worker that has nothing it can do."""
    queries = Queries(bench.db)
    async with running(bench.worker(Diary().promises)):
        await asyncio.sleep(0.3)
        before, began = queries.count, time.monotonic()
        await asyncio.sleep(seconds)
        return (queries.count - before) / (time.monotonic() - began)


async def test_who_has_nothing_to_do_asks_the_database_only_now_and_then(bench: Bench) -> None:
    """Rows behind others, on ways that are paused or off, and far in the future: all wait without a sound."""
    until = bench.now + timedelta(hours=1)
    async with bench.db.begin() as tx:
        await routes.delay(tx, bench.firm_id, "post:C2", until)
        await routes.switch_off(tx, bench.firm_id, "twilio", "20003", probe_at=until, now=bench.now)
    await bench.put("far", due_in=3600)
    for _ in range(3):
        await bench.put("far")
        await bench.put("paused", route="post:C2")
        await bench.put("off", route="sms:1", service="twilio")
    assert await _queries_in(bench, 1.0) <= FEW


async def test_a_full_way_is_no_mill_either(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "paces", lambda _: {"post": Pace(timedelta(0), burst=1, at_once=0)})
    await bench.put()
    assert await _queries_in(bench, 1.0) <= FEW


async def test_a_row_that_will_not_end_is_looked_at_only_when_it_is_due(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble must not turn the loop into a mill."""
    tries = 0

    async def keep(deps: Deps, row: Row, now: datetime) -> None:
        nonlocal tries
        tries += 1
        raise GatewayError("http_500", Retry.LATER)

    monkeypatch.setattr(outcomes, "_backoff", lambda _: timedelta(seconds=0.25))
    for number in range(3):
        await bench.put(f"lane {number}")
    async with running(bench.worker({Kind.POST: Promise(keep=keep)})):
        await asyncio.sleep(1.1)
    assert tries <= 15
    assert await bench.states() == {"ready": 3}


async def test_what_becomes_due_while_the_worker_waits_for_the_writer_is_not_slept_through(bench: Bench) -> None:
    """Something that waits for a repair makes every look a full one."""
    await bench.put("off", route="post:OFF")
    async with bench.db.begin() as tx:
        later = bench.now + timedelta(minutes=5)
        await routes.switch_off(tx, bench.firm_id, "post:OFF", "is_archived", probe_at=later, now=bench.now)

    async def keep(deps: Deps, row: Row, _now: datetime) -> None:
        await done(deps, row)

    async with running(bench.worker({Kind.POST: Promise(keep=keep)})):
        await asyncio.sleep(0.2)
        row_id = await bench.put("b", due_in=0.25)
        await asyncio.sleep(0.1)
        async with bench.db.begin():
            bench.db.wake.nudge()
            await asyncio.sleep(0.4)
        async with asyncio.timeout(2):
            while await bench.state(row_id) != "done":
                await asyncio.sleep(0.02)
