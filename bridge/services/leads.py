"""Signups enter."""

from datetime import datetime

from bridge.services.deps import Deps
from bridge.store import audit, leads
from bridge.store.firms import Firm
from bridge.store.leads import Signup


async def add(
    deps: Deps,
    firm: Firm,
    now: datetime,
    *,
    name: str,
    phone: str | None,
    email: str | None = None,
    source: str | None = None,
) -> None:
    """Remember a signup. `phone` is E.164; the newest signup with a number names its conversation."""
    facts = {"source": source, "with_phone": phone is not None}
    async with deps.db.begin() as tx:
        await leads.add(tx, firm.id, Signup(name, phone, email, source), now)
        await audit.record(tx, firm.id, now, actor="operator", action="add_lead", facts=facts)
