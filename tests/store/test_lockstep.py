"""Lockstep: pieces of work that are carried out together come to what each comes to alone, in fewer statements."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from bridge.store import contacts, firms, seen
from bridge.store.contacts import Contact
from bridge.store.database import Database
from bridge.store.lockstep import in_lockstep
from bridge.store.records import by, changing, find
from bridge.store.tables import contacts as contacts_table
from bridge.store.tx import Tx

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Step = Callable[[Tx, int, str], Coroutine[Any, Any, Any]]


class Undo(Exception):
    """Nothing of this unit shall stay."""


@pytest.fixture
async def firm_id(db: Database) -> int:
    async with db.begin() as tx:
        return await firms.install(tx, "T01", NOW, name="Firm")


def phone(number: int) -> str:
    return f"+141555501{number:02d}"


class Heard:
    """The statements of units of work since it was asked last, without those that begin and end them."""

    def __init__(self, db: Database) -> None:
        self._words: list[str] = []
        db._writer._lines.listeners.append(self._words.append)

    def now(self) -> list[str]:
        words = [each.split()[0] for each in self._words]
        self._words.clear()
        return [each for each in words if each in {"SELECT", "INSERT", "UPDATE"}]


async def known(tx: Tx, firm_id: int, number: int) -> bool:
    return await contacts.by_phone(tx, firm_id, phone(number)) is not None


async def test_who_asks_the_same_is_answered_by_one_statement_with_what_is_theirs(
    db: Database, firm_id: int
) -> None:
    heard = Heard(db)
    async with db.begin() as tx:
        await contacts.ensure_all(tx, firm_id, [phone(number) for number in (0, 2, 4)], NOW)
        heard.now()
        pieces = [partial(_in_firm, known, firm_id, number) for number in range(5)]
        assert await in_lockstep(pieces, tx) == [True, False, True, False, True]
        assert heard.now() == ["SELECT"]


async def _in_firm(
    work: Callable[[Tx, int, int], Coroutine[Any, Any, Any]], firm_id: int, number: int, tx: Tx
) -> Any:
    return await work(tx, firm_id, number)


async def test_what_each_writes_is_counted_and_returned_for_each(db: Database, firm_id: int) -> None:
    async def arrive(tx: Tx, firm_id: int, number: int) -> bool:
        """Each with as many keys as its number; those with a three were here before."""
        return await seen.first_time(tx, firm_id, [f"{number}:{key}" for key in range(number)], NOW)

    async with db.begin() as tx:
        await seen.first_time(tx, firm_id, ["3:1"], NOW)
        pieces = [partial(_in_firm, arrive, firm_id, number) for number in range(5)]
        assert await in_lockstep(pieces, tx) == [True, True, True, False, True]


async def test_what_each_asks_several_times_is_answered_to_it_alone(db: Database, firm_id: int) -> None:
    async def meet(tx: Tx, firm_id: int, number: int) -> list[str]:
        """So many strangers as its number says."""
        mine = [phone(10 * number + at) for at in range(number)]
        return sorted(await contacts.ensure_all(tx, firm_id, mine, NOW))

    async with db.begin() as tx:
        pieces = [partial(_in_firm, meet, firm_id, number) for number in (2, 0, 3, 1)]
        found = await in_lockstep(pieces, tx)
    assert found == [[phone(20), phone(21)], [], [phone(30), phone(31), phone(32)], [phone(10)]]


async def test_each_hears_how_many_rows_it_has_touched(db: Database, firm_id: int) -> None:
    async def move(tx: Tx, firm_id: int, number: int) -> tuple[int, int]:
        """Everybody has as many contacts as its number; one that is not there is asked for too."""
        mine = [
            by(firm_id=firm_id, phone=phone(10 * number + at)) | {"line_type": "voip"} for at in range(number + 1)
        ]
        change = changing(contacts_table, "firm_id", "phone")
        return await tx.run_each(change, mine), await tx.run(change, mine[-1])

    async with db.begin() as tx:
        for number in range(4):
            await contacts.ensure_all(tx, firm_id, [phone(10 * number + at) for at in range(number)], NOW)
        pieces = [partial(_in_firm, move, firm_id, number) for number in range(4)]
        assert await in_lockstep(pieces, tx) == [(0, 0), (1, 0), (2, 0), (3, 0)]


async def test_only_what_changes_something_can_be_counted(db: Database, firm_id: int) -> None:
    """The databases would not agree on how many rows a look touches."""

    async def look(tx: Tx, firm_id: int, number: int) -> int:
        return await tx.run(
            find(Contact, contacts_table, "firm_id", "phone"), by(firm_id=firm_id, phone=phone(number))
        )

    with pytest.raises(TypeError, match="a look touches nothing"):
        async with db.begin() as tx:
            await in_lockstep([partial(_in_firm, look, firm_id, number) for number in range(2)], tx)


async def test_each_goes_its_own_way(db: Database, firm_id: int) -> None:
    async def meet(tx: Tx, firm_id: int, number: int) -> str:
        if await contacts.by_phone(tx, firm_id, phone(number)) is not None:
            return "known"
        if number == 3:
            return "shy"
        made = await contacts.ensure_all(tx, firm_id, [phone(number)], NOW)
        await contacts.change(tx, firm_id, made[phone(number)].id, line_type="mobile")
        found = await contacts.by_phone(tx, firm_id, phone(number))
        return str(found.line_type if found else None)

    async with db.begin() as tx:
        await contacts.ensure_all(tx, firm_id, [phone(1)], NOW)
        pieces = [partial(_in_firm, meet, firm_id, number) for number in range(5)]
        assert await in_lockstep(pieces, tx) == ["mobile", "known", "mobile", "shy", "mobile"]


async def test_when_one_fails_none_goes_on(db: Database, firm_id: int) -> None:
    ended: list[int] = []

    async def stumble(tx: Tx, firm_id: int, number: int) -> None:
        try:
            await known(tx, firm_id, number)
            if number == 2:
                raise LookupError("two")
            await known(tx, firm_id, number)
        finally:
            ended.append(number)

    with pytest.raises(LookupError, match="two"):
        async with db.begin() as tx:
            await in_lockstep([partial(_in_firm, stumble, firm_id, number) for number in range(4)], tx)
    assert sorted(ended) == [0, 1, 2, 3]


async def test_waiting_for_anything_else_is_a_mistake(db: Database) -> None:
    async def dream(tx: Tx) -> None:
        await asyncio.sleep(0.01)

    with pytest.raises(TypeError, match="nothing but the database"):
        async with db.begin() as tx:
            await in_lockstep([dream, dream], tx)


async def test_what_is_not_prepared_is_carried_out_for_each(db: Database) -> None:
    async def count(tx: Tx, number: int) -> int:
        return int(await tx.value(text("SELECT :number + 1"), {"number": number}))

    async def one(number: int, tx: Tx) -> int:
        return await count(tx, number)

    async with db.begin() as tx:
        assert await in_lockstep([partial(one, number) for number in range(3)], tx) == [1, 2, 3]


async def test_the_worker_is_woken_and_counts_are_kept_if_any_piece_says_so(db: Database) -> None:
    counted: list[str] = []

    async def quiet(tx: Tx) -> None:
        tx.once_durable(lambda: counted.append("quiet"))

    async def loud(tx: Tx) -> None:
        tx.wakes = True
        tx.once_durable(lambda: counted.append("loud"))

    async with db.begin() as tx:
        await in_lockstep([quiet, loud], tx)
        assert (tx.wakes, counted) == (True, [])
    assert counted == ["quiet", "loud"]


# ------------------------------------------------------------------ anything at all


async def _meet(tx: Tx, firm_id: int, own: str) -> Any:
    return sorted(await contacts.ensure_all(tx, firm_id, [f"{own}-a", f"{own}-b"], NOW))


async def _look(tx: Tx, firm_id: int, own: str) -> Any:
    found = await contacts.by_phone(tx, firm_id, f"{own}-a")
    return None if found is None else (found.phone, found.line_type, found.opted_out)


async def _change(tx: Tx, firm_id: int, own: str) -> Any:
    found = await contacts.by_phone(tx, firm_id, f"{own}-a")
    if found is not None:
        await contacts.change(tx, firm_id, found.id, line_type=f"type {own}", opted_out=not found.opted_out)
    return None if found is None else (await contacts.hold(tx, firm_id, found.id)).line_type


async def _arrive(tx: Tx, firm_id: int, own: str) -> Any:
    return await seen.first_time(tx, firm_id, [f"{own}-1", f"{own}-2"], NOW)


async def _ask(tx: Tx, firm_id: int, own: str) -> Any:
    return await seen.was_here(tx, firm_id, f"{own}-2")


async def _program(steps: list[Step], firm_id: int, own: str, tx: Tx) -> list[Any]:
    return [await step(tx, firm_id, own) for step in steps]


async def test_together_they_come_to_what_each_comes_to_alone(db: Database, firm_id: int) -> None:
    drawn = random.Random(7)
    for _ in range(60):
        programs = [
            partial(
                _program, drawn.choices([_meet, _look, _change, _arrive, _ask], k=drawn.randrange(7)), firm_id, own
            )
            for own in "pqrstu"
        ]
        together, alone = list[Any](), list[Any]()
        with suppress(Undo):
            async with db.begin() as tx:
                together += await in_lockstep(programs, tx)
                raise Undo
        with suppress(Undo):
            async with db.begin() as tx:
                for program in programs:
                    alone += await in_lockstep([program], tx)
                raise Undo
        assert together == alone
