"""Conversations: one per firm and phone number, for life."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, update

from bridge.store.records import adding, by, changing, every, find, the
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


async def with_contacts(tx: Tx, firm_id: int, contact_ids: Collection[int]) -> dict[int, Conversation]:
    """Those conversations with these contacts that there are, by the contacts' ids."""
    found = find(Conversation, conversations, "firm_id", "contact_id")
    rows = await tx.many(found, [by(firm_id=firm_id, contact_id=each) for each in set(contact_ids)])
    return {talk.contact_id: talk for talk in every(Conversation, rows)}


async def ensure_all(tx: Tx, firm_id: int, last: Mapping[int, tuple[int, datetime]]) -> dict[int, Conversation]:
    """The conversations with contacts, by the contacts' ids, made where they are new; five first texts make one.

    `last` says for each contact's id which number of the firm was texted, and when. Takes the rows' locks, so that
    whatever is queued afterwards is queued in the order of the commits.
    """
    statement = adding(
        tx.dialect,
        conversations,
        ("firm_id", "contact_id"),
        anew=("last_at", "number_id"),
        returning=Conversation,
    )
    rows = [  # sorted: two processes with the same conversations wait for each other, never cross
        {"firm_id": firm_id, "contact_id": contact_id, "number_id": number_id, "last_at": at, "created_at": at}
        for contact_id, (number_id, at) in sorted(last.items())
    ]
    return {talk.contact_id: talk for talk in every(Conversation, await tx.many(statement, rows))}


async def touch(tx: Tx, firm_id: int, conversation_id: int, now: datetime) -> None:
    """Something happened in it: it moves to the top of the list, and its row is held until the commit."""
    values = by(firm_id=firm_id, id=conversation_id) | {"last_at": now}
    await tx.run(changing(conversations, "firm_id", "id"), values)


async def tell_away(tx: Tx, firm_id: int, conversation_id: int, now: datetime, *, before: datetime) -> bool:
    """The lead is told now that nobody reads this; False when that was done since then."""
    c = conversations.c
    those = update(conversations).where(c.firm_id == firm_id, c.id == conversation_id)
    return await tx.run(those.where(or_(c.away_at.is_(None), c.away_at <= before)).values(away_at=now)) == 1


async def reopen(tx: Tx, firm_id: int, conversation_id: int) -> None:
    """It is open again."""
    values = by(firm_id=firm_id, id=conversation_id) | {"status": "open"}
    await tx.run(changing(conversations, "firm_id", "id"), values)
