"""Receipts: what a carrier said about a text. Kept, because one can come before we know the text's sid."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, bindparam, delete, func, or_, select

from bridge.store.messages import Message
from bridge.store.outbox import in_state
from bridge.store.prepared import Prepared
from bridge.store.records import adding, columns, every, select_as
from bridge.store.tables import contacts, conversations, messages, receipts
from bridge.store.tx import Tx


@dataclass(frozen=True)
class Receipt:
    """One status of one text."""

    status: str
    error_code: str | None


_about = and_(receipts.c.firm_id == bindparam("firm_id"), receipts.c.sid == bindparam("sid"))
_of_sid = Prepared(select_as(Receipt, receipts).where(_about).order_by(receipts.c.id))


_text = (
    select(*columns(Message, messages), contacts.c.filtered)
    .select_from(
        messages.join(
            conversations,
            and_(conversations.c.id == messages.c.conversation_id, conversations.c.firm_id == messages.c.firm_id),
        ).join(
            contacts,
            and_(contacts.c.id == conversations.c.contact_id, contacts.c.firm_id == conversations.c.firm_id),
        )
    )
    .where(messages.c.firm_id == bindparam("firm_id"))
)
_text_of_sid = Prepared(_text.where(messages.c.sid == bindparam("sid")))
_text_of_id = Prepared(_text.where(messages.c.id == bindparam("message_id")))


async def text_of_sid(tx: Tx, firm_id: int, sid: str) -> tuple[Message, int] | None:
    """The message that Twilio calls so, and how many texts to the same contact were filtered in a row."""
    row = await tx.row(_text_of_sid, {"firm_id": firm_id, "sid": sid})
    return None if row is None else (Message(*row[:-1]), int(row[-1]))


async def text_of_id(tx: Tx, firm_id: int, message_id: int) -> tuple[Message, int]:
    """As text_of_sid(), for a message that is there."""
    row = await tx.row(_text_of_id, {"firm_id": firm_id, "message_id": message_id})
    return Message(*row[:-1]), int(row[-1])


async def keep(tx: Tx, firm_id: int, sid: str, status: str, error_code: str | None, now: datetime) -> bool:
    """Store it; False when it was here before."""
    values = {"firm_id": firm_id, "sid": sid, "status": status, "error_code": error_code, "at": now}
    added = await tx.run(adding(tx.dialect, receipts, ("firm_id", "sid", "status")), values)
    return added == 1


async def of_sid(tx: Tx, firm_id: int, sid: str) -> list[Receipt]:
    """All that was said about a text, in the order it arrived."""
    return every(Receipt, await tx.rows(_of_sid, {"firm_id": firm_id, "sid": sid}))


_r = receipts.c
_oldest = select(_r.id, _r.at).order_by(_r.id).limit(bindparam("limit", type_=Integer)).subquery()
_old = select(_oldest.c.id).where(_oldest.c.at < bindparam("moment", type_=_r.at.type))
_forget = Prepared(delete(receipts).where(_r.id.in_(_old)))


async def forget_before(tx: Tx, moment: datetime, limit: int) -> int:
    """Forget some of the oldest; how many. They are in the order of their ids, so only the first need a look."""
    return await tx.run(_forget, {"moment": moment, "limit": limit})


_at = messages.c.created_at.type
_undecided = Prepared(
    select_as(Message, messages)
    .where(
        messages.c.firm_id == bindparam("firm_id"),
        in_state(messages, "sent"),
        or_(
            func.coalesce(messages.c.send_at, messages.c.created_at).between(
                bindparam("after", type_=_at), bindparam("before", type_=_at)
            ),
            messages.c.created_at > bindparam("now", type_=_at),  # written by a clock that was ahead
        ),
        messages.c.sid.is_not(None),
    )
    .order_by(func.random())
    .limit(bindparam("limit", type_=Integer))
)


async def undecided(
    tx: Tx, firm_id: int, now: datetime, *, after: datetime, before: datetime, limit: int
) -> list[Message]:
    """Some texts that Twilio took and that no receipt ever ended.

    Others each time: those that no carrier will ever tell of must not keep the rest from being asked about.
    """
    values = {"firm_id": firm_id, "now": now, "after": after, "before": before, "limit": limit}
    return every(Message, await tx.rows(_undecided, values))
