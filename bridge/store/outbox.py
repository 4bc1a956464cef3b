"""The outbox: promises to the outside world, written in the same transaction as what they announce.

A row's life:

    ready ──claim──▶ sending ──▶ done
      ▲                 │  └───▶ dead      (given up; a person can retry or drop it)
      └──── later ──────┤
                        └───▶ unknown      (nobody knows whether it happened; it is settled, never repeated)

Rows of one lane are done strictly one after the other, in the order of their ids: an open row blocks the younger
ones. Lanes are short-lived names such as "thread:12"; different lanes run in parallel.

A claim is a lease: whoever dies while holding it leaves a row that becomes `unknown` when the lease ends. The
lease's token fences: an outcome is only stored by the one who still holds it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from bridge.store.records import columns, every, one, select_as
from bridge.store.tables import outbox, routes
from bridge.store.tx import Tx

LEASE = timedelta(seconds=90)  # longer than any call may take, shorter than anybody's patience

_o = outbox.c
_OPEN = ("ready", "sending", "unknown")


class Kind(StrEnum):
    """What a row promises."""

    POST = "post"  # a lead's text into its thread
    NOTICE = "notice"  # a line in the thread
    ROOT = "root"  # the root message shows what is true now
    TELL = "tell"  # a line that one person sees
    CHANGE = "change"  # other words in a message of ours
    MARK = "mark"  # a reaction on a staff member's message
    TEXT = "text"  # a text to a lead
    RELAY = "relay"  # a staff reply that could not be judged at once
    PICTURE = "picture"  # a lead's picture into its thread
    ALERT = "alert"  # a direct message to an admin


@dataclass(frozen=True)
class Row:
    """A promise as the worker gets it. `created_at` is when it was made, `started_at` its first try."""

    id: int
    firm_id: int
    lane: str
    service: str
    route: str
    kind: str
    payload: dict[str, Any]
    state: str
    attempts: int
    error: str | None
    lease: str | None
    started_at: datetime | None
    due_at: datetime
    created_at: datetime


async def put(
    tx: Tx,
    firm_id: int,
    kind: Kind,
    now: datetime,
    *,
    lane: str,
    service: str,
    route: str,
    payload: dict[str, Any],
    due_at: datetime | None = None,
) -> int:
    """Promise something; the row's id."""
    statement = tx.insert(outbox).values(
        firm_id=firm_id, kind=kind.value, lane=lane, service=service, route=route, payload=payload,
        due_at=due_at or now, created_at=now,
    )  # fmt: skip
    tx.wakes = True
    return int(await tx.value(statement.returning(_o.id)))


async def has_open(tx: Tx, firm_id: int, lane: str) -> bool:
    """Whether something is still to happen in this lane."""
    query = select(_o.id).where(_o.firm_id == firm_id, _o.lane == lane, _o.state.in_(_OPEN))
    return await tx.row(query.limit(1)) is not None


async def has_waiting(tx: Tx, firm_id: int, lane: str) -> bool:
    """Whether something in this lane has not begun, so that one more promise of the same would add nothing."""
    query = select(_o.id).where(_o.firm_id == firm_id, _o.lane == lane, _o.state == "ready")
    return await tx.row(query.limit(1)) is not None


async def is_opening_threads(tx: Tx, firm_id: int) -> bool:
    """Whether a post is under way whose ts we may not know yet."""
    query = select(_o.id).where(
        _o.firm_id == firm_id, _o.kind.in_([Kind.POST, Kind.NOTICE]), _o.state.in_(["sending", "unknown"])
    )
    return await tx.row(query.limit(1)) is not None


async def expire_leases(tx: Tx, now: datetime, *, everyone: bool = False) -> int:
    """Rows whose worker died become `unknown`. `everyone`: no other worker exists, so all claims are dead."""
    dead = _o.state == "sending" if everyone else and_(_o.state == "sending", _o.lease_until < now)
    return await tx.run(update(outbox).where(dead).values(state="unknown", due_at=now, lease=None))


@dataclass(frozen=True)
class Candidate:
    """A row that may be done now, and what is known of its way out."""

    row: Row
    free_at: datetime | None
    is_route_off: bool
    is_service_off: bool


async def candidates(
    tx: Tx, now: datetime, limit: int, *, without: Collection[tuple[int, str]] = ()
) -> list[Candidate]:
    """Rows that may be done now, oldest first. Of a way that is off, only when it is time to probe it.

    `without` names ways, by firm and route or service, whose rows are left out.
    """
    route, service, elder = routes.alias("route"), routes.alias("service"), outbox.alias("elder")
    is_blocked = exists().where(
        elder.c.lane == _o.lane, elder.c.firm_id == _o.firm_id, elder.c.id < _o.id, elder.c.state.in_(_OPEN)
    )
    query = (
        select(*columns(Row, outbox), route.c.free_at, route.c.off_reason, service.c.off_reason)
        .select_from(
            outbox.outerjoin(route, and_(route.c.firm_id == _o.firm_id, route.c.name == _o.route)).outerjoin(
                service, and_(service.c.firm_id == _o.firm_id, service.c.name == _o.service)
            )
        )
        .where(_o.state.in_(["ready", "unknown"]), _o.due_at <= now, ~is_blocked)
        .where(or_(route.c.free_at.is_(None), route.c.free_at <= now))
        .where(or_(service.c.free_at.is_(None), service.c.free_at <= now))
        .where(*(_not_by(firm_id, name) for firm_id, name in without))
        .order_by(_o.id)
        .limit(limit)
    )
    if tx.dialect == "postgresql":
        query = query.with_for_update(of=outbox, skip_locked=True)
    width = len(columns(Row, outbox))
    return [
        Candidate(Row(*values[:width]), values[width], values[width + 1] is not None, values[width + 2] is not None)
        for values in await tx.rows(query)
    ]


def _not_by(firm_id: int, name: str) -> ColumnElement[bool]:
    return or_(_o.firm_id != firm_id, and_(_o.route != name, _o.service != name))


async def is_due(tx: Tx, now: datetime) -> bool:
    """Whether there may be something to do: a waiting row whose time has come, or a claim that has run out."""
    waiting = and_(_o.state.in_(["ready", "unknown"]), _o.due_at <= now)
    query = select(_o.id).where(or_(waiting, and_(_o.state == "sending", _o.lease_until < now)))
    return await tx.row(query.limit(1)) is not None


async def claim(tx: Tx, rows: Collection[Row], lease: str, now: datetime, *, batch: int | None = None) -> None:
    """Take these rows; they are ours until the lease ends. `batch` is the row they go together with."""
    ids = [row.id for row in rows]
    await tx.run(
        update(outbox)
        .where(_o.id.in_(ids))
        .values(
            state="sending", batch=batch, lease=lease, lease_until=now + LEASE,
            attempts=_o.attempts + 1, started_at=func.coalesce(_o.started_at, now),
        )
    )  # fmt: skip


async def claim_followers(tx: Tx, row: Row, room: int, now: datetime) -> list[Row]:
    """The rows that go together with this one, taken with the same lease.

    Those of an earlier try of it always; and, if there is `room`, those of its kind directly behind it. They are
    bound to it until both are done, so that a try whose end nobody saw is settled for all of them at once.
    """
    query = (
        select_as(Row, outbox)
        .add_columns(_o.batch)
        .where(_o.firm_id == row.firm_id, _o.lane == row.lane, _o.id > row.id, _o.state.in_(_OPEN))
    )
    followers: list[Row] = []
    values: list[Any]
    for *values, batch in await tx.rows(query.order_by(_o.id).limit(max(room, 20))):
        follower = Row(*values)
        fits = follower.kind == row.kind and follower.state == "ready" and len(followers) < room
        if batch != row.id and not fits:
            break
        followers.append(follower)
    if followers and row.lease:
        await claim(tx, followers, row.lease, now, batch=row.id)
    return [replace(follower, lease=row.lease) for follower in followers]


async def unbind(tx: Tx, row: Row) -> None:
    """The rows that were to go together with this one go by themselves."""
    tx.wakes = True
    await tx.run(update(outbox).where(_o.batch == row.id, _o.state.in_(_OPEN)).values(state="ready", batch=None))


async def next_due(tx: Tx, after: datetime) -> datetime | None:
    """When the next waiting row becomes due; what waits for a route counts from when the route is free."""
    route = routes.alias("route")
    waiting = _o.state.in_(["ready", "unknown"])
    due: datetime | None = await tx.value(select(func.min(_o.due_at)).where(waiting, _o.due_at > after))
    query = (
        select(func.min(route.c.free_at))
        .select_from(outbox.join(route, and_(
            route.c.firm_id == _o.firm_id, or_(route.c.name == _o.route, route.c.name == _o.service))))
        .where(waiting, route.c.free_at > after)
    )  # fmt: skip
    free: datetime | None = await tx.value(query)
    return min((moment for moment in (due, free) if moment is not None), default=None)


def _held(row: Row) -> ColumnElement[bool]:
    return and_(_o.id == row.id, _o.firm_id == row.firm_id, _o.lease == row.lease)


async def finish(tx: Tx, rows: Row | Sequence[Row], now: datetime) -> bool:
    """These are done; False when a lease was lost meanwhile, and then nobody may draw conclusions."""
    tx.wakes = True  # the lane's next row may go
    held = [rows] if isinstance(rows, Row) else list(rows)
    done = {"state": "done", "done_at": now, "error": None}
    return sum([await tx.run(update(outbox).where(_held(row)).values(**done)) for row in held]) == len(held)


async def postpone(tx: Tx, row: Row, due_at: datetime, error: str, *, counts: bool = True) -> None:
    """Not now; `counts` is off when it was not this row's fault.

    A row that is being settled stays unknown: that this look failed says nothing about the try before it.
    """
    attempts = _o.attempts if counts else _o.attempts - 1
    state = "unknown" if row.state == "unknown" else "ready"
    tx.wakes = True
    await tx.run(
        update(outbox).where(_held(row)).values(state=state, due_at=due_at, error=error, attempts=attempts)
    )


async def start_over(tx: Tx, row: Row, now: datetime) -> None:
    """It is certain that it did not happen: an unknown row is ready again."""
    tx.wakes = True
    await tx.run(update(outbox).where(_held(row)).values(state="ready", due_at=now))


async def doubt(tx: Tx, row: Row, due_at: datetime, error: str) -> None:
    """Nobody knows whether it happened; look again at that time."""
    await tx.run(update(outbox).where(_held(row)).values(state="unknown", due_at=due_at, error=error))


async def bury(tx: Tx, row: Row, now: datetime, error: str) -> None:
    """Given up."""
    tx.wakes = True
    await tx.run(update(outbox).where(_held(row)).values(state="dead", done_at=now, error=error))


async def get(tx: Tx, row_id: int) -> Row | None:
    """One row, for the operator."""
    return one(Row, await tx.row(select_as(Row, outbox).where(_o.id == row_id)))


async def listing(tx: Tx, states: Collection[str], limit: int) -> list[Row]:
    """Rows in these states, oldest first, for the operator."""
    return every(
        Row, await tx.rows(select_as(Row, outbox).where(_o.state.in_(states)).order_by(_o.id).limit(limit))
    )


async def count_open(tx: Tx, firm_id: int) -> int:
    """How many of a firm's promises are still to be kept."""
    return int(await tx.value(select(func.count()).where(_o.firm_id == firm_id, _o.state.in_(_OPEN))))


async def counts(tx: Tx) -> dict[str, int]:
    """How many rows there are in each state."""
    query = select(_o.state, func.count().label("rows")).group_by(_o.state)
    return {row.state: row.rows for row in await tx.rows(query)}


async def oldest_due(tx: Tx, now: datetime) -> datetime | None:
    """Since when the longest waiting row could have been done; rows of routes that are off are not counted."""
    route = routes.alias("route")
    is_off = exists().where(
        route.c.firm_id == _o.firm_id,
        or_(route.c.name == _o.route, route.c.name == _o.service),
        or_(route.c.off_reason.is_not(None), route.c.free_at > now),
    )
    due: datetime | None = await tx.value(
        select(func.min(_o.due_at)).where(_o.state == "ready", _o.due_at <= now, ~is_off)
    )
    return due


async def revive(tx: Tx, row_id: int, now: datetime) -> bool:
    """The operator wants a dead row tried again; False when it is not dead."""
    tx.wakes = True
    revived = {
        "state": "ready",
        "attempts": 0,
        "due_at": now,
        "done_at": None,
        "started_at": None,
        "created_at": now,
    }
    return await tx.run(update(outbox).where(_o.id == row_id, _o.state == "dead").values(**revived)) == 1


async def drop(tx: Tx, row_id: int, now: datetime) -> bool:
    """The operator wants a dead row forgotten; False when it is not dead."""
    dropped = {"state": "done", "done_at": now}
    return await tx.run(update(outbox).where(_o.id == row_id, _o.state == "dead").values(**dropped)) == 1


async def prune(tx: Tx, before: datetime) -> int:
    """Forget what was done long ago."""
    return await tx.run(delete(outbox).where(_o.state == "done", _o.done_at < before))
