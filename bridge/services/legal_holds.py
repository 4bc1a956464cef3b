"""Somebody may have to prove what was said: it is kept until they say that this is over."""

from datetime import datetime

from bridge.services.deps import Deps
from bridge.store import audit, contacts, firms, legal_holds
from bridge.store.firms import Firm


async def place(deps: Deps, firm: Firm, phone: str | None, why: str, now: datetime) -> tuple[int, bool]:
    """Hold what is said with this number, or all that the firm says; the hold's id, and whether it is new.

    Whoever deletes holds the firm's row, too: when this is done, nothing that it is about is deleted any more.
    """
    async with deps.db.begin() as tx:
        await firms.hold(tx, firm.id)
        contact = (await contacts.ensure_all(tx, firm.id, [phone], now))[phone].id if phone else None
        if known := await legal_holds.find(tx, firm.id, contact, why):
            return known, False
        hold_id = await legal_holds.add(tx, firm.id, contact, why, "operator", now)
        facts = {"hold": hold_id, "contact": contact, "all": phone is None, "why": why}
        await audit.record(tx, firm.id, now, actor="operator", action="place_hold", facts=facts)
        return hold_id, True


async def lift(deps: Deps, firm: Firm, hold_id: int, why: str, now: datetime) -> bool:
    """It is over; False when it was before. Raises LookupError for none of this firm's."""
    async with deps.db.begin() as tx:
        await firms.hold(tx, firm.id)
        if not await legal_holds.is_known(tx, firm.id, hold_id):
            raise LookupError("LegalHold")
        if not await legal_holds.lift(tx, firm.id, hold_id, why, now):
            return False
        facts = {"hold": hold_id, "why": why}
        await audit.record(tx, firm.id, now, actor="operator", action="lift_hold", facts=facts)
        return True
