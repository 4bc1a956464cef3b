"""The audit trail: who did what, when, on which facts. Append only."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bridge.store.records import adding
from bridge.store.tables import audit
from bridge.store.tx import Tx


async def record(tx: Tx, firm_id: int, now: datetime, *, actor: str, action: str, facts: dict[str, Any]) -> None:
    """Add an entry. `actor` is a Slack user id, "operator", "lead", "carrier" or "bridge"."""
    values = {"firm_id": firm_id, "at": now, "actor": actor, "action": action, "facts": facts}
    await tx.run(adding(tx.dialect, audit), values)


async def has_many(tx: Tx, firm_id: int, action: str, since: datetime, many: int) -> bool:
    """Whether there are so many entries of this action since then."""
    a = audit.c
    found = select(a.id).where(a.firm_id == firm_id, a.at >= since, a.action == action)
    return await tx.row(found.limit(1).offset(many - 1)) is not None
