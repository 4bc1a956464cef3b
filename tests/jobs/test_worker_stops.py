"""A stop loses nothing."""

import asyncio
import time

import pytest

from bridge.jobs import worker
from bridge.store.outbox import LAST_WORDS
from tests.bench import Bench, running
from tests.jobs.diary import Diary


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
    assert (fields.state, fields.lease) == ("unknown", None), "whoever comes next settles it"

    diary.held_up.clear()
    bench.skip(seconds=LAST_WORDS.total_seconds())
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
