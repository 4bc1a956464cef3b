"""Whom staff find when they want to text somebody first."""

from bridge.refusals import Refusal
from bridge.rules.signups import Signup
from bridge.services import start
from bridge.store import contacts, firms, leads
from tests.cast import MARIA, NOAH, OMAR
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


async def test_who_cannot_be_texted_is_not_offered(stage: Stage) -> None:
    await _enter(
        stage,
        Signup("Lee Stopped", MARIA),
        Signup("Lee Landline", NOAH),
        Signup("Lee Phoneless"),
        Signup("Lee", OMAR),
    )
    await _know(stage, MARIA, opted_out=True)
    await _know(stage, NOAH, line_type="landline")
    assert await _found(stage, "lee") == ["Lee"]
    every = await start.find(stage.app.deps, stage.law, "lee", most=20, everybody=True)
    assert [one.refusal for one in every] == [None, Refusal.NO_PHONE, Refusal.LANDLINE, Refusal.STOPPED]


async def test_behind_many_who_cannot_be_texted_others_are_still_found(stage: Stage) -> None:
    await _enter(stage, Signup("Lee First", OMAR), *(Signup(f"Lee {number}") for number in range(start.PAGE + 5)))
    assert await _found(stage, "lee") == ["Lee First"]


async def test_no_more_than_asked_for_and_nobody_of_another_firm(stage: Stage) -> None:
    await _enter(stage, *(Signup("Lee", f"+1415555{number:04d}") for number in range(130, 160)))
    assert len(await _found(stage, "lee", most=20)) == 20
    async with stage.app.deps.db.read() as tx:
        dental = await firms.get(tx, stage.dental.id)
    assert await start.find(stage.app.deps, dental, "lee", most=20) == []
