"""Rows at work in this process are few, those that wait for a service many."""

import asyncio
from datetime import datetime

import pytest

from bridge.gateways.calls import counted
from bridge.jobs import crowd, flights
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store.outbox import Kind, Row
from tests.bench import Bench, done, running
from tests.jobs.diary import Diary

MANY = 12

pytestmark = pytest.mark.faults("F5")


class Service:
    """Answers when it is told to, and knows how many wait for that."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.asked = 0

    @counted("slack", "anything")
    async def call(self) -> None:
        self.asked += 1
        await self.answered.wait()

    async def keep(self, deps: Deps, row: Row, _now: datetime) -> None:
        await self.call()
        await done(deps, row)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "AT_WORK", 4)
    monkeypatch.setattr(flights, "SURELY_AWAY", 60.0)


async def put_many(bench: Bench) -> None:
    for number in range(MANY):
        await bench.put(f"lane {number}")


async def test_few_are_at_work_at_once(bench: Bench) -> None:
    await put_many(bench)
    diary = Diary(takes=0.05)
    async with running(bench.worker(diary.promises)):
        await bench.until_all_are("done")
    assert diary.most["all"] == 4


async def test_fewer_are_at_work_while_a_crowd_presses(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "FEW", 2)
    monkeypatch.setattr(crowd.Crowd, "presses", lambda _: True)
    await put_many(bench)
    diary = Diary(takes=0.05)
    async with running(bench.worker(diary.promises)):
        await bench.until_all_are("done")
    assert diary.most["all"] == 2


async def test_who_waits_for_a_service_makes_room(bench: Bench) -> None:
    await put_many(bench)
    service = Service()
    async with running(bench.worker({Kind.POST: Promise(keep=service.keep)})):

        async def all_wait() -> bool:
            return service.asked == MANY

        await bench.until(all_wait)
        assert (await bench.states()) == {"sending": MANY}
        service.answered.set()
        await bench.until_all_are("done")


async def test_who_has_been_under_way_for_long_is_not_at_work(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it waits for, others need not."""
    monkeypatch.setattr(flights, "SURELY_AWAY", 0.1)
    diary = Diary()
    diary.held_up.add("sms:1")
    for number in range(4):
        await bench.put(f"held up {number}", route="sms:1")
    async with running(bench.worker(diary.promises)):

        async def all_work() -> bool:
            return diary.busy["sms:1"] == 4

        async def others_are_done() -> bool:
            return (await bench.states()).get("done") == MANY

        await bench.until(all_work)
        await put_many(bench)
        await bench.until(others_are_done)
        assert diary.busy["sms:1"] == 4
        diary.go_on.set()
        await bench.until_all_are("done")


async def test_no_more_than_at_once_however_long_they_wait(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    monkeypatch.setattr(flights, "AT_ONCE", 3)
    await put_many(bench)
    service = Service()
    async with running(bench.worker({Kind.POST: Promise(keep=service.keep)})):

        async def some_wait() -> bool:
            return service.asked == 3

        await bench.until(some_wait)
        await asyncio.sleep(0.2)
        assert service.asked == 3
        service.answered.set()
        await bench.until_all_are("done")
