"""A contact's columns are what the events of the ledger add up to, whatever they are."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.rules import consent as rules
from bridge.rules.consent import Change, Event, Scope, Source
from bridge.services import consent
from bridge.store import consent as ledger
from bridge.store import contacts, firms
from bridge.store.contacts import Contact
from bridge.store.database import Database
from tests.cast import LAW

T0 = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _events() -> st.SearchStrategy[Event]:
    return st.builds(
        Event,
        change=st.sampled_from(Change).map(str),
        source=st.sampled_from(Source).map(str),
        evidence=st.dictionaries(st.sampled_from(["sid", "text", "reason"]), st.text("abc \U0001f642", max_size=5)),
        at=st.integers(0, 100_000).map(lambda seconds: T0 + timedelta(seconds=seconds)),
        scope=st.sampled_from(Scope).map(str),
        actor=st.sampled_from([rules.LEAD, rules.CARRIER, "operator", "bridge", LAW.agent]),
        late=st.booleans(),
        until=st.none() | st.integers(0, 100_000).map(lambda seconds: T0 + timedelta(seconds=seconds)),
    )


@pytest.fixture
async def db(database_url: str) -> Any:
    """The database as the app opens it."""
    found = Database(database_url)
    yield found
    await found.close()


async def _firm(db: Database) -> int:
    async with db.begin() as tx:
        return await firms.install(tx, "T1", T0, name="Harbor Law", bot_token=None)


async def _write(db: Database, firm_id: int, phone: str, events: list[Event]) -> tuple[Contact, list[Event]]:
    """Two at a time, as they come; the contact, and the ledger as it is read."""
    for at in range(0, len(events), 2):
        async with db.begin() as tx:
            contact = (await contacts.ensure_all(tx, firm_id, [phone], T0))[phone]
            await consent.write_all(tx, firm_id, {contact.id: events[at : at + 2]})
    async with db.begin() as tx:
        contact = (await contacts.ensure_all(tx, firm_id, [phone], T0))[phone]
        return contact, await ledger.history(tx, firm_id, contact.id)


@pytest.mark.rows(133)
@pytest.mark.faults("S26")
async def test_columns_are_what_the_events_add_up_to_whatever_they_are(
    db: Database, hypothesis_runs: Callable[[Callable[[list[Event]], Coroutine[Any, Any, None]]], Any]
) -> None:
    firm_id, numbers = await _firm(db), iter(range(10_000))

    async def one(events: list[Event]) -> None:
        contact, said = await _write(db, firm_id, f"+1415556{next(numbers):04d}", events)
        assert said == events
        columns = rules.fold(events).columns
        assert {name: getattr(contact, name) for name in columns} == columns

    await hypothesis_runs(one)


@pytest.fixture
def hypothesis_runs() -> Callable[[Callable[[list[Event]], Coroutine[Any, Any, None]]], Any]:
    """Random histories, drawn by hypothesis; each is played on the test's own loop."""

    async def run(play: Callable[[list[Event]], Coroutine[Any, Any, None]]) -> None:
        drawn: list[list[Event]] = []

        @settings(max_examples=60, suppress_health_check=list(HealthCheck))
        @given(st.lists(_events(), max_size=10))
        def draw(events: list[Event]) -> None:
            drawn.append(events)

        draw()
        for events in drawn:
            await play(events)

    return run
