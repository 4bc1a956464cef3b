"""Staff press a button under what waits for a person's word."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from bridge import metrics
from bridge.gateways.errors import GatewayError
from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.services import announce, later, people, sending, suspicion
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import audit, contacts, conversations, firms, messages, outbox, staff
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.outbox import Kind, Row
from bridge.store.staff import Person, Standing
from bridge.store.tx import Tx
from bridge.views import later as later_views
from bridge.views import threads as views

ALREADY = "Somebody was faster: this is settled already."
SENDING, NOTED, KEPT, CANCELED = "Sending.", "Noted.", "Kept inside.", "This will not be sent."
REWRITE = "Kept inside. Post it again in other words."
SAY_WHY = "Press it again, and say why."
ADMINS_ONLY = "Only an admin can have this sent at this hour."
POSTPONED = "It will be sent when its time has come."
TOO_LATE = "Slack took too long to say who you are, so nothing was done. Press the button again."

# Everybody sees that these were answered.
PUBLIC = {views.SEND_AGAIN, views.IT_ARRIVED, later_views.CANCEL, later_views.SEND_NOW, *suspicion.BUTTONS}
WAITS_FOR = {
    views.SEND_AGAIN: State.DOUBT,
    views.IT_ARRIVED: State.DOUBT,
    views.SEND_HELD: State.HELD,
    views.KEEP_INSIDE: State.HELD,
    views.REWRITE: State.HELD,
    later_views.CANCEL: State.LATER,
    later_views.SEND_NOW: State.LATER,
}
LATEST = timedelta(minutes=15)  # somebody who pressed longer ago does not expect it to happen any more


@dataclass(frozen=True)
class Press:
    """A button that somebody pressed, and the message that shows it; with the reason, where one was asked for."""

    action_id: str
    label: str
    message_id: int
    user_id: str
    channel_id: str
    shown_ts: str
    thread_ts: str | None
    reason: str = ""


async def press(deps: Deps, firm: Firm, pressed: Press, now: datetime) -> None:
    """Do what the button says, once we know who pressed it. Raises StoreUnavailable."""
    async with deps.db.begin() as tx:
        if await people.is_known(tx, firm, pressed.user_id, now):
            await _answer(tx, firm, pressed, now)
        else:
            lane = f"press:{pressed.message_id}"
            payload = asdict(pressed)
            await outbox.put(
                tx, firm.id, Kind.PRESS, now, lane=lane, service=announce.SLACK, route="people", payload=payload
            )


async def go_on(deps: Deps, row: Row, now: datetime) -> None:
    """Somebody we did not know has pressed a button. Raises GatewayError."""
    async with deps.db.read() as tx:
        firm = await firms.get(tx, row.firm_id)
    await people.learn(deps, firm, row.payload["user_id"])
    await deps.keep(lambda: _answer_late(deps, row, firm))


async def _answer_late(deps: Deps, row: Row, firm: Firm) -> None:
    pressed, now = Press(**row.payload), deps.clock()
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            if now - row.created_at > LATEST:
                await _tell(tx, firm, pressed, TOO_LATE, now)
            else:
                await _answer(tx, firm, pressed, now)


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """Slack would not say who pressed: nothing is done."""
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            firm = await firms.get(tx, row.firm_id)
            await _tell(tx, firm, Press(**row.payload), TOO_LATE, now)


async def _answer(tx: Tx, firm: Firm, pressed: Press, now: datetime) -> None:
    """The outcome takes the buttons' place, or goes to the one who pressed when others need not know."""
    outcome = await _decide(tx, firm, pressed, now)
    if pressed.action_id in PUBLIC and outcome in {SENDING, NOTED, CANCELED, POSTPONED}:
        shown = views.settled(pressed.user_id, pressed.label)
        await announce.change(tx, firm, channel_id=pressed.channel_id, ts=pressed.shown_ts, shown=shown, now=now)
    else:
        await _tell(tx, firm, pressed, outcome, now)


async def _tell(tx: Tx, firm: Firm, pressed: Press, sentence: str, now: datetime) -> None:
    await announce.tell(
        tx, firm, channel_id=pressed.channel_id, user_id=pressed.user_id, thread_ts=pressed.thread_ts,
        shown=views.remark(sentence), now=now,
    )  # fmt: skip


async def _decide(tx: Tx, firm: Firm, pressed: Press, now: datetime) -> str:
    """Of several people pressing, and of several presses, one counts: the one that moves the state."""
    person = await staff.get(tx, firm.id, pressed.user_id)
    if person is None or person.standing != Standing.MEMBER:
        tx.once_durable(metrics.REFUSALS.of(Refusal.NOT_STAFF.name.lower()).inc)
        return Refusal.NOT_STAFF.sentence
    if pressed.action_id in suspicion.BUTTONS:
        is_first = await suspicion.decide(tx, firm, pressed.message_id, pressed.action_id, pressed.user_id, now)
        return NOTED if is_first else _already(tx)
    message = await messages.find(tx, firm.id, pressed.message_id)
    if message is None or message.state != WAITS_FOR[pressed.action_id]:
        return _already(tx)
    return await _carry_out(tx, firm, pressed, message, person, now)


def _already(tx: Tx) -> str:
    tx.once_durable(metrics.DUPLICATES.of("press").inc)
    return ALREADY


async def _carry_out(tx: Tx, firm: Firm, pressed: Press, message: Message, person: Person, now: datetime) -> str:
    match pressed.action_id:
        case views.KEEP_INSIDE | views.REWRITE:
            await _keep_inside(tx, firm, message, now)
            return KEPT if pressed.action_id == views.KEEP_INSIDE else REWRITE
        case views.IT_ARRIVED:
            return await _believe(tx, firm, message, person.user_id, now)
        case later_views.CANCEL:
            await later.cancel(tx, firm, message, person.user_id, now)
            return CANCELED
        case later_views.SEND_NOW:
            return await _send_now(tx, firm, message, person, pressed.reason, now)
    return await _release(tx, firm, message, person.user_id, now)


async def _send_now(tx: Tx, firm: Firm, message: Message, person: Person, reason: str, now: datetime) -> str:
    if not person.is_admin or not reason:
        return SAY_WHY if person.is_admin else ADMINS_ONLY
    refusal = await later.send_now(tx, firm, message, person.user_id, reason, now)
    return refusal.sentence if refusal else SENDING


async def _keep_inside(tx: Tx, firm: Firm, message: Message, now: datetime) -> None:
    await messages.change(tx, firm.id, message.id, state=State.CANCELED)
    await announce.mark_text(tx, firm.id, message.id, now)


async def _believe(tx: Tx, firm: Firm, message: Message, user_id: str, now: datetime) -> str:
    await messages.change(tx, firm.id, message.id, state=State.SENT)
    await _write_down(tx, firm, message, user_id, "it_arrived", now)
    await announce.mark_text(tx, firm.id, message.id, now)
    return NOTED


async def _release(tx: Tx, firm: Firm, message: Message, user_id: str, now: datetime) -> str:
    """It goes out, if the gate lets it. Its age counts from now: a person has just said that it is still right."""
    conversation = await conversations.get(tx, firm.id, message.conversation_id)
    contact = await contacts.hold(tx, firm.id, conversation.contact_id)
    if refusal := await sending.refuse_now(tx, firm, message, contact, now, released_by=user_id):
        tx.once_durable(metrics.REFUSALS.of(refusal.name.lower()).inc)
        quiet = refusal is Refusal.QUIET_HOURS
        is_put_off = quiet and await later.put_off(tx, firm, conversation, contact, message, now)
        return POSTPONED if is_put_off else refusal.sentence
    waits = message.send_at is not None and message.send_at > now
    state = State.LATER if waits else State.QUEUED
    await messages.change(tx, firm.id, message.id, state=state, created_at=now)
    await _write_down(tx, firm, message, user_id, "send_again", now)
    if message.send_at is not None and waits:
        await sending.postpone(tx, firm, conversation, message.id, message.body, message.send_at, now)
        return POSTPONED
    await sending.dispatch(tx, firm, conversation, message.id, now, contact=contact)
    return SENDING


async def _write_down(tx: Tx, firm: Firm, message: Message, user_id: str, action: str, now: datetime) -> None:
    facts = {"message": message.id, "was": message.state}
    await audit.record(tx, firm.id, now, actor=user_id, action=action, facts=facts)


PRESS = Promise(keep=go_on, give_up=give_up)
