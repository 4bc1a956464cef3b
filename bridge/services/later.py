"""Texts that go out later: at an hour that somebody chose, or when it is day where the lead is."""

from dataclasses import replace
from datetime import datetime

from bridge import metrics
from bridge.gateways.errors import GatewayError
from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.rules.sending import Purpose
from bridge.services import announce, hours, sending
from bridge.services.deps import Deps
from bridge.services.promises import Later, Promise
from bridge.store import audit, contacts, conversations, firms, later, messages, outbox
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.outbox import Row
from bridge.store.tx import Tx


async def enter(deps: Deps, row: Row, now: datetime) -> bool:
    """Its time has come: it joins the texts to the lead, unless it was canceled. Raises Later.

    So do all others to this lead whose time has come, in the order of their times: their rows may be kept later, or
    by another process. The gate's second look comes with the sending, as for every text.
    """
    await deps.keep(lambda: _enter(deps, row))
    return False


async def _enter(deps: Deps, row: Row) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        message = await messages.get(tx, row.firm_id, row.payload["message_id"])
        if message.state == State.LATER and message.send_at is not None and now < message.send_at:
            raise Later(message.send_at - now)  # the clock was set back
        if await outbox.finish(tx, row, now):
            firm = await firms.get(tx, row.firm_id)
            for each in await later.hold_due(tx, firm.id, message.conversation_id, now):
                await _go(tx, firm, each, now)


async def _go(tx: Tx, firm: Firm, message: Message, now: datetime, **values: object) -> None:
    conversation = await conversations.get(tx, firm.id, message.conversation_id)
    await messages.change(tx, firm.id, message.id, state=State.QUEUED, **values)
    contact = await contacts.get(tx, firm.id, conversation.contact_id)
    await sending.dispatch(tx, firm, conversation, message.id, now, contact=contact)


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """The database failed so often that the row counts as hopeless. It answers now, and nobody has tried more."""
    await _enter(deps, row)


async def put_off(
    tx: Tx, firm: Firm, talk: Conversation, contact: Contact, message: Message, now: datetime
) -> bool:
    """It was to go out, but it is night there by now: it goes out in the morning, and the thread says so.

    False where it is not.
    """
    purpose = Purpose(message.purpose or Purpose.REPLY)
    send_at = await hours.next_opening(tx, firm, contact, None, now, purpose=purpose)
    if send_at is None:
        return False
    await messages.change(tx, firm.id, message.id, state=State.LATER, send_at=send_at)
    facts = {"message": message.id, "refusal": Refusal.QUIET_HOURS.name, "send_at": send_at.isoformat()}
    await audit.record(tx, firm.id, now, actor=message.author_id or "bridge", action="put_off", facts=facts)
    await sending.postpone(tx, firm, talk, message.id, message.body, send_at, now)
    return True


async def cancel(tx: Tx, firm: Firm, message: Message, user_id: str, now: datetime) -> None:
    """It does not go out."""
    await messages.change(tx, firm.id, message.id, state=State.CANCELED)
    await _write_down(tx, firm, message, user_id, "cancel_text", now)
    await announce.mark_text(tx, firm.id, message.id, now)


async def send_now(
    tx: Tx, firm: Firm, message: Message, user_id: str, reason: str, now: datetime
) -> Refusal | None:
    """It goes out at whatever hour, if the gate lets it; who said so is kept with it, and why."""
    conversation = await conversations.get(tx, firm.id, message.conversation_id)
    contact = await contacts.hold(tx, firm.id, conversation.contact_id)
    waived = replace(message, waived_by=user_id, send_at=now)
    if refusal := await sending.refuse_now(tx, firm, waived, contact, now, released_by=user_id):
        tx.once_durable(metrics.REFUSALS.of(refusal.name.lower()).inc)
        return refusal
    await _write_down(tx, firm, message, user_id, "waive_hours", now, why=reason)
    await _go(tx, firm, message, now, waived_by=user_id, send_at=now)
    return None


async def _write_down(
    tx: Tx, firm: Firm, message: Message, user_id: str, action: str, now: datetime, **more: str
) -> None:
    facts = {"message": message.id, "send_at": message.send_at.isoformat() if message.send_at else None, **more}
    await audit.record(tx, firm.id, now, actor=user_id, action=action, facts=facts)


DUE = Promise(keep=enter, settle=enter, give_up=give_up)
