"""Texts that wait for their time, and whether one must."""

from datetime import datetime

from sqlalchemy import and_, bindparam, select

from bridge.store.messages import Message
from bridge.store.prepared import Prepared
from bridge.store.records import every, select_as
from bridge.store.tables import conversations, messages
from bridge.store.tx import Tx

_m = messages.c
_due = Prepared(
    select_as(Message, messages)
    .where(_m.firm_id == bindparam("firm_id"), _m.conversation_id == bindparam("conversation_id"))
    .where(_m.state == "later", _m.send_at <= bindparam("now", type_=_m.send_at.type))
    .order_by(_m.send_at, _m.id)
    .with_for_update(key_share=True)
)
_wrote_since = Prepared(
    select(_m.id)
    .join(conversations, and_(conversations.c.id == _m.conversation_id, conversations.c.firm_id == _m.firm_id))
    .where(_m.firm_id == bindparam("firm_id"), conversations.c.contact_id == bindparam("contact_id"))
    .where(_m.direction == "in", _m.category == "natural")
    .where(_m.created_at > bindparam("since", type_=_m.created_at.type))
    .limit(1)
)


async def hold_due(tx: Tx, firm_id: int, conversation_id: int, now: datetime) -> list[Message]:
    """The conversation's texts whose time has come, in the order of their times.

    Nobody else changes them until this transaction ends.
    """
    asked = {"firm_id": firm_id, "conversation_id": conversation_id, "now": now}
    return every(Message, await tx.rows(_due, asked))


async def wrote_since(tx: Tx, firm_id: int, contact_id: int, since: datetime) -> bool:
    """Whether this contact has texted us after that moment, and not only a keyword."""
    asked = {"firm_id": firm_id, "contact_id": contact_id, "since": since}
    return await tx.row(_wrote_since, asked) is not None
