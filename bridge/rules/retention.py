"""For how long words are kept: whole years, by the calendar of where the firm is."""

from calendar import isleap
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from bridge.rules.preferences import Preferences


@dataclass(frozen=True)
class Rule:
    """What was said `before` that moment is past its time, which is so many years."""

    years: int
    time_zone: str
    before: datetime


def rule(prefers: Preferences, now: datetime) -> Rule | None:
    """What holds for a firm now; None where words are kept for ever.

    A text is kept until its day has come again so many years later, and has passed.
    """
    if prefers.retention_years is None:
        return None
    first = _first_kept(now.astimezone(prefers.zone).date(), prefers.retention_years)
    before = datetime.combine(first, time(), prefers.zone).astimezone(UTC)
    return Rule(prefers.retention_years, prefers.time_zone, before)


def _first_kept(today: date, years: int) -> date:
    """The earliest day that has not passed again since. 29 February comes again on 1 March, where there is none."""
    then = today.year - years
    if (today.month, today.day) == (3, 1) and isleap(then) and not isleap(today.year):
        return date(then, 2, 29)
    if (today.month, today.day) == (2, 29) and not isleap(then):
        return date(then, 3, 1)
    return today.replace(year=then)
