"""What two-way SMS costs, and from when to when; which texts count is told in rules.sending.

Money is Decimal: what is charged is never a float. The price's amounts are the operator's (bridge.settings); its
sentence is written here, and nowhere else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

CENT = Decimal("0.01")
SIGNS = {"usd": "$", "cad": "CA$"}
LEVELS = (100, 80)  # percent of the allowance at which admins are told
COUNTRIES = frozenset({"US", "CA"})


class Plan(StrEnum):
    """What a firm pays its operator for two-way SMS."""

    INCLUDED = "included"
    ADD_ON = "add-on"
    NONE = "none"  # not a paying customer


def is_sold(plan: str, country: str) -> bool:
    """Row 22: to paying firms in the US and Canada."""
    return plan in {Plan.INCLUDED, Plan.ADD_ON} and country in COUNTRIES


@dataclass(frozen=True)
class Price:
    """The add-on's: so much a month, and for each text beyond the allowance, or each credit."""

    per_month: Decimal
    per_text: Decimal
    allowance: int
    currency: str
    unit: str = "outbound message"

    @property
    def sentence(self) -> str:
        """Row 28, to the letter."""
        each = f"{self.written(self.per_text)} per {self.unit} over {self.allowance:,}/month"
        return f"{self.written(self.per_month)}/month + {each}"

    def written(self, amount: Decimal) -> str:
        """An amount of the price, without cents where there are none."""
        exact = amount.normalize()
        places = max(2, -int(exact.as_tuple().exponent)) if exact != exact.to_integral_value() else 0
        return f"{SIGNS[self.currency]}{amount:,.{places}f}"

    def summed(self, amount: Decimal) -> str:
        """A sum, to the cent."""
        return f"{SIGNS[self.currency]}{amount.quantize(CENT, ROUND_HALF_UP):,}"

    def counted(self, many: int) -> str:
        """So many of what is counted."""
        return f"{many:,} {self.unit}{'' if many == 1 else 's'}"

    def over(self, texts: int) -> int:
        """How many of a month's texts the allowance does not cover."""
        return max(0, texts - self.allowance)

    def beyond(self, texts: int) -> Decimal:
        """What those cost."""
        return self.per_text * self.over(texts)

    def cost(self, texts: int) -> Decimal:
        """What a month with so many texts costs in all."""
        return self.per_month + self.beyond(texts)


@dataclass(frozen=True)
class Period:
    """From `start` until just before `end`, both UTC."""

    start: datetime
    end: datetime


def month_of(now: datetime, zone: ZoneInfo) -> Period:
    """The calendar month that it is there: the period of a firm that has no subscription."""
    here = now.astimezone(zone)
    year, month = (here.year + 1, 1) if here.month == 12 else (here.year, here.month + 1)
    start, end = datetime(here.year, here.month, 1, tzinfo=zone), datetime(year, month, 1, tzinfo=zone)
    return Period(start.astimezone(UTC), end.astimezone(UTC))


def level(texts: int, allowance: int) -> int:
    """The highest of LEVELS that so many texts have reached, or 0."""
    return next((each for each in LEVELS if texts * 100 >= allowance * each), 0)
