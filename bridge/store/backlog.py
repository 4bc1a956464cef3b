"""What of the outbox is not done, as the operator sees it, and what they may do about it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, select, update

from bridge.store.outbox import OPEN, Kind, Row, in_state
from bridge.store.records import every, select_as
from bridge.store.tables import outbox
from bridge.store.tx import Tx

_o = outbox.c


async def listing(tx: Tx, states: Collection[str], limit: int, now: datetime | None = None) -> list[Row]:
    """Rows in these states, oldest first, for the operator; given the time, without texts that are for later."""
    found = select_as(Row, outbox).where(_o.state.in_(states))
    if now is not None:
        found = found.where(or_(_o.kind != Kind.DUE, _o.due_at <= now))
    return every(Row, await tx.rows(found.order_by(_o.id).limit(limit)))


async def counted(tx: Tx) -> dict[tuple[str, str], int]:
    """How many rows there are by kind and state, without those that are done: nearly all of a day's work."""
    query = select(_o.kind, _o.state, func.count().label("rows")).where(in_state(outbox, *OPEN, "dead"))
    return {(row.kind, row.state): row.rows for row in await tx.rows(query.group_by(_o.kind, _o.state))}


async def count_unsettled(tx: Tx, before: datetime) -> int:
    """Of how many tries that began before then nobody knows whether they succeeded."""
    return int(await tx.value(select(func.count()).where(in_state(outbox, "unknown"), _o.started_at < before)))


async def revive(tx: Tx, row_id: int, now: datetime) -> bool:
    """The operator wants a dead row tried again; False when it is not dead.

    One of its tries may have succeeded unseen, so that is looked into before it is tried again.
    """
    tx.wakes = True
    revived = {"state": "unknown", "attempts": 0, "due_at": now, "done_at": None, "created_at": now}
    return await tx.run(update(outbox).where(_o.id == row_id, _o.state == "dead").values(**revived)) == 1


async def drop(tx: Tx, row_id: int, now: datetime) -> bool:
    """The operator wants a dead row forgotten; False when it is not dead."""
    dropped = {"state": "done", "done_at": now}
    return await tx.run(update(outbox).where(_o.id == row_id, _o.state == "dead").values(**dropped)) == 1
