"""Work that waits at the same moment shares a unit, and nobody notices."""

import asyncio
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.store import firms, seen
from bridge.store.database import Database
from bridge.store.together import _apart, _Asked
from bridge.store.tx import Tx
from tests.store.scratch import Commits, held

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def keep(tx: Tx, asked: tuple[int, str]) -> str:
    """Store a key that is new; odd words cannot be stored."""
    firm_id, key = asked
    if key == "odd":
        raise LookupError(key)
    return f"{key} is new" if await seen.first_time(tx, firm_id, [key], NOW) else f"{key} was here"


async def firm_of(db: Database) -> int:
    async with db.begin() as tx:
        return await firms.install(tx, "T01", NOW, name="Firm")


async def all_at_once(db: Database, *keys: str, apart: tuple[Any, ...] = ()) -> list[Any]:
    """What became of each, while somebody else has the writer's turn first."""
    firm_id = await firm_of(db)
    async with held(db) as go_on:
        first = asyncio.create_task(db.together.do(keep, (firm_id, "first")))
        await asyncio.sleep(0.01)
        tasks = [asyncio.create_task(db.together.do(keep, (firm_id, key), apart=apart)) for key in keys]
        await asyncio.sleep(0.01)
        go_on.set()
        await first
        return await asyncio.gather(*tasks, return_exceptions=True)


async def test_those_who_wait_share_a_unit(db: Database) -> None:
    units: list[int] = []
    db._writer._lines.listeners.append(lambda words: units.append(1) if "SAVEPOINT unit" in words else None)
    assert await all_at_once(db, "a", "b", "c") == ["a is new", "b is new", "c is new"]
    shared = len(units)
    units.clear()
    for key in ("d", "e", "f"):
        await db.together.do(keep, (await firm_of(db), key))
    assert shared < len(units)


async def test_those_who_are_apart_see_what_was_done_before_them(db: Database) -> None:
    assert await all_at_once(db, "a", "a", "b", "a", apart=("key",)) == [
        "a is new",
        "a was here",
        "b is new",
        "a was here",
    ]


async def test_only_what_is_wrong_fails(db: Database) -> None:
    outcomes = await all_at_once(db, "a", "odd", "b")
    assert [str(outcome) for outcome in outcomes] == ["a is new", "odd", "b is new"]
    assert isinstance(outcomes[1], LookupError)


async def test_who_hears_of_it_can_rely_on_it(db: Database) -> None:
    firm_id = await firm_of(db)
    commits = Commits(db)
    assert await db.together.do(keep, (firm_id, "a")) == "a is new"
    assert commits.count == 1
    commits.fail_next = True
    with pytest.raises(Exception, match="OSError"):
        await db.together.do(keep, (firm_id, "b"))
    assert await db.together.do(keep, (firm_id, "b")) == "b is new"


async def test_who_is_cancelled_keeps_nobody_from_being_done(db: Database) -> None:
    firm_id = await firm_of(db)
    async with held(db) as go_on:
        tasks = [asyncio.create_task(db.together.do(keep, (firm_id, key))) for key in "abcd"]
        await asyncio.sleep(0.01)
        tasks[1].cancel()
        go_on.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [outcomes[0], *outcomes[2:]] == ["a is new", "c is new", "d is new"]
    assert isinstance(outcomes[1], asyncio.CancelledError)


@given(st.lists(st.frozensets(st.integers(0, 5), max_size=3), max_size=12))
def test_who_shares_something_goes_in_order_and_nobody_else_waits(shares: list[frozenset[int]]) -> None:
    asked = [_Asked(number, each) for number, each in enumerate(shares)]
    rounds = _apart(asked)
    place = {one: number for number, some in enumerate(rounds) for one in some}
    assert sorted(place, key=lambda one: one.about) == asked
    for earlier, later in combinations(asked, 2):
        assert not earlier.apart & later.apart or place[earlier] < place[later]
    for one in asked:
        before = [place[each] for each in asked[: one.about] if each.apart & one.apart]
        assert place[one] == max(before, default=-1) + 1
