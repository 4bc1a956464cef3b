"""The audit trail: who did what, when, on which facts. Append only."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, select

from bridge.store.prepared import Prepared
from bridge.store.records import adding
from bridge.store.tables import audit
from bridge.store.tx import Tx


async def record(tx: Tx, firm_id: int, now: datetime, *, actor: str, action: str, facts: dict[str, Any]) -> None:
    """Add an entry. `actor` is a Slack user id, "operator", "lead", "carrier" or "bridge"."""
    values = {"firm_id": firm_id, "at": now, "actor": actor, "action": action, "facts": facts}
    await tx.run(adding(tx.dialect, audit), values)


_many = Prepared(
    select(audit.c.id)
    .where(
        audit.c.firm_id == bindparam("firm_id"),
        audit.c.at >= bindparam("since", type_=audit.c.at.type),
        audit.c.action == bindparam("action"),
    )
    .limit(1)
    .offset(bindparam("others", type_=Integer))
)


async def has_many(tx: Tx, firm_id: int, action: str, since: datetime, many: int) -> bool:
    """Whether there are so many entries of this action since then."""
    values = {"firm_id": firm_id, "action": action, "since": since, "others": many - 1}
    return await tx.row(_many, values) is not None
