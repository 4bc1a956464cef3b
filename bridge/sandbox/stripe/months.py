"""Billing periods: months from the moment when a subscription began, not those of the calendar."""

import calendar
from datetime import UTC, datetime


def later(anchor: int, months: int) -> int:
    """So many months after a moment; the 31st becomes the last day of a shorter month."""
    began = datetime.fromtimestamp(anchor, UTC)
    year, month = divmod(began.month - 1 + months, 12)
    year, month = began.year + year, month + 1
    day = min(began.day, calendar.monthrange(year, month)[1])
    return int(began.replace(year=year, month=month, day=day).timestamp())


def end_of(anchor: int, start: int, step: int = 1) -> int:
    """When the period ends that begins at `start`, counted from the anchor so that short months leave no trace."""
    count = step
    while later(anchor, count) <= start:
        count += step
    return later(anchor, count)
