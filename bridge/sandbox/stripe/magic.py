"""Card numbers with a fate of their own, as Stripe publishes them for tests, and the names of such cards."""

from dataclasses import dataclass
from enum import Enum


class Fate(Enum):
    """What becomes of an attempt to charge a card."""

    GOOD = "good"
    DECLINED = "generic_decline"
    NO_FUNDS = "insufficient_funds"
    EXPIRED = "expired_card"
    CONFIRM_ONCE = "confirm_once"  # its owner must confirm the first payment; later ones go through
    CONFIRM_ALWAYS = "confirm_always"


DECLINES = frozenset({Fate.DECLINED, Fate.NO_FUNDS, Fate.EXPIRED})


@dataclass(frozen=True)
class Card:
    """A kind of card. One that is refused cannot even be added."""

    fate: Fate
    brand: str = "visa"
    is_refused: bool = False


CARDS = {
    "4242424242424242": Card(Fate.GOOD),
    "5555555555554444": Card(Fate.GOOD, "mastercard"),
    "4000000000000341": Card(Fate.DECLINED),
    "4000000000000002": Card(Fate.DECLINED, is_refused=True),
    "4000000000009995": Card(Fate.NO_FUNDS, is_refused=True),
    "4000000000000069": Card(Fate.EXPIRED, is_refused=True),
    "4000002500003155": Card(Fate.CONFIRM_ONCE),
    "4000002760003184": Card(Fate.CONFIRM_ALWAYS),
}

TOKENS = {  # what may be attached by name
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
}

SENTENCES = {
    Fate.DECLINED: ("card_declined", "Your card was declined."),
    Fate.NO_FUNDS: ("card_declined", "Your card has insufficient funds."),
    Fate.EXPIRED: ("expired_card", "Your card has expired."),
}
