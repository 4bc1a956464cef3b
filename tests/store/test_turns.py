"""Who is urgent passes those that can wait, and keeps none of them out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.store import turns, writer
from bridge.store.database import Database
from bridge.store.trouble import Overloaded
from bridge.store.turns import Turns
from tests.store.scratch import Commits, put, write


@pytest.fixture(autouse=True)
def one_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 1)


class Queue:
    """Everybody who was asked to take a turn, in the order in which they had it."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, *, urgent: bool = False) -> None:
        self.tasks[name] = asyncio.create_task(self._take(name, urgent=urgent))
        for _ in range(3):
            await asyncio.sleep(0)

    async def _take(self, name: str, *, urgent: bool) -> None:
        await self.turns.take(urgent=urgent)
        self.order.append(name)
        await asyncio.sleep(0)
        self.turns.release()


@asynccontextmanager
async def held() -> AsyncIterator[Queue]:
    """Somebody has the turn until the block ends; then everybody who was not cancelled has had theirs."""
    queue = Queue()
    await queue.turns.take()
    yield queue
    queue.turns.release()
    async with asyncio.timeout(5):
        await asyncio.gather(*queue.tasks.values(), return_exceptions=True)


async def test_one_that_can_wait_and_then_who_is_urgent() -> None:
    async with held() as queue:
        for name in ("a", "b", "c"):
            await queue.come(name)
        await queue.come("urgent", urgent=True)
    assert queue.order == ["a", "urgent", "b", "c"]


async def test_those_that_can_wait_have_their_turns_between_the_urgent() -> None:
    async with held() as queue:
        for number in range(3):
            await queue.come(f"urgent {number}", urgent=True)
        for name in ("a", "b"):
            await queue.come(name)
        await queue.come("urgent 3", urgent=True)
    assert queue.order == ["urgent 0", "urgent 1", "urgent 2", "a", "urgent 3", "b"]


@pytest.mark.parametrize("gone", ["a", "b", "urgent"])
async def test_who_gives_up_blocks_nobody(gone: str) -> None:
    async with held() as queue:
        for name in ("a", "b", "c"):
            await queue.come(name)
        await queue.come("urgent", urgent=True)
        queue.tasks[gone].cancel()
        await asyncio.sleep(0)
    assert sorted(queue.order) == sorted({"a", "b", "c", "urgent"} - {gone})


async def test_an_urgent_unit_is_durable_before_those_that_waited_longer(db: Database) -> None:
    told: list[str] = []

    async def unit(name: str, *, urgent: bool = False) -> None:
        async with db.begin(urgent=urgent) as tx:
            await write(tx, name)
            told.append(name)
        told.append(f"{name} is durable")

    async with db.begin() as tx:
        await write(tx, "first")
        patient = [asyncio.create_task(unit(f"patient {number}")) for number in range(4)]
        await asyncio.sleep(0.01)
        urgent = asyncio.create_task(unit("urgent", urgent=True))
        await asyncio.sleep(0.01)
    await asyncio.gather(urgent, *patient)
    assert told.index("urgent is durable") < told.index("patient 1")


async def test_who_is_urgent_is_not_turned_away_for_those_it_passes(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 2)
    async with db.begin() as tx:
        await write(tx, "first")
        patient = [asyncio.create_task(put(db, f"patient {number}")) for number in range(2)]
        await asyncio.sleep(0.01)
        with pytest.raises(Overloaded):
            await put(db, "one too many")
        urgent = asyncio.create_task(_urgently(db, "urgent"))
        await asyncio.sleep(0.01)
    await asyncio.gather(urgent, *patient)


async def _urgently(db: Database, key: str) -> None:
    async with db.begin(urgent=True) as tx:
        await write(tx, key)


async def test_while_urgent_ones_keep_coming_the_others_still_share_commits(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "AT_ONCE", 8)
    db = Database(database_url)
    commits, is_over, urgent = Commits(db), False, 0

    async def stream() -> None:
        nonlocal urgent
        while not is_over:
            await _urgently(db, f"urgent {urgent}")
            urgent += 1

    streaming = asyncio.create_task(stream())
    await asyncio.gather(*(put(db, f"patient {number}") for number in range(80)))
    is_over = True
    await streaming
    assert 0 < urgent <= commits.count < 30
    await db.close()
