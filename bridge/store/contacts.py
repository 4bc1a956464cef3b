"""Contacts: everything known about one phone number of a firm."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bridge.store.records import adding, by, changing, every, find, held, one, the
from bridge.store.tables import contacts
from bridge.store.tx import Tx


@dataclass(frozen=True, repr=False)
class Contact:
    """One phone number. `opted_out` is the person's word, `carrier_blocked` is Twilio's own block."""

    id: int
    phone: str
    line_type: str | None
    opted_out: bool
    carrier_blocked: bool


async def by_phone(tx: Tx, firm_id: int, phone: str) -> Contact | None:
    """The contact of a phone number."""
    found = find(Contact, contacts, "firm_id", "phone")
    return one(Contact, await tx.row(found, by(firm_id=firm_id, phone=phone)))


async def ensure_all(tx: Tx, firm_id: int, phones: Collection[str], now: datetime) -> dict[str, Contact]:
    """The contacts of phone numbers, made where they are new; safe when several do it at once."""
    known = await by_phones(tx, firm_id, phones)
    # Sorted: two processes with the same strangers wait for each other, never cross.
    if new := sorted(set(phones) - known.keys()):
        rows = [{"firm_id": firm_id, "phone": phone, "created_at": now} for phone in new]
        await tx.many(adding(tx.dialect, contacts, ("firm_id", "phone")), rows)
        known |= await by_phones(tx, firm_id, new)
    return known


async def by_phones(tx: Tx, firm_id: int, phones: Collection[str]) -> dict[str, Contact]:
    """The contacts of these numbers, by number; those that are known."""
    found = find(Contact, contacts, "firm_id", "phone")
    rows = await tx.many(found, [by(firm_id=firm_id, phone=phone) for phone in set(phones)])
    return {contact.phone: contact for contact in every(Contact, rows)}


async def change(tx: Tx, firm_id: int, contact_id: int, **values: Any) -> None:
    """Set columns of the contact."""
    await tx.run(changing(contacts, "firm_id", "id"), by(firm_id=firm_id, id=contact_id) | values)


async def hold(tx: Tx, firm_id: int, contact_id: int) -> Contact:
    """The contact, unchanged by anybody else until this transaction ends: a STOP comes before or after it."""
    found = held(Contact, contacts, "firm_id", "id")
    return the(Contact, await tx.row(found, by(firm_id=firm_id, id=contact_id)))


async def opted_out(tx: Tx, firm_id: int) -> list[str]:
    """The numbers that asked not to be texted."""
    query = select(contacts.c.phone).where(contacts.c.firm_id == firm_id, contacts.c.opted_out)
    return [row.phone for row in await tx.rows(query)]
