"""What Stripe's answers are turned into: a few frozen values, so that nothing above knows its package.

Amounts are whole cents. Each `of_*` raises ValueError, TypeError, KeyError, IndexError or AttributeError for an
answer that does not hold what it must.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from bridge.gateways.stripe_terms import Terms, terms_of

PAYING = frozenset({"active", "trialing"})  # what a subscription is while it may be used
OVER = frozenset({"canceled", "incomplete_expired"})  # for good: whoever comes back begins another one


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a customer. One that is not the default is charged only when it is named.

    What can be charged and is no card has its kind as brand ("link", "us_bank_account"), and no numbers.
    """

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it stands now."""

    id: str
    customer: str
    status: (
        str  # "active", "trialing", "incomplete", "past_due", "unpaid", "canceled", "incomplete_expired", "paused"
    )
    created: datetime
    period_start: datetime
    period_end: datetime
    ends_with_period: bool
    ended_at: datetime | None
    latest_invoice: str | None
    prices: tuple[str, ...]
    terms: Terms | None
    attempt: str  # whose first payment it was, as `subscribe` was told; "" for one that was made by hand

    @property
    def is_paying(self) -> bool:
        """Whether what it is for may be used."""
        return self.status in PAYING

    @property
    def is_over(self) -> bool:
        """Whether it has ended for good."""
        return self.status in OVER


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice."""

    description: str
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice. Who has its link can pay it, so the link is told to admins only."""

    id: str
    status: str  # "draft", "open", "paid", "void", "uncollectible"
    currency: str
    total: int
    due: int
    period_start: datetime
    period_end: datetime
    lines: tuple[Line, ...]
    link: str = field(repr=False)  # "" while it is a draft


@dataclass(frozen=True, slots=True)
class Begun:
    """A subscription has begun, and what is paid ahead is paid."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class NoCard:
    """There is no card that can be charged. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The card's bank said no. `reason` is its word: "insufficient_funds", "expired_card" ..."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The card's owner has 23 hours to confirm the first payment, at the link; until then nothing has begun."""

    subscription: Subscription
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Paid:
    """The invoice is paid."""


@dataclass(frozen=True, slots=True)
class MustConfirm:
    """The card's owner must confirm the payment, at the link; it also takes another card."""

    link: str = field(repr=False)


Beginning: TypeAlias = Begun | NoCard | Declined | Unconfirmed
Payment: TypeAlias = Paid | NoCard | Declined | MustConfirm


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to something. Events come twice and in any order, so what counts is how it stands now."""

    id: str
    type: str
    created: datetime
    about: str  # the id of what it happened to
    customer: str  # "" when it is about nobody's
    subscription: str  # "" when it is about none


def of_card(card: Any, *, is_default: bool) -> Card:
    """A payment method, most likely a card."""
    what = getattr(card, "card", None)
    if what is None:
        return Card(_id(card.id), str(card.type), "", 0, 0, is_default)
    return Card(_id(card.id), str(what.brand), str(what.last4), int(what.exp_month), int(what.exp_year), is_default)


def of_subscription(found: Any) -> Subscription:
    """A subscription. The billing period stands with its items, and all of ours have the same."""
    items = found["items"].data
    return Subscription(
        id=_id(found.id),
        customer=_named(found.customer),
        status=str(found.status),
        created=_moment(found.created),
        period_start=_moment(items[0].current_period_start),
        period_end=_moment(items[0].current_period_end),
        ends_with_period=bool(found.cancel_at_period_end),
        ended_at=None if found.ended_at is None else _moment(found.ended_at),
        latest_invoice=_named(found.latest_invoice) or None,
        prices=tuple(_id(item.price.id) for item in items),
        terms=terms_of(item.price.lookup_key for item in items),
        attempt=str(getattr(found.metadata, "attempt", None) or ""),
    )


def of_invoice(found: Any) -> Invoice:
    """An invoice, or the next one as it would be."""
    return Invoice(
        id=_id(found.id),
        status=str(found.status),
        currency=str(found.currency),
        total=int(found.total),
        due=int(found.amount_remaining),
        period_start=_moment(found.period_start),
        period_end=_moment(found.period_end),
        lines=tuple(_line(each) for each in found.lines.data),
        link=str(getattr(found, "hosted_invoice_url", None) or ""),
    )


def of_event(found: Any) -> Event:
    """An event, whatever it is about."""
    thing = found.data.object
    kind = str(getattr(thing, "object", ""))
    about = _id(thing.id)
    customer = about if kind == "customer" else _named(getattr(thing, "customer", None))
    return Event(
        _id(found.id), str(found.type), _moment(found.created), about, customer, _subscription(kind, thing)
    )


def _subscription(kind: str, thing: Any) -> str:
    if kind == "subscription":
        return _id(thing.id)
    details = getattr(getattr(thing, "parent", None), "subscription_details", None)
    return _named(getattr(details, "subscription", None))


def _line(line: Any) -> Line:
    return Line(str(line.description or ""), int(line.quantity or 0), int(line.amount))


def _named(thing: Any) -> str:
    """The id of what may stand there in full, or as its id only; "" for nothing."""
    return str(getattr(thing, "id", thing) or "")


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no id")
    return value


def _moment(value: Any) -> datetime:
    if not isinstance(value, int):
        raise ValueError("no moment")
    return datetime.fromtimestamp(value, UTC)
