"""The database itself refuses to change and to forget what is only ever added to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from bridge.rules.consent import Change, Event, Source
from bridge.store import append_only, audit, consent, contacts, firms, tables
from bridge.store.database import Database
from tests.store.scratch import only_postgres

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HASH = b"\x01" * 32
SET_ONCE = {"place", "hash"}
OTHER: dict[str, Any] = {
    "id": 99, "firm_id": 2, "at": NOW.replace(year=2025), "facts": {"on": False}, "evidence": {}, "contact_id": 2,
    "late": True, "until": NOW, "seal": b"x", "place": 7, "hash": b"x",
}  # fmt: skip


@pytest.fixture
async def filled(db: Database) -> Database:
    """Two firms, an entry of each kind."""
    async with db.begin() as tx:
        firm_ids = [await firms.install(tx, team, NOW, name=team) for team in ("T1", "T2")]
        known = await contacts.ensure_all(tx, firm_ids[0], ["+14155550101", "+14155550102"], NOW)
        said = Event(Change.OPT_OUT, Source.SMS, {"text": "STOP"}, NOW)
        await consent.record(tx, firm_ids[0], [(known["+14155550101"].id, said)])
        for on in (True, False):
            await audit.record(tx, firm_ids[0], NOW, actor="operator", action="two_way", facts={"on": on})
        await tx.run(tables.audit_heads.insert().values(firm_id=firm_ids[0], place=5, hash=HASH, seal=b"sealed"))
    return db


async def _try(db: Database, words: Any) -> None:
    async with db.begin() as tx:
        await tx.run(words)


async def _refuses(db: Database, words: Any) -> None:
    with pytest.raises(IntegrityError, match="append only"):
        await _try(db, words)


async def _rows(db: Database) -> list[Any]:
    async with db.read() as tx:
        return [await tx.rows(tables.metadata.tables[name].select()) for name in append_only.GUARDED]


@pytest.mark.faults("S27")
@pytest.mark.parametrize("name", append_only.GUARDED)
async def test_nothing_is_forgotten(filled: Database, name: str) -> None:
    before = await _rows(filled)
    await _refuses(filled, tables.metadata.tables[name].delete())
    assert await _rows(filled) == before


@only_postgres
@pytest.mark.parametrize("name", append_only.GUARDED)
async def test_nor_all_at_once(filled: Database, name: str) -> None:
    await _refuses(filled, text(f"TRUNCATE {name} CASCADE"))


@pytest.mark.faults("S27")
@pytest.mark.parametrize("name", ["audit", "consent_events"])
async def test_no_column_is_changed(filled: Database, name: str) -> None:
    """Nor is one that a later migration adds and the triggers do not know of."""
    table, before = tables.metadata.tables[name], await _rows(filled)
    for column in table.columns:
        if name == "audit" and column.name in SET_ONCE:
            continue
        changed = table.update().values({column.name: OTHER.get(column.name, "other")})
        await _refuses(filled, changed)
        if name == "audit":  # not even while it is sealed
            await _refuses(filled, changed.values(place=table.c.id, hash=HASH))
    assert await _rows(filled) == before


async def test_an_entry_gets_its_place_and_its_hash_once(filled: Database) -> None:
    a = tables.audit
    first, second = a.update().where(a.c.id == 1), a.update().where(a.c.id == 2)
    await _refuses(filled, first.values(place=1))
    await _refuses(filled, first.values(hash=HASH))
    await _try(filled, first.values(place=1, hash=HASH))
    for again in ({"place": 2}, {"hash": b"x"}, {"place": None, "hash": None}, {"place": 1, "hash": HASH}):
        await _refuses(filled, first.values(**again))
    with pytest.raises(IntegrityError):  # a place is taken by one
        await _try(filled, second.values(place=1, hash=HASH))
    await _try(filled, second.values(place=2, hash=HASH))


async def test_where_the_chain_ends_only_moves_forward(filled: Database) -> None:
    head = tables.audit_heads.update()
    for back in ({"place": 4}, {"hash": b"x"}, {"firm_id": 2, "place": 6}, {"id": 9, "place": 6}):
        await _refuses(filled, head.values(**back))
    await _try(filled, head.values(seal=b"under another key"))
    await _try(filled, head.values(place=6, hash=b"x"))


@asynccontextmanager
async def _by_hand(db: Database) -> AsyncIterator[Callable[[Callable[[Connection], None]], Any]]:
    async with db._write_engine.connect() as connection:
        yield connection.run_sync


async def test_who_takes_the_triggers_away_is_noticed_and_a_migration_can(filled: Database) -> None:
    async with filled.read() as tx:
        assert await append_only.missing(tx) == []
    async with _by_hand(filled) as run:
        await run(append_only.unguard)
    async with filled.read() as tx:
        assert await append_only.missing(tx) == append_only.names(tx.dialect)
    await _try(filled, tables.consent_events.delete())
    async with _by_hand(filled) as run:
        await run(append_only.guard)
    async with filled.read() as tx:
        assert await append_only.missing(tx) == []
    await _refuses(filled, tables.audit.delete())


@only_postgres
async def test_one_that_is_switched_off_is_noticed_too(filled: Database) -> None:
    await _try(filled, text("ALTER TABLE audit DISABLE TRIGGER audit_refuses_delete"))
    async with filled.read() as tx:
        assert await append_only.missing(tx) == ["audit_refuses_delete"]
