"""Claims: which rows of the outbox may be done now, and who does them.

A claim is a lease: whoever dies while holding it leaves a row that becomes `unknown` when the lease ends. The
lease's token fences: an outcome is only stored by the one who still holds it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, func, or_, select, true, update

from bridge.store.lanes import is_blocked
from bridge.store.outbox import AMPLE, LAST_WORDS, LEASE, OPEN, Row, in_state, renew
from bridge.store.prepared import Prepared
from bridge.store.records import columns
from bridge.store.tables import outbox
from bridge.store.tx import Statement, Tx
from bridge.store.ways import ARE_FREE, KNOWN, NOW, ROUTE, SERVICE, WAYS, is_waiting, waiting_for

CHOOSING = 7_203_412  # the key of a lock; any number that nothing else uses

OF_ONE_WAY = 64  # rows: as many as any way takes at once; whoever chooses looks at no more of them

_o = outbox.c
_ahead = outbox.alias("ahead")
_most = bindparam("most", type_=Integer)
# The first rows of one way; of a way that is not free none is looked at.
_of_one_way = (
    select(_ahead.c.id)
    .where(waiting_for(_ahead), _ahead.c.due_at <= NOW, ~is_blocked(_ahead))
    .order_by(_ahead.c.due_at)
    .limit(bindparam("each", type_=Integer))
)


def _choosing(*, is_postgres: bool) -> Select[Any]:
    """Of every free way its first rows, and of these the oldest. Built once: that costs more than running it."""
    if is_postgres:
        some = _of_one_way.where(ARE_FREE).lateral("some")
        # Asked once more of the row that is locked: PostgreSQL looks again at what has changed since it began, but
        # only at that row.
        chosen = KNOWN.join(some, true()).join(outbox, and_(_o.id == some.c.id, is_waiting(outbox)))
    else:
        chosen = KNOWN.join(outbox, and_(ARE_FREE, _o.id.in_(_of_one_way.correlate(WAYS))))
    every = select(*columns(Row, outbox), ROUTE.c.free_at, ROUTE.c.off_reason, SERVICE.c.off_reason)
    # By no index: PostgreSQL would walk through all that is done, in the order of ids.
    query = every.select_from(chosen).order_by(_o.id + 0).limit(_most)
    return query.with_for_update(of=outbox, skip_locked=True) if is_postgres else query


_choices = _choosing(is_postgres=False), _choosing(is_postgres=True)
_candidates = [Prepared(choice) for choice in _choices]
_may_choose = Prepared(select(func.pg_try_advisory_xact_lock(CHOOSING)))
_claim = Prepared(
    update(outbox)
    .where(_o.id.in_(bindparam("ids", expanding=True)))
    .values(
        state="sending",
        attempts=_o.attempts + 1,
        started_at=func.coalesce(_o.started_at, NOW),
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
    .where(in_state(outbox, "sending"), _o.lease_until < NOW, _o.lease.not_in(bindparam("alive", expanding=True)))
    .values(state="unknown", due_at=NOW, lease=None)
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
    """Rows that may be done now, oldest first; of one way at most OF_ONE_WAY. Of a way that is off, only when it is
    time to probe it.

    `without` names ways, by firm and route or service, whose rows are left out; `without_services`, services of all
    firms.
    """
    is_postgres = tx.dialect == "postgresql"
    query: Statement = _candidates[is_postgres]
    if without or without_services:
        ways = [_not_by(firm_id, name) for firm_id, name in without]
        query = _choices[is_postgres].where(*ways, WAYS.c.service.not_in(without_services))
    width = len(columns(Row, outbox))
    return [
        Candidate(Row(*values[:width]), values[width], values[width + 1] is not None, values[width + 2] is not None)
        for values in await tx.rows(query, {"now": now, "most": limit, "each": min(limit, OF_ONE_WAY)})
    ]


def _not_by(firm_id: int, name: str) -> ColumnElement[bool]:
    return or_(WAYS.c.firm_id != firm_id, and_(WAYS.c.route != name, WAYS.c.service != name))


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
    await tx.run(update(outbox).where(_o.batch == row.id, in_state(outbox, *OPEN)).values(**alone))


async def expire_leases(tx: Tx, now: datetime, *, everyone: bool = False, alive: Collection[str] = ()) -> int:
    """Rows whose worker died become `unknown`. `everyone`: no other worker exists, so all claims are dead.

    One that may have died this moment has perhaps just sent something; its rows are looked into LAST_WORDS later.
    `alive` names leases whose holder is known to live, whatever the clock says: it may have jumped.
    """
    if everyone:
        is_silent = _o.lease_until <= now + AMPLE - LAST_WORDS  # a lease this old has begun no call since
        look_at = case((is_silent, now), else_=now + LAST_WORDS)
        expired = {"state": "unknown", "due_at": look_at, "lease": None}
        return await tx.run(update(outbox).where(in_state(outbox, "sending")).values(**expired))
    return await tx.run(_expire, {"now": now, "alive": list(alive)})


async def give_back(tx: Tx, rows: Collection[Row]) -> None:
    """Rows that were claimed and never begun are what they were before."""
    for state in {row.state for row in rows}:
        held = [row for row in rows if row.state == state]
        is_ours = and_(_o.id.in_([row.id for row in held]), _o.lease.in_({row.lease for row in held}))
        before = {"state": state, "lease": None, "attempts": _o.attempts - 1}
        await tx.run(update(outbox).where(is_ours, _o.state == "sending").values(**before))


async def release(tx: Tx, rows: Collection[Row], now: datetime) -> None:
    """Calls cut off by a stop: whoever comes next finds out what became of them."""
    released = {"state": "unknown", "due_at": now + LAST_WORDS, "lease": None}
    tx.wakes = True
    held = and_(_o.id.in_([row.id for row in rows]), _o.lease.in_({row.lease for row in rows}))
    await tx.run(update(outbox).where(held, _o.state == "sending").values(**released))
