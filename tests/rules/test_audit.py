"""The chain over entries: whatever somebody changes, takes away, adds or moves, it no longer holds."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.audit import (
    CHANGED,
    FIRST,
    LONGER,
    NO_HEAD,
    NOT_IN_IT,
    OTHER_END,
    SHORTER,
    Entry,
    Head,
    Link,
    Walk,
    canonical,
    follow,
    seal,
    settled,
    spelled,
)
from tests.rules.anything import ANY_TEXT

T0 = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEAM = "T0LAW"
BEGIN = Head(0, FIRST)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(ANY_TEXT, inside, max_size=3),
    max_leaves=3,
)
entries = st.builds(
    Entry,
    id=st.integers(1, 2**40),
    at=st.integers(-(10**15), 10**15).map(lambda micros: T0 + timedelta(microseconds=micros)),
    actor=ANY_TEXT,
    action=ANY_TEXT,
    facts=st.dictionaries(ANY_TEXT, values, max_size=4),
)
chains = st.lists(entries, min_size=1, max_size=5, unique_by=lambda entry: entry.id)


def wrong(links: list[Link], head: Head | None, noted: str = "") -> str | None:
    """What a look through them finds first."""
    walk = Walk(TEAM, noted)
    for link in links:
        if found := walk.take(link):
            return found
    return walk.end(head)


def test_it_is_what_the_papers_say() -> None:
    """These can never change: what was sealed once must hold for as long as anybody keeps it."""
    one = Entry(7, T0 + timedelta(microseconds=5), "U01ÅSA", "set_plan", {"plan": "add-on", "b": [1, None, True]})
    words = (
        '{"action":"set_plan","actor":"U01\\u00c5SA","at":"2026-11-23T12:00:00.000005Z",'
        '"facts":{"b":[1,null,true],"plan":"add-on"},"firm":"T0LAW","id":7}'
    )
    assert canonical(spelled(TEAM, one)) == words
    assert follow(FIRST, TEAM, one) == sha256(("0" * 64 + words).encode()).digest()
    assert follow(FIRST, TEAM, one).hex() == "6e5de4a9caed815b6807568012c34b6bb18a8949484814a056f4ef487d74ace3"


@given(chains)
def test_what_was_sealed_holds(chain: list[Entry]) -> None:
    head, links = seal(TEAM, BEGIN, chain)
    assert [link.place for link in links] == list(range(1, len(chain) + 1))
    assert wrong(links, head) is None


@given(chains, st.integers(0, 8))
def test_however_it_was_divided_it_is_the_same_chain(chain: list[Entry], at: int) -> None:
    head, first = seal(TEAM, BEGIN, chain[:at])
    head, second = seal(TEAM, head, chain[at:])
    assert (head, first + second) == seal(TEAM, BEGIN, chain)


@given(chains)
def test_an_entry_comes_back_from_a_database_as_the_same_words(chain: list[Entry]) -> None:
    for entry in chain:
        stored = replace(entry, facts=json.loads(json.dumps(entry.facts)))
        assert canonical(spelled(TEAM, stored)) == canonical(spelled(TEAM, entry))


@given(chains, entries, st.data())
def test_whatever_is_changed_is_found_where_it_is(chain: list[Entry], other: Entry, data: st.DataObject) -> None:
    head, links = seal(TEAM, BEGIN, chain)
    at = data.draw(st.integers(0, len(links) - 1))
    name = data.draw(st.sampled_from(["id", "at", "actor", "action", "facts"]))
    forged = replace(links[at], **{name: getattr(other, name)})
    if canonical(spelled(TEAM, forged)) == canonical(spelled(TEAM, links[at])):
        return
    assert wrong([*links[:at], forged, *links[at + 1 :]], head) == f"{forged.known()} {CHANGED}"


@given(chains, st.data())
def test_whatever_is_taken_away_is_missed(chain: list[Entry], data: st.DataObject) -> None:
    head, links = seal(TEAM, BEGIN, chain)
    at = data.draw(st.integers(0, len(links) - 1))
    assert wrong([*links[:at], *links[at + 1 :]], head) is not None
    assert wrong(links[:at], head) == SHORTER.format(kept=len(links), found=at)


@given(chains, st.data())
def test_who_takes_one_away_and_closes_the_gap_has_all_that_follows_wrong(
    chain: list[Entry], data: st.DataObject
) -> None:
    head, links = seal(TEAM, BEGIN, chain)
    at = data.draw(st.integers(0, len(links) - 1))
    closed = [replace(link, place=link.place - 1) for link in links[at + 1 :]]
    assert wrong([*links[:at], *closed], replace(head, place=head.place - 1)) is not None


@given(st.lists(entries, min_size=2, max_size=8, unique_by=lambda entry: entry.id), st.data())
def test_no_two_can_change_places(chain: list[Entry], data: st.DataObject) -> None:
    head, links = seal(TEAM, BEGIN, chain)
    one, other = sorted(data.draw(st.sets(st.integers(0, len(links) - 1), min_size=2, max_size=2)))
    for moved in ({"place": True}, {"place": True, "hash": True}):
        swapped = list(links)
        for to, whose in ((one, other), (other, one)):
            swapped[to] = replace(links[whose], **{name: getattr(links[to], name) for name in moved})
        assert wrong(swapped, head) is not None


@given(chains, chains)
def test_who_writes_the_whole_chain_anew_is_found_by_a_hash_that_was_noted(
    chain: list[Entry], other: list[Entry]
) -> None:
    noted = seal(TEAM, BEGIN, chain)[0].hash
    forged, links = seal(TEAM, BEGIN, other)
    is_same = any(link.hash == noted for link in links)
    assert wrong(links, forged) is None
    assert wrong(links, forged, noted.hex()) == (None if is_same else NOT_IN_IT)


@given(chains, entries)
def test_a_hash_that_was_noted_is_found_however_long_the_chain_has_become(chain: list[Entry], more: Entry) -> None:
    then, links = seal(TEAM, BEGIN, chain)
    now, added = seal(TEAM, then, [more])
    walk = Walk(TEAM, then.hash.hex()[:16])
    assert [walk.take(link) for link in links + added] == [None] * (len(chain) + 1)
    assert (walk.end(now), walk.noted_at) == (None, len(chain))


@given(chains)
def test_an_entry_of_one_firm_is_none_of_another(chain: list[Entry]) -> None:
    _, links = seal("T0OTHER", BEGIN, chain)
    assert wrong(links[:1], None) == f"{links[0].known()} {CHANGED}"


def test_where_the_chain_ends_is_kept_beside_it() -> None:
    chain = [Entry(id_, T0, "operator", "two_way", {"on": True}) for id_ in (1, 2, 3)]
    head, links = seal(TEAM, BEGIN, chain)
    assert wrong(links, None) == NO_HEAD
    assert wrong(links, replace(head, place=2)) == LONGER.format(kept=2, found=3)
    assert wrong(links, replace(head, hash=FIRST)) == OTHER_END
    assert wrong([], None) is None


def test_what_is_said_of_an_entry_names_nobody() -> None:
    head, links = seal(TEAM, BEGIN, [Entry(5, T0, "U01AGENT", "send", {"to": "+14155550111"})])
    told = wrong([replace(links[0], action="sent")], head)
    assert told == f"Entry #5 of 2026-11-23 12:00:00 UTC (sent) {CHANGED}"
    gap = wrong([replace(links[0], place=3)], head)
    assert (
        gap == "Number 1 is missing, which was sealed; what follows is entry #5 of 2026-11-23 12:00:00 UTC (send)."
    )


def test_who_came_late_is_counted() -> None:
    walk = Walk(TEAM)
    for link in seal(TEAM, BEGIN, [Entry(id_, T0, "a", "b", {}) for id_ in (1, 4, 2, 3, 5)])[1]:
        assert walk.take(link) is None
    assert walk.late == 2


@pytest.mark.parametrize(
    ("ages", "many"),
    [
        ([60, 50, 40], 3),
        ([60, 3, 40], 1),  # what has a higher id waits behind it
        ([3], 0),
        ([-3, 60], 0),
        ([-3600, 60], 2),  # somebody's clock was ahead by an hour
        ([], 0),
    ],
)
def test_only_what_has_settled_is_sealed(ages: list[float], many: int) -> None:
    waiting = [Entry(id_, T0 - timedelta(seconds=age), "a", "b", {}) for id_, age in enumerate(ages, 1)]
    assert [entry.id for entry in settled(waiting, T0)] == list(range(1, many + 1))
