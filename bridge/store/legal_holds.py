"""Legal holds: whose words are not deleted, however old."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Exists, or_, select, true, update

from bridge.store.records import Id, adding
from bridge.store.tables import contacts, legal_holds
from bridge.store.tx import Tx

_h = legal_holds.c
_stands = _h.lifted_at.is_(None)


@dataclass(frozen=True, repr=False)
class LegalHold:
    """One that stands, of a number or, without one, of the whole firm."""

    id: int
    phone: str | None
    why: str
    placed_by: str
    placed_at: datetime


async def add(tx: Tx, firm_id: int, contact_id: int | None, why: str, by: str, now: datetime) -> int:
    """Place one; its id."""
    values = {"firm_id": firm_id, "contact_id": contact_id, "why": why, "placed_by": by, "placed_at": now}
    return int(await tx.value(adding(tx.dialect, legal_holds, returning=Id), values))


async def find(tx: Tx, firm_id: int, contact_id: int | None, why: str) -> int | None:
    """The one that stands for the same reason, if there is one."""
    same = (_h.firm_id == firm_id, _h.contact_id.is_not_distinct_from(contact_id), _h.why == why, _stands)
    found = await tx.value(select(_h.id).where(*same).limit(1))
    return None if found is None else int(found)


async def standing(tx: Tx, firm_id: int) -> list[LegalHold]:
    """All that stand, oldest first."""
    found = select(_h.id, contacts.c.phone, _h.why, _h.placed_by, _h.placed_at).select_from(
        legal_holds.outerjoin(contacts, (contacts.c.firm_id == _h.firm_id) & (contacts.c.id == _h.contact_id))
    )
    rows = await tx.rows(found.where(_h.firm_id == firm_id, _stands).order_by(_h.id))
    return [LegalHold(*row) for row in rows]


async def lift(tx: Tx, firm_id: int, hold_id: int, why: str, now: datetime) -> bool:
    """It does not stand any more; False when it did not, or is no hold of this firm."""
    one = update(legal_holds).where(_h.firm_id == firm_id, _h.id == hold_id, _stands)
    return await tx.run(one.values(lifted_at=now, lifted_why=why)) == 1


async def is_known(tx: Tx, firm_id: int, hold_id: int) -> bool:
    """Whether it ever was a hold of this firm."""
    return await tx.value(select(_h.id).where(_h.firm_id == firm_id, _h.id == hold_id)) is not None


def any_of(firm_id: ColumnElement[int], contact_id: ColumnElement[int] | None = None) -> Exists:
    """Whether one stands for this contact or the whole firm; without a contact, whether any stands at all."""
    theirs = or_(_h.contact_id.is_(None), _h.contact_id == contact_id) if contact_id is not None else true()
    return select(_h.id).where(_h.firm_id == firm_id, _stands, theirs).exists()
