"""A carrier says how far a text is. Receipts come late, twice, in any order, and before we know the text's sid."""

from datetime import datetime

from bridge.rules.carrier import State, advance
from bridge.services import announce, verdicts
from bridge.services.deps import Deps
from bridge.store import messages, pictures, receipts
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.tx import Tx

_FAILED = {State.FAILED, State.UNDELIVERED}


async def on_status(
    deps: Deps, firm: Firm, *, sid: str, message_id: int | None, status: str, code: str | None, now: datetime
) -> None:
    """Take a receipt in. Raises StoreUnavailable.

    It is kept even when no message is known by its sid: the message may still learn that sid.
    """
    async with deps.db.begin() as tx:
        if not await receipts.keep(tx, firm.id, sid, status[:20], code, now):
            return
        message = await _message(tx, firm, sid, message_id)
        if message is None:
            return
        if message.sid is None:
            # It names our message: that proves what the answer to our call could not tell.
            await accepted(tx, firm, message.id, sid, now)
        else:
            await _move(tx, firm, message, status, code, now)


async def _message(tx: Tx, firm: Firm, sid: str, message_id: int | None) -> Message | None:
    known = await messages.by_sid(tx, firm.id, sid)
    if known is not None:
        return await messages.hold(tx, firm.id, known.id)
    if message_id is None:
        return None
    named = await messages.hold(tx, firm.id, message_id)
    return named if named.direction == "out" and named.sid is None else None


async def accepted(tx: Tx, firm: Firm, message_id: int, sid: str, now: datetime) -> None:
    """Twilio has the text under this sid. Receipts that were faster are caught up with."""
    message = await messages.hold(tx, firm.id, message_id)
    if message.sid is not None:
        return
    await messages.change(tx, firm.id, message_id, sid=sid, state=State.SENT)
    await announce.mark_text(tx, firm.id, message_id, now)
    for receipt in await receipts.of_sid(tx, firm.id, sid):
        current = await messages.get(tx, firm.id, message_id)
        await _move(tx, firm, current, receipt.status, receipt.error_code, now)


async def _move(tx: Tx, firm: Firm, message: Message, status: str, code: str | None, now: datetime) -> None:
    """States only move forward; the mark follows, and a failure is told once."""
    state = advance(State(message.state), status)
    if state == message.state:
        return
    if state in _FAILED:
        await verdicts.failed(tx, firm, message, state, code, now)
    else:
        await messages.change(tx, firm.id, message.id, state=state)
        await announce.mark_text(tx, firm.id, message.id, now)
    if state in _FAILED | {State.DELIVERED}:
        await pictures.drop_content(tx, firm.id, message.id)
