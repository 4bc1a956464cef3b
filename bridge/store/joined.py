"""What is usually needed together, read with one statement: on PostgreSQL each costs a round trip."""

from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from sqlalchemy import Row as Found
from sqlalchemy import Table, and_, bindparam, exists, func, literal, null, select, union_all

from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.numbers import Number
from bridge.store.outbox import OPEN, Row, in_state
from bridge.store.prepared import Prepared
from bridge.store.records import columns
from bridge.store.staff import Person
from bridge.store.tables import (
    channels,
    contacts,
    conversations,
    firms,
    leads,
    messages,
    numbers,
    outbox,
    pictures,
    seen,
    staff,
    threads,
)
from bridge.store.threads import Thread
from bridge.store.tx import Tx

Owner: TypeAlias = tuple[Firm, Number]

_TABLES: dict[type[Any], Table] = {
    Firm: firms, Contact: contacts, Conversation: conversations,
    Thread: threads, Message: messages, Number: numbers, Person: staff,
}  # fmt: skip


def _all_of(*records: type[Any]) -> list[Any]:
    return [column for record in records for column in columns(record, _TABLES[record])]


def _parted(row: Found[Any], *records: type[Any]) -> list[Any]:
    """The records of a row, in their order; None for one that an outer join did not find."""
    found, at = [], 0
    for record in records:
        values = row[at : at + len(fields(record))]
        found.append(None if values[0] is None else record(*values))
        at += len(values)
    return found


def _linked(one: Table, other: Table) -> Any:
    """Rows of one table with those that they refer to, of the same firm."""
    return and_(one.c[f"{other.name[:-1]}_id"] == other.c.id, one.c.firm_id == other.c.firm_id)


# ------------------------------------------------------------------ whose a webhook is

_with_number = (
    select(*_all_of(Firm, Number))
    .select_from(numbers.join(firms, numbers.c.firm_id == firms.c.id))
    .where(numbers.c.account_sid == bindparam("account_sid"), numbers.c.phone == bindparam("phone"))
)
_with_account = select(*_all_of(Firm), *(null() for _ in fields(Number))).where(
    firms.c.account_sid == bindparam("account_sid")
)
_whose = Prepared(union_all(_with_number, _with_account))


async def whose(tx: Tx, account_sid: str, phone: str) -> tuple[Owner | None, list[Firm]]:
    """The firm whose number this is, with the number; and all firms that brought this account of their own."""
    rows = await tx.rows(_whose, {"account_sid": account_sid, "phone": phone})
    found = [_parted(row, Firm, Number) for row in rows]
    owner = next(((firm, number) for firm, number in found if number is not None), None)
    return owner, [firm for firm, number in found if number is None]


# ------------------------------------------------------------------ where posts go

_newest_lead = (
    select(leads.c.name)
    .where(leads.c.firm_id == conversations.c.firm_id, leads.c.phone == contacts.c.phone)
    .order_by(leads.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_place = Prepared(
    select(*_all_of(Firm, Conversation, Contact, Thread), _newest_lead)
    .select_from(
        conversations.join(firms, conversations.c.firm_id == firms.c.id)
        .join(contacts, _linked(conversations, contacts))
        .outerjoin(threads, _linked(threads, conversations))
    )
    .where(conversations.c.firm_id == bindparam("firm_id"), conversations.c.id == bindparam("conversation_id"))
    .order_by(threads.c.id)
)


@dataclass(frozen=True, repr=False)
class Whereabouts:
    """A conversation with its firm, who is at its other end, by which name, and every thread it has had."""

    firm: Firm
    conversation: Conversation
    contact: Contact
    name: str | None
    threads: list[Thread]


async def whereabouts(tx: Tx, firm_id: int, conversation_id: int) -> Whereabouts:
    """All that posting into a conversation needs to know. Raises LookupError."""
    rows = await tx.rows(_place, {"firm_id": firm_id, "conversation_id": conversation_id})
    if not rows:
        raise LookupError("Conversation")
    found = [_parted(row, Firm, Conversation, Contact, Thread) for row in rows]
    firm, conversation, contact, _ = found[0]
    every = [thread for *_, thread in found if thread is not None]
    return Whereabouts(firm, conversation, contact, rows[0][-1], every)


_how_many = (
    select(func.count())
    .where(pictures.c.firm_id == messages.c.firm_id, pictures.c.message_id == messages.c.id)
    .scalar_subquery()
)
_with_pictures = Prepared(
    select(*_all_of(Message), _how_many)
    .where(messages.c.firm_id == bindparam("firm_id"), messages.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(messages.c.id)
)


async def with_pictures(tx: Tx, firm_id: int, ids: list[int]) -> list[tuple[Message, int]]:
    """These messages, oldest first, each with the number of its pictures."""
    rows = await tx.rows(_with_pictures, {"firm_id": firm_id, "ids": ids})
    return [(_parted(row, Message)[0], row[-1]) for row in rows]


# ------------------------------------------------------------------ what staff write

_channel: Any = bindparam("channel_id")
_ts: Any = bindparam("ts")


def _was_seen(key: str) -> Any:
    return exists().where(seen.c.firm_id == bindparam("firm_id"), seen.c.key == bindparam(key))


_is_text = exists().where(
    messages.c.firm_id == bindparam("firm_id"), messages.c.origin_channel == _channel, messages.c.origin_ts == _ts
)
_is_behind = exists().where(
    outbox.c.firm_id == bindparam("firm_id"), outbox.c.lane == bindparam("lane"), in_state(outbox, *OPEN)
)
_mode = (
    select(channels.c.reply_mode)
    .where(channels.c.firm_id == bindparam("firm_id"), channels.c.channel_id == _channel)
    .scalar_subquery()
)
_anything = select(literal(1).label("one")).subquery("anything")
_said = Prepared(
    select(
        *_all_of(Thread, Conversation, Contact, Person),
        _mode,
        _is_text,
        _is_behind,
        _was_seen("deleted"),
        _was_seen("edited"),
    ).select_from(
        _anything.outerjoin(
            threads,
            (threads.c.firm_id == bindparam("firm_id"))
            & (threads.c.channel_id == _channel)
            & (threads.c.root_ts == bindparam("thread_ts")),
        )
        .outerjoin(conversations, _linked(threads, conversations))
        .outerjoin(contacts, _linked(conversations, contacts))
        .outerjoin(staff, (staff.c.firm_id == bindparam("firm_id")) & (staff.c.user_id == bindparam("user_id")))
    )
)


@dataclass(frozen=True, repr=False)
class Talk:
    """A conversation, and who is at its other end."""

    conversation: Conversation
    contact: Contact


@dataclass(frozen=True)
class Said:
    """What we know of a message in Slack: its thread and whom that is with, what its channel is for, who wrote it,
    and its past.

    is_text: it became one. is_behind: an earlier one of its thread still waits.
    """

    thread: Thread | None
    talk: Talk | None
    author: Person | None
    reply_mode: str | None
    is_text: bool
    is_behind: bool
    is_deleted: bool
    is_edited: bool


async def said(tx: Tx, firm_id: int, **names: str) -> Said:
    """By channel_id, ts, thread_ts, user_id and lane; `deleted` and `edited` are keys that remember that."""
    (row,) = await tx.rows(_said, {"firm_id": firm_id, **names})
    thread, conversation, contact, author = _parted(row, Thread, Conversation, Contact, Person)
    is_text, is_behind, is_deleted, is_edited = (bool(flag) for flag in row[-4:])
    talk = Talk(conversation, contact) if conversation and contact else None
    return Said(thread, talk, author, row[-5], is_text, is_behind, is_deleted, is_edited)


# ------------------------------------------------------------------ what goes out

_errand = (
    select(*_all_of(Firm, Message, Number, Conversation, Contact))
    .select_from(
        messages.join(firms, messages.c.firm_id == firms.c.id)
        .join(numbers, _linked(messages, numbers))
        .join(conversations, _linked(messages, conversations))
        .join(contacts, _linked(conversations, contacts))
    )
    .where(messages.c.firm_id == bindparam("firm_id"), messages.c.id == bindparam("message_id"))
)
_to_look = Prepared(_errand.add_columns(_how_many))
_is_claimed = and_(
    outbox.c.id == bindparam("row_id"),
    outbox.c.firm_id == messages.c.firm_id,
    outbox.c.lease == bindparam("lease"),
    in_state(outbox, "sending"),
)
_to_hold = Prepared(
    _errand.join(outbox, _is_claimed).with_for_update(of=[messages, contacts, outbox], key_share=True)
)


@dataclass(frozen=True, repr=False)
class Errand:
    """A text that goes out, with all that sending it needs to know."""

    firm: Firm
    message: Message
    number: Number
    conversation: Conversation
    contact: Contact


async def errand(tx: Tx, firm_id: int, message_id: int) -> tuple[Errand, int]:
    """A text on its way out, and how many pictures it has. Raises LookupError."""
    row = await tx.row(_to_look, {"firm_id": firm_id, "message_id": message_id})
    return _errand_of(row), int(row[-1])


async def held_errand(tx: Tx, row: Row) -> Errand | None:
    """As errand(), for the row that promises it; None when the claim on that was lost.

    Nobody else changes the message, the contact or the claim until this transaction ends.
    """
    message_id = row.payload["message_id"]
    values = {"firm_id": row.firm_id, "message_id": message_id, "row_id": row.id, "lease": row.lease}
    found = await tx.row(_to_hold, values)
    return None if found is None else _errand_of(found)


def _errand_of(row: Any) -> Errand:
    if row is None:
        raise LookupError("Message")
    return Errand(*_parted(row, Firm, Message, Number, Conversation, Contact))
