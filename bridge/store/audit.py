"""The audit trail: who did what, when, on which facts. Append only."""

from datetime import datetime
from typing import Any

from bridge.store.records import adding
from bridge.store.tables import audit
from bridge.store.tx import Tx


async def record(tx: Tx, firm_id: int, now: datetime, *, actor: str, action: str, facts: dict[str, Any]) -> None:
    """Add an entry. `actor` is a Slack user id, "operator", "lead", "carrier" or "bridge"."""
    values = {"firm_id": firm_id, "at": now, "actor": actor, "action": action, "facts": facts}
    await tx.run(adding(tx.dialect, audit), values)
