"""When a lead may be texted first: by their own clock, and by what the firm has chosen."""

from datetime import datetime

from bridge.rules.hours import ANSWER_WINDOW, opens_at, place_of
from bridge.rules.sending import Purpose
from bridge.store import later, leads
from bridge.store.contacts import Contact
from bridge.store.firms import Firm
from bridge.store.leads import Lead
from bridge.store.tx import Tx


async def next_opening(
    tx: Tx, firm: Firm, contact: Contact, lead: Lead | None, at: datetime, *, purpose: Purpose = Purpose.FIRST
) -> datetime | None:
    """None when they may be texted at that moment; otherwise when they may be, at the earliest.

    `lead` is their newest signup, looked up if it is not given; a stranger's contact has the id 0. Who has texted
    us shortly before is answered at any hour, but an advertisement answers nobody.
    """
    lead = lead or await leads.newest(tx, firm.id, contact.phone)
    place = place_of(contact.phone, lead.time_zone if lead else None, firm.prefers.zone)
    opening = opens_at(at, place, firm.prefers.quiet_hours)
    if opening is None or purpose is Purpose.MARKETING:
        return opening
    is_answer = await later.wrote_since(tx, firm.id, contact.id, at - ANSWER_WINDOW)
    return None if is_answer else opening
