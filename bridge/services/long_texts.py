"""Texts longer than one segment go out as MMS where a firm wants that, and where its number can (V-1)."""

from dataclasses import replace
from datetime import datetime

from bridge.rules import counting
from bridge.rules.preferences import Preferences
from bridge.services import announce
from bridge.services.usage import COUNTED
from bridge.store import numbers
from bridge.store.firms import Firm
from bridge.store.joined import Errand
from bridge.store.tx import Tx
from bridge.views import usage as views


def is_mms(errand: Errand) -> bool:
    """Whether these words go out as MMS."""
    return _is_wanted(errand) and bool(errand.number.mms)


async def choose(tx: Tx, errand: Errand, now: datetime) -> bool:
    """The same; of a number that cannot, or is not known to, admins are told once."""
    if not _is_wanted(errand) or errand.number.mms:
        return is_mms(errand)
    firm, number = errand.firm, errand.number
    if await numbers.note_no_mms(tx, firm.id, number.id, now):
        await announce.alert_admins(tx, firm, views.no_mms(number.phone), now)
    return False


async def prefers(tx: Tx, firm: Firm, number_id: int | None) -> Preferences:
    """The firm's choices as far as this number, or else its first one, can follow them."""
    if firm.prefers.long_texts != "mms":
        return firm.prefers
    own = await numbers.of_firm(tx, firm.id)
    number = next((each for each in own if number_id in {each.id, None}), None)
    return firm.prefers if number is not None and number.mms else replace(firm.prefers, long_texts="segments")


def _is_wanted(errand: Errand) -> bool:
    is_paid_for = errand.message.purpose in COUNTED
    return counting.becomes_mms(errand.firm.prefers, errand.message.body, paid_for=is_paid_for)
