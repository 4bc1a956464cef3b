"""A firm brings the list of those who want no texts along, and gets it back: nobody on it is texted."""

from datetime import datetime, timedelta

import pytest

from bridge.refusals import Refusal
from bridge.rules import optouts as rules
from bridge.rules.consent import Scope
from bridge.rules.optouts import OptOut
from bridge.services import consent, optouts
from bridge.services.consent import Outcome, Say
from bridge.store import tables
from tests.cast import MANY, MARIA, NOAH, OMAR
from tests.stage import Stage


def _row(phone: str, since: datetime | None = None, *, scope: Scope | None = None, lead: bool = False) -> OptOut:
    return OptOut(phone, scope, since, "an old list", lead)


async def _enter(stage: Stage, *rows: OptOut, scope: Scope = Scope.ALL) -> int:
    return await optouts.enter(stage.app.deps, stage.law, rows, scope, stage.clock())


async def _listing(stage: Stage) -> list[tuple[str, ...]]:
    return [line async for line in optouts.listing(stage.app.deps, stage.law)]


@pytest.mark.rows(126, 129, 133)
async def test_who_is_on_the_list_is_not_texted(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    assert await _enter(stage, _row(MARIA), _row(NOAH, scope=Scope.MARKETING), _row(MARIA)) == 2
    assert await _enter(stage, _row(MARIA), _row(NOAH, scope=Scope.MARKETING)) == 0
    await stage.staff_says("One more thing")
    assert (stage.phone(), stage.told()) == ([], [Refusal.STOPPED.sentence])
    noah = await stage.contact(NOAH)
    assert (noah.opted_out, noah.marketing) == (False, "revoked")
    events = await stage.rows(tables.consent_events.select())
    assert {(each.source, each.actor, each.evidence["said"]) for each in events} == {
        ("import", "operator", "an old list")
    }


@pytest.mark.rows(123, 128)
async def test_who_has_texted_start_since_stays_subscribed_and_repeating_changes_nothing(stage: Stage) -> None:
    await stage.lead_texts("START")
    before = stage.clock() - timedelta(days=2)
    for _ in range(2):
        await _enter(stage, _row(MARIA, before, lead=True))
    assert not (await stage.contact()).opted_out
    assert await _enter(stage, _row(MARIA)) == 1  # a list of today is newer than that
    assert (await stage.contact()).opted_out


@pytest.mark.rows(127, 128)
async def test_what_the_list_says_was_the_lead_s_own_word_stays_theirs(stage: Stage) -> None:
    assert await _enter(stage, _row(MARIA)) == 1
    assert await _enter(stage, _row(MARIA, lead=True)) == 1
    say = Say(Scope.ALL, "operator", "a mistake")
    assert await consent.undo(stage.app.deps, stage.law, MARIA, say, stage.clock()) is Outcome.LEADS_OWN
    assert await _enter(stage, _row(NOAH)) == 1
    assert await consent.undo(stage.app.deps, stage.law, NOAH, say, stage.clock()) is Outcome.DONE
    await stage.lead_texts("START")
    assert not (await stage.contact()).opted_out


@pytest.mark.rows(131)
async def test_being_on_the_list_settles_a_suspicion(stage: Stage) -> None:
    await stage.lead_texts("please stop texting me")
    await _enter(stage, _row(MARIA))
    contact = await stage.contact()
    assert (contact.opted_out, contact.suspected_at) == (True, None)


async def test_the_list_that_is_handed_out_makes_the_same_list_elsewhere(stage: Stage) -> None:
    stage.dental_plays = True
    await stage.lead_texts("STOP")
    await _enter(stage, *(_row(phone) for phone in MANY), _row(NOAH, scope=Scope.MARKETING), _row(OMAR))
    lines = await _listing(stage)
    assert len(lines) == len(MANY) + 3
    read = [rules.read(dict(zip(rules.COLUMNS, line, strict=True)), {name: name for name in rules.COLUMNS})
            for line in lines]  # fmt: skip
    rows = [each for each in read if isinstance(each, OptOut)]
    assert len(rows) == len(lines)
    deps, now = stage.app.deps, stage.clock()
    assert await optouts.enter(deps, stage.dental, rows, Scope.ALL, now) == len(lines)
    theirs = [line async for line in optouts.listing(deps, stage.dental)]
    assert sorted(line[:3] for line in theirs) == sorted(line[:3] for line in lines)
    say = Say(Scope.ALL, "operator", "a mistake")
    assert await consent.undo(deps, stage.dental, MARIA, say, now) is Outcome.LEADS_OWN
    assert await consent.undo(deps, stage.dental, OMAR, say, now) is Outcome.DONE


async def test_many_are_listed_in_pages(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optouts, "PAGE", 7)
    await _enter(stage, *(_row(phone) for phone in MANY))
    assert len(await _listing(stage)) == len(MANY)
