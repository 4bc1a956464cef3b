"""Texts that are sent a second time."""

from datetime import datetime

from sqlalchemy import and_, bindparam, or_

from bridge.store.messages import Message
from bridge.store.prepared import Prepared
from bridge.store.records import one, select_as
from bridge.store.tables import messages
from bridge.store.tx import Tx

_m = messages.c
_same_words = and_(_m.conversation_id == bindparam("conversation_id"), _m.body == bindparam("body"))
_accepted_before = Prepared(
    select_as(Message, messages)
    .where(_m.firm_id == bindparam("firm_id"), _m.author_id == bindparam("author_id"), _m.direction == "out")
    .where(_m.created_at >= bindparam("since", type_=_m.created_at.type))
    .where(or_(_m.client_msg_id == bindparam("client_msg_id"), _same_words))
    .order_by(_m.id.desc())
    .limit(1)
)


async def accepted_before(
    tx: Tx, firm_id: int, author_id: str, since: datetime, *, client_msg_id: str, conversation_id: int, body: str
) -> Message | None:
    """This person's last text since then with that id, or with these words in that conversation."""
    asked = {"firm_id": firm_id, "author_id": author_id, "since": since, "client_msg_id": client_msg_id}
    asked |= {"conversation_id": conversation_id, "body": body}
    return one(Message, await tx.row(_accepted_before, asked))
