"""Receipts: what a carrier said about a text. Kept, because one can come before we know the text's sid."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, select

from bridge.store.prepared import Prepared
from bridge.store.records import adding, every, select_as
from bridge.store.tables import receipts
from bridge.store.tx import Tx


@dataclass(frozen=True)
class Receipt:
    """One status of one text."""

    status: str
    error_code: str | None


_about = and_(receipts.c.firm_id == bindparam("firm_id"), receipts.c.sid == bindparam("sid"))
_of_sid = Prepared(select_as(Receipt, receipts).where(_about).order_by(receipts.c.id))


async def keep(tx: Tx, firm_id: int, sid: str, status: str, error_code: str | None, now: datetime) -> bool:
    """Store it; False when it was here before."""
    values = {"firm_id": firm_id, "sid": sid, "status": status, "error_code": error_code, "at": now}
    added = await tx.run(adding(tx.dialect, receipts, ("firm_id", "sid", "status")), values)
    return added == 1


async def of_sid(tx: Tx, firm_id: int, sid: str) -> list[Receipt]:
    """All that was said about a text, in the order it arrived."""
    return every(Receipt, await tx.rows(_of_sid, {"firm_id": firm_id, "sid": sid}))


async def forget_before(tx: Tx, moment: datetime, limit: int) -> int:
    """Forget some of the oldest; how many. They are in the order of their ids, so only the first need a look."""
    r = receipts.c
    oldest = select(r.id, r.at).order_by(r.id).limit(limit).subquery()
    return await tx.run(delete(receipts).where(r.id.in_(select(oldest.c.id).where(oldest.c.at < moment))))
