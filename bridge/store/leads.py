"""Leads: signup rows. Several may share a phone number; the newest one names the conversation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, delete, func, intersect, select
from sqlalchemy.dialects import postgresql, sqlite

from bridge.rules import picker
from bridge.rules.signups import Signup
from bridge.store.prepared import Prepared
from bridge.store.records import adding, by, every, find, one, select_as
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
    time_zone: str | None
    tags: list[str]
    attributes: dict[str, str]
    created_at: datetime


@dataclass(frozen=True)
class Known:
    """What tells whether a signup that comes again says the same."""

    origin: str
    digest: bytes | None


END = "\U0010ffff"  # behind whatever a term goes on with

_of_phone = and_(leads.c.firm_id == bindparam("firm_id"), leads.c.phone == bindparam("phone"))
_newest = Prepared(select_as(Lead, leads).where(_of_phone).order_by(leads.c.id.desc()).limit(1))
_add = {
    name: Prepared(insert(leads).on_conflict_do_nothing().returning(leads.c.id, leads.c.origin))
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_remove = Prepared(delete(leads).where(leads.c.firm_id == bindparam("firm_id"), leads.c.id == bindparam("lead_id")))
_remove_term = Prepared(
    delete(lead_terms).where(
        *(lead_terms.c[name] == bindparam(f"the_{name}") for name in ("firm_id", "term", "lead_id"))
    )
)


async def newest(tx: Tx, firm_id: int, phone: str) -> Lead | None:
    """The newest signup with this number."""
    return one(Lead, await tx.row(_newest, {"firm_id": firm_id, "phone": phone}))


async def get(tx: Tx, firm_id: int, lead_id: int) -> Lead | None:
    """The signup with this id, which came from outside: it may be another firm's, or nobody's."""
    return one(Lead, await tx.row(find(Lead, leads, "firm_id", "id"), by(firm_id=firm_id, id=lead_id)))


async def count_of(tx: Tx, firm_id: int, phone: str) -> int:
    """How many signups have this number."""
    return int(await tx.value(select(func.count()).where(leads.c.firm_id == firm_id, leads.c.phone == phone)))


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
    # Written so that no index of the firm's rows fits: until PostgreSQL has counted them it would read them all.
    is_theirs = leads.c.firm_id + 0 == bindparam("firm_id", type_=leads.c.firm_id.type)
    return Prepared(shown.where(is_theirs).order_by(leads.c.id.desc()))


def _beginning(number: int) -> Select[tuple[int]]:
    c = lead_terms.c
    return select(c.lead_id).where(
        c.firm_id == bindparam("firm_id"),
        c.term >= bindparam(f"word_{number}", type_=c.term.type),
        c.term < bindparam(f"end_{number}", type_=c.term.type),
        c.lead_id < bindparam("before", type_=c.lead_id.type),
    )


async def add(tx: Tx, firm_id: int, signup: Signup, now: datetime) -> None:
    """Remember a signup that nobody has sent before."""
    lead_id = await tx.value(_add[tx.dialect], _values(firm_id, signup, now))
    await _enter(tx, firm_id, [(int(lead_id), signup)])


async def add_all(tx: Tx, firm_id: int, signups: Sequence[Signup], now: datetime) -> list[Signup]:
    """Remember those of these signups that were not here before, by their origins; which were new."""
    given = {signup.origin: signup for signup in signups}
    # Not sorted: of several with one number the last is the newest. Two processes with the same signups in another
    # order cross; then one of them soon waits no longer, and does it again.
    rows = await tx.many(_add[tx.dialect], [_values(firm_id, signup, now) for signup in given.values()])
    await _enter(tx, firm_id, [(int(lead_id), given[origin]) for lead_id, origin in rows])
    return [given[origin] for _, origin in rows]


async def by_origin(tx: Tx, firm_id: int, origin: str) -> Lead | None:
    """The signup that came from there."""
    return one(Lead, await tx.row(find(Lead, leads, "firm_id", "origin"), by(firm_id=firm_id, origin=origin)))


async def digests(tx: Tx, firm_id: int, origins: Collection[str]) -> dict[str, bytes | None]:
    """What was said by the signups that came from these, those that are there."""
    found = find(Known, leads, "firm_id", "origin")
    rows = await tx.many(found, [by(firm_id=firm_id, origin=origin) for origin in origins])
    return {known.origin: known.digest for known in every(Known, rows)}


async def remove(tx: Tx, firm_id: int, lead: Lead) -> None:
    """Forget a signup, and that it was found by anything. What is known about its number stays."""
    words = sorted(picker.terms(lead.name, lead.email, lead.phone))
    await tx.run_each(_remove_term, [by(firm_id=firm_id, term=word, lead_id=lead.id) for word in words])
    await tx.run(_remove, {"firm_id": firm_id, "lead_id": lead.id})


def _values(firm_id: int, signup: Signup, now: datetime) -> dict[str, Any]:
    kept = {name: value for name, value in vars(signup).items() if name in leads.c}
    return {**kept, "tags": list(signup.tags), "firm_id": firm_id, "created_at": now}


async def _enter(tx: Tx, firm_id: int, added: Sequence[tuple[int, Signup]]) -> None:
    """What they are found by."""
    rows = [
        {"firm_id": firm_id, "term": word, "lead_id": lead_id}
        for lead_id, signup in added
        for word in sorted(picker.terms(signup.name, signup.email, signup.phone))
    ]
    await tx.many(adding(tx.dialect, lead_terms), rows)


async def by_id(tx: Tx, firm_id: int, lead_id: int) -> Lead | None:
    """One signup."""
    return one(Lead, await tx.row(find(Lead, leads, "firm_id", "id"), by(firm_id=firm_id, id=lead_id)))


async def with_phone(tx: Tx, firm_id: int, phone: str) -> list[Lead]:
    """Every signup with this number."""
    return every(Lead, await tx.rows(find(Lead, leads, "firm_id", "phone"), by(firm_id=firm_id, phone=phone)))
