"""Conversations: one per firm and phone number, for life."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from bridge.store.records import select_as, the
from bridge.store.tables import conversations
from bridge.store.tx import Tx


@dataclass(frozen=True)
class Conversation:
    """What a contact and the firm say to each other. `number_id` is the firm's number that it runs over."""

    id: int
    contact_id: int
    number_id: int
    status: str


async def get(tx: Tx, firm_id: int, conversation_id: int) -> Conversation:
    """The conversation. Raises LookupError."""
    c = conversations.c
    found = select_as(Conversation, conversations).where(c.firm_id == firm_id, c.id == conversation_id)
    return the(Conversation, await tx.row(found))


async def ensure(tx: Tx, firm_id: int, contact_id: int, number_id: int, now: datetime) -> Conversation:
    """The conversation with a contact, made if it is new; five first texts at once make one.

    Takes its row's lock, so that whatever is queued in it afterwards is queued in the order of the commits.
    """
    statement = tx.insert(conversations).values(
        firm_id=firm_id, contact_id=contact_id, number_id=number_id, last_at=now, created_at=now
    )
    touched = {"last_at": now, "number_id": number_id}
    await tx.run(statement.on_conflict_do_update(index_elements=["firm_id", "contact_id"], set_=touched))
    c = conversations.c
    found = select_as(Conversation, conversations).where(c.firm_id == firm_id, c.contact_id == contact_id)
    return the(Conversation, await tx.row(found))


async def touch(tx: Tx, firm_id: int, conversation_id: int, now: datetime) -> None:
    """Something happened in it: it moves to the top of the list, and its row is held until the commit."""
    c = conversations.c
    await tx.run(update(conversations).where(c.firm_id == firm_id, c.id == conversation_id).values(last_at=now))


async def reopen(tx: Tx, firm_id: int, conversation_id: int) -> None:
    """It is open again."""
    c = conversations.c
    await tx.run(update(conversations).where(c.firm_id == firm_id, c.id == conversation_id).values(status="open"))
