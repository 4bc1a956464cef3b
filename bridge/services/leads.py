"""Signups enter, and go."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from bridge.rules.consent import Event
from bridge.rules.signups import Consent, Signup
from bridge.services import consent
from bridge.services.deps import Deps
from bridge.store import audit, contacts, leads
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
        await _agree(tx, firm, [signup], "operator", now)
        await audit.record(tx, firm.id, now, actor="operator", action="add_lead", facts=facts)


async def enter(
    deps: Deps, firm: Firm, signups: Sequence[Signup], now: datetime, *, actor: str = "operator"
) -> set[str | None]:
    """Remember signups, each with its origin: the origins that were new. To do it again adds nothing.

    What a new one agreed to goes into the ledger, with its number.
    """
    async with deps.db.begin() as tx:
        return await take_in(tx, firm, signups, now, actor=actor)


async def take_in(tx: Tx, firm: Firm, signups: Sequence[Signup], now: datetime, *, actor: str) -> set[str | None]:
    """As enter(), in the transaction of something that belongs to it."""
    new = await leads.add_all(tx, firm.id, signups, now)
    with_consent = await _agree(tx, firm, new, actor, now)
    facts = {"rows": len(signups), "new": len(new), "with_consent": with_consent}
    await audit.record(tx, firm.id, now, actor=actor, action="enter_leads", facts=facts)
    return {signup.origin for signup in new}


async def _agree(tx: Tx, firm: Firm, signups: Sequence[Signup], actor: str, now: datetime) -> int:
    """Consent belongs to the number; how many have any. It lifts no STOP."""
    given = [(each.phone, each.consent) for each in signups if each.phone and each.consent]
    known = await contacts.ensure_all(tx, firm.id, {phone for phone, _ in given}, now) if given else {}
    events = defaultdict[int, list[Event]](list)
    for phone, agreed in given:
        events[known[phone].id].append(consent.agreed(agreed, actor, now))
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
