"""What a firm pays, as its prices at Stripe say it. A price cannot be changed: its terms are part of its key."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

CENTS = Decimal(100)  # of a dollar; both currencies that are sold in have them
_MONTH, _TEXTS = "twsms_month", "twsms_texts"


@dataclass(frozen=True, slots=True)
class Terms:
    """So many cents of a currency a month, and `each` for texts beyond those that are free."""

    currency: str
    month: Decimal
    each: Decimal
    free: int

    @property
    def month_key(self) -> str:
        """Of the price of a month."""
        return f"{_MONTH}_{self.currency}_{_plain(self.month)}"

    def texts_key(self, meter: str) -> str:
        """Of the price of texts that this meter counts."""
        return f"{_TEXTS}_{self.currency}_{self.free}_{_plain(self.each)}_{meter}"


def terms_of(keys: Iterable[str | None]) -> Terms | None:
    """Those of a subscription whose prices have these keys; None where they are not just our two."""
    try:
        month, texts = sorted((str(key).split("_", 5) for key in keys), key=len)
        (*first, currency, cents), (*second, same, free, each, _meter) = month, texts
        terms = Terms(currency, Decimal(cents), Decimal(each), int(free))
    except (ValueError, InvalidOperation):
        return None
    ours = ("_".join(first), "_".join(second), same) == (_MONTH, _TEXTS, currency)
    return terms if ours else None


def _plain(cents: Decimal) -> str:
    return format(cents.normalize(), "f")
