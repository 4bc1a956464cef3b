"""What is counted is what became durable: each thing once, however often somebody had to try."""

import asyncio
from collections.abc import Callable

import pytest

from bridge.store.database import Database, patiently
from bridge.store.trouble import StoreUnavailable
from tests.store.scratch import Commits, held, kept, write


async def put(db: Database, key: str, count: Callable[[], None]) -> None:
    """Write it down and count it."""
    async with db.begin() as tx:
        await write(tx, key)
        tx.once_durable(count)


async def test_only_what_was_committed_is_counted_and_only_then(db: Database) -> None:
    counted: list[str] = []

    async def fails() -> None:
        async with db.begin() as tx:
            await write(tx, "wrong")
            tx.once_durable(lambda: counted.append("wrong"))
            raise LookupError("a bug")

    first = asyncio.create_task(put(db, "first", lambda: counted.append("first")))
    async with held(db):
        assert counted == []
    await first
    assert counted == ["first"]
    outcomes = await asyncio.gather(
        put(db, "a", lambda: counted.append("a")), fails(), put(db, "b", lambda: counted.append("b")),
        return_exceptions=True,
    )  # fmt: skip
    assert isinstance(outcomes[1], LookupError)
    assert counted == ["first", "a", "b"]


async def test_a_commit_that_fails_counts_nothing_and_its_repetition_once(db: Database) -> None:
    counted: list[str] = []
    commits = Commits(db)
    commits.fail_next = True
    with pytest.raises(StoreUnavailable):
        await put(db, "k", lambda: counted.append("k"))
    assert counted == []
    commits.fail_next = True
    await patiently(lambda: put(db, "k", lambda: counted.append("k")), seconds=5)
    assert (commits.count, counted) == (3, ["k"])


async def test_who_is_cancelled_too_late_is_counted_all_the_same(db: Database) -> None:
    """It is stored, and whoever tries again will find it there."""
    counted: list[str] = []
    late = asyncio.create_task(put(db, "k", lambda: counted.append("k")))
    async with held(db):  # behind it, in the same group
        late.cancel()
        await asyncio.gather(late, return_exceptions=True)
        assert counted == []
    assert await kept(db) == {"k", "held"}
    assert counted == ["k"]


async def test_a_look_counts_nothing(db: Database) -> None:
    counted: list[str] = []
    async with db.read() as tx:
        tx.once_durable(lambda: counted.append("looked"))
    assert counted == []
