"""Coalesced reads: one read for many, and never one that began before the question."""

import asyncio
import gc

import pytest

from bridge.store.coalesced import Coalesced
from bridge.store.trouble import StoreUnavailable


class Book:
    """Counts how often it was read; while it is closed a reader waits."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.edition = 1
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def read(self, key: str) -> str:
        self.asked.append(key)
        edition = self.edition
        await self.is_open.wait()
        if key == "torn":
            raise LookupError(key)
        return f"{key} {edition}"


async def test_who_asks_at_the_same_moment_shares_an_answer() -> None:
    book = Book()
    reads = Coalesced(book.read)
    answers = await asyncio.gather(*(reads.ask(key) for key in ("a", "b", "a", "a")))
    assert answers == ["a 1", "b 1", "a 1", "a 1"]
    assert sorted(book.asked) == ["a", "b"]
    assert await reads.ask("a") == "a 1"
    assert len(book.asked) == 3, "nothing is kept"


async def test_nobody_gets_an_answer_older_than_the_question() -> None:
    book = Book()
    reads = Coalesced(book.read)
    book.is_open.clear()
    first = asyncio.create_task(reads.ask("a"))
    await asyncio.sleep(0.01)
    book.edition = 2
    later = [asyncio.create_task(reads.ask("a")) for _ in range(3)]
    other = asyncio.create_task(reads.ask("b"))
    await asyncio.sleep(0.01)
    assert book.asked == ["a", "b"], "one read of a key at a time; another key does not wait"
    book.is_open.set()
    assert await asyncio.gather(first, other, *later) == ["a 1", "b 2", "a 2", "a 2", "a 2"]
    assert book.asked == ["a", "b", "a"]


async def test_an_error_is_everybodys_and_is_not_kept() -> None:
    book = Book()
    reads = Coalesced(book.read)
    outcomes = await asyncio.gather(*(reads.ask("torn") for _ in range(3)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["torn"] * 3
    with pytest.raises(LookupError):
        await reads.ask("torn")
    assert len(book.asked) == 2


async def test_who_hangs_up_takes_nobody_along() -> None:
    book = Book()
    reads = Coalesced(book.read)
    book.is_open.clear()
    waiting = [asyncio.create_task(reads.ask("a")) for _ in range(2)]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    await asyncio.sleep(0.01)
    book.is_open.set()
    assert await waiting[1] == "a 1"


async def test_an_error_that_nobody_waits_for_any_more_is_nobodys(caplog: pytest.LogCaptureFixture) -> None:
    async def torn_when_let_go(key: str) -> str:
        try:
            await asyncio.sleep(9)
        finally:
            raise LookupError(key)

    asked = asyncio.create_task(Coalesced(torn_when_let_go).ask("a"))
    await asyncio.sleep(0.01)
    asked.cancel()
    await asyncio.sleep(0.01)
    del asked  # what it was told holds on to the read
    gc.collect()
    assert caplog.records == []


async def test_a_read_that_hangs_stops_nobody_and_ends_with_whoever_waits_for_it() -> None:
    ended: list[str] = []

    async def first_hangs(key: str) -> str:
        if not ended:
            ended.append("begun")
            try:
                await asyncio.sleep(9)
            finally:
                ended.append("cut off")
        return key

    reads = Coalesced(first_hangs)
    first = asyncio.create_task(reads.ask("a"))
    await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        assert await reads.ask("a") == "a"
    assert "cut off" not in ended
    first.cancel()
    await asyncio.sleep(0.01)
    assert "cut off" in ended
    assert await reads.ask("a") == "a"


async def test_who_hangs_up_before_the_turn_leaves_nothing_behind() -> None:
    book = Book()
    reads = Coalesced(book.read)
    book.is_open.clear()
    first = asyncio.create_task(reads.ask("a"))
    await asyncio.sleep(0.01)
    behind = asyncio.create_task(reads.ask("a"))
    await asyncio.sleep(0.01)
    behind.cancel()
    await asyncio.sleep(0.01)
    last = asyncio.create_task(reads.ask("a"))
    await asyncio.sleep(0.01)
    book.is_open.set()
    assert [await first, await last] == ["a 1", "a 1"]
    assert book.asked == ["a", "a"], "for nobody nothing is read"


async def test_a_cancellation_that_was_meant_for_nobody_is_trouble_that_passes() -> None:
    async def strayed(_: str) -> str:
        raise asyncio.CancelledError

    outcomes = await asyncio.gather(*(Coalesced(strayed).ask("a") for _ in range(2)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
