"""Leads are found by what they are called."""

from datetime import UTC, datetime

import pytest

from bridge.rules.picker import wanted
from bridge.rules.signups import Signup
from bridge.store import firms, leads
from bridge.store.database import Database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LAST = 2**62
DANA = Signup("Dana Zoë Example", "+14155550123", "dana@example.com", "website")
DAN = Signup("Dan Smith", "+14155550124", None, None)


async def _firm(db: Database, *signups: Signup, team: str = "T1") -> int:
    async with db.begin() as tx:
        firm_id = await firms.install(tx, team, NOW, name="Harbor Law", bot_token=None)
        for signup in signups:
            await leads.add(tx, firm_id, signup, NOW)
    return firm_id


async def _found(db: Database, firm_id: int, query: str, *, before: int = LAST, most: int = 20) -> list[str]:
    async with db.read() as tx:
        return [lead.name for lead in await leads.found_by(tx, firm_id, wanted(query), before, most)]


async def test_newest_first_each_once_by_any_of_their_terms(db: Database) -> None:
    firm_id = await _firm(db, DANA, DAN)
    assert await _found(db, firm_id, "DAN") == ["Dan Smith", "Dana Zoë Example"]
    assert await _found(db, firm_id, "zoe") == ["Dana Zoë Example"]
    assert await _found(db, firm_id, "(415) 555-01") == ["Dan Smith", "Dana Zoë Example"]
    assert await _found(db, firm_id, "0123") == ["Dana Zoë Example"]
    assert await _found(db, firm_id, "dana@ex") == ["Dana Zoë Example"]
    assert await _found(db, firm_id, "nobody") == []


async def test_every_word_must_be_theirs(db: Database) -> None:
    firm_id = await _firm(db, DANA, DAN)
    assert await _found(db, firm_id, "smith dan") == ["Dan Smith"]
    assert await _found(db, firm_id, "dan example 415") == ["Dana Zoë Example"]
    assert await _found(db, firm_id, "dana smith") == []


async def test_page_by_page(db: Database) -> None:
    firm_id = await _firm(db, *(Signup(f"Dana {number}") for number in range(5)))
    async with db.read() as tx:
        first = await leads.found_by(tx, firm_id, ["dana"], LAST, 3)
        second = await leads.found_by(tx, firm_id, ["dana"], first[-1].id, 3)
    assert [lead.name for lead in first + second] == [f"Dana {number}" for number in (4, 3, 2, 1, 0)]


async def test_another_firm_finds_nothing(db: Database) -> None:
    await _firm(db, DANA)
    other = await _firm(db, team="T2")
    assert await _found(db, other, "dana") == []


async def test_one_that_comes_again_is_known_by_its_origin(db: Database) -> None:
    firm_id = await _firm(db, DANA, DANA)
    async with db.begin() as tx:
        once = Signup("Dana", origin="csv:1")
        assert len(await leads.add_all(tx, firm_id, [once, once, Signup("Dan", origin="csv:2")], NOW)) == 2
        assert await leads.add_all(tx, firm_id, [once, Signup("Eve", origin="csv:3")], NOW) == [
            Signup("Eve", origin="csv:3")
        ]
        other = await firms.install(tx, "T2", NOW, name="Maple", bot_token=None)
        assert await leads.add_all(tx, other, [once], NOW) == [once]
    assert len(await _found(db, firm_id, "dana")) == 3


@pytest.mark.parametrize("name", ["100%", "under_score", "back\\slash", "quote'", 'double"', "\U0010ffff end"])
async def test_signs_mean_nothing_to_the_database(db: Database, name: str) -> None:
    firm_id = await _firm(db, Signup(name), Signup("somebody else"))
    query = name.strip("\U0010ffff ")
    assert await _found(db, firm_id, query) == [name]
