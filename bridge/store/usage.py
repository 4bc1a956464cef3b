"""Usage: which texts count towards what is paid for. One row for each, never a second one."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, select, update

from bridge.store.prepared import Prepared
from bridge.store.records import adding
from bridge.store.tables import usage
from bridge.store.tx import Tx

_u = usage.c
_by_plan = Prepared(
    select(_u.plan, func.count())
    .where(
        _u.firm_id == bindparam("firm_id"),
        _u.at >= bindparam("since", type_=_u.at.type),
        _u.at < bindparam("until", type_=_u.at.type),
        _u.failed_at.is_(None),
    )
    .group_by(_u.plan)
)
_fail = Prepared(
    update(usage)
    .where(
        _u.firm_id == bindparam("the_firm_id"), _u.message_id == bindparam("the_message_id"), _u.failed_at.is_(None)
    )
    .values(failed_at=bindparam("now", type_=_u.failed_at.type))
)


async def add(tx: Tx, firm_id: int, message_id: int, plan: str, now: datetime) -> None:
    """This text counts; once, whoever says so."""
    values = {"firm_id": firm_id, "message_id": message_id, "plan": plan, "at": now}
    await tx.run(adding(tx.dialect, usage, ("firm_id", "message_id")), values)


async def fail(tx: Tx, firm_id: int, message_id: int, now: datetime) -> bool:
    """It did not arrive, and does not count any more; whether it did."""
    return await tx.run(_fail, {"the_firm_id": firm_id, "the_message_id": message_id, "now": now}) == 1


async def by_plan(tx: Tx, firm_id: int, since: datetime, until: datetime) -> Mapping[str, int]:
    """How many counted from then until just before then, under each plan."""
    rows = await tx.rows(_by_plan, {"firm_id": firm_id, "since": since, "until": until})
    return {plan: int(many) for plan, many in rows}
