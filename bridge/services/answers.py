"""Staff press a button under a text that waits for a person's word."""

from datetime import datetime

from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.services import announce, sending
from bridge.services.deps import Deps
from bridge.store import audit, conversations, messages, staff
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.staff import Standing
from bridge.store.tx import Tx

ALREADY = "Somebody was faster: this is settled already."
SENDING, NOTED = "Sending.", "Noted."
CARRIED_OUT = {SENDING, NOTED}


async def _may_text(tx: Tx, firm: Firm, user_id: str) -> bool:
    person = await staff.get(tx, firm.id, user_id)
    return person is not None and person.standing == Standing.MEMBER


async def send_again(deps: Deps, firm: Firm, message_id: int, user_id: str, now: datetime) -> str:
    """A text of unknown outcome goes out again, because a person says so. What to show them."""
    return await _decide(deps, firm, message_id, user_id, now, from_=State.DOUBT, again=True)


async def it_arrived(deps: Deps, firm: Firm, message_id: int, user_id: str, now: datetime) -> str:
    """A text of unknown outcome did arrive, a person says. What to show them."""
    return await _decide(deps, firm, message_id, user_id, now, from_=State.DOUBT, again=False)


async def send_held(deps: Deps, firm: Firm, message_id: int, user_id: str, now: datetime) -> str:
    """A held reply goes out. What to show its author."""
    return await _decide(deps, firm, message_id, user_id, now, from_=State.HELD, again=True)


async def keep_inside(deps: Deps, firm: Firm, message_id: int, user_id: str, now: datetime) -> str:
    """A held reply stays inside. What to show its author."""
    async with deps.db.begin() as tx:
        if not await _may_text(tx, firm, user_id):
            return Refusal.NOT_STAFF.sentence
        if not await messages.move(tx, firm.id, message_id, from_=State.HELD, to=State.CANCELED):
            return ALREADY
        message = await messages.get(tx, firm.id, message_id)
        if message.origin_channel and message.origin_ts:
            await announce.mark(
                tx, firm, channel_id=message.origin_channel, ts=message.origin_ts, name="lock", now=now
            )
    return "Kept inside."


async def _decide(
    deps: Deps, firm: Firm, message_id: int, user_id: str, now: datetime, *, from_: State, again: bool
) -> str:
    """Of several people pressing, and of several presses, one counts: the one that moves the state."""
    async with deps.db.begin() as tx:
        if not await _may_text(tx, firm, user_id):
            return Refusal.NOT_STAFF.sentence
        message = await messages.hold(tx, firm.id, message_id)
        if message.state != from_:
            return ALREADY
        if again and (refusal := await sending.refuse_now(tx, firm, message, now, released_by=user_id)):
            return refusal.sentence
        to = State.QUEUED if again else State.SENT
        await messages.move(tx, firm.id, message_id, from_=from_, to=to)
        await audit.record(
            tx, firm.id, now, actor=user_id, action="send_again" if again else "it_arrived",
            facts={"message": message_id, "was": from_.value},
        )  # fmt: skip
        await _carry_out(tx, firm, message, now, again=again)
    return SENDING if again else NOTED


async def _carry_out(tx: Tx, firm: Firm, message: Message, now: datetime, *, again: bool) -> None:
    if again:
        # Its age counts from now: a person has just said that it is still right.
        await messages.change(tx, firm.id, message.id, created_at=now)
        conversation = await conversations.get(tx, firm.id, message.conversation_id)
        await sending.dispatch(tx, firm, conversation, message.id, now)
    else:
        await announce.mark_text(tx, firm.id, message.id, now)
