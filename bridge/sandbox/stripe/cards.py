"""Cards: payment methods of the one kind that there is here."""

import hashlib

from . import customers, events
from .call import Call, listed
from .magic import CARDS, SENTENCES, TOKENS
from .records import Thing, new_id
from .refused import RefusedError, conflict, malformed, missing
from .world import World

USED = (
    "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer,"
    " and may not be used again."
)


def make(world: World, number: str, exp_month: int = 12, exp_year: int = 2034) -> Thing:
    """A card that is nobody's yet."""
    kind, id_ = CARDS[number], new_id("pm")
    card: Thing = {
        "id": id_,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "card": {
            "brand": kind.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "US",
            "display_brand": kind.brand,
            "exp_month": exp_month,
            "exp_year": exp_year,
            "fingerprint": hashlib.sha256(number.encode()).hexdigest()[:16],
            "funding": "credit",
            "generated_from": None,
            "last4": number[-4:],
            "networks": {"available": [kind.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": world.stamp(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    world.cards[id_], world.fates[id_] = card, kind.fate
    return card


def refuse_number(number: str) -> None:
    """Raise RefusedError for a card that its bank does not even let be added, and for one that does not exist."""
    kind = CARDS.get(number)
    if kind is None:
        raise RefusedError(402, "Your card number is incorrect.", kind="card_error", code="incorrect_number")
    if kind.is_refused:
        code, sentence = SENTENCES[kind.fate]
        raise RefusedError(402, sentence, kind="card_error", code=code, decline_code=kind.fate.value)


def belong(world: World, card: Thing, customer: Thing, *, for_everything: bool = False) -> None:
    """Give a card to a customer. That alone does not make it the one that is charged."""
    card["customer"] = customer["id"]
    events.tell(world, "payment_method.attached", card)
    if for_everything:
        settings = {**customer["invoice_settings"], "default_payment_method": card["id"]}
        events.change(world, "customer.updated", customer, invoice_settings=settings)


def part(world: World, card: Thing) -> None:
    """Take a card away from its customer, for good, and from all that was to be paid by it."""
    customer = world.customers[card["customer"]]
    card["customer"] = None
    events.tell(world, "payment_method.detached", card)
    if customer["invoice_settings"]["default_payment_method"] == card["id"]:
        settings = {**customer["invoice_settings"], "default_payment_method": None}
        events.change(world, "customer.updated", customer, invoice_settings=settings)
    for subscription in world.subscriptions.values():
        if subscription["default_payment_method"] == card["id"]:
            events.change(world, "customer.subscription.updated", subscription, default_payment_method=None)


def attach(call: Call) -> Thing:
    """Give a card to a customer."""
    world = call.world
    if not call.get("customer"):
        raise malformed("Missing required param: customer.", "customer", "parameter_missing")
    customer = call.chosen("customer", world.customers, "customer")
    if call.id in TOKENS:
        refuse_number(TOKENS[call.id])
        card = make(world, TOKENS[call.id])
    else:
        card = call.named(world.cards, "PaymentMethod")
        if card["customer"] is None:
            raise conflict(USED)
        if card["customer"] != customer["id"]:
            raise conflict("The payment method you provided has already been attached to a customer.")
        return card
    belong(world, card, customer)
    return card


def detach(call: Call) -> Thing:
    """Take a card away."""
    card = call.named(call.world.cards, "PaymentMethod")
    if card["customer"] is None:
        raise conflict(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            "payment_method_unexpected_state",
        )
    part(call.world, card)
    return card


def retrieve(call: Call) -> Thing:
    """One card."""
    return call.named(call.world.cards, "PaymentMethod")


def listing(call: Call) -> Thing:
    """The cards of the customer that a parameter names."""
    if not call.get("customer"):
        return listed(call, [])
    return _of(call, call.chosen("customer", call.world.customers, "customer")["id"])


def of_customer(call: Call) -> Thing:
    """The cards of the customer that the address names."""
    return _of(call, customers.alive(call)["id"])


def _of(call: Call, customer: str) -> Thing:
    return listed(call, [card for card in call.world.cards.values() if card["customer"] == customer])


def check_owner(world: World, card: str, customer: str, param: str) -> None:
    """Raise RefusedError when a card is not this customer's."""
    if world.cards.get(card, {}).get("customer") != customer:
        wrong = missing("PaymentMethod", card, param, 400)
        wrong.body["error"]["message"] = (
            f"The customer does not have a payment method with the ID {card}. "
            "The payment method must be attached to the customer."
        )
        raise wrong
