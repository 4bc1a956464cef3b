"""What was taken in already, so that a second delivery of the same thing does nothing."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Integer, bindparam, delete, select

from bridge.store.prepared import Prepared
from bridge.store.records import Id, adding, by, find
from bridge.store.tables import seen
from bridge.store.tx import Tx

_some = (
    select(seen.c.id)
    .where(seen.c.at < bindparam("moment", type_=seen.c.at.type))
    .limit(bindparam("limit", type_=Integer))
)
_forget = Prepared(delete(seen).where(seen.c.id.in_(_some)))


async def first_time(tx: Tx, firm_id: int, keys: Iterable[str], now: datetime) -> bool:
    """Whether none of these keys was ever here. All of them are from now on."""
    # Sorted: two processes with the same keys wait for each other, never cross.
    rows = [{"firm_id": firm_id, "key": key, "at": now} for key in sorted(keys)]
    return await tx.run_each(adding(tx.dialect, seen, ("firm_id", "key")), rows) == len(rows)


async def was_here(tx: Tx, firm_id: int, key: str) -> bool:
    """Whether this key was here before."""
    return await tx.row(find(Id, seen, "firm_id", "key"), by(firm_id=firm_id, key=key)) is not None


async def forget_before(tx: Tx, moment: datetime, limit: int) -> int:
    """Drop some keys that nobody will send again; how many."""
    return await tx.run(_forget, {"moment": moment, "limit": limit})
