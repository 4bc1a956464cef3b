"""A statement beside arrays of values comes to what it comes to for each of them alone."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError

from bridge.store import contacts, firms, outbox
from bridge.store.contacts import Contact
from bridge.store.database import Database
from bridge.store.lockstep import in_lockstep
from bridge.store.outbox import Kind
from bridge.store.prepared import WORTH_IT, Prepared
from bridge.store.records import Id, adding, by, changing, find, held
from bridge.store.tables import contacts as table
from bridge.store.tables import outbox as outbox_table
from bridge.store.tx import Tx
from tests.store.scratch import only_postgres

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEVERAL = WORTH_IT + 2


def phone(number: int) -> str:
    return f"+141555501{number:02d}"


@pytest.fixture
async def firm_id(db: Database) -> int:
    async with db.begin() as tx:
        firm_id = await firms.install(tx, "T01", NOW, name="Firm")
        await contacts.ensure_all(tx, firm_id, [phone(number) for number in range(SEVERAL)], NOW)
        return firm_id


async def asked(tx: Tx, statement: Prepared, each: list[dict[str, Any]]) -> tuple[list[Any], list[Any], int]:
    """All rows for all values in one go, those for each alone, and how many statements the first took."""
    words: list[str] = []
    tx._line._listeners.append(words.append)  # type: ignore[attr-defined]
    together = [tuple(row) for row in await tx.many(statement, each)]
    count = len(words)
    alone = [tuple(row) for values in each for row in await tx.rows(statement, values)]
    return together, alone, count


@pytest.mark.parametrize("built", [find, held])
async def test_rows_are_found_for_each(db: Database, firm_id: int, built: Any) -> None:
    statement = built(Contact, table, "firm_id", "phone")
    each = [by(firm_id=firm_id, phone=phone(number)) for number in (3, 1, 77, 0, 3, 2)]
    async with db.begin() as tx:
        await tx.run(text("ANALYZE contacts"))  # so small a table would be read as a whole, in its index's order
        together, alone, statements = await asked(tx, statement, each)
    assert together == alone
    assert (len(together), statements) == (5, 1)


@only_postgres
async def test_it_is_one_execution_for_several_and_the_usual_for_a_few(db: Database, firm_id: int) -> None:
    statement = find(Contact, table, "firm_id", "phone")
    each = [by(firm_id=firm_id, phone=phone(number)) for number in range(SEVERAL)]
    assert statement.for_all(each[: WORTH_IT - 1]) is None
    beside = statement.for_all(each)
    assert beside is not None
    assert beside is statement.for_all(each)
    async with db.begin() as tx:
        wire = beside.wire(tx._line.dialect, {name: [] for name in each[0]})
    assert "unnest" in wire.sql


async def test_each_row_gets_what_is_meant_for_it(db: Database, firm_id: int) -> None:
    change = changing(table, "firm_id", "phone")
    kinds = [None, "mobile", "landline", None, "voip", "mobile"]
    each = [by(firm_id=firm_id, phone=phone(number)) | {"line_type": kind} for number, kind in enumerate(kinds)]
    async with db.begin() as tx:
        changed = await tx.run_each(change, each)
        found = [await contacts.by_phone(tx, firm_id, phone(number)) for number in range(len(kinds))]
    assert [contact.line_type for contact in found if contact] == kinds
    assert changed == len(kinds)


async def test_a_row_that_is_changed_twice_is_changed_by_each_in_turn(db: Database, firm_id: int) -> None:
    """In one statement only one of them would be heard."""
    change = changing(table, "firm_id", "phone")
    kinds = ["mobile", "landline", "voip", "mobile", "landline"]
    each = [by(firm_id=firm_id, phone=phone(0)) | {"line_type": kind} for kind in kinds]
    async with db.begin() as tx:
        assert await tx.run_each(change, each) == len(kinds)
        found = await contacts.by_phone(tx, firm_id, phone(0))
    assert found is not None
    assert found.line_type == kinds[-1]


async def test_order_and_limit_are_those_of_each(db: Database, firm_id: int) -> None:
    o = outbox_table.c
    query = select(o.lane, o.payload, o.due_at, o.lease_until).where(o.firm_id == firm_id)
    of_lane = query.where(o.lane == by_name("lane"), o.due_at >= by_name("since"))
    statement = Prepared(of_lane.order_by(o.id.desc()).limit(2))
    async with db.begin() as tx:
        for number in range(3 * SEVERAL):
            await outbox.put(
                tx, firm_id, Kind.TELL, NOW + timedelta(seconds=number), lane=f"lane {number % SEVERAL}",
                service="slack", route="tell", payload={"number": number},
            )  # fmt: skip
        each = [{"lane": f"lane {number}", "since": NOW + timedelta(seconds=6)} for number in range(SEVERAL)]
        together, alone, _ = await asked(tx, statement, each)
    assert together == alone
    assert [row[1]["number"] for row in together[:2]] == [2 * SEVERAL, SEVERAL]


def by_name(name: str) -> Any:
    column = {"lane": outbox_table.c.lane, "since": outbox_table.c.due_at}[name]
    return bindparam(name, type_=column.type)


async def test_what_is_too_long_is_neither_cut_nor_found(db: Database, firm_id: int) -> None:
    """A phone number has 100 characters at most; whoever asks for more does not mean the one that begins so."""
    longest = "9" * 100
    async with db.begin() as tx:
        await contacts.ensure_all(tx, firm_id, [longest], NOW)
        each = [by(firm_id=firm_id, phone=longest + "9" * number) for number in range(SEVERAL)]
        rows = await tx.many(find(Contact, table, "firm_id", "phone"), each)
    assert [row[1] for row in rows] == [longest]


@only_postgres
async def test_what_does_not_fit_is_an_error_as_it_is_for_one(db: Database, firm_id: int) -> None:
    each = [by(firm_id=firm_id, phone=phone(number)) | {"line_type": "x" * 500} for number in range(SEVERAL)]
    with pytest.raises(DBAPIError, match="too long"):
        async with db.begin() as tx:
            await tx.many(changing(table, "firm_id", "phone"), each)


async def test_in_lockstep_each_hears_of_its_own_rows(db: Database, firm_id: int) -> None:
    async def renamed(number: int, tx: Tx) -> tuple[int, str | None]:
        values = by(firm_id=firm_id, phone=phone(number)) | {"line_type": f"kind{number}"}
        changed = await tx.run(changing(table, "firm_id", "phone"), values)
        found = await contacts.by_phone(tx, firm_id, phone(number))
        return changed, found.line_type if found else None

    numbers = [*range(SEVERAL - 1), 77]
    async with db.begin() as tx:
        results = await in_lockstep([partial(renamed, number) for number in numbers], tx)
    assert results == [*((1, f"kind{number}") for number in numbers[:-1]), (0, None)]


def promises(lanes: list[str]) -> list[dict[str, Any]]:
    return [
        outbox.promise(Kind.TELL, NOW, lane=lane, service="slack", route="tell", payload={"number": number})
        for number, lane in enumerate(lanes)
    ]


async def test_rows_are_added_in_their_order(db: Database, firm_id: int) -> None:
    """In a lane, the order of ids is the order of what a lead wrote."""
    lanes = [f"lane {number * 5 % 7}" for number in range(7 * SEVERAL)]
    o = outbox_table.c
    async with db.begin() as tx:
        await outbox.put_all(tx, firm_id, promises(lanes))
        rows = await tx.rows(select(o.lane, o.payload, o.state, o.due_at).order_by(o.id))
    assert [tuple(row) for row in rows] == [
        (lane, {"number": number}, "ready", NOW) for number, lane in enumerate(lanes)
    ]


@pytest.mark.parametrize("payload", [[1], [{"a": [2]}], [[1, 2], [3]], {"a": [1]}, "a", None])
async def test_a_payload_of_any_shape_is_stored_as_it_is(db: Database, firm_id: int, payload: Any) -> None:
    """A list of lists is no table."""
    several = [each | {"payload": payload} for each in promises(["a"] * SEVERAL)]
    o = outbox_table.c
    async with db.begin() as tx:
        await outbox.put_all(tx, firm_id, several)
        assert [row[0] for row in await tx.rows(select(o.payload).order_by(o.id))] == [payload] * SEVERAL


@only_postgres
async def test_several_rows_are_added_by_one_execution(db: Database, firm_id: int) -> None:
    rows = [{"firm_id": firm_id, "phone": phone(20 + number), "created_at": NOW} for number in range(SEVERAL)]
    statement = adding("postgresql", table, ("firm_id", "phone"), returning=Id)
    async with db.begin() as tx:
        words: list[str] = []
        tx._line._listeners.append(words.append)  # type: ignore[attr-defined]
        added = await tx.many(statement, rows)
        assert len(words) == 1
    assert [row[0] for row in added] == sorted(row[0] for row in added)
    assert len(added) == SEVERAL
    assert statement.for_all(rows[: WORTH_IT - 1]) is None


async def test_what_is_there_or_comes_twice_is_added_once(db: Database, firm_id: int) -> None:
    numbers = [20, 1, 21, 20, 22, 2, 23]
    rows = [{"firm_id": firm_id, "phone": phone(number), "created_at": NOW} for number in numbers]
    async with db.begin() as tx:
        added = await tx.many(adding(tx.dialect, table, ("firm_id", "phone"), returning=Contact), rows)
    assert [row[1] for row in added] == [phone(number) for number in (20, 21, 22, 23)]


async def test_what_is_there_gets_what_is_meant_for_it_the_last_word_last(db: Database, firm_id: int) -> None:
    """Twice in one statement PostgreSQL refuses to change a row."""
    kinds = ["mobile", "landline", "voip", "mobile", "landline"]
    for numbers in ([0, 1, 2, 3, 4], [0, 1, 2, 0, 1]):
        rows = [
            {"firm_id": firm_id, "phone": phone(number), "created_at": NOW, "line_type": kind}
            for number, kind in zip(numbers, kinds, strict=True)
        ]
        async with db.begin() as tx:
            changing_it = adding(tx.dialect, table, ("firm_id", "phone"), anew=("line_type",), returning=Contact)
            changed = await tx.many(changing_it, rows)
            found = [await contacts.by_phone(tx, firm_id, phone(number)) for number in range(5)]
        assert [row[1] for row in changed] == [phone(number) for number in numbers]
        last = dict(zip(numbers, kinds, strict=True))
        assert [contact.line_type for contact in found[: len(last)] if contact] == [last[n] for n in sorted(last)]


@only_postgres
async def test_what_is_too_long_is_not_added_short(db: Database, firm_id: int) -> None:
    rows = [{"firm_id": firm_id, "phone": "9" * (98 + number), "created_at": NOW} for number in range(SEVERAL)]
    with pytest.raises(DBAPIError, match="too long"):
        async with db.begin() as tx:
            await tx.many(adding("postgresql", table), rows)


async def test_in_lockstep_each_hears_of_what_it_has_added(db: Database, firm_id: int) -> None:
    async def added(number: int, tx: Tx) -> int | None:
        values = {"firm_id": firm_id, "phone": phone(number), "created_at": NOW}
        found = await tx.rows(adding(tx.dialect, table, ("firm_id", "phone"), returning=Contact), values)
        return int(found[0][1][-2:]) if found else None

    numbers = [30, 1, 31, 32, 2, 33]
    async with db.begin() as tx:
        results = await in_lockstep([partial(added, number) for number in numbers], tx)
    assert results == [30, None, 31, 32, None, 33]
