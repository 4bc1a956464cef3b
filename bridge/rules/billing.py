"""What follows from how a subscription stands. Statuses: docs.stripe.com, API 2026-10-28.endive."""

from datetime import datetime, timedelta
from enum import Enum, auto

GRACE = timedelta(days=7)  # that texts are sent while a payment is open
REMINDERS = (
    timedelta(0),
    timedelta(days=4),
    GRACE,
)  # after which admins are told, for the first, second, last time


class Standing(Enum):
    """What a subscription means for a firm."""

    RUNS = auto()
    UNPAID = auto()  # it runs, and a renewal was not paid
    WAITS = auto()  # its first payment waits for the card's owner; it ends by itself within a day
    OVER = auto()


_STANDINGS = {
    "active": Standing.RUNS,
    "trialing": Standing.RUNS,
    "past_due": Standing.UNPAID,
    "unpaid": Standing.UNPAID,
    "paused": Standing.UNPAID,
    "incomplete": Standing.WAITS,
    "incomplete_expired": Standing.OVER,
    "canceled": Standing.OVER,
}


def standing(status: str | None) -> Standing:
    """Of a status that nobody here knows we only know that it is not paid; nobody is cut off for it at once."""
    return Standing.OVER if status is None else _STANDINGS.get(status, Standing.UNPAID)


def is_stopped(unpaid_since: datetime | None, now: datetime) -> bool:
    """Whether sending waits until it is paid (row 37). Receiving never does."""
    return unpaid_since is not None and now - unpaid_since >= GRACE


def reminders_due(unpaid_since: datetime, now: datetime) -> int:
    """How often admins should have been told by now."""
    return sum(now - unpaid_since >= after for after in REMINDERS)
