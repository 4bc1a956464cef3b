"""Conversations: one per firm and phone number, for life."""

from dataclasses import dataclass
from datetime import datetime

from bridge.store.records import adding, by, changing, find, the
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
    found = find(Conversation, conversations, "firm_id", "id")
    return the(Conversation, await tx.row(found, by(firm_id=firm_id, id=conversation_id)))


async def ensure(tx: Tx, firm_id: int, contact_id: int, number_id: int, now: datetime) -> Conversation:
    """The conversation with a contact, made if it is new; five first texts at once make one.

    Takes its row's lock, so that whatever is queued in it afterwards is queued in the order of the commits.
    """
    statement = adding(
        tx.dialect,
        conversations,
        ("firm_id", "contact_id"),
        anew=("last_at", "number_id"),
        returning=Conversation,
    )
    values = {"contact_id": contact_id, "number_id": number_id, "last_at": now, "created_at": now}
    return the(Conversation, await tx.row(statement, {"firm_id": firm_id, **values}))


async def touch(tx: Tx, firm_id: int, conversation_id: int, now: datetime) -> None:
    """Something happened in it: it moves to the top of the list, and its row is held until the commit."""
    values = by(firm_id=firm_id, id=conversation_id) | {"last_at": now}
    await tx.run(changing(conversations, "firm_id", "id"), values)


async def reopen(tx: Tx, firm_id: int, conversation_id: int) -> None:
    """It is open again."""
    values = by(firm_id=firm_id, id=conversation_id) | {"status": "open"}
    await tx.run(changing(conversations, "firm_id", "id"), values)
