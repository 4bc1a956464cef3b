"""The agenda: when there is something to do, and what should have been done by now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Label, Select, and_, case, exists, func, or_, select

from bridge.store.lanes import is_blocked
from bridge.store.outbox import LOOKUPS, Kind, in_state
from bridge.store.prepared import Prepared
from bridge.store.tables import outbox
from bridge.store.tx import Tx
from bridge.store.ways import ARE_FREE, KNOWN, NOW, ROUTE, SERVICE, WAYS, waiting_for

_row = outbox.alias("row")


def _first_due(name: str, *conditions: Any) -> Label[Any]:
    return select(func.min(_row.c.due_at)).where(waiting_for(_row), *conditions).scalar_subquery().label(name)


_is_routes_longer = and_(
    ROUTE.c.free_at > NOW, or_(SERVICE.c.free_at.is_(None), SERVICE.c.free_at <= ROUTE.c.free_at)
)
_rests_until = case((ARE_FREE, None), (_is_routes_longer, ROUTE.c.free_at), else_=SERVICE.c.free_at)
_each = (
    select(
        _first_due("first_due"),
        _first_due("next_due", _row.c.due_at > NOW),
        _rests_until.label("rests_until"),
    )
    .select_from(KNOWN)
    .subquery()
)
_is_free = _each.c.rests_until.is_(None)
_is_lapsed = exists().where(in_state(outbox, "sending"), outbox.c.lease_until < NOW)
_outlook = Prepared(
    select(
        or_(func.min(case((_is_free, _each.c.first_due))) <= NOW, _is_lapsed),
        func.min(case((_is_free, _each.c.next_due))),
        func.min(_each.c.rests_until),
    )
)


@dataclass(frozen=True)
class Outlook:
    """Whether there may be something to do, and when there will be something else."""

    is_due: bool
    next_due: datetime | None


async def outlook(tx: Tx, now: datetime) -> Outlook:
    """`is_due`: a row whose time has come and whose way is free, or a claim that has run out.

    `next_due`: when the next row becomes due, or the next way that is waited for is free.
    """
    is_due, row_due, way_free = await tx.row(_outlook, {"now": now})
    return Outlook(bool(is_due), min((each for each in (row_due, way_free) if each is not None), default=None))


def _oldest(ways: Any, *conditions: Any) -> Select[Any]:
    """For each of these ways that works and is free the first row that counts: it ends the search."""
    counts = case((in_state(_row, "ready"), ~is_blocked(_row)), else_=None)
    late = [waiting_for(_row), _row.c.due_at <= NOW, counts, *conditions]
    kind, due_at = (
        select(part).where(*late).order_by(_row.c.due_at).limit(1).scalar_subquery()
        for part in (_row.c.kind, _row.c.due_at)
    )
    works = and_(ROUTE.c.off_reason.is_(None), SERVICE.c.off_reason.is_(None), ARE_FREE)
    each = select(kind.label("kind"), due_at.label("due_at")).select_from(KNOWN).where(works, ways).subquery()
    return select(each).where(each.c.due_at.is_not(None)).order_by(each.c.due_at).limit(1)


async def oldest_due(tx: Tx, now: datetime, *, kind: str | None = None) -> tuple[str, datetime] | None:
    """The row that could have been done and waits longest, of all or of a kind: its kind, and since when.

    What waits for its lane or its way is not counted. Nor, among all, are look-ups: a table of leads may bring as
    many as take hours, and nobody's words wait with them.
    """
    asks = WAYS.c.service == LOOKUPS
    query = _oldest(asks if kind == Kind.LOOKUP else ~asks, *([] if kind is None else [_row.c.kind == kind]))
    found = await tx.row(query, {"now": now})
    return None if found is None else (found.kind, found.due_at)
