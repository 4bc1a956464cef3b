"""Leads: signup rows. Several may share a phone number; the newest one names the conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Select, and_, bindparam, intersect, select
from sqlalchemy.dialects import postgresql, sqlite

from bridge.rules import picker
from bridge.store.prepared import Prepared
from bridge.store.records import adding, every, one, select_as
from bridge.store.tables import lead_terms, leads
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


END = "\U0010ffff"  # behind whatever a term goes on with

_of_phone = and_(leads.c.firm_id == bindparam("firm_id"), leads.c.phone == bindparam("phone"))
_newest = Prepared(select_as(Lead, leads).where(_of_phone).order_by(leads.c.id.desc()).limit(1))
_add = {
    name: Prepared(insert(leads).on_conflict_do_nothing().returning(leads.c.id))
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


async def newest(tx: Tx, firm_id: int, phone: str) -> Lead | None:
    """The newest signup with this number."""
    return one(Lead, await tx.row(_newest, {"firm_id": firm_id, "phone": phone}))


async def of_firm(tx: Tx, firm_id: int, limit: int) -> list[Lead]:
    """The newest signups of a firm."""
    found = select_as(Lead, leads).where(leads.c.firm_id == firm_id).order_by(leads.c.id.desc())
    return every(Lead, await tx.rows(found.limit(limit)))


async def found_by(tx: Tx, firm_id: int, words: Sequence[str], before: int, most: int) -> list[Lead]:
    """The newest leads of whose terms each of these words begins one; all older than the one with that id."""
    values = {f"word_{number}": word for number, word in enumerate(words)}
    values |= {f"end_{number}": word + END for number, word in enumerate(words)}
    statement = _found_by(len(words))
    return every(Lead, await tx.rows(statement, {**values, "firm_id": firm_id, "before": before, "most": most}))


@cache
def _found_by(many: int) -> Prepared:
    """All of it in the index of terms, and only of what is shown the rows themselves."""
    ids = intersect(*(_beginning(number) for number in range(many))) if many > 1 else _beginning(0).distinct()
    inner = ids.order_by(ids.selected_columns.lead_id.desc()).limit(bindparam("most", type_=Integer)).subquery()
    shown = select_as(Lead, leads).join(inner, inner.c.lead_id == leads.c.id)
    return Prepared(shown.where(leads.c.firm_id == bindparam("firm_id")).order_by(leads.c.id.desc()))


def _beginning(number: int) -> Select[tuple[int]]:
    c = lead_terms.c
    return select(c.lead_id).where(
        c.firm_id == bindparam("firm_id"),
        c.term >= bindparam(f"word_{number}", type_=c.term.type),
        c.term < bindparam(f"end_{number}", type_=c.term.type),
        c.lead_id < bindparam("before", type_=c.lead_id.type),
    )


@dataclass(frozen=True, repr=False)
class Signup:
    """A lead that is not stored yet. `origin` is where it came from, by which it is known when it comes again."""

    name: str
    phone: str | None = None
    email: str | None = None
    source: str | None = None
    origin: str | None = None


async def add(tx: Tx, firm_id: int, signup: Signup, now: datetime) -> bool:
    """Remember a signup, and what it is found by; False when it was here before."""
    values = {**vars(signup), "firm_id": firm_id, "created_at": now}
    added = await tx.value(_add[tx.dialect], values)
    if added is None:
        return False
    words = sorted(picker.terms(signup.name, signup.email, signup.phone))
    rows = [{"firm_id": firm_id, "term": word, "lead_id": added} for word in words]
    await tx.many(adding(tx.dialect, lead_terms), rows)
    return True
