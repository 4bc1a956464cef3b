"""What the events of the ledger add up to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.consent import (
    CARRIER,
    GRANTED,
    LEAD,
    NONE,
    REVOKED,
    Change,
    Event,
    Scope,
    Source,
    State,
    after,
    fold,
)

T0 = datetime(2026, 11, 23, 12, tzinfo=UTC)
STAFF = "U01AGENT"


def _at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def stop(minutes: float, *, late: bool = False, actor: str = LEAD) -> Event:
    """The lead says STOP, or their carrier says so."""
    source = Source.SMS if actor == LEAD else Source.CARRIER
    return Event(Change.OPT_OUT, source, {}, _at(minutes), actor=actor, late=late)


def start(minutes: float, *, late: bool = False) -> Event:
    """The lead says START."""
    return Event(Change.OPT_IN, Source.SMS, {}, _at(minutes), late=late)


def off(minutes: float, scope: Scope = Scope.ALL) -> Event:
    """Staff unsubscribe them."""
    return Event(Change.OPT_OUT, Source.STAFF, {}, _at(minutes), scope=scope, actor=STAFF)


def undo(minutes: float, scope: Scope = Scope.ALL) -> Event:
    """Staff take that back."""
    return Event(Change.UNDO, Source.STAFF, {}, _at(minutes), scope=scope, actor=STAFF)


def grant(minutes: float, *, late: bool = False, until: datetime | None = None) -> Event:
    """They agree to marketing."""
    form = {"text": "Send me offers"}
    return Event(Change.OPT_IN, Source.FORM, form, _at(minutes), scope=Scope.MARKETING, late=late, until=until)


def listed(minutes: float) -> Event:
    """A list says that they agreed, and not when."""
    return Event(
        Change.OPT_IN, Source.IMPORT, {"dated": "no"}, _at(minutes), scope=Scope.MARKETING, actor="operator"
    )


def doubt(minutes: float, *, late: bool = False) -> Event:
    """They write what may be an opt-out."""
    return Event(Change.SUSPECTED, Source.SMS, {"sid": f"SM{minutes}"}, _at(minutes), late=late)


def dismiss(minutes: float) -> Event:
    """It was none."""
    return Event(Change.DISMISSED, Source.STAFF, {}, _at(minutes), actor=STAFF)


def _seen(state: State) -> tuple[bool, str]:
    return state.opted_out, state.marketing


@pytest.mark.rows(122, 123, 128)
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], (False, NONE)),
        ([stop(1)], (True, REVOKED)),
        ([stop(1), start(2)], (False, REVOKED)),
        ([start(1), stop(2)], (True, REVOKED)),
        ([off(1)], (True, NONE)),
        ([off(1), undo(2)], (False, NONE)),
        ([stop(1), undo(2)], (True, REVOKED)),  # a lead's own STOP is nobody else's to take back
        ([stop(1, actor=CARRIER), undo(2)], (True, REVOKED)),
        ([off(1), stop(2), undo(3)], (True, REVOKED)),
        ([stop(1), off(2), undo(3)], (True, REVOKED)),
        ([off(1), start(2)], (False, NONE)),
        ([stop(1), grant(2)], (True, GRANTED)),
        ([off(1, Scope.MARKETING)], (False, REVOKED)),
    ],
)
def test_of_all_texts(events: list[Event], expected: tuple[bool, str]) -> None:
    assert _seen(fold(events)) == expected


@pytest.mark.rows(59)
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([grant(1)], (False, GRANTED)),
        ([grant(1), stop(2), start(3)], (False, REVOKED)),  # only new consent brings it back
        ([grant(1), stop(2), start(3), grant(4)], (False, GRANTED)),
        ([grant(1), stop(2), grant(3), start(4)], (False, GRANTED)),  # that is new consent, too
        ([grant(1), off(2), undo(3)], (False, GRANTED)),  # a mistake that is undone takes nothing away
        ([grant(1), off(2), start(3)], (False, REVOKED)),
        ([grant(1), off(2, Scope.MARKETING)], (False, REVOKED)),
        ([grant(1), off(2, Scope.MARKETING), undo(3, Scope.MARKETING)], (False, GRANTED)),
        ([off(2, Scope.MARKETING), undo(3, Scope.MARKETING)], (False, NONE)),  # to undo is not to agree
        ([grant(1), off(2, Scope.MARKETING), off(3, Scope.MARKETING), undo(4, Scope.MARKETING)], (False, GRANTED)),
        ([grant(1), stop(2), start(3), undo(4, Scope.MARKETING)], (False, REVOKED)),
        ([grant(1), off(2, Scope.MARKETING), off(3), undo(4)], (False, REVOKED)),
    ],
)
def test_of_marketing(events: list[Event], expected: tuple[bool, str]) -> None:
    assert _seen(fold(events)) == expected


@pytest.mark.rows(122, 123)
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([start(5), stop(1, late=True)], (False, REVOKED)),
        ([start(1.5), stop(1, late=True)], (True, REVOKED)),  # it may have been said after all: STOP wins
        ([stop(5), start(1, late=True)], (True, REVOKED)),
        ([off(5), start(1, late=True)], (True, NONE)),
        ([grant(5), stop(1, late=True)], (True, GRANTED)),  # what was agreed to after it stays
        ([grant(1.5), stop(1, late=True)], (True, REVOKED)),  # which was first is not sure
        ([grant(0), start(5), stop(1, late=True)], (False, REVOKED)),  # overtaken, but marketing was gone with it
        ([stop(5), grant(1, late=True)], (True, REVOKED)),
        ([stop(1), start(2), grant(0, late=True)], (False, REVOKED)),
        ([off(1), undo(5), stop(3, late=True)], (True, REVOKED)),  # to undo is not the lead's word
    ],
)
def test_of_what_comes_late(events: list[Event], expected: tuple[bool, str]) -> None:
    assert _seen(fold(events)) == expected


@pytest.mark.rows(131)
@pytest.mark.parametrize(
    ("events", "since"),
    [
        ([doubt(1)], 1),
        ([doubt(1), doubt(2)], 1),  # one question at a time
        ([doubt(1), dismiss(2)], None),
        ([doubt(1), dismiss(2), doubt(3)], 3),
        ([doubt(1), stop(2)], None),
        ([doubt(1), start(2)], None),
        ([doubt(1), off(2)], None),
        ([doubt(1), off(2), undo(3)], None),
        ([doubt(1), off(2, Scope.MARKETING)], 1),
        ([stop(1), doubt(2)], None),
        ([start(5), doubt(1, late=True)], None),
        ([doubt(5), start(1, late=True)], 5),
    ],
)
def test_of_words_that_may_be_an_opt_out(events: list[Event], since: int | None) -> None:
    assert fold(events).columns["suspected_at"] == (None if since is None else _at(since))


def test_implied_consent_never_shortens_express_consent() -> None:
    ends, later = _at(100), _at(200)
    assert fold([grant(1, until=ends)]).marketing_until == ends
    assert fold([grant(1), grant(2, until=ends)]).marketing_until is None
    assert fold([grant(1, until=ends), grant(2, until=later)]).marketing_until == later
    assert fold([grant(1, until=later), grant(2, until=ends)]).marketing_until == later
    assert fold([grant(1, until=ends), grant(2)]).marketing_until is None
    assert fold([grant(1, until=ends), stop(2)]).marketing_until is None


def test_a_list_without_dates_takes_nothing_back() -> None:
    assert _seen(fold([listed(0)])) == (False, GRANTED)
    assert _seen(fold([stop(0), listed(1)])) == (True, REVOKED)
    assert _seen(fold([stop(0), listed(1), start(2)])) == (False, REVOKED)
    assert _seen(fold([grant(0), off(1, Scope.MARKETING), listed(2)])) == (False, REVOKED)
    assert _seen(fold([off(0), listed(1)])) == (True, NONE)


def test_what_only_a_newer_version_knows_changes_nothing() -> None:
    state = fold([stop(1)])
    assert after(state, Event("polka", "polka", {}, _at(2))) == state


def events(*, leads: bool = True) -> st.SearchStrategy[Event]:
    """Anything that may be said, whoever may say it; without the lead, of staff and machines only."""
    by_others = st.sampled_from([STAFF, "operator", "bridge"])
    return st.builds(
        Event,
        change=st.sampled_from(Change),
        source=st.sampled_from(Source) if leads else st.sampled_from([each for each in Source if each != "sms"]),
        evidence=st.just({"sid": "SM1"}),
        at=st.integers(0, 300).map(lambda seconds: T0 + timedelta(seconds=20 * seconds)),
        scope=st.sampled_from(Scope),
        actor=st.sampled_from([LEAD, CARRIER]) | by_others if leads else by_others,
        late=st.booleans(),
        until=st.none() | st.just(_at(1000)),
    )


@pytest.mark.rows(127, 128)
@given(st.lists(events()), st.lists(events(leads=False)))
def test_nobody_but_the_lead_takes_a_stop_back(before: list[Event], others: Sequence[Event]) -> None:
    state = fold([*before, stop(1_000), *others])
    assert state.opted_out
    assert state.stopped_by_lead


@given(st.lists(events()))
def test_nothing_is_granted_that_nobody_agreed_to(said: list[Event]) -> None:
    agreed = any(each.change == Change.OPT_IN and each.scope == Scope.MARKETING for each in said)
    assert fold(said).marketing != GRANTED or agreed


@given(st.lists(events()), events())
def test_one_after_the_other_is_the_same_as_all_at_once(said: list[Event], one: Event) -> None:
    assert fold([*said, one]) == after(fold(said), one)


@given(st.lists(events()))
def test_who_is_opted_out_is_under_no_suspicion(said: list[Event]) -> None:
    state = fold(said)
    assert not (state.opted_out and state.suspicion)
    assert state.reminded is False or state.suspicion is not None
