"""A text goes to the lead: the only place that calls Twilio's send.

Twilio has no idempotency on create. So: the message is marked before the call, a clear answer is believed, and
an outcome that nobody saw is settled by a receipt or by Twilio's list, or shown to staff. It is never sent again
on a guess.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bridge import metrics
from bridge.gateways.errors import GatewayError, Retry
from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.rules.sending import STALE_AFTER
from bridge.services import announce, later, listed, long_texts, outgoing_pictures, receipts, sending, verdicts
from bridge.services.deps import Deps
from bridge.services.promises import Promise, StillUnknown
from bridge.store import audit, firms, joined, messages, outbox
from bridge.store.firms import Firm
from bridge.store.joined import Errand
from bridge.store.messages import Message
from bridge.store.numbers import Number
from bridge.store.outbox import Row
from bridge.store.tx import Tx
from bridge.views import threads as views

LATELY = timedelta(hours=1)
MAY_BE_ABOUT_ONE_LEAD = {"21606", "21659"}
FRESH = timedelta(seconds=20)  # after that a STOP may have come, or somebody have taken over; a COMMIT ends sooner
TRIES = 3  # a database that is so slow each time is no reason not to send at all
VALIDITY = 4 * 3600  # seconds after which Twilio drops a text it could not hand over
LOOKS = (5, 20, 60)  # seconds after the try at which Twilio's list is asked, then each minute
ABSENT = "absent"  # what a look at the list found
PATIENCE = timedelta(minutes=10)  # with Twilio itself out of reach, before staff are asked
CERTAIN_AFTER = timedelta(seconds=110)  # absent then, as a minute before: the list will not show it any more


async def send(deps: Deps, row: Row, now: datetime) -> bool:
    """Send the text of this row; False when it must not go out. Raises GatewayError."""
    pictures = await _pictures(deps, row, now)
    errand = await _may_go(deps, _Start(row, pictures, now, now))
    if errand is None:
        return False
    firm, number, message = errand.firm, errand.number, errand.message
    try:
        sid = await _hand_over(deps, errand, pictures or [])
    except GatewayError as error:
        trouble = await _judged(deps, number, error, now)
        if trouble.retry in {Retry.LATER, Retry.REPAIR}:
            await deps.keep(lambda: _not_sent(deps, row, message.id))
        raise trouble from error
    await _keep_accepted(deps, row, firm, message.id, sid)
    return True


async def _judged(deps: Deps, number: Number, error: GatewayError, now: datetime) -> GatewayError:
    """Twilio has one code for a number that cannot text and for one that cannot text this lead.

    If the number has texted others lately it is about this text alone, and nothing else waits for a repair.
    """
    if error.retry is not Retry.REPAIR or error.code not in MAY_BE_ABOUT_ONE_LEAD:
        return error
    async with deps.db.read() as tx:
        works = await messages.went_out_since(tx, number.firm_id, number.id, now - LATELY)
    return GatewayError(error.code, Retry.NEVER) if works else error


async def _hand_over(deps: Deps, errand: Errand, pictures: list[str]) -> str:
    """The call itself; the sid that Twilio gave the text. Raises GatewayError."""
    number, message = errand.number, errand.message
    accepted = await deps.clients.twilio(errand.firm, number.account_sid).send(
        to=errand.contact.phone,
        from_=number.phone,
        body=message.body,
        media_urls=pictures,
        status_callback=f"{deps.settings.public_base_url}/twilio/status?mid={message.id}",
        validity=VALIDITY,
        messaging_service_sid=number.service_sid,
        as_mms=not pictures and long_texts.is_mms(errand),
    )
    return accepted.sid


async def _not_sent(deps: Deps, row: Row, message_id: int) -> None:
    """It is certain that this try did not happen: the text can still be taken back."""
    async with deps.db.begin() as tx:
        if await outbox.renew(tx, row, deps.clock()):
            await messages.move(tx, row.firm_id, message_id, from_=State.SENDING, to=State.QUEUED)


async def _look(deps: Deps, row: Row) -> tuple[Errand, int]:
    async with deps.db.glance() as tx:
        return await joined.errand(tx, row.firm_id, row.payload["message_id"])


async def _pictures(deps: Deps, row: Row, now: datetime) -> list[str] | None:
    """Where Twilio finds the text's pictures; None when one cannot be had. Most texts have none, and say so."""
    if row.payload.get("pictures") is False:
        return []
    errand, attached = await _look(deps, row)
    if not attached or _is_stale(errand.message, now):
        return []
    return await outgoing_pictures.ready(deps, errand.firm, errand.message)


def _is_stale(message: Message, now: datetime) -> bool:
    """Its age counts from when it was accepted, or from when it was to go out."""
    return now - max(message.created_at, message.send_at or message.created_at) > STALE_AFTER


async def _may_go(deps: Deps, start: "_Start") -> Errand | None:
    """The text, marked as sending; marked again if this process has stood still since. None when it must not go."""
    errand = None
    for _ in range(TRIES):
        asked = deps.clock()
        errand = await deps.keep(lambda: deps.db.together.do(_begin, replace(start, now=deps.clock())))
        if errand is None or abs(deps.clock() - asked) < FRESH:
            break
    return errand


@dataclass(frozen=True, eq=False)
class _Start:
    """The text of this row is about to go out, with these pictures, unless one of them cannot be had: None. This
    try `began` by the same clock by which they were made ready; that may have been set since.
    """

    row: Row
    pictures: list[str] | None
    began: datetime
    now: datetime


async def _begin(tx: Tx, start: _Start) -> Errand | None:
    """Mark it as sending, unless something has changed since it was accepted; None when it must not go out."""
    row, now = start.row, start.now
    if not outbox.is_ample(row, now + FRESH) and not await outbox.renew(tx, row, now):
        return None
    errand = await joined.held_errand(tx, row)
    if errand is None:  # somebody else has it by now
        return None
    firm, message = errand.firm, errand.message
    if message.state not in {State.QUEUED, State.SENDING}:
        await outbox.finish(tx, row, now)
        return None
    lost = Refusal.LOST_FILE if start.pictures is None else None
    stale = Refusal.STALE if _is_stale(message, start.began) else None
    refusal = stale or lost or await sending.refuse_now(tx, firm, message, errand.contact, now)
    if refusal is not None:
        await _keep_back(tx, row, errand, refusal, now)
        return None
    is_mms = bool(start.pictures) or await long_texts.choose(tx, errand, now)
    await messages.change(tx, firm.id, message.id, state=State.SENDING, started_at=now, mms=is_mms)
    return errand


async def _keep_back(tx: Tx, row: Row, errand: Errand, refusal: Refusal, now: datetime) -> None:
    """Until it is day where the lead is, or for good."""
    if not await outbox.finish(tx, row, now):
        return
    firm, message = errand.firm, errand.message
    is_night = refusal is Refusal.QUIET_HOURS
    if not (is_night and await later.put_off(tx, firm, errand.conversation, errand.contact, message, now)):
        await _drop(tx, firm, message, refusal, now)


async def _drop(tx: Tx, firm: Firm, message: Message, refusal: Refusal, now: datetime) -> None:
    await messages.change(tx, firm.id, message.id, state=State.REFUSED)
    tx.once_durable(metrics.REFUSALS.of(refusal.name.lower()).inc)
    facts = {"message": message.id, "refusal": refusal.name}
    await audit.record(tx, firm.id, now, actor=message.author_id or "bridge", action="refuse", facts=facts)
    await announce.mark_text(tx, firm.id, message.id, now)
    shown = views.remark(refusal.sentence, warning=True)
    await announce.remark(tx, firm, message.conversation_id, shown, now)


async def _keep_accepted(deps: Deps, row: Row, firm: Firm, message_id: int, sid: str) -> None:
    await deps.keep(lambda: deps.db.together.do(_accepted, _Accepted(row, firm, message_id, sid, deps.clock())))


@dataclass(frozen=True, eq=False)
class _Accepted:
    """Twilio has the text of this row, under this sid."""

    row: Row
    firm: Firm
    message_id: int
    sid: str
    now: datetime


async def _accepted(tx: Tx, done: _Accepted) -> None:
    await receipts.accepted(tx, done.firm, done.message_id, done.sid, done.now)
    if await outbox.finish(tx, done.row, done.now):
        seconds = (done.now - done.row.created_at).total_seconds()
        tx.once_durable(partial(metrics.TO_CARRIER.observe, seconds))


async def settle(deps: Deps, row: Row, now: datetime) -> bool:
    """Find out whether a text went out whose answer nobody saw; whether Twilio was asked. Raises StillUnknown.

    A receipt that names our message proves it; so does Twilio's list. Absent from the list twice, a minute apart
    and after every time-out has passed: then it is a question for staff.
    """
    errand, _ = await _look(deps, row)
    firm, message = errand.firm, errand.message
    if message.state == State.QUEUED:  # the try ended before the message was even marked
        await deps.keep(lambda: _start_over(deps, row, now))
        metrics.RECONCILED.of(announce.TWILIO, "repeated").inc()
        return False
    if message.state != State.SENDING:
        await deps.finish([row])
        metrics.RECONCILED.of(announce.TWILIO, "happened").inc()
        return False
    started = min(message.started_at or message.created_at, now)
    try:
        found = await listed.find(deps, errand, started)
    except GatewayError:  # a look that failed proves nothing
        if now - started > PATIENCE:
            await deps.keep(lambda: _ask_staff(deps, row, message.id))
            return False
        raise StillUnknown(_next_look(now - started)) from None
    if found is not None:
        await _keep_accepted(deps, row, firm, message.id, found.sid)
        metrics.RECONCILED.of(announce.TWILIO, "happened").inc()
        return True
    if row.error != ABSENT or now - started < CERTAIN_AFTER:
        raise StillUnknown(_next_look(now - started), ABSENT)
    await deps.keep(lambda: _ask_staff(deps, row, message.id))
    return True


def _next_look(elapsed: timedelta) -> timedelta:
    waits = (timedelta(seconds=look) - elapsed for look in LOOKS)
    return next((wait for wait in waits if wait > timedelta(seconds=1)), timedelta(seconds=60))


async def _start_over(deps: Deps, row: Row, now: datetime) -> None:
    async with deps.db.begin() as tx:
        await outbox.start_over(tx, row, now)


async def _ask_staff(deps: Deps, row: Row, message_id: int) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        firm = await firms.get(tx, row.firm_id)
        message = await messages.hold(tx, firm.id, message_id)
        # Otherwise a receipt came this very moment.
        if await outbox.finish(tx, row, now) and message.state == State.SENDING:
            await _ask(tx, firm, message, now)


async def _ask(tx: Tx, firm: Firm, message: Message, now: datetime) -> None:
    await messages.change(tx, firm.id, message.id, state=State.DOUBT)
    tx.once_durable(metrics.RECONCILED.of(announce.TWILIO, "asked").inc)
    await announce.mark_text(tx, firm.id, message.id, now)
    shown = views.doubt(message.id, message.body)
    await announce.remark(tx, firm, message.conversation_id, shown, now)


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """Twilio refused it for good: the code says why, and may teach something about the contact.

    With its outcome in doubt that is a question for staff.
    """
    async with deps.db.begin() as tx:
        firm = await firms.get(tx, row.firm_id)
        message = await messages.hold(tx, firm.id, row.payload["message_id"])
        if not await outbox.finish(tx, row, now):
            return
        if error.retry is Retry.DOUBT and message.state == State.SENDING:
            await _ask(tx, firm, message, now)
        elif message.state in {State.QUEUED, State.SENDING}:
            await verdicts.failed(tx, firm, message, State.FAILED, error.code, now)


TEXT = Promise(keep=send, settle=settle, give_up=give_up)
