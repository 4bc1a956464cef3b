"""Charging a card: which one, and what its bank says to it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from .magic import DECLINES, SENTENCES, Fate
from .records import Thing
from .refused import RefusedError
from .world import World

NO_CARD = (
    "This customer has no attached payment source or default payment method. Please consider adding a default "
    "payment method. For more information, visit"
    " https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority."
)


class Outcome(Enum):
    """What came of an attempt."""

    PAID = auto()
    DECLINED = auto()
    CONFIRM = auto()  # its owner must confirm it with the bank first
    NO_CARD = auto()


@dataclass(frozen=True)
class Attempt:
    """What came of an attempt with a card."""

    outcome: Outcome
    card: str | None = None
    fate: Fate = Fate.GOOD

    def refusal(self, subject: str) -> RefusedError:
        """How it is told when no subscription or invoice may tell it instead."""
        if self.outcome is Outcome.NO_CARD:
            return RefusedError(400, NO_CARD, code="resource_missing")
        if self.outcome is Outcome.CONFIRM:
            sentence = "Payment for this subscription requires additional user action before it can be completed."
            code = f"{subject}_payment_intent_requires_action"
            return RefusedError(402, sentence, kind="card_error", code=code)
        code, sentence = SENTENCES[self.fate]
        return RefusedError(402, sentence, kind="card_error", code=code, decline_code=self.fate.value)


def card_of(world: World, subscription: Thing) -> str | None:
    """The card that is charged: the subscription's own, else the customer's for everything, else none.

    One that merely belongs to the customer is not charged.
    """
    customer = world.customers[subscription["customer"]]
    settings = customer.get("invoice_settings", {})
    found: str | None = subscription["default_payment_method"] or settings.get("default_payment_method")
    return found


def attempt(world: World, card: str | None, amount: int, *, is_there: bool = False) -> Attempt:
    """Try to charge a card. Writes nothing. `is_there`: its owner sits before the page and confirms."""
    if amount == 0:
        return Attempt(Outcome.PAID, card)
    if card is None or world.cards.get(card, {}).get("customer") is None:
        return Attempt(Outcome.NO_CARD)
    fate = Fate.EXPIRED if _has_run_out(world, world.cards[card]) else world.fates[card]
    if fate in DECLINES:
        return Attempt(Outcome.DECLINED, card, fate)
    must = fate is Fate.CONFIRM_ALWAYS or (fate is Fate.CONFIRM_ONCE and card not in world.confirmed)
    return Attempt(Outcome.CONFIRM if must and not is_there else Outcome.PAID, card, fate)


def _has_run_out(world: World, card: Thing) -> bool:
    now = datetime.fromtimestamp(world.stamp(), UTC)
    return (card["card"]["exp_year"], card["card"]["exp_month"]) < (now.year, now.month)
