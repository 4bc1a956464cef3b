"""Contacts: everything known about one phone number of a firm."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, func, or_, select, update

from bridge.rules.preferences import LINES
from bridge.store.prepared import Prepared
from bridge.store.records import adding, by, changing, every, find, held, one, select_as, the
from bridge.store.tables import contacts
from bridge.store.tx import Tx


@dataclass(frozen=True, repr=False)
class Contact:
    """One phone number. `opted_out` is the person's word, `carrier_blocked` is Twilio's own block.

    marketing: none, granted (until `marketing_until`, if that is set) or revoked. suspected_at: when they wrote
    what may have been an opt-out, which nobody has decided yet. line_checked_at: when Twilio was asked what kind of
    line it is, or a carrier told. heard_at: when they first texted. filtered: texts in a row that carriers took for
    spam. blocked_at: when that were too many.
    """

    id: int
    phone: str
    line_type: str | None = None
    opted_out: bool = False
    carrier_blocked: bool = False
    marketing: str = "none"
    marketing_until: datetime | None = None
    suspected_at: datetime | None = None
    line_checked_at: datetime | None = None
    heard_at: datetime | None = None
    filtered: int = 0
    blocked_at: datetime | None = None

    def wants_marketing(self, now: datetime) -> bool:
        """Whether their consent to marketing is there, and has not ended."""
        return self.marketing == "granted" and (self.marketing_until is None or now < self.marketing_until)


async def by_phone(tx: Tx, firm_id: int, phone: str) -> Contact | None:
    """The contact of a phone number."""
    found = find(Contact, contacts, "firm_id", "phone")
    return one(Contact, await tx.row(found, by(firm_id=firm_id, phone=phone)))


async def ensure_all(
    tx: Tx, firm_id: int, phones: Collection[str], now: datetime, *, heard_at: datetime | None = None
) -> dict[str, Contact]:
    """The contacts of phone numbers, made where they are new; safe when several do it at once.

    Those that are new have texted at `heard_at`, if that is why they are made.
    """
    known = await by_phones(tx, firm_id, phones)
    # Sorted: two processes with the same strangers wait for each other, never cross.
    if new := sorted(set(phones) - known.keys()):
        made = {"firm_id": firm_id, "created_at": now, "heard_at": heard_at}
        rows = [{**made, "phone": phone} for phone in new]
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


async def get(tx: Tx, firm_id: int, contact_id: int) -> Contact:
    """The contact. Raises LookupError."""
    return the(Contact, await tx.row(find(Contact, contacts, "firm_id", "id"), by(firm_id=firm_id, id=contact_id)))


async def change_all(tx: Tx, firm_id: int, changes: Mapping[int, Mapping[str, Any]]) -> None:
    """Set columns of contacts, of each by its id; the same ones of all."""
    each = [by(firm_id=firm_id, id=contact_id) | dict(values) for contact_id, values in changes.items()]
    await tx.run_each(changing(contacts, "firm_id", "id"), each)


_LISTENS = Prepared(
    update(contacts)
    .where(contacts.c.firm_id == bindparam("the_firm_id"), contacts.c.id == bindparam("the_id"))
    .values(
        heard_at=func.coalesce(contacts.c.heard_at, bindparam("now", type_=contacts.c.heard_at.type)),
        line_type=case((contacts.c.line_type.in_(sorted(LINES)), None), else_=contacts.c.line_type),
        filtered=0,
    )
)


async def listens(tx: Tx, firm_id: int, contact_id: int, now: datetime) -> None:
    """Somebody texted from it: no look-up stands against that, also none that is being stored this moment."""
    await tx.run(_LISTENS, by(firm_id=firm_id, id=contact_id) | {"now": now})


async def hold(tx: Tx, firm_id: int, contact_id: int) -> Contact:
    """The contact, unchanged by anybody else until this transaction ends: a STOP comes before or after it."""
    found = held(Contact, contacts, "firm_id", "id")
    return the(Contact, await tx.row(found, by(firm_id=firm_id, id=contact_id)))


async def opted_out(tx: Tx, firm_id: int) -> list[str]:
    """The numbers that asked not to be texted."""
    query = select(contacts.c.phone).where(contacts.c.firm_id == firm_id, contacts.c.opted_out)
    return [row.phone for row in await tx.rows(query)]


_suspected = Prepared(
    select(contacts.c.firm_id, contacts.c.id, contacts.c.suspected_at)
    .where(contacts.c.suspected_at.is_not(None))
    .order_by(contacts.c.suspected_at)
)


async def suspected(tx: Tx) -> list[tuple[int, int, datetime]]:
    """Whose words nobody has decided about, of all firms: firm, contact, and since when. The oldest first."""
    return [(row[0], row[1], row[2]) for row in await tx.rows(_suspected)]


async def unwilling(tx: Tx, firm_id: int, last: int, limit: int) -> list[Contact]:
    """Some who want no texts, or none for marketing, behind the contact with the id `last`."""
    c = contacts.c
    query = select_as(Contact, contacts).where(
        c.firm_id == firm_id, c.id > last, or_(c.opted_out, c.marketing == "revoked")
    )
    return every(Contact, await tx.rows(query.order_by(c.id).limit(limit)))
