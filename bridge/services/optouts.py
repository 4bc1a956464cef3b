"""The firm's list of those who want no texts: brought along from elsewhere, and handed out."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from bridge.rules import consent as rules
from bridge.rules.consent import Change, Event, Scope, Source, State
from bridge.rules.optouts import OptOut
from bridge.rules.phones import national
from bridge.services import consent
from bridge.services.deps import Deps
from bridge.store import audit, contacts
from bridge.store import consent as store
from bridge.store.contacts import Contact
from bridge.store.firms import Firm
from bridge.store.tx import Tx

PAGE = 500  # contacts that are read at once


async def enter(
    deps: Deps, firm: Firm, listed: Sequence[OptOut], scope: Scope, now: datetime, *, actor: str = "operator"
) -> int:
    """These want no texts, of `scope` where their row names none; of how many that is news.

    To do it again adds nothing. Who has texted START since is not opted out again. No thread says so: there may be
    thousands, and everybody who writes in one of them reads why it is not sent.
    """
    async with deps.db.begin() as tx:
        known = await contacts.ensure_all(tx, firm.id, {each.phone for each in listed}, now)
        states = await _states(tx, firm.id, list(known.values()))
        news: dict[int, list[Event]] = {}
        for each in listed:
            contact_id, event = known[each.phone].id, _event(each, scope, actor, now)
            after = rules.after(states[contact_id], event)
            if (after.columns, after.stopped_by_lead) != _seen(states[contact_id]):
                news.setdefault(contact_id, []).append(event)
                states[contact_id] = after
        await consent.write_all(tx, firm.id, news)
        facts = {"rows": len(listed), "new": len(news), "scope": scope.value}
        await audit.record(tx, firm.id, now, actor=actor, action="enter_opt_outs", facts=facts)
    return sum(len(events) for events in news.values())


def _seen(state: State) -> tuple[dict[str, object], bool]:
    return state.columns, state.stopped_by_lead


async def _states(tx: Tx, firm_id: int, every: Sequence[Contact]) -> dict[int, State]:
    held = await consent.hold_all(tx, firm_id, [contact.id for contact in every])
    said = await store.histories(tx, firm_id, held)
    return {contact_id: rules.fold(events) for contact_id, events in said.items()}


def _event(each: OptOut, scope: Scope, actor: str, now: datetime) -> Event:
    return Event(
        Change.OPT_OUT,
        Source.IMPORT,
        {"said": each.evidence} if each.evidence else {},
        min(each.since or now, now),
        scope=each.scope or scope,
        actor=rules.LEAD if each.is_leads else actor,
        late=each.since is not None and each.since < now,
    )


async def listing(deps: Deps, firm: Firm) -> AsyncIterator[tuple[str, ...]]:
    """Whom the firm may not text, or not for marketing: as the columns of rules.optouts say."""
    last = 0
    while True:
        async with deps.db.read() as tx:
            page = await contacts.unwilling(tx, firm.id, last, PAGE)
            said = await store.histories(tx, firm.id, [contact.id for contact in page])
        for contact in page:
            for event, scope in _reasons(rules.fold(said[contact.id])):
                yield _line(contact.phone, scope, event)
        if len(page) < PAGE:
            return
        last = page[-1].id


def _reasons(state: State) -> list[tuple[Event, Scope]]:
    """What was said, for each scope that it ended; once, where it ended both."""
    reasons = [(state.stop, Scope.ALL)] if state.stop else []
    ended = state.marketing_by if state.marketing == rules.REVOKED else None
    return [*reasons, (ended, Scope.MARKETING)] if ended and ended is not state.stop else reasons


def _line(phone: str, scope: Scope, event: Event) -> tuple[str, ...]:
    evidence = "; ".join(f"{name}: {value}" for name, value in event.evidence.items() if value)
    return national(phone), scope.value, event.at.isoformat(), event.actor, event.source, evidence
