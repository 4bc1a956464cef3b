"""What is still on its way in the app: a story goes on when that is nothing."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select

from bridge.app import Running
from bridge.store import tables
from bridge.store.columns import UtcDateTime
from bridge.store.prepared import Prepared


async def is_busy(app: Running, now: datetime, ahead: float) -> bool:
    """Whether something is being done, or is due within `ahead` seconds."""
    if app.worker is not None and app.worker._flights:
        return True  # no need to ask the database
    async with app.deps.db.read() as tx:
        return await tx.row(SOMETHING_OPEN, {"now": now, "soon": now + timedelta(seconds=ahead)}) is not None


async def open_rows(app: Running) -> list[Any]:
    """Every promise that is not kept yet."""
    o = tables.outbox.c
    columns = select(o.id, o.kind, o.state, o.lane, o.route, o.attempts, o.error, o.due_at)
    async with app.deps.db.read() as tx:
        return list(await tx.rows(columns.where(o.state.in_(["ready", "sending", "unknown"]))))


def _something_open() -> Select[tuple[int]]:
    """Rows in flight or soon due. Those of a way that rests are left out, or that is off until its next probe."""
    o, r = tables.outbox.c, tables.routes.c
    now, soon = bindparam("now", type_=UtcDateTime()), bindparam("soon", type_=UtcDateTime())
    # Reactions are paced at seconds each: a story that made many does not wait for the last of them.
    is_paced = r.name.in_(["react", "unreact"]) & (r.free_at > now)
    ways = select(r.id).where(r.firm_id == o.firm_id, r.name.in_([o.route, o.service]))
    rests = ways.where((r.free_at > soon) | is_paced).exists()
    is_waiting = o.state.in_(["ready", "unknown"]) & (o.due_at <= soon) & ~rests
    elder = tables.outbox.alias()
    leader_waits = select(elder.c.id).where(elder.c.id == o.batch, elder.c.state != "sending").exists()
    in_flight = (o.state == "sending") & ~leader_waits
    blocked = (
        select(elder.c.id)
        .where(elder.c.lane == o.lane, elder.c.id < o.id, elder.c.state.in_(["ready", "unknown"]))
        .exists()
    )
    return select(o.id).where(is_waiting | in_flight, in_flight | ~blocked).limit(1)


SOMETHING_OPEN = Prepared(_something_open())
