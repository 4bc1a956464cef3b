"""Carriers take texts to a number for spam, again and again: it is blocked until an admin lifts that."""

from datetime import datetime

from bridge.refusals import Refusal
from bridge.rules.mrkdwn import clean, escape
from bridge.services import announce, start
from bridge.services.deps import Deps
from bridge.store import audit, contacts, conversations, staff
from bridge.store.contacts import Contact
from bridge.store.firms import Firm
from bridge.store.tx import Tx
from bridge.views import threads as views

REASON_LIMIT = 300  # characters
LIFTED = "The block is lifted: this number can be texted again."
NOT_BLOCKED = "This number is not blocked."
NOT_ADMIN = "Only admins can lift a block."
NO_REASON = "Say why the block should be lifted."


async def filtered(tx: Tx, firm: Firm, contact: Contact, conversation_id: int, now: datetime) -> None:
    """A carrier took one more text for spam. The contact is held."""
    times = contact.filtered + 1
    is_blocked = contact.blocked_at is None and times >= firm.prefers.filtered_limit
    values = {"blocked_at": now} if is_blocked else {}
    await contacts.change(tx, firm.id, contact.id, filtered=times, **values)
    if is_blocked:
        facts = {"contact": contact.id, "filtered": times}
        await audit.record(tx, firm.id, now, actor="carrier", action="block", facts=facts)
        await announce.remark(tx, firm, conversation_id, views.remark(Refusal.BLOCKED.sentence, warning=True), now)
        await announce.refresh_root(tx, firm, conversation_id, now)


async def got_through(tx: Tx, firm: Firm, conversation_id: int) -> None:
    """A text was delivered, so they are no longer in a row. A block stays until somebody lifts it."""
    conversation = await conversations.get(tx, firm.id, conversation_id)
    await contacts.change(tx, firm.id, conversation.contact_id, filtered=0)


async def lift(tx: Tx, firm: Firm, contact_id: int, *, by: str, reason: str, now: datetime) -> str:
    """Somebody lifts the block; what they are told. `by` is a member of staff, or "operator", who may anyway."""
    why = clean(reason).strip()[:REASON_LIMIT]
    if not why:
        return NO_REASON
    if not await _may_lift(tx, firm, by):
        return NOT_ADMIN
    contact = await contacts.hold(tx, firm.id, contact_id)
    if contact.blocked_at is None:
        return NOT_BLOCKED
    await contacts.change(tx, firm.id, contact.id, blocked_at=None, filtered=0)
    facts = {"contact": contact.id, "reason": why}
    await audit.record(tx, firm.id, now, actor=by, action="lift_block", facts=facts)
    conversation = (await conversations.with_contacts(tx, firm.id, [contact.id])).get(contact.id)
    if conversation is not None:
        who = "The operator" if by == "operator" else f"<@{by}>"
        shown = views.remark(f":unlock: {who} lifted the block on this number: {escape(why)}")
        await announce.remark(tx, firm, conversation.id, shown, now)
        await announce.refresh_root(tx, firm, conversation.id, now)
    return LIFTED


async def _may_lift(tx: Tx, firm: Firm, by: str) -> bool:
    person = None if by == "operator" else await staff.get(tx, firm.id, by)
    return by == "operator" or (person is not None and person.is_admin)


async def lift_for_operator(deps: Deps, firm: Firm, phone: str, reason: str, now: datetime) -> str:
    """As lift(), by a number. Raises StoreUnavailable."""
    async with deps.db.begin() as tx:
        contact = await contacts.by_phone(tx, firm.id, phone)
        if contact is None:
            return NOT_BLOCKED
        return await lift(tx, firm, contact.id, by="operator", reason=reason, now=now)


async def lift_chosen(deps: Deps, firm: Firm, chosen: str, *, by: str, reason: str, now: datetime) -> str:
    """As lift(), of somebody chosen in Slack. Raises StoreUnavailable."""
    async with deps.db.begin() as tx:
        whom = await start.recipient(tx, firm, chosen)
        if whom is None or whom.contact is None:
            return NOT_BLOCKED
        return await lift(tx, firm, whom.contact.id, by=by, reason=reason, now=now)
