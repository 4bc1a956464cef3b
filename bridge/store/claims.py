"""Claims: which rows of the outbox may be done now, and who does them.

A claim is a lease: whoever dies while holding it leaves a row that becomes `unknown` when the lease ends. The
lease's token fences: an outcome is only stored by the one who still holds it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, case, exists, false, func, or_, select, update

from bridge.store.columns import UtcDateTime
from bridge.store.outbox import LEASE, OPEN, Row, in_state, renew
from bridge.store.prepared import Prepared
from bridge.store.records import columns
from bridge.store.tables import outbox, routes
from bridge.store.tx import Statement, Tx

CHOOSING = 7_203_412  # the key of a lock; any number that nothing else uses

_o = outbox.c
_other, _route, _service = outbox.alias("other"), routes.alias("route"), routes.alias("service")
WAITING = ("ready", "unknown")

_is_waiting, _is_sending = in_state(outbox, *WAITING), in_state(outbox, "sending")

# Behind an open row of its lane; or before one that is under way, after it was dead and revived.
_is_older = and_(_other.c.id < _o.id, in_state(_other, *OPEN))
_is_company = and_(_other.c.batch.is_not(None), _other.c.batch == _o.id)
_is_busy = and_(_other.c.id > _o.id, in_state(_other, "sending"), ~_is_company)
_in_its_lane = and_(_other.c.lane == _o.lane, _other.c.firm_id == _o.firm_id)
# Two questions: with "or" inside one, a lane is read from its beginning.
_is_blocked = or_(exists().where(_in_its_lane, _is_older), exists().where(_in_its_lane, _is_busy))

_ways = outbox.outerjoin(_route, and_(_route.c.firm_id == _o.firm_id, _route.c.name == _o.route)).outerjoin(
    _service, and_(_service.c.firm_id == _o.firm_id, _service.c.name == _o.service)
)
# Built once: building a query costs more than running it.
_now = bindparam("now", type_=UtcDateTime())
_is_due_by_now = _o.due_at <= _now
_are_free = and_(*(or_(way.c.free_at.is_(None), way.c.free_at <= _now) for way in (_route, _service)))
# A "case" keeps the order: for a way that is not free thousands may wait, and no lane of theirs is looked at.
_choosing = (
    select(*columns(Row, outbox), _route.c.free_at, _route.c.off_reason, _service.c.off_reason)
    .select_from(_ways)
    .where(_is_waiting, _is_due_by_now, case((_are_free, ~_is_blocked), else_=false()))
    .order_by(_o.id + 0)  # by no index: PostgreSQL would walk through all that is done, in the order of ids
    .limit(bindparam("most", type_=Integer))
)
_candidates = Prepared(_choosing), Prepared(_choosing.with_for_update(of=outbox, skip_locked=True))
_first = [select(func.min(_o.due_at)).where(in_state(outbox, state)).scalar_subquery() for state in WAITING]
_is_lapsed = exists().where(_is_sending, _o.lease_until < _now)
# The smallest of an index, for each state: PostgreSQL would look for any such row among those that are done.
_due = Prepared(select(or_(*(first <= _now for first in _first), _is_lapsed)))
_next_due = select(func.min(_o.due_at)).where(_is_waiting, _o.due_at > _now)
_next_free = (
    select(func.min(_route.c.free_at))
    .select_from(outbox.join(_route, and_(
        _route.c.firm_id == _o.firm_id, or_(_route.c.name == _o.route, _route.c.name == _o.service))))
    .where(_is_waiting, _route.c.free_at > _now)
)  # fmt: skip
_next = Prepared(select(_next_due.scalar_subquery(), _next_free.scalar_subquery()))
_may_choose = Prepared(select(func.pg_try_advisory_xact_lock(CHOOSING)))
_claim = Prepared(
    update(outbox)
    .where(_o.id.in_(bindparam("ids", expanding=True)))
    .values(
        state="sending",
        attempts=_o.attempts + 1,
        started_at=func.coalesce(_o.started_at, _now),
        **{name: bindparam(f"new_{name}", type_=_o[name].type) for name in ("batch", "lease", "lease_until")},
    )
)
_followers = Prepared(
    select(*columns(Row, outbox), _o.batch)
    .where(_o.firm_id == bindparam("firm_id"), _o.lane == bindparam("lane"))
    .where(_o.id > bindparam("row_id", type_=_o.id.type), in_state(outbox, *OPEN))
    .order_by(_o.id)
    .limit(bindparam("most", type_=Integer))
)
_expire = Prepared(
    update(outbox)
    .where(_is_sending, _o.lease_until < _now, _o.lease.not_in(bindparam("alive", expanding=True)))
    .values(state="unknown", due_at=_now, lease=None)
)


async def may_choose(tx: Tx) -> bool:
    """Whether no other worker chooses rows until this transaction ends: a way's pace is that of all of them."""
    return tx.dialect == "sqlite" or bool(await tx.value(_may_choose))


@dataclass(frozen=True)
class Candidate:
    """A row that may be done now, and what is known of its way out."""

    row: Row
    free_at: datetime | None
    is_route_off: bool
    is_service_off: bool


async def candidates(
    tx: Tx,
    now: datetime,
    limit: int,
    *,
    without: Collection[tuple[int, str]] = (),
    without_services: Collection[str] = (),
) -> list[Candidate]:
    """Rows that may be done now, oldest first. Of a way that is off, only when it is time to probe it.

    `without` names ways, by firm and route or service, whose rows are left out; `without_services`, services of all
    firms.
    """
    is_postgres = tx.dialect == "postgresql"
    query: Statement = _candidates[is_postgres]
    if without or without_services:
        some = _choosing.where(*(_not_by(firm_id, name) for firm_id, name in without))
        some = some.where(_o.service.not_in(without_services))
        query = some.with_for_update(of=outbox, skip_locked=True) if is_postgres else some
    width = len(columns(Row, outbox))
    return [
        Candidate(Row(*values[:width]), values[width], values[width + 1] is not None, values[width + 2] is not None)
        for values in await tx.rows(query, {"now": now, "most": limit})
    ]


def _not_by(firm_id: int, name: str) -> ColumnElement[bool]:
    return or_(_o.firm_id != firm_id, and_(_o.route != name, _o.service != name))


async def is_due(tx: Tx, now: datetime) -> bool:
    """Whether there may be something to do: a waiting row whose time has come, or a claim that has run out."""
    return bool(await tx.value(_due, {"now": now}))


async def claim(tx: Tx, rows: Collection[Row], lease: str, now: datetime, *, batch: int | None = None) -> None:
    """Take these rows; they are ours until the lease ends. `batch` is the row they go together with."""
    ids = [row.id for row in rows]
    await tx.run(
        _claim, {"ids": ids, "now": now, "new_batch": batch, "new_lease": lease, "new_lease_until": now + LEASE}
    )


async def claim_followers(tx: Tx, row: Row, room: int, now: datetime) -> list[Row] | None:
    """The rows that go together with this one, taken with the same lease; None when this one is not ours any more.

    Those of an earlier try of it always; and, if there is `room`, those of its kind directly behind it. They are
    bound to it until both are done, so that a try whose end nobody saw is settled for all of them at once.
    """
    if not await renew(tx, row, now):
        return None
    followers: list[Row] = []
    values: list[Any]
    behind = {"firm_id": row.firm_id, "lane": row.lane, "row_id": row.id, "most": max(room, 20)}
    for *values, batch in await tx.rows(_followers, behind):
        follower = Row(*values)
        fits = follower.kind == row.kind and follower.state == "ready" and len(followers) < room
        if batch != row.id and not fits:
            break
        followers.append(follower)
    if followers and row.lease:
        await claim(tx, followers, row.lease, now, batch=row.id)
    return [replace(follower, lease=row.lease) for follower in followers]


async def unbind(tx: Tx, row: Row) -> None:
    """The rows that were to go together with this one go by themselves, as if they had never been tried."""
    tx.wakes = True
    alone = {"state": "ready", "batch": None, "lease": None, "attempts": 0}
    await tx.run(update(outbox).where(_o.batch == row.id, _o.state.in_(OPEN)).values(**alone))


async def expire_leases(tx: Tx, now: datetime, *, everyone: bool = False, alive: Collection[str] = ()) -> int:
    """Rows whose worker died become `unknown`. `everyone`: no other worker exists, so all claims are dead.

    `alive` names leases whose holder is known to live, whatever the clock says: it may have jumped.
    """
    if everyone:
        return await tx.run(
            update(outbox).where(_o.state == "sending").values(state="unknown", due_at=now, lease=None)
        )
    return await tx.run(_expire, {"now": now, "alive": list(alive)})


async def release(tx: Tx, rows: Collection[Row], now: datetime) -> None:
    """Calls cut off by a stop: whoever comes next finds out at once what became of them."""
    released = {"state": "unknown", "due_at": now, "lease": None}
    tx.wakes = True
    held = and_(_o.id.in_([row.id for row in rows]), _o.lease.in_({row.lease for row in rows}))
    await tx.run(update(outbox).where(held, _o.state == "sending").values(**released))


async def next_due(tx: Tx, after: datetime) -> datetime | None:
    """When the next waiting row becomes due; what waits for a route counts from when the route is free."""
    found = await tx.row(_next, {"now": after})
    return min((moment for moment in found or () if moment is not None), default=None)


async def oldest_due(tx: Tx, now: datetime, *, kind: str | None = None) -> tuple[str, datetime] | None:
    """The row that could have been done and waits longest, of all or of a kind: its kind, and since when.

    What waits for its lane or its way is not counted. However many wait, the first that counts ends the search.
    """
    is_off = exists().where(
        _route.c.firm_id == _o.firm_id,
        or_(_route.c.name == _o.route, _route.c.name == _o.service),
        or_(_route.c.off_reason.is_not(None), _route.c.free_at > now),
    )
    may_go = case((~is_off, ~_is_blocked), else_=false())
    could_go = select(_o.kind, _o.due_at).where(in_state(outbox, "ready"), _o.due_at <= now, may_go)
    if kind is not None:
        could_go = could_go.where(_o.kind == kind)
    found = await tx.row(could_go.order_by(_o.due_at).limit(1))
    return None if found is None else (found.kind, found.due_at)
