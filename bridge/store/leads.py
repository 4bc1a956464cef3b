"""Leads: signup rows. Several may share a phone number; the newest one names the conversation."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam

from bridge.store.prepared import Prepared
from bridge.store.records import every, one, select_as
from bridge.store.tables import leads
from bridge.store.tx import Tx


@dataclass(frozen=True, repr=False)
class Lead:
    """One signup."""

    id: int
    name: str
    email: str | None
    phone: str | None
    source: str | None
    created_at: datetime


_of_phone = and_(leads.c.firm_id == bindparam("firm_id"), leads.c.phone == bindparam("phone"))
_newest = Prepared(select_as(Lead, leads).where(_of_phone).order_by(leads.c.id.desc()).limit(1))


async def newest(tx: Tx, firm_id: int, phone: str) -> Lead | None:
    """The newest signup with this number."""
    return one(Lead, await tx.row(_newest, {"firm_id": firm_id, "phone": phone}))


async def of_firm(tx: Tx, firm_id: int, limit: int) -> list[Lead]:
    """The newest signups of a firm."""
    found = select_as(Lead, leads).where(leads.c.firm_id == firm_id).order_by(leads.c.id.desc())
    return every(Lead, await tx.rows(found.limit(limit)))


async def add(
    tx: Tx,
    firm_id: int,
    now: datetime,
    *,
    name: str,
    phone: str | None,
    email: str | None,
    source: str | None,
) -> None:
    """Remember a signup."""
    await tx.run(
        tx.insert(leads).values(firm_id=firm_id, name=name, phone=phone, email=email, source=source, created_at=now)
    )
