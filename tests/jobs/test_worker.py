"""The loop: lanes in order, ways side by side, nothing stops it, and a stop loses nothing."""

import asyncio
import sqlite3
import time
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bridge.gateways.errors import GatewayError, Retry
from bridge.jobs import outcomes, worker
from bridge.jobs.pacing import OF_ONE_SERVICE, Pace
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import claims, firms, outbox, routes
from bridge.store.outbox import Kind, Row
from bridge.store.tables import outbox as table
from bridge.store.tx import Tx
from tests.bench import Bench, Queries, done, running
from tests.store.scratch import only_postgres, only_sqlite

FEW = 25  # statements in a second: that is two looks, and a mill makes hundreds


class Diary:
    """Keeps every promise, and writes down when and how many at a time."""

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self.kept: defaultdict[str, list[int]] = defaultdict(list)
        self.busy: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.held_up: set[str] = set()
        self.go_on = asyncio.Event()

    async def keep(self, deps: Deps, row: Row, _now: datetime) -> None:
        for name in (row.lane, row.route, "all"):
            self.busy[name] += 1
            self.most[name] = max(self.most[name], self.busy[name])
        try:
            if row.route in self.held_up:
                await self.go_on.wait()
            await asyncio.sleep(self.takes)
            await done(deps, row)
            self.kept[row.lane].append(row.id)
        finally:
            for name in (row.lane, row.route, "all"):
                self.busy[name] -= 1

    @property
    def promises(self) -> dict[Kind, Promise]:
        """What a worker is given."""
        return {Kind.POST: Promise(keep=self.keep)}


# ------------------------------------------------------------------ order and company


@pytest.mark.rows(72)
async def test_lanes_keep_their_order_and_run_side_by_side(bench: Bench) -> None:
    promised: defaultdict[str, list[int]] = defaultdict(list)
    for _ in range(5):
        for lane in ("a", "b", "c", "d"):
            promised[lane].append(await bench.put(lane))
    diary = Diary(takes=0.02)
    async with running(bench.worker(diary.promises)):
        await bench.until_all_are("done")
    assert diary.kept == promised
    assert max(diary.most[lane] for lane in promised) == 1
    assert diary.most["all"] > 1


@only_postgres
@pytest.mark.faults("F27")
async def test_several_workers_share_the_work_and_keep_the_order(bench: Bench) -> None:
    promised: defaultdict[str, list[int]] = defaultdict(list)
    for _ in range(6):
        for number in range(12):
            promised[f"lane {number}"].append(await bench.put(f"lane {number}", route=f"sms:{number}"))
    diaries = [Diary(takes=0.01) for _ in range(3)]
    benches = [bench, bench.beside(), bench.beside()]
    async with AsyncExitStack() as stack:
        for each, diary in zip(benches, diaries, strict=True):
            await stack.enter_async_context(running(each.worker(diary.promises, alone=False)))
        await bench.until_all_are("done")
    for lane, ids in promised.items():
        together = sorted(row_id for diary in diaries for row_id in diary.kept[lane])
        assert together == ids, "each once"
        assert all(diary.kept[lane] == sorted(diary.kept[lane]) for diary in diaries)
        assert max(diary.most[lane] for diary in diaries) <= 1
    async with bench.db.read() as tx:
        rows = await tx.rows(text("SELECT lane, id FROM outbox ORDER BY done_at, id"))
    for lane, ids in promised.items():
        assert [row.id for row in rows if row.lane == lane] == ids, "in the order of their promises"
    assert sum(bool(diary.kept) for diary in diaries) > 1, "more than one of them took work"


@only_postgres
async def test_several_workers_together_keep_the_pace(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "paces", lambda _: {"post": Pace(timedelta(seconds=1), burst=2)})
    bench.stop_clock()
    async with bench.db.begin() as tx:
        for number in range(200):  # more than one of them looks at
            await outbox.put(
                tx, bench.firm_id, Kind.POST, bench.now, lane=f"lane {number}", service="slack", route="post:C1",
                payload={},
            )  # fmt: skip
    workers = [each.worker({}, alone=False) for each in (bench, bench.beside(), bench.beside())]
    for _ in range(3):
        claimed = await asyncio.gather(*(each._claim() for each in workers))
        assert sum(map(len, claimed)) <= 2
        await asyncio.gather(*(each._claim() for each in workers))
    assert (await bench.states())["sending"] == 2
    bench.skip(seconds=1)
    await asyncio.gather(*(each._claim() for each in workers))
    await workers[0]._claim()
    assert (await bench.states())["sending"] == 3


@pytest.mark.faults("F5")
async def test_calls_on_one_way_are_bounded_and_a_slow_way_holds_nobody_else_up(bench: Bench) -> None:
    slow = [await bench.put(f"slow {number}", route="sms:1") for number in range(80)]
    quick = [await bench.put(f"quick {number}", route="sms:2") for number in range(5)]
    diary = Diary()
    diary.held_up.add("sms:1")
    async with running(bench.worker(diary.promises)):

        async def quick_are_done() -> bool:
            return [await bench.state(row_id) for row_id in quick] == ["done"] * 5

        await bench.until(quick_are_done)
        assert diary.busy["sms:1"] == 16
        diary.go_on.set()
        await bench.until_all_are("done")
    assert diary.most["sms:1"] == 16
    assert sum(len(kept) for kept in diary.kept.values()) == len(slow) + len(quick)


async def test_room_on_a_full_way_is_used_as_soon_as_there_is_some(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wake of a row that is done may come before its way has room again."""

    async def lingers(deps: Deps, row: Row, _now: datetime) -> None:
        await done(deps, row)
        await asyncio.sleep(0.1)

    monkeypatch.setattr(worker, "paces", lambda _: {"post": Pace(timedelta(0), burst=1, at_once=1)})
    for number in range(4):
        await bench.put(f"lane {number}")
    async with running(bench.worker({Kind.POST: Promise(keep=lingers)})):
        await bench.until_all_are("done", seconds=worker.LOOK)


async def test_what_becomes_due_is_done_then_without_a_wake(bench: Bench) -> None:
    diary = Diary()
    async with running(bench.worker(diary.promises)):
        await asyncio.sleep(0.1)
        row_id = await bench.put(due_in=0.5)
        await bench.until_all_are("done", seconds=3)
    fields = await bench.fields(row_id)
    assert fields.due_at <= fields.done_at < fields.due_at + timedelta(seconds=2)


# ------------------------------------------------------------------ what cannot stop it


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
            lane = f"lane {number % 8}"
            await bench.deps.keep(lambda lane=lane: bench.put(lane))  # type: ignore[misc]
            if number % 10 == 5:
                await _end_connections(bench.beside())
        await bench.until_all_are("done", "unknown")
        bench.skip(minutes=3)
        await bench.until_all_are("done")


async def _end_connections(bench: Bench) -> None:
    """Of everybody but the one who does it."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    async with bench.db.read() as tx:
        await tx.rows(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))  # noqa: S608


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


async def test_an_error_in_the_loop_itself_is_survived_and_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary, broken = Diary(), True
    real = claims.is_due

    async def is_due(tx: Tx, now: datetime) -> bool:
        if broken:
            raise ZeroDivisionError
        return await real(tx, now)

    monkeypatch.setattr(claims, "is_due", is_due)
    monkeypatch.setattr(worker, "STUCK_AFTER", 0.3)
    loop = bench.worker(diary.promises)
    await bench.put()
    async with running(loop):
        await asyncio.sleep(0.5)
        assert loop.is_stuck()
        broken = False
        await bench.until_all_are("done")
        assert not loop.is_stuck()


# ------------------------------------------------------------------ a stop


@pytest.mark.faults("F30")
async def test_a_stop_lets_calls_under_way_end_and_takes_no_more(bench: Bench) -> None:
    diary = Diary(takes=0.3)
    first = await bench.put("a")
    loop = bench.worker(diary.promises)
    task = asyncio.create_task(loop.run())

    async def is_busy() -> bool:
        return diary.busy["all"] == 1

    await bench.until(is_busy)
    behind, later = await bench.put("a"), await bench.put("b", due_in=0.05)
    await loop.stop()
    await asyncio.wait_for(task, 1)
    assert [await bench.state(row_id) for row_id in (first, behind, later)] == ["done", "ready", "ready"]


@pytest.mark.faults("F30")
async def test_a_stop_releases_what_does_not_end_in_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "DRAIN", 0.2)
    diary = Diary()
    diary.held_up.add("post:C1")
    stuck, quick = await bench.put("a"), await bench.put("b", route="post:C2")
    loop = bench.worker(diary.promises, alone=False)
    task = asyncio.create_task(loop.run())

    async def is_busy() -> bool:
        return diary.busy["post:C1"] == 1 and await bench.state(quick) == "done"

    await bench.until(is_busy)
    began = time.monotonic()
    await loop.stop()
    await asyncio.gather(task, return_exceptions=True)
    assert time.monotonic() - began < 5
    fields = await bench.fields(stuck)
    assert (fields.state, fields.lease) == ("unknown", None), "whoever comes next settles it at once"

    diary.held_up.clear()
    async with running(bench.worker(diary.promises, alone=False)):
        await bench.until_all_are("done")


async def test_a_stop_during_a_look_forgets_nothing_that_was_just_claimed(bench: Bench) -> None:
    diary = Diary(takes=0.01)
    for number in range(30):
        await bench.put(f"lane {number}")
    for _ in range(15):
        loop = bench.worker(diary.promises, alone=False)
        task = asyncio.create_task(loop.run())
        await asyncio.sleep(0.002 * _)
        await loop.stop()
        await task
        assert "sending" not in await bench.states()
    async with running(bench.worker(diary.promises, alone=False)):
        await bench.until_all_are("done")


async def test_a_worker_that_never_ran_can_be_stopped(bench: Bench) -> None:
    await asyncio.wait_for(bench.worker({}).stop(), 1)


# ------------------------------------------------------------------ idleness


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
    async with bench.db.read() as tx:
        assert await outbox.counts(tx) == {"ready": 3}


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


async def test_more_firms_than_places_are_all_served(bench: Bench) -> None:
    """Once a service is full, the rows of all other firms are out of the way at once."""
    async with bench.db.begin() as tx:
        for n in range(300):
            firm_id = await firms.install(tx, f"T{n}", bench.now, name="x")
            await outbox.put(
                tx, firm_id, Kind.POST, bench.now, lane="thread:1", service="slack", route="post:C1", payload={}
            )
    looks = 0

    async def keep(deps: Deps, row: Row, _now: datetime) -> None:
        await asyncio.sleep(0.05)
        await done(deps, row)

    worker = bench.worker({Kind.POST: Promise(keep=keep)})
    while (await bench.states()).get("ready"):
        claimed = await worker._claim()
        looks += 1
        assert 0 < len(claimed) <= OF_ONE_SERVICE
        await asyncio.gather(*(worker._keep(row, is_probe=is_probe) for row, is_probe in claimed))
    assert looks <= 300 / OF_ONE_SERVICE + 1
