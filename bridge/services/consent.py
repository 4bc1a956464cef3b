"""Who may be texted, and with what: what leads and carriers say, and what staff write down, goes into the ledger.

Staff may always reduce what a lead gets. What they ended themselves they can undo, with a reason; a lead's own STOP
only the lead's START lifts, from the same phone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from bridge.rules import consent as rules
from bridge.rules.consent import Change, Event, Scope, Source, State
from bridge.rules.signups import Consent
from bridge.services import announce
from bridge.services.deps import Deps
from bridge.store import audit, consent, contacts, conversations
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.tx import Tx
from bridge.views import consent as views
from bridge.views.threads import remark


@dataclass(frozen=True, repr=False)
class Entry:
    """What was written about a contact, who is held from then on, and what was known before and after it."""

    contact: Contact
    before: State
    after: State

    @property
    def changed(self) -> Contact:
        """The contact as they are now."""
        return replace(self.contact, **self.after.columns)


@dataclass(frozen=True)
class Say:
    """Somebody of the firm says something about a number. actor: a Slack user id, or "operator"."""

    scope: Scope
    actor: str
    reason: str
    source: Source = Source.STAFF


class Outcome(Enum):
    """What became of it."""

    DONE = auto()
    NOTHING_TO_DO = auto()  # it was so already
    LEADS_OWN = auto()  # the lead said STOP, and only they take that back


async def known(tx: Tx, firm_id: int, contact_id: int) -> Entry:
    """What the ledger says of a contact, who is held until this transaction ends."""
    contact = await contacts.hold(tx, firm_id, contact_id)
    state = rules.fold(await consent.history(tx, firm_id, contact_id))
    return Entry(contact, state, state)


async def write(tx: Tx, firm_id: int, contact_id: int, event: Event) -> Entry:
    """Add to the ledger; the contact's columns say from now on what it adds up to."""
    return (await write_all(tx, firm_id, {contact_id: [event]}))[contact_id]


async def note(tx: Tx, firm_id: int, contact_id: int, event: Event) -> None:
    """Add what changes nothing for the contact, who is not held for it."""
    await consent.record(tx, firm_id, [(contact_id, event)])


async def write_all(tx: Tx, firm_id: int, events: Mapping[int, Sequence[Event]]) -> dict[int, Entry]:
    """The same about several contacts, by their ids."""
    held = await hold_all(tx, firm_id, events)
    said = await consent.histories(tx, firm_id, held)
    await consent.record(tx, firm_id, [(contact_id, event) for contact_id in held for event in events[contact_id]])
    entries = {}
    for contact_id, contact in held.items():
        before = rules.fold(said[contact_id])
        entries[contact_id] = Entry(contact, before, rules.fold([*said[contact_id], *events[contact_id]]))
    await contacts.change_all(tx, firm_id, {number: entry.after.columns for number, entry in entries.items()})
    return entries


async def hold_all(tx: Tx, firm_id: int, contact_ids: Collection[int]) -> dict[int, Contact]:
    """These contacts, held. Sorted: two processes with the same ones wait for each other, never cross."""
    return {contact_id: await contacts.hold(tx, firm_id, contact_id) for contact_id in sorted(contact_ids)}


def agreed(given: Consent, actor: str, now: datetime) -> Event:
    """What somebody agreed to, as the ledger has it."""
    is_marketing = given.category == Scope.MARKETING
    is_undated = given.at is None and given.source == Source.IMPORT
    return Event(
        change=Change.OPT_IN if is_marketing else Change.MAY_BE_TEXTED,
        scope=Scope.MARKETING if is_marketing else Scope.ALL,
        source=given.source,
        evidence={**given.evidence, **({"dated": "no"} if is_undated else {})},
        at=min(given.at or now, now),
        actor=actor,
        late=given.at is not None and given.at < now,
        until=given.until,
    )


async def unsubscribe(deps: Deps, firm: Firm, phone: str, say: Say, now: datetime) -> Outcome:
    """Staff take a number off marketing, or off all texts. They always may."""
    async with deps.db.begin() as tx:
        contact = (await contacts.ensure_all(tx, firm.id, [phone], now))[phone]
        before = (await known(tx, firm.id, contact.id)).before
        if before.opted_out if say.scope is Scope.ALL else before.marketing == rules.REVOKED:
            return Outcome.NOTHING_TO_DO
        await _say(tx, firm, contact, Change.OPT_OUT, say, now)
        return Outcome.DONE


async def undo(deps: Deps, firm: Firm, phone: str, say: Say, now: datetime) -> Outcome:
    """Staff take back an opt-out that was theirs, a list's or ours; the reason is kept. Never a lead's own."""
    async with deps.db.begin() as tx:
        contact = await contacts.by_phone(tx, firm.id, phone)
        before = (await known(tx, firm.id, contact.id)).before if contact else State()
        if contact is None or not _is_out(before, say.scope):
            return Outcome.NOTHING_TO_DO
        if before.stopped_by_lead or (say.scope is Scope.MARKETING and before.kept is None):
            return Outcome.LEADS_OWN
        await _say(tx, firm, contact, Change.UNDO, say, now)
        return Outcome.DONE


def _is_out(state: State, scope: Scope) -> bool:
    return state.opted_out if scope is Scope.ALL else state.marketing == rules.REVOKED


async def agree(deps: Deps, firm: Firm, phone: str, given: Consent, actor: str, now: datetime) -> None:
    """Somebody agreed, as this evidence shows. It lifts no STOP."""
    async with deps.db.begin() as tx:
        contact = (await contacts.ensure_all(tx, firm.id, [phone], now))[phone]
        await write(tx, firm.id, contact.id, agreed(given, actor, now))
        facts = {"contact": contact.id, "category": given.category, "source": given.source}
        await audit.record(tx, firm.id, now, actor=actor, action="agree", facts=facts)


async def _say(tx: Tx, firm: Firm, contact: Contact, change: Change, say: Say, now: datetime) -> None:
    evidence = {"reason": say.reason[:500]}
    event = Event(change, say.source, evidence, now, scope=say.scope, actor=say.actor)
    await write(tx, firm.id, contact.id, event)
    facts = {"contact": contact.id, "scope": say.scope.value, "source": say.source.value}
    await audit.record(tx, firm.id, now, actor=say.actor, action=change.value, facts=facts)
    await show(tx, firm, contact.id, views.changed(change, say.scope, say.actor), now)


async def show(tx: Tx, firm: Firm, contact_id: int, sentence: str, now: datetime) -> None:
    """The thread says so in a line, if there is a thread to say it in, and its root shows what holds."""
    conversation = (await conversations.with_contacts(tx, firm.id, [contact_id])).get(contact_id)
    if conversation is not None and firm.two_way:
        await announce.remark(tx, firm, conversation.id, remark(sentence), now)
        await announce.refresh_root(tx, firm, conversation.id, now)


async def carrier_said_stopped(
    tx: Tx, firm: Firm, contact: Contact, conversation: Conversation, message: Message, now: datetime
) -> None:
    """Twilio refused a text because its recipient has opted out: its word counts (error 21610), as the lead's.

    Unless the recipient has had the last word since: it can come late.
    """
    state = (await known(tx, firm.id, contact.id)).before
    is_known = state.stopped_by_lead and contact.carrier_blocked
    tried_at = message.started_at or message.created_at
    if is_known or (state.spoke_at is not None and state.spoke_at > tried_at):
        return
    evidence = {"code": "21610", "sid": message.sid}
    event = Event(Change.OPT_OUT, Source.CARRIER, evidence, now, actor=rules.CARRIER)
    await write(tx, firm.id, contact.id, event)
    await contacts.change(tx, firm.id, contact.id, carrier_blocked=True)
    await announce.refresh_root(tx, firm, conversation.id, now)
