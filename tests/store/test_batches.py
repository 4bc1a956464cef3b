"""Batches: those who wait go together, and what is wrong with one of them is that one's business alone."""

import asyncio
from collections.abc import Sequence

import pytest

from bridge.store import writer
from bridge.store.batches import Batch
from bridge.store.trouble import Hindered, Overloaded, StoreUnavailable


class Desk:
    """Takes numbers in; holds up the first, refuses what is odd in one way or another, and remembers who came with
    whom.
    """

    def __init__(self) -> None:
        self.came: list[list[int]] = []
        self.go_on = asyncio.Event()
        self.trouble: BaseException | None = None

    async def take(self, several: Sequence[int]) -> list[str]:
        self.came.append(list(several))
        await self.go_on.wait()
        if self.trouble is not None:
            raise self.trouble
        if 13 in several:
            raise LookupError("thirteen")
        if 17 in several:
            raise Hindered("somebody holds seventeen")
        return [f"took {number}" for number in several]


async def test_the_first_begins_at_once_and_who_comes_meanwhile_goes_together() -> None:
    desk = Desk()
    batch = Batch(desk.take)
    tasks = [asyncio.create_task(batch.add(0))]
    await asyncio.sleep(0.01)
    tasks += [asyncio.create_task(batch.add(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0.01)
    assert (desk.came, batch.waiting) == ([[0]], 4)
    desk.go_on.set()
    assert await asyncio.gather(*tasks) == ["took 0", "took 1", "took 2", "took 3"]
    assert (desk.came, batch.waiting) == ([[0], [1, 2, 3]], 0)


async def test_only_what_is_wrong_fails() -> None:
    desk = Desk()
    desk.go_on.set()
    batch = Batch(desk.take)
    outcomes = await asyncio.gather(*(batch.add(number) for number in (12, 13, 14)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["took 12", "thirteen", "took 14"]
    assert desk.came == [[12, 13, 14], [12], [13], [14]]


async def test_whoever_is_hindered_hinders_nobody_else() -> None:
    desk = Desk()
    desk.go_on.set()
    batch = Batch(desk.take)
    outcomes = await asyncio.gather(*(batch.add(number) for number in (16, 17, 18)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["took 16", "somebody holds seventeen", "took 18"]
    assert desk.came == [[16, 17, 18], [16], [17], [18]]


async def test_trouble_that_passes_is_everybodys_and_tried_once() -> None:
    desk = Desk()
    desk.go_on.set()
    desk.trouble = StoreUnavailable("locked")
    batch = Batch(desk.take)
    outcomes = await asyncio.gather(*(batch.add(number) for number in (1, 2)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
    assert desk.came == [[1, 2]]
    desk.trouble = None
    assert await batch.add(3) == "took 3"


@pytest.mark.faults("F14")
async def test_a_cancellation_that_went_astray_leaves_nobody_waiting() -> None:
    desk = Desk()
    batch = Batch(desk.take)
    tasks = [asyncio.create_task(batch.add(0))]
    await asyncio.sleep(0.01)
    tasks += [asyncio.create_task(batch.add(number)) for number in (1, 2)]
    await asyncio.sleep(0.01)
    desk.trouble = asyncio.CancelledError()
    desk.go_on.set()
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 3
    desk.trouble = None
    assert await batch.add(3) == "took 3"


async def test_who_gave_up_while_waiting_is_not_taken_in_and_holds_nobody_up() -> None:
    desk = Desk()
    batch = Batch(desk.take)
    tasks = [asyncio.create_task(batch.add(number)) for number in (0, 1, 2)]
    await asyncio.sleep(0.01)
    late = asyncio.create_task(batch.add(3))
    gone = asyncio.create_task(batch.add(4))
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    gone.cancel()
    await asyncio.sleep(0.01)
    desk.go_on.set()
    assert await asyncio.gather(*tasks[1:], late) == ["took 1", "took 2", "took 3"]
    assert desk.came == [[0, 1, 2], [3]]
    assert batch.waiting == 0


@pytest.mark.faults("S18")
async def test_a_full_waiting_room_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 2)
    desk = Desk()
    batch = Batch(desk.take)
    tasks = [asyncio.create_task(batch.add(0))]
    await asyncio.sleep(0.01)
    tasks += [asyncio.create_task(batch.add(number)) for number in (1, 2)]
    await asyncio.sleep(0.01)
    with pytest.raises(Overloaded):
        await batch.add(3)
    desk.go_on.set()
    assert len(await asyncio.gather(*tasks)) == 3
