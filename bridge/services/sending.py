"""The one gate: every text of every purpose passes here."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bridge import metrics
from bridge.refusals import Refusal
from bridge.rules import phones
from bridge.rules.billing import is_stopped
from bridge.rules.carrier import State
from bridge.rules.segments import count
from bridge.rules.sending import (
    DAY,
    PROACTIVE,
    RATE_WINDOW,
    SAME_TEXT_WINDOW,
    Facts,
    File,
    Purpose,
    refuse,
    refuse_contact,
    refuse_line,
)
from bridge.services import announce, homes, hours, lookups
from bridge.services.drafts import Draft
from bridge.store import audit, contacts, conversations, messages, pictures, staff
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.tx import Tx


@dataclass(frozen=True)
class Accepted:
    """A text that passed the gate, and how many others its author sent within the last minute."""

    message_id: int
    recent: int


async def queue(
    tx: Tx, firm: Firm, conversation: Conversation, draft: Draft, now: datetime, *, held: bool = False,
    contact: Contact | None = None,
) -> int | Refusal:  # fmt: skip
    """As accept(); only the message's id."""
    accepted = await accept(tx, firm, conversation, draft, now, held=held, contact=contact)
    return accepted if isinstance(accepted, Refusal) else accepted.message_id


async def accept(
    tx: Tx, firm: Firm, conversation: Conversation, draft: Draft, now: datetime, *, held: bool = False,
    contact: Contact | None = None,
) -> Accepted | Refusal:  # fmt: skip
    """Accept the text for sending, in the caller's transaction. Or why not.

    A text that is `held` goes no further until its author says so, one with a time to come not before that.
    Refusal.DUPLICATE also stands for an origin that was here before. `contact` is the one of the conversation, if
    the caller has just read it: a STOP that comes meanwhile counts at the second look.
    """
    contact = contact or await contacts.hold(tx, firm.id, conversation.contact_id)
    facts = await _facts(tx, firm, conversation, contact, draft, now)
    refusal = refuse(facts)
    await _write_down(tx, firm, conversation, draft, facts, refusal, now)
    if refusal is not None:
        tx.once_durable(metrics.REFUSALS.of(refusal.name.lower()).inc)
        return refusal
    waits = draft.send_at is not None and draft.send_at > now
    state = State.HELD if held else State.LATER if waits else State.QUEUED
    message_id = await store(tx, firm, conversation, draft, state, now)
    if message_id is None:
        tx.once_durable(metrics.DUPLICATES.of("reply").inc)
        return Refusal.DUPLICATE
    if held:
        await announce.mark_text(tx, firm.id, message_id, now)
    elif draft.send_at is not None and waits:
        await postpone(tx, firm, conversation, message_id, draft.body, draft.send_at, now)
    else:
        await dispatch(tx, firm, conversation, message_id, now, draft, contact=contact)
    return Accepted(message_id, facts.recent)


async def postpone(
    tx: Tx, firm: Firm, conversation: Conversation, message_id: int, body: str, send_at: datetime, now: datetime
) -> None:
    """A stored message that passed the gate waits for its time; the thread says so, and how to cancel it."""
    await conversations.touch(tx, firm.id, conversation.id, now)
    await announce.send_later(
        tx, firm, conversation_id=conversation.id, number_id=conversation.number_id, message_id=message_id,
        body=body, send_at=send_at, now=now,
    )  # fmt: skip


async def dispatch(
    tx: Tx, firm: Firm, conversation: Conversation, message_id: int, now: datetime, draft: Draft | None = None, *,
    contact: Contact,
) -> None:  # fmt: skip
    """A stored message that passed the gate gets its place in the conversation's lane. With its draft it is new.

    If nobody ever asked what kind of line the contact's is, that happens first.
    """
    due_at = await lookups.promise_if_unknown(tx, firm, contact, now)
    await conversations.touch(tx, firm.id, conversation.id, now)
    await homes.refresh_all(tx, firm, now)
    await announce.send_text(
        tx,
        firm.id,
        conversation_id=conversation.id,
        number_id=conversation.number_id,
        message_id=message_id,
        now=now,
        is_new=draft is not None,
        taken_in=draft.taken_in if draft else None,
        pictures=bool(draft.attachments) if draft else None,
        due_at=due_at,
    )


async def store(
    tx: Tx, firm: Firm, conversation: Conversation, draft: Draft, state: State, now: datetime
) -> int | None:
    """Write the message and its pictures down; None when its origin was here before."""
    message_id = await messages.add_outbound(
        tx, firm.id, now, conversation_id=conversation.id, number_id=conversation.number_id,
        purpose=draft.purpose.value, body=draft.body, state=state.value, author_id=draft.author_id,
        origin_channel=draft.origin_channel, origin_ts=draft.origin_ts, client_msg_id=draft.client_msg_id,
        segments=count(draft.body).segments, subject=draft.subject, send_at=draft.send_at,
        waived_by=draft.hours_waived_by,
    )  # fmt: skip
    if message_id is not None:
        for position, file in enumerate(draft.attachments):
            await pictures.add(
                tx, firm.id, message_id, position, file.url, name=file.name[:200], media_type=file.media_type
            )
    return message_id


def refuse_anything(firm: Firm, phone: str | None, contact: Contact | None) -> Refusal | None:
    """Why nobody can text this number, by the gate's own rules; None where one can. Who is new has no contact."""
    known = contact or Contact(0, phone or "")
    return refuse_contact(_weighed(firm, known, Draft(body="", purpose=Purpose.REPLY)))


def unreachable(firm: Firm, contact: Contact) -> Refusal | None:
    """Why no text to this number would arrive, as far as that is known of its line and of carriers."""
    blocked = Refusal.BLOCKED if contact.blocked_at is not None else None
    return refuse_line(contact.line_type, firm.prefers.untextable_lines) or blocked


async def refuse_now(
    tx: Tx, firm: Firm, message: Message, contact: Contact, now: datetime, *, released_by: str | None = None
) -> Refusal | None:
    """The gate's second look, in the transaction that begins the sending: a STOP may have come meanwhile.

    The contact is held. A person who releases a text that waited for their word is counted as its author.
    """
    purpose = Purpose(message.purpose or Purpose.REPLY)
    draft = Draft(body=message.body, purpose=purpose, hours_waived_by=message.waived_by)
    recent = 0
    if released_by is not None:
        await staff.hold(tx, firm.id, released_by)
        recent = await messages.count_since(tx, firm.id, released_by, now - RATE_WINDOW, now + RATE_WINDOW)
    quiet = await _is_quiet(tx, firm, contact, draft, max(now, message.send_at or now))
    facts = _weighed(firm, contact, draft, now, recent=recent, quiet=quiet)
    # Content was judged when it was accepted; here a text that is only a picture has no words to judge.
    refusal = refuse(replace(facts, short_only=False))
    return None if refusal in {Refusal.EMPTY, None} else refusal


async def _facts(
    tx: Tx, firm: Firm, conversation: Conversation, contact: Contact, draft: Draft, now: datetime
) -> Facts:
    said_just_now, recent, crowded = False, 0, False
    if draft.author_id:
        await staff.hold(tx, firm.id, draft.author_id)
        lately = messages.Lately(
            draft.author_id,
            conversation.id,
            draft.body,
            same_since=now - SAME_TEXT_WINDOW,
            since=now - RATE_WINDOW,
            until=now + RATE_WINDOW,
            others=firm.prefers.recipient_limit - 1,
            day=now - DAY,
        )
        is_repeated, recent, crowded = await messages.lately(tx, firm.id, lately)
        said_just_now = is_repeated and not draft.attachments
    quiet = await _is_quiet(tx, firm, contact, draft, max(now, draft.send_at or now))
    return _weighed(
        firm, contact, draft, now, said_just_now=said_just_now, recent=recent, crowded=crowded, quiet=quiet
    )


async def _is_quiet(tx: Tx, firm: Firm, contact: Contact, draft: Draft, at: datetime) -> bool:
    """Whether it is night there when it goes out. Of what answers somebody that is not even asked."""
    if draft.purpose not in PROACTIVE or draft.hours_waived_by:
        return False
    return await hours.next_opening(tx, firm, contact, None, at, purpose=draft.purpose) is not None


def _weighed(
    firm: Firm, contact: Contact, draft: Draft, now: datetime | None = None, *, said_just_now: bool = False,
    recent: int = 0, crowded: bool = False, quiet: bool = False,
) -> Facts:  # fmt: skip
    """Without a `now`, what changes with time is left out."""
    return Facts(
        purpose=draft.purpose,
        two_way=firm.two_way,
        opted_out=contact.opted_out,
        carrier_blocked=contact.carrier_blocked,
        textable=phones.is_phone(contact.phone),
        line_type=contact.line_type,
        untextable_lines=firm.prefers.untextable_lines,
        suspected=contact.suspected_at is not None,
        blocked=contact.blocked_at is not None,
        marketing=now is not None and contact.wants_marketing(now),
        quiet=quiet,
        body=draft.body,
        said_just_now=said_just_now,
        recent=recent,
        crowded=crowded,
        capped=firm.capped_at is not None,
        month_full=firm.month_full_at is not None,
        unpaid=now is not None and is_stopped(firm.unpaid_since, now),
        short_only=firm.prefers.long_texts == "block",
        files=tuple(File(file.media_type, file.size) for file in draft.attachments),
        custom_emoji=draft.custom_emoji,
    )


async def _write_down(
    tx: Tx,
    firm: Firm,
    conversation: Conversation,
    draft: Draft,
    facts: Facts,
    refusal: Refusal | None,
    now: datetime,
) -> None:
    """The decision and what it was made on, without the words themselves."""
    await audit.record(
        tx,
        firm.id,
        now,
        actor=draft.author_id or "bridge",
        action="refuse" if refusal else "send",
        facts={
            "conversation": conversation.id,
            "purpose": draft.purpose.value,
            "refusal": refusal.name if refusal else None,
            "two_way": facts.two_way,
            "opted_out": facts.opted_out,
            "carrier_blocked": facts.carrier_blocked,
            "line_type": facts.line_type,
            "suspected": facts.suspected,
            "blocked": facts.blocked,
            "marketing": facts.marketing,
            "quiet": facts.quiet,
            "recent": facts.recent,
            "crowded": facts.crowded,
            "capped": facts.capped,
            "month_full": facts.month_full,
            "unpaid": facts.unpaid,
            "short_only": facts.short_only,
            "characters": len(draft.body),
            "files": len(draft.attachments),
        }
        | _rare(draft),
    )


def _rare(draft: Draft) -> dict[str, Any]:
    """What is written down only of texts of which there is something to say."""
    told = {
        "send_at": draft.send_at and draft.send_at.isoformat(),
        "hours_waived_by": draft.hours_waived_by,
        "hours_waived_why": draft.hours_waived_why,
        "concerns": list(draft.concerns),
    }
    return {name: value for name, value in told.items() if value}
