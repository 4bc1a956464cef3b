"""A carrier says how far a text is. Receipts come late, twice, in any order, and before we know the text's sid."""

from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError
from bridge.rules.carrier import State, advance
from bridge.services import announce, blocks, usage, verdicts
from bridge.services.deps import Deps
from bridge.store import firms, messages, numbers, pictures, receipts
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.tx import Tx

_FAILED = {State.FAILED, State.UNDELIVERED}


async def on_status(
    deps: Deps, firm: Firm, *, sid: str, message_id: int | None, status: str, code: str | None, now: datetime
) -> bool:
    """Take a receipt in; False when it was here before. Raises StoreUnavailable.

    It is kept even when no message is known by its sid: the message may still learn that sid.
    """
    async with deps.db.begin() as tx:
        if not await receipts.keep(tx, firm.id, sid, status[:20], code, now):
            return False
        message, filtered = await _message(tx, firm, sid, message_id)
        if message is None:
            return True
        if message.sid is None:
            # It names our message: that proves what the answer to our call could not tell.
            await accepted(tx, firm, message.id, sid, now)
        else:
            await _move(tx, firm, message, filtered, status, code, now)
        return True


async def _message(tx: Tx, firm: Firm, sid: str, message_id: int | None) -> tuple[Message | None, int]:
    """The message, held, and how many texts to its contact were filtered in a row."""
    known, filtered = await receipts.text_of_sid(tx, firm.id, sid) or (None, 0)
    if known is not None:
        return await messages.hold(tx, firm.id, known.id), filtered
    named = None if message_id is None else await messages.find(tx, firm.id, message_id)
    if named is None or named.direction != "out" or named.sid not in {None, sid}:
        return None, 0
    return named, 0 if named.sid is None else (await receipts.text_of_id(tx, firm.id, named.id))[1]


async def accepted(tx: Tx, firm: Firm, message_id: int, sid: str, now: datetime) -> None:
    """Twilio has the text under this sid. Receipts that were faster are caught up with."""
    taken = await messages.accept(tx, firm.id, message_id, sid, State.SENT)
    if taken is None:
        return
    await usage.count(tx, firm, message_id, taken, now)
    await announce.mark_text(tx, firm.id, message_id, now)
    for receipt in await receipts.of_sid(tx, firm.id, sid) if taken.was_told else ():
        current, filtered = await receipts.text_of_id(tx, firm.id, message_id)
        await _move(tx, firm, current, filtered, receipt.status, receipt.error_code, now)


async def _move(
    tx: Tx, firm: Firm, message: Message, filtered: int, status: str, code: str | None, now: datetime
) -> None:
    """States only move forward; the mark follows, and a failure is told once."""
    state = advance(State(message.state), status)
    if state == message.state:
        return
    if state in _FAILED:
        await verdicts.failed(tx, firm, message, state, code, now)
        await usage.take_back(tx, firm, message.id, now)
    else:
        await messages.change(tx, firm.id, message.id, state=state)
        await announce.mark_text(tx, firm.id, message.id, now)
    if state is State.DELIVERED and filtered:
        await blocks.got_through(tx, firm, message.conversation_id)
    if state in _FAILED | {State.DELIVERED}:
        await pictures.drop_content(tx, firm.id, message.id)


OVERDUE, TOO_OLD = timedelta(minutes=10), timedelta(days=2)
AT_A_TIME = 50


async def ask_twilio(deps: Deps, now: datetime) -> None:
    """Ask for the state of texts whose receipts never came: receipts are sent once, and can be lost."""
    async with deps.db.read() as tx:
        every = await firms.everyone(tx)
    for firm in every:
        async with deps.db.read() as tx:
            silent = await receipts.undecided(
                tx, firm.id, now, after=now - TOO_OLD, before=now - OVERDUE, limit=AT_A_TIME
            )
        for message in silent:
            await _ask_about(deps, firm, message, now)


async def _ask_about(deps: Deps, firm: Firm, message: Message, now: datetime) -> None:
    async with deps.db.read() as tx:
        number = await numbers.get(tx, firm.id, message.number_id)
    try:
        listed = await deps.clients.twilio(firm, number.account_sid).fetch(message.sid or "")
    except GatewayError:
        return  # asked again at the next sweep
    code = str(listed.error_code) if listed.error_code else None
    await on_status(deps, firm, sid=listed.sid, message_id=message.id, status=listed.status, code=code, now=now)
