"""The clock was set: what is stored goes by the time before, and keeps its waits and ages none the less."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, func, select, update

from bridge.store import records
from bridge.store.outbox import LEASE, OPEN, in_state
from bridge.store.tables import messages, outbox, routes
from bridge.store.tx import Tx

NEWEST = 50  # rows; among so many is one that was written last

_o, _m = outbox.c, messages.c


async def by_what_is_stored(tx: Tx, now: datetime) -> timedelta:
    """By how much, at the least, the clock must have been set back since something was promised."""
    newest = select(_o.created_at).order_by(_o.id.desc()).limit(NEWEST).subquery()
    latest = await tx.value(select(func.max(newest.c.created_at)))
    return max(timedelta(0), latest - now) if latest is not None else timedelta(0)


async def keep_ages(tx: Tx, now: datetime, by: timedelta) -> None:
    """The clock was set ahead: nothing that was tried has become so much older, to be given up on.

    What is younger than that was promised since, or somebody else has heard of it first.
    """
    tried = select(_o.id, _o.created_at).where(in_state(outbox, *OPEN), _o.started_at.is_not(None))
    older = await tx.rows(tried.where(_o.created_at <= now - by))
    await _change(tx, outbox, [(row_id, {"created_at": created_at + by}) for row_id, created_at in older])


async def turn_back(tx: Tx, now: datetime, by: timedelta) -> None:
    """The clock was set back: what waits would wait for so much longer, and claims would hold for so long."""
    tx.wakes = True
    waits = in_state(outbox, "ready", "unknown")
    await _earlier(tx, outbox, "due_at", now, by, waits)
    await _earlier(tx, routes, "free_at", now, by, routes.c.free_at.is_not(None))
    too_long = and_(in_state(outbox, "sending"), _o.lease_until > now + LEASE)
    await tx.run(update(outbox).where(too_long).values(lease_until=now + LEASE))
    await _begun_earlier(tx, by)


async def _earlier(
    tx: Tx, table: Table, name: str, now: datetime, by: timedelta, which: ColumnElement[bool]
) -> None:
    moment = table.c[name]
    later = await tx.rows(select(table.c.id, moment).where(which, moment > now))
    await _change(tx, table, [(row_id, {name: max(now, told - by)}) for row_id, told in later])


async def _begun_earlier(tx: Tx, by: timedelta) -> None:
    """Tries under way, or in doubt: what they did is looked for from then on, and given up on so long after."""
    begun = select(_o.id, _o.payload, _o.started_at).where(in_state(outbox, *OPEN), _o.started_at.is_not(None))
    rows = await tx.rows(begun)
    await _change(tx, outbox, [(row_id, {"started_at": started_at - by}) for row_id, _, started_at in rows])
    for _, payload, _ in rows:
        message = and_(_m.id == payload.get("message_id"), _m.state == "sending")
        if (started := await tx.value(select(_m.started_at).where(message))) is not None:
            await tx.run(update(messages).where(message).values(started_at=started - by))


async def _change(tx: Tx, table: Table, rows: Sequence[tuple[int, dict[str, datetime]]]) -> None:
    """In one go: any number of rows may wait, and a unit of work has little time."""
    await tx.many(records.changing(table, "id"), [records.by(id=row_id) | values for row_id, values in rows])
