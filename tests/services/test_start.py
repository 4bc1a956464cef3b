"""Whom staff find when they want to text somebody first."""

import random

import pytest

from bridge.refusals import Refusal
from bridge.rules.signups import Signup
from bridge.sandbox.twilio import magic
from bridge.services import blocks, start
from bridge.store import contacts, firms, leads
from tests.cast import MANY, MARIA, NOAH, OMAR
from tests.stage import Stage


async def _enter(stage: Stage, *signups: Signup) -> None:
    async with stage.app.deps.db.begin() as tx:
        for signup in signups:
            await leads.add(tx, stage.law.id, signup, stage.clock())


async def _know(stage: Stage, phone: str, **values: object) -> None:
    async with stage.app.deps.db.begin() as tx:
        known = await contacts.ensure_all(tx, stage.law.id, [phone], stage.clock())
        await contacts.change(tx, stage.law.id, known[phone].id, **values)


async def _found(stage: Stage, query: str, *, most: int = 20) -> list[str]:
    return [one.lead.name for one in await start.find(stage.app.deps, stage.law, query, most=most)]


async def test_a_number_with_three_signups_is_found_once_by_its_newest(stage: Stage) -> None:
    await _enter(
        stage,
        Signup("Maria Old", MARIA),
        Signup("Maria Older", MARIA),
        Signup("Noah", NOAH),
        Signup("M. New", MARIA),
    )
    assert await _found(stage, "maria") == ["M. New"]
    assert await _found(stage, "noah") == ["Noah"]


@pytest.mark.rows(99, 100, 101, 102, 103, 110)
async def test_who_cannot_be_texted_is_not_offered(stage: Stage) -> None:
    await _enter(
        stage,
        Signup("Lee Stopped", MARIA),
        Signup("Lee Landline", NOAH),
        Signup("Lee Phoneless"),
        Signup("Lee Blocked", MANY[0]),
        Signup("Lee Toll-Free", MANY[1]),
        *(Signup(f"Lee {wrong}", wrong) for wrong in ("+10000000000", "+11234567890", "+1415555", "32665")),
        Signup("Lee", OMAR),
    )
    await _know(stage, MARIA, opted_out=True)
    await _know(stage, NOAH, line_type="landline")
    await _know(stage, MANY[0], blocked_at=stage.clock(), filtered=3)
    await _know(stage, MANY[1], line_type="tollFree")
    assert await _found(stage, "lee") == ["Lee"]
    every = await start.find(stage.app.deps, stage.law, "lee", most=20, everybody=True)
    assert [one.refusal for one in every] == [
        None, *[Refusal.NO_PHONE] * 4, Refusal.OTHER_LINE, Refusal.BLOCKED, Refusal.NO_PHONE, Refusal.LANDLINE,
        Refusal.STOPPED,
    ]  # fmt: skip


@pytest.mark.rows(103, 106, 113)
async def test_what_was_looked_up_or_lifted_counts_at_the_next_search(stage: Stage) -> None:
    await stage.signup("Lee Landline", magic.LANDLINE)
    await stage.signup("Lee", MARIA)
    await stage.settle()
    assert await _found(stage, "lee") == ["Lee"]
    await _know(stage, MARIA, blocked_at=stage.clock(), filtered=3)
    assert await _found(stage, "lee") == []
    told = await blocks.lift_for_operator(stage.app.deps, stage.law, MARIA, "They called.", stage.clock())
    assert (told, await _found(stage, "lee")) == (blocks.LIFTED, ["Lee"])


async def test_behind_many_who_cannot_be_texted_others_are_still_found(stage: Stage) -> None:
    await _enter(stage, Signup("Lee First", OMAR), *(Signup(f"Lee {number}") for number in range(start.PAGE + 5)))
    assert await _found(stage, "lee") == ["Lee First"]


async def test_no_more_than_asked_for_and_nobody_of_another_firm(stage: Stage) -> None:
    await _enter(stage, *(Signup("Lee", f"+1415555{number:04d}") for number in range(130, 160)))
    assert len(await _found(stage, "lee", most=20)) == 20
    async with stage.app.deps.db.read() as tx:
        dental = await firms.get(tx, stage.dental.id)
    assert await start.find(stage.app.deps, dental, "lee", most=20) == []


@pytest.mark.rows(65, 92, 93)
@pytest.mark.parametrize("seed", range(5))
async def test_each_number_is_found_once_by_its_newest_signup(stage: Stage, seed: int) -> None:
    drawn = random.Random(seed)
    names, numbers = ("Ada", "Ben", "Cleo"), (MARIA, NOAH, OMAR)
    signups = [Signup(drawn.choice(names), drawn.choice(numbers)) for _ in range(drawn.randrange(1, 12))]
    await _enter(stage, *signups)
    for name in names:
        found = [one.lead for one in await start.find(stage.app.deps, stage.law, name, most=20)]
        called_so = {signup.phone for signup in signups if signup.name == name}
        newest = {phone: [each.name for each in signups if each.phone == phone][-1] for phone in called_so}
        assert len(found) == len(called_so)
        assert {lead.phone: lead.name for lead in found} == newest
