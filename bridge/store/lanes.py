"""Lanes: rows of one lane are done strictly one after the other."""

from collections.abc import Collection
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, exists, or_, select, update

from bridge.store.outbox import OPEN, in_state
from bridge.store.prepared import Prepared
from bridge.store.records import by
from bridge.store.tables import outbox
from bridge.store.tx import Tx

_o = outbox.c
_other = outbox.alias("other")
_in_lane = and_(_o.firm_id == bindparam("firm_id"), _o.lane == bindparam("lane"))
_open_since = Prepared(select(_o.created_at).where(_in_lane, in_state(outbox, *OPEN)).order_by(_o.id).limit(1))
_open_lane = Prepared(select(_o.lane).where(_in_lane, in_state(outbox, *OPEN)))
_hasten = Prepared(
    update(outbox)
    .where(
        _o.firm_id == bindparam("the_firm_id"),
        _o.lane == bindparam("the_lane"),
        in_state(outbox, "ready"),
        _o.attempts == 0,
        _o.due_at > bindparam("now", type_=_o.due_at.type),
        _o.due_at <= bindparam("until", type_=_o.due_at.type),
    )
    .values(due_at=bindparam("now", type_=_o.due_at.type))
)


def is_blocked(row: FromClause) -> ColumnElement[bool]:
    """Whether it is behind an open row of its lane, or before one that is under way: it was dead and revived."""
    in_its_lane = and_(_other.c.lane == row.c.lane, _other.c.firm_id == row.c.firm_id)
    is_older = and_(_other.c.id < row.c.id, in_state(_other, *OPEN))
    is_company = and_(_other.c.batch.is_not(None), _other.c.batch == row.c.id)
    is_busy = and_(_other.c.id > row.c.id, in_state(_other, "sending"), ~is_company)
    # Two questions: with "or" inside one, a lane is read from its beginning.
    return or_(exists().where(in_its_lane, is_older), exists().where(in_its_lane, is_busy))


async def open_since(tx: Tx, firm_id: int, lane: str) -> datetime | None:
    """Since when something is promised in this lane that is still to happen."""
    return cast("datetime | None", await tx.value(_open_since, {"firm_id": firm_id, "lane": lane}))


async def open_lanes(tx: Tx, firm_id: int, lanes: Collection[str]) -> set[str]:
    """Those of these lanes in which something is still to happen."""
    rows = await tx.many(_open_lane, [{"firm_id": firm_id, "lane": lane} for lane in lanes])
    return {lane for (lane,) in rows}


async def hasten(tx: Tx, firm_id: int, lane: str, now: datetime, until: datetime) -> int:
    """What was to wait in this lane, no longer than until then, need not; how much that is. Not what was tried."""
    hastened = await tx.run(_hasten, by(firm_id=firm_id, lane=lane) | {"now": now, "until": until})
    tx.wakes = tx.wakes or hastened > 0
    return hastened
