"""A lead writes what may be an opt-out: texting pauses, the thread asks, and one press of a person decides.

Where nobody decides, others are asked after five business days, and after nine it counts as an opt-out. All of it
stands in the ledger, so that whoever comes back after a month goes on where it ended.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

import structlog

from bridge.rules.consent import Change, Event, Source
from bridge.rules.phones import national
from bridge.rules.suspicion import APPLY_AFTER, REMIND_AFTER, business_days_after
from bridge.services import announce, consent
from bridge.services.consent import Entry
from bridge.services.deps import Deps
from bridge.store import audit, contacts, conversations, firms, messages
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.trouble import StoreUnavailable
from bridge.store.tx import Tx
from bridge.views import suspicion as views
from bridge.views.threads import remark

BUTTONS = {views.OPT_OUT: Change.OPT_OUT, views.DISMISS: Change.DISMISSED}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, repr=False)
class Text:
    """What a lead wrote, stored already. `late` as in rules.consent."""

    conversation: Conversation
    message_id: int
    sid: str
    body: str
    number: str
    at: datetime
    late: bool


async def suspect(tx: Tx, firm: Firm, text: Text, now: datetime) -> None:
    """Nothing more goes to this lead until somebody has decided. While one question is open, no other is asked."""
    contact_id = text.conversation.contact_id
    evidence = {"sid": text.sid, "body": text.body[:160], "number": text.number}
    event = Event(Change.SUSPECTED, Source.SMS, evidence, text.at, late=text.late)
    entry = await consent.write(tx, firm.id, contact_id, event)
    if entry.after.suspicion is not event:
        return
    await _write_down(tx, firm, entry, "bridge", "suspect", now)
    if firm.two_way:
        shown = views.question(text.message_id, text.body)
        await announce.remark(tx, firm, text.conversation.id, shown, now)


async def decide(tx: Tx, firm: Firm, message_id: int, action_id: str, user_id: str, now: datetime) -> bool:
    """A member of the firm pressed a button of the question about this text; False when it is settled already."""
    message = await messages.find(tx, firm.id, message_id)
    if message is None:
        return False
    conversation = await conversations.get(tx, firm.id, message.conversation_id)
    entry = await consent.known(tx, firm.id, conversation.contact_id)
    doubted = entry.before.suspicion
    if doubted is None or doubted.evidence.get("sid") != message.sid:
        return False
    change = BUTTONS[action_id]
    event = Event(change, Source.STAFF, dict(doubted.evidence), now, actor=user_id)
    await consent.write(tx, firm.id, entry.contact.id, event)
    await _write_down(tx, firm, entry, user_id, change, now)
    await announce.refresh_root(tx, firm, conversation.id, now)
    return True


async def _write_down(tx: Tx, firm: Firm, entry: Entry, actor: str, action: str, now: datetime) -> None:
    facts = {"contact": entry.contact.id, "about": Change.SUSPECTED.value}
    await audit.record(tx, firm.id, now, actor=actor, action=str(action), facts=facts)


async def remind(deps: Deps, now: datetime) -> None:
    """Whatever has waited for too long, for every firm. One lead's trouble stops no other."""
    async with deps.db.read() as tx:
        waiting = await contacts.suspected(tx)
        owners = {firm_id: await firms.get(tx, firm_id) for firm_id, _, _ in waiting}
    for firm_id, contact_id, since in waiting:
        if now < business_days_after(since, REMIND_AFTER, owners[firm_id].prefers.zone):
            continue
        try:
            await _follow_up(deps, owners[firm_id], contact_id, now)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("suspicion_broken", contact=contact_id, incident=uuid.uuid4().hex[:8])


async def _follow_up(deps: Deps, firm: Firm, contact_id: int, now: datetime) -> None:
    """Another process may have done so, or somebody may have decided, since we looked."""
    async with deps.db.begin() as tx:
        entry = await consent.known(tx, firm.id, contact_id)
        doubted = entry.before.suspicion
        if doubted is None:
            return
        if now >= business_days_after(doubted.at, APPLY_AFTER, firm.prefers.zone):
            await _apply(tx, firm, entry, doubted, now)
        elif not entry.before.reminded:
            await _ask_again(tx, firm, entry, doubted, now)


async def _apply(tx: Tx, firm: Firm, entry: Entry, doubted: Event, now: datetime) -> None:
    evidence = {**doubted.evidence, "reason": "nobody decided"}
    event = Event(Change.OPT_OUT, Source.SYSTEM, evidence, now, actor="bridge")
    await consent.write(tx, firm.id, entry.contact.id, event)
    await _write_down(tx, firm, entry, "bridge", Change.OPT_OUT, now)
    await consent.show(tx, firm, entry.contact.id, views.APPLIED, now)


async def _ask_again(tx: Tx, firm: Firm, entry: Entry, doubted: Event, now: datetime) -> None:
    """In the thread, and the admins directly."""
    event = Event(Change.REMINDED, Source.SYSTEM, {"sid": doubted.evidence.get("sid")}, now, actor="bridge")
    await consent.write(tx, firm.id, entry.contact.id, event)
    await _write_down(tx, firm, entry, "bridge", Change.REMINDED, now)
    message = await messages.by_sid(tx, firm.id, str(doubted.evidence.get("sid")))
    if not firm.two_way or message is None:
        return
    await announce.remark(
        tx, firm, message.conversation_id, views.question(message.id, message.body, again=True), now
    )
    alert = views.ALERT.format(number=national(entry.contact.phone))
    await announce.alert_admins(tx, firm, remark(alert, warning=True), now)
