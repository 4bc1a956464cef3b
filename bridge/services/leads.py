"""Signups enter, and go."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.rules.consent import Event
from bridge.rules.signups import Consent, Signup
from bridge.services import consent, lookups
from bridge.services.deps import Deps
from bridge.store import audit, contacts, leads
from bridge.store.contacts import Contact
from bridge.store.firms import Firm
from bridge.store.tx import Tx

AT_ONCE = 200  # signups that are entered together: everybody else who writes waits some milliseconds for them


async def add(
    deps: Deps,
    firm: Firm,
    now: datetime,
    *,
    name: str,
    phone: str | None,
    email: str | None = None,
    source: str | None = None,
    agreed: Consent | None = None,
) -> None:
    """Remember a signup. `phone` is E.164; the newest signup with a number names its conversation."""
    facts = {"source": source, "with_phone": phone is not None, "with_consent": agreed is not None}
    signup = Signup(name, phone, email, source, consent=agreed)
    async with deps.db.begin() as tx:
        await leads.add(tx, firm.id, signup, now)
        people = await _people(tx, firm, [signup], now)
        await _agree(tx, firm, people, [signup], "operator", now)
        await lookups.promise_all(tx, firm, people.values(), now)
        await audit.record(tx, firm.id, now, actor="operator", action="add_lead", facts=facts)


async def enter(
    deps: Deps, firm: Firm, signups: Sequence[Signup], now: datetime, *, actor: str = "operator",
    look_up: bool = True,
) -> set[str | None]:  # fmt: skip
    """Remember signups, each with its origin: the origins that were new. To do it again adds nothing.

    What a new one agreed to goes into the ledger, with its number. With `look_up` it is asked what kinds of line
    the numbers are, where nobody has asked yet.
    """
    async with deps.db.begin() as tx:
        return await take_in(tx, firm, signups, now, actor=actor, look_up=look_up)


async def take_in(
    tx: Tx, firm: Firm, signups: Sequence[Signup], now: datetime, *, actor: str, look_up: bool = True
) -> set[str | None]:
    """As enter(), in the transaction of something that belongs to it."""
    new = await leads.add_all(tx, firm.id, signups, now)
    people = await _people(tx, firm, signups, now)
    with_consent = await _agree(tx, firm, people, new, actor, now)
    if look_up:
        await lookups.promise_all(tx, firm, people.values(), now)
    facts = {"rows": len(signups), "new": len(new), "with_consent": with_consent}
    await audit.record(tx, firm.id, now, actor=actor, action="enter_leads", facts=facts)
    return {signup.origin for signup in new}


async def _people(tx: Tx, firm: Firm, signups: Sequence[Signup], now: datetime) -> dict[str, Contact]:
    """Who is known by their numbers."""
    return await contacts.ensure_all(tx, firm.id, {each.phone for each in signups if each.phone}, now)


async def _agree(
    tx: Tx, firm: Firm, people: Mapping[str, Contact], signups: Sequence[Signup], actor: str, now: datetime
) -> int:
    """Consent belongs to the number; how many have any. It lifts no STOP."""
    given = [(each.phone, each.consent) for each in signups if each.phone and each.consent]
    events = defaultdict[int, list[Event]](list)
    for phone, agreed in given:
        events[people[phone].id].append(consent.agreed(agreed, actor, now))
    if events:
        await consent.write_all(tx, firm.id, events)
    return len(given)


async def forget(deps: Deps, firm: Firm, lead_ids: Sequence[int], now: datetime) -> int:
    """Remove signups; how many. What their numbers agreed to and took back stays, and so do their conversations."""
    async with deps.db.begin() as tx:
        found = [await leads.get(tx, firm.id, lead_id) for lead_id in lead_ids]
        there = [lead for lead in found if lead is not None]
        for lead in there:
            await leads.remove(tx, firm.id, lead)
        facts = {"leads": list(lead_ids), "gone": len(there)}
        await audit.record(tx, firm.id, now, actor="operator", action="delete_leads", facts=facts)
    return len(there)
