"""The consent ledger: append only. A contact's flags are what these events add up to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bridge.store.records import every, select_as
from bridge.store.tables import consent_events
from bridge.store.tx import Tx


@dataclass(frozen=True)
class ConsentEvent:
    """One change, who caused it, and what proves it."""

    change: str
    source: str
    evidence: dict[str, Any]
    at: datetime


async def record(
    tx: Tx,
    firm_id: int,
    contact_id: int,
    now: datetime,
    *,
    change: str,
    source: str,
    evidence: dict[str, Any],
) -> None:
    """Add an event; `now` is when it was said, which may be a while ago."""
    await tx.run(
        tx.insert(consent_events).values(
            firm_id=firm_id, contact_id=contact_id, change=change, source=source, evidence=evidence, at=now
        )
    )


async def history(tx: Tx, firm_id: int, contact_id: int) -> list[ConsentEvent]:
    """Everything that was ever said about texting this number, oldest first."""
    c = consent_events.c
    found = select_as(ConsentEvent, consent_events).where(c.firm_id == firm_id, c.contact_id == contact_id)
    return every(ConsentEvent, await tx.rows(found.order_by(c.at, c.id)))


async def has_changed_since(tx: Tx, firm_id: int, contact_id: int, moment: datetime) -> bool:
    """Whether an opt-out or opt-in was said after that moment."""
    c = consent_events.c
    query = select(c.id).where(
        c.firm_id == firm_id, c.contact_id == contact_id, c.at > moment, c.change.in_(["opt_out", "opt_in"])
    )
    return await tx.row(query.limit(1)) is not None
