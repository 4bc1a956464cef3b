"""Contacts: everything known about one phone number of a firm."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from bridge.store.records import one, select_as, the
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


async def get(tx: Tx, firm_id: int, contact_id: int) -> Contact:
    """The contact. Raises LookupError."""
    found = select_as(Contact, contacts).where(contacts.c.firm_id == firm_id, contacts.c.id == contact_id)
    return the(Contact, await tx.row(found))


async def by_phone(tx: Tx, firm_id: int, phone: str) -> Contact | None:
    """The contact of a phone number."""
    found = select_as(Contact, contacts).where(contacts.c.firm_id == firm_id, contacts.c.phone == phone)
    return one(Contact, await tx.row(found))


async def ensure(tx: Tx, firm_id: int, phone: str, now: datetime) -> Contact:
    """The contact of a phone number, made if it is new; safe when several do it at once."""
    statement = tx.insert(contacts).values(firm_id=firm_id, phone=phone, created_at=now)
    await tx.run(statement.on_conflict_do_nothing(index_elements=["firm_id", "phone"]))
    found = select_as(Contact, contacts).where(contacts.c.firm_id == firm_id, contacts.c.phone == phone)
    return the(Contact, await tx.row(found))


async def change(tx: Tx, firm_id: int, contact_id: int, **values: Any) -> None:
    """Set columns of the contact."""
    statement = update(contacts).where(contacts.c.firm_id == firm_id, contacts.c.id == contact_id)
    await tx.run(statement.values(**values))


async def hold(tx: Tx, firm_id: int, contact_id: int) -> Contact:
    """The contact, unchanged by anybody else until this transaction ends: a STOP comes before or after it."""
    query = select_as(Contact, contacts).where(contacts.c.firm_id == firm_id, contacts.c.id == contact_id)
    return the(Contact, await tx.row(query.with_for_update()))


async def opted_out(tx: Tx, firm_id: int) -> list[str]:
    """The numbers that asked not to be texted."""
    query = select(contacts.c.phone).where(contacts.c.firm_id == firm_id, contacts.c.opted_out)
    return [row.phone for row in await tx.rows(query)]
