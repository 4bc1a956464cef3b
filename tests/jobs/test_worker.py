"""The loop: lanes in order, ways side by side."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bridge.jobs import crowd, worker
from bridge.jobs.pacing import OF_ONE_SERVICE, UNPACED, Pace
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import batches, firms, outbox
from bridge.store.batches import Batch
from bridge.store.outbox import Kind, Row
from tests.bench import Bench, done, running
from tests.jobs.diary import Diary
from tests.store.scratch import only_postgres


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


@asynccontextmanager
async def crowded(bench: Bench) -> AsyncIterator[None]:
    """Until the block ends many wait to be taken in."""
    let_in = asyncio.Event()

    async def take_in(several: Sequence[int]) -> Sequence[int]:
        await let_in.wait()
        return several

    door = bench.db.batch(take_in)
    waiting = [asyncio.create_task(door.add(number)) for number in range(batches.CROWD + 1)]
    await asyncio.sleep(0)
    yield
    let_in.set()
    assert await asyncio.gather(*waiting) == list(range(batches.CROWD + 1))


async def test_while_a_crowd_waits_to_be_taken_in_little_is_begun(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "A_FEW", 2)
    monkeypatch.setattr(crowd, "FEW_EACH", 0.5)
    for number in range(6):
        await bench.put(f"lane {number}")
    diary = Diary()
    async with running(bench.worker(diary.promises)):
        async with crowded(bench):
            await bench.until_all_are("done")
            assert diary.most["all"] == 2
        diary.takes = 1.0  # long enough for all to be under way at once, however slowly they are put
        for number in range(6):
            await bench.put(f"lane {number}")
        await bench.until_all_are("done")
    assert diary.most["all"] > 2


@pytest.mark.parametrize(("rows", "presses"), [(6, True), (1, False)])
async def test_what_has_waited_long_is_behind_if_more_waits_than_may_begin(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, rows: int, presses: bool
) -> None:
    monkeypatch.setattr(worker, "A_FEW", 2)
    monkeypatch.setattr(crowd, "FEW_EACH", 60)
    for number in range(rows):
        await bench.put(f"lane {number}", due_in=-10)
    keeper = bench.worker(Diary().promises)

    async def some_are_done() -> bool:
        return (await bench.states()).get("done", 0) == min(rows, 2)

    async with crowded(bench), running(keeper):
        await bench.until(some_are_done)
        assert keeper._crowd.presses() is presses


@pytest.mark.faults("F30")
async def test_a_stop_begins_nothing_that_a_crowd_held_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "A_FEW", 2)
    monkeypatch.setattr(crowd, "FEW_EACH", 60)
    for number in range(6):
        await bench.put(f"lane {number}")
    diary = Diary()

    async def some_are_done() -> bool:
        return (await bench.states()).get("done") == 2

    async with crowded(bench), running(bench.worker(diary.promises)):
        await bench.until(some_are_done)
    assert await bench.states() == {"done": 2, "ready": 4}


async def test_calls_that_hang_stop_nobody_though_a_crowd_waits_to_be_taken_in(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "A_FEW", 1)
    first = await bench.put("lane 0")
    others = [await bench.put(f"lane {number}") for number in range(1, 4)]
    answered = asyncio.Event()

    async def keep(deps: Deps, row: Row, now: datetime) -> None:
        if row.id == first:
            await answered.wait()
        await done(deps, row)

    async def others_went() -> bool:
        return {await bench.state(row_id) for row_id in others} == {"done"}

    async with running(bench.worker({Kind.POST: Promise(keep=keep)})), crowded(bench):
        await bench.until(others_went)
        assert await bench.state(first) == "sending"
        answered.set()


async def test_a_crowd_that_comes_again_at_once_is_still_one() -> None:
    async def take_in(several: Sequence[int]) -> Sequence[int]:
        return several

    door = Batch(take_in)
    before = time.monotonic()
    await asyncio.gather(*(door.add(number) for number in range(batches.CROWD)))
    assert door.crowded_at() < before
    await asyncio.gather(*(door.add(number) for number in range(batches.CROWD + 1)))
    assert door.crowded_at() > before
    assert door.waiting == 0


@only_postgres
@pytest.mark.faults("F27")
async def test_what_was_passed_over_because_somebody_held_it_is_looked_at_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOOK", 60)
    await bench.put("mark:1")
    async with bench.beside().db.begin() as tx:
        assert await outbox.has_waiting(tx, bench.firm_id, "mark:1")
        loop = bench.worker(Diary().promises, alone=False)
        task = asyncio.create_task(loop.run())
        await asyncio.sleep(0.3)
        assert await bench.states() == {"ready": 1}
    await bench.until_all_are("done")
    await loop.stop()
    await task


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
        assert diary.busy["sms:1"] == UNPACED.at_once
        diary.go_on.set()
        await bench.until_all_are("done")
    assert diary.most["sms:1"] == UNPACED.at_once
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
