"""Signups enter."""

from collections.abc import Sequence
from datetime import datetime

from bridge.rules.signups import Signup
from bridge.services.deps import Deps
from bridge.store import audit, leads
from bridge.store.firms import Firm

AT_ONCE = 200  # signups that are entered together: everybody else who writes waits some milliseconds for them


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


async def enter(
    deps: Deps, firm: Firm, signups: Sequence[Signup], now: datetime, *, actor: str = "operator"
) -> set[str | None]:
    """Remember signups, each with its origin: the origins that were new. To do it again does no harm."""
    async with deps.db.begin() as tx:
        new = await leads.add_all(tx, firm.id, signups, now)
        facts = {"rows": len(signups), "new": len(new)}
        await audit.record(tx, firm.id, now, actor=actor, action="enter_leads", facts=facts)
    return new
