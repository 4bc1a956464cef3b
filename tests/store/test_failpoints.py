"""The moments around a commit have the names of the units that it serves, and cost nothing while nobody listens."""

import asyncio

import pytest

from bridge import failpoints
from bridge.store.database import Database
from bridge.store.trouble import StoreUnavailable
from tests.store.scratch import kept, put, write

PUT = "tests.store.scratch.put"


async def test_who_shares_a_commit_is_named_before_it_and_after_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []
    monkeypatch.setattr(failpoints, "armed", reached.append)
    await asyncio.gather(put(db, "a"), put(db, "b"))
    assert reached == [f"before commit {PUT}"] * 2 + [f"after commit {PUT}"] * 2


async def test_a_method_is_named_with_its_class(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[str] = []
    monkeypatch.setattr(failpoints, "armed", reached.append)
    await Somebody().writes(db)
    assert reached[0].endswith("test_failpoints.Somebody.writes")


class Somebody:
    async def writes(self, db: Database) -> None:
        async with db.begin() as tx:
            await write(tx, "a")


async def test_who_stumbles_before_the_commit_has_stored_nothing_and_after_it_all(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment, stored in (("before", set()), ("after", {"after"})):

        def stumble(name: str, moment: str = moment) -> None:
            if name.startswith(moment):
                raise ZeroDivisionError

        monkeypatch.setattr(failpoints, "armed", stumble)
        with pytest.raises(StoreUnavailable):
            await put(db, moment)
        monkeypatch.setattr(failpoints, "armed", None)
        assert await kept(db) == stored


def test_while_nobody_listens_nobody_asks_who_calls() -> None:
    assert failpoints.armed is None
    assert failpoints.caller() is None
    failpoints.reach("before commit", "somebody")
